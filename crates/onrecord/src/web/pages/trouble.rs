//! What went wrong with a class, in plain words with the fix. The four messages that users know stay verbatim
//! (`Failed to enable auto-recording`, `Recording not found`, `Download failed`, `Storage full`): people search for them.

use crate::web::{
    parts::{Mark, Note},
    text::Text,
};

/// Why recording could not be switched on: the `failed_…` of `auto_recording_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnableFailure {
    Permission,
    AccessPolicy,
    License,
    NotFound,
    Provider,
    Throttled,
    Network,
    Drift,
    Unknown,
}

impl EnableFailure {
    /// All of them, for the style guide and tests.
    pub const ALL: [Self; 9] = [
        Self::Permission,
        Self::AccessPolicy,
        Self::License,
        Self::NotFound,
        Self::Provider,
        Self::Throttled,
        Self::Network,
        Self::Drift,
        Self::Unknown,
    ];

    /// The status as stored and as in the API; anything that is not a failure is `None`.
    pub fn parse(status: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.code() == status)
    }

    /// The status as stored and as in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Permission => "failed_permission",
            Self::AccessPolicy => "failed_access_policy",
            Self::License => "failed_license",
            Self::NotFound => "failed_not_found",
            Self::Provider => "failed_provider",
            Self::Throttled => "failed_throttled",
            Self::Network => "failed_network",
            Self::Drift => "failed_drift",
            Self::Unknown => "failed_unknown",
        }
    }

    /// What happened, in one sentence.
    pub fn sentence(self, t: &Text) -> &str {
        match self {
            Self::Permission => t.get("enable-permission"),
            Self::AccessPolicy => t.get("enable-access-policy"),
            Self::License => t.get("enable-license"),
            Self::NotFound => t.get("enable-not-found"),
            Self::Provider => t.get("enable-provider"),
            Self::Throttled => t.get("enable-throttled"),
            Self::Network => t.get("enable-network"),
            Self::Drift => t.get("enable-drift"),
            Self::Unknown => t.get("enable-unknown"),
        }
    }

    /// What mends it, and who can.
    pub fn fix(self, t: &Text) -> &str {
        match self {
            Self::Permission => t.get("enable-permission-fix"),
            Self::AccessPolicy => t.get("enable-access-policy-fix"),
            Self::License => t.get("enable-license-fix"),
            Self::NotFound => t.get("enable-not-found-fix"),
            Self::Provider | Self::Throttled | Self::Network => t.get("enable-retry-fix"),
            Self::Drift => t.get("enable-drift-fix"),
            Self::Unknown => t.get("enable-unknown-fix"),
        }
    }

    /// The note for a class that has not started: what is wrong, what mends it, and what the teacher can do anyway.
    pub fn note(self, t: &Text) -> Note {
        Note::new(Some(Mark::Missing), t.get("enable-failed").to_owned())
            .line(self.sentence(t))
            .line(t.get("enable-press-record"))
            .fix(self.fix(t))
    }
}

/// `Recording not found`: the cause with its fix, for those who may know it, and until when OnRecord goes on looking;
/// without `next` it no longer does.
pub fn recording_not_found(t: &Text, cause: Option<(&str, &str)>, next: Option<String>) -> Note {
    let note = Note::new(Some(Mark::Missing), t.get("recording-not-found").to_owned());
    match (cause, next) {
        (Some((why, fix)), next) => {
            note.line(why).fix(fix).line(next.unwrap_or_else(|| t.get("recording-looked").to_owned()))
        }
        (None, Some(next)) => note.line(t.get("recording-not-found-why")).line(next),
        (None, None) => note.line(t.get("recorded-no-learner")),
    }
}

/// `Recording not found`: there was one, and nothing is left of it.
pub fn recording_gone(t: &Text) -> Note {
    Note::new(Some(Mark::Missing), t.get("recording-not-found").to_owned()).line(t.get("where-gone-text"))
}

/// `Download failed`: the source cannot be read at present.
pub fn download_failed(t: &Text) -> Note {
    Note::new(Some(Mark::Missing), t.get("download-failed").to_owned())
        .line(t.get("download-failed-why"))
        .fix(t.get("download-failed-fix"))
}

/// `Storage full`: an account's `OneDrive` takes nothing more.
pub fn storage_full(t: &Text, account: &str) -> Note {
    Note::new(Some(Mark::Missing), t.get("storage-full").to_owned())
        .line(t.with("storage-full-why", &[("account", account.into())]))
        .fix(t.get("storage-full-fix"))
}
