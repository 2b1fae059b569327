//! The Graph application permissions OnRecord can use, what each is for, and what is lost without it. No permission
//! is asked for that the kinds in use do not need.

use super::integration::SyncKind;
use crate::words;

words! {
    /// How much an integration asks for. Each includes the ones before it.
    pub enum Profile {
        /// Schedule, record, keep the recordings.
        Minimal = "minimal",
        /// Also transcripts and attendance.
        Standard = "standard",
        /// Also chat and shared files.
        Full = "full",
    }
}

/// One Graph application permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// As Entra names it.
    pub name: &'static str,
    /// Wider permissions that do as well.
    pub instead: &'static [&'static str],
    /// The kinds that need it; empty: everything does.
    pub kinds: &'static [SyncKind],
    /// The smallest profile that has it.
    pub profile: Profile,
    /// What it is for.
    pub purpose: &'static str,
    /// What does not work without it.
    pub lost: &'static str,
}

/// Every permission that OnRecord can use.
pub const PERMISSIONS: &[Permission] = &[
    Permission {
        name: "Calendars.ReadWrite",
        instead: &[],
        kinds: &[],
        profile: Profile::Minimal,
        purpose: "puts classes into the service accounts' calendars, which makes their Teams meetings",
        lost: "No class can be scheduled, changed or cancelled in Teams.",
    },
    Permission {
        name: "OnlineMeetings.ReadWrite.All",
        instead: &[],
        kinds: &[],
        profile: Profile::Minimal,
        purpose: "switches recording on for each meeting and reads it back",
        lost: "Recording cannot be switched on by OnRecord, nor proved.",
    },
    Permission {
        name: "User.Read.All",
        instead: &["Directory.Read.All", "User.ReadWrite.All", "Directory.ReadWrite.All"],
        kinds: &[],
        profile: Profile::Minimal,
        purpose: "finds the object ids of service accounts and instructors, and the accounts' licences",
        lost: "Service accounts cannot be found, so nothing works.",
    },
    Permission {
        name: "OnlineMeetingRecording.Read.All",
        instead: &[],
        kinds: &[SyncKind::Recordings],
        profile: Profile::Minimal,
        purpose: "says which recordings a meeting has, and of which call they are",
        lost: "Recordings cannot be matched to their class with certainty; they wait in the inbox.",
    },
    Permission {
        name: "Files.Read.All",
        instead: &["Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All"],
        kinds: &[SyncKind::Recordings, SyncKind::Files],
        profile: Profile::Minimal,
        purpose: "reads recordings and shared files from OneDrive",
        lost: "Nobody can watch or download a recording through OnRecord.",
    },
    Permission {
        name: "OnlineMeetingTranscript.Read.All",
        instead: &[],
        kinds: &[SyncKind::Transcripts],
        profile: Profile::Standard,
        purpose: "reads transcripts",
        lost: "There are no transcripts and no captions.",
    },
    Permission {
        name: "OnlineMeetingArtifact.Read.All",
        instead: &[],
        kinds: &[SyncKind::Attendance],
        profile: Profile::Standard,
        purpose: "reads attendance reports",
        lost: "There is no attendance, and a class that was not held cannot be told from one that was not recorded.",
    },
    Permission {
        name: "Chat.Read.All",
        instead: &["Chat.ReadWrite.All"],
        kinds: &[SyncKind::Chat, SyncKind::Files],
        profile: Profile::Full,
        purpose: "reads the meeting's chat and finds the files shared in it",
        lost: "There is no chat, and shared files are not found.",
    },
];

impl Permission {
    /// Whether an integration that does not fetch `off` needs it.
    pub fn is_needed(&self, off: &[SyncKind]) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|kind| !off.contains(kind))
    }

    /// Whether a token with `roles` has it, or one that does as well.
    pub fn is_granted(&self, roles: &[String]) -> bool {
        roles.iter().any(|role| role == self.name || self.instead.contains(&role.as_str()))
    }
}

/// Whether a token with `roles` may do what the permission `name` is for.
pub fn granted(roles: &[String], name: &str) -> bool {
    match PERMISSIONS.iter().find(|permission| permission.name == name) {
        Some(permission) => permission.is_granted(roles),
        None => roles.iter().any(|role| role == name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_switched_off_is_not_asked_for() {
        let needed = |off: &[SyncKind]| -> Vec<_> {
            PERMISSIONS.iter().filter(|p| p.is_needed(off)).map(|p| p.name).collect()
        };
        assert_eq!(needed(&[]).len(), PERMISSIONS.len());
        let without = needed(&[SyncKind::Chat]);
        assert!(without.contains(&"Chat.Read.All"), "shared files are found by the chat");
        let least = needed(&[SyncKind::Chat, SyncKind::Files, SyncKind::Transcripts, SyncKind::Attendance]);
        assert_eq!(least.len(), 5, "{least:?}");
        assert!(least.contains(&"Files.Read.All"));
    }

    #[test]
    fn a_wider_permission_does_as_well() {
        let roles = ["Sites.ReadWrite.All".to_owned()];
        assert!(granted(&roles, "Files.Read.All") && !granted(&roles, "Chat.Read.All"));
    }
}
