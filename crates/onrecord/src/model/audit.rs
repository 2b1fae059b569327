//! The audit: who did what to which thing, in a chain that shows any change afterwards.

use chrono::{DateTime, Utc};

use super::id::{AuditEntryId, UserId, VisitId};

/// What to write into the audit. `subject` is `word:id`, such as `meeting:12`; `detail` may hold names and
/// addresses and is kept apart, so that it can be erased without breaking the chain.
#[derive(Debug, Clone)]
pub struct NewAuditEntry {
    /// Who did it; `None` for OnRecord itself or an unknown person.
    pub actor: Option<UserId>,
    /// What was done, as `thing.verb`, such as `conference.created`.
    pub action: &'static str,
    /// To what, as `word:id`.
    pub subject: String,
    /// Old and new values and the like, as a JSON object.
    pub detail: serde_json::Value,
    /// The visit that it is of, and whose; kept beside the detail and forgotten with it.
    pub visit: Option<(VisitId, Option<UserId>)>,
}

/// One line of the audit as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The row.
    pub id: AuditEntryId,
    /// Place in the chain; `None` until sealed.
    pub seq: Option<i64>,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: Option<UserId>,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Salted SHA-256 of the detail, hex.
    pub detail_hash: String,
    /// Chain hash, hex; `None` until sealed.
    pub hash: Option<String>,
    /// The detail, unless it was erased.
    pub detail: Option<String>,
}

impl AuditEntry {
    /// Whether it tells that somebody watched, read or downloaded something.
    pub fn is_visit(&self) -> bool {
        self.action.ends_with(".watched")
            || self.action.ends_with(".downloaded")
            || self.action == "transcript.read"
    }
}
