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
    /// Microsoft's id of the app role, by which directories and scripts name it.
    pub role_id: &'static str,
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
        role_id: "ef54d2bf-783f-4e0f-bca1-3210c0444d99",
        instead: &[],
        kinds: &[],
        profile: Profile::Minimal,
        purpose: "puts classes into the service accounts' calendars, which makes their Teams meetings",
        lost: "No class can be scheduled, changed or cancelled in Teams.",
    },
    Permission {
        name: "OnlineMeetings.ReadWrite.All",
        role_id: "b8bb2037-6e08-44ac-a4ea-4674e010e2a4",
        instead: &[],
        kinds: &[],
        profile: Profile::Minimal,
        purpose: "switches recording on for each meeting and reads it back",
        lost: "Recording cannot be switched on by OnRecord, nor proved.",
    },
    Permission {
        name: "User.Read.All",
        role_id: "df021288-bdef-4463-88db-98f22de89214",
        instead: &["Directory.Read.All", "User.ReadWrite.All", "Directory.ReadWrite.All"],
        kinds: &[],
        profile: Profile::Minimal,
        purpose: "finds the object ids of service accounts and instructors, and the accounts' licences",
        lost: "Service accounts cannot be found, so nothing works.",
    },
    Permission {
        name: "OnlineMeetingRecording.Read.All",
        role_id: "a4a08342-c95d-476b-b943-97e100569c8d",
        instead: &[],
        kinds: &[SyncKind::Recordings],
        profile: Profile::Minimal,
        purpose: "says which recordings a meeting has, and of which call they are",
        lost: "Recordings cannot be matched to their class with certainty; they wait in the inbox.",
    },
    Permission {
        name: "Files.Read.All",
        role_id: "01d4889c-1287-42c6-ac1f-5d1e02578ef6",
        instead: &["Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All"],
        kinds: &[SyncKind::Recordings, SyncKind::Files],
        profile: Profile::Minimal,
        purpose: "reads recordings and shared files from OneDrive",
        lost: "Nobody can watch or download a recording through OnRecord.",
    },
    Permission {
        name: "OnlineMeetingTranscript.Read.All",
        role_id: "a4a80d8d-d283-4bd8-8504-555ec3870630",
        instead: &[],
        kinds: &[SyncKind::Transcripts],
        profile: Profile::Standard,
        purpose: "reads transcripts",
        lost: "There are no transcripts and no captions.",
    },
    Permission {
        name: "OnlineMeetingArtifact.Read.All",
        role_id: "df01ed3b-eb61-4eca-9965-6b3d789751b2",
        instead: &[],
        kinds: &[SyncKind::Attendance],
        profile: Profile::Standard,
        purpose: "reads attendance reports",
        lost: "There is no attendance, and a class that was not held cannot be told from one that was not recorded.",
    },
    Permission {
        name: "Chat.Read.All",
        role_id: "6b7d71aa-70aa-4810-a8d9-5d9fb2830017",
        instead: &["Chat.ReadWrite.All"],
        kinds: &[SyncKind::Chat, SyncKind::Files],
        profile: Profile::Full,
        purpose: "reads the meeting's chat and finds the files shared in it",
        lost: "There is no chat, and shared files are not found.",
    },
    Permission {
        name: "Files.ReadWrite.All",
        role_id: "75359482-378d-4052-8f01-80520e7db3cd",
        instead: &["Sites.ReadWrite.All"],
        kinds: &[SyncKind::Files],
        profile: Profile::Full,
        purpose: "opens the links of files shared in the chat, which reading alone does not allow",
        lost: "Files shared in the chat are seen, but cannot be fetched.",
    },
];

/// Permissions that no profile asks for. OnRecord uses them where they are granted and says nothing where they are not.
pub const OPTIONAL: &[Permission] = &[Permission {
    name: "Application.Read.All",
    role_id: "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    instead: &["Directory.Read.All"],
    kinds: &[],
    profile: Profile::Minimal,
    purpose: "reads when the app's secrets and certificates end, and what was granted a moment ago",
    lost: "Doctor cannot warn before a secret ends.",
}];

/// The permission to send mail, asked for only where mails are sent through Microsoft: it reaches every mailbox of the
/// tenant that no access policy of Exchange keeps out.
pub const SENDING_MAIL: Permission = Permission {
    name: "Mail.Send",
    role_id: "b633e1c5-b582-4048-a93e-9f11b44c7e96",
    instead: &[],
    kinds: &[],
    profile: Profile::Minimal,
    purpose: "sends mails from the mailbox of ONRECORD_MAIL_FROM, where ONRECORD_MAIL_URL is graph:",
    lost: "Nobody is told anything by mail.",
};

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
    match PERMISSIONS.iter().chain(OPTIONAL).find(|permission| permission.name == name) {
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
