//! Teams meeting policies: they decide whether a class is recorded, and Graph cannot read them. A person looks and says
//! what stands there; the answer is kept, and asked again when it is old or when what happens contradicts it.

use chrono::{DateTime, TimeDelta, Utc};

use super::id::UserId;
use crate::words;

/// An answer is believed for this long.
pub const BELIEVED: TimeDelta = TimeDelta::days(365);

words! {
    /// What an administrator confirms.
    pub enum PolicyTopic {
        /// The service accounts' policy allows cloud recording and transcription.
        Recording = "recording",
        /// The instructors' policy allows them to record: whoever joins first must be somebody who may.
        Instructors = "instructors",
        /// The service accounts' policy allows attendance reports.
        Attendance = "attendance",
        /// New recordings live long enough before they expire.
        Expiry = "expiry",
    }
}

words! {
    /// What was answered.
    pub enum PolicyAnswer {
        /// It is as it should be.
        Yes = "yes",
        /// It is not.
        No = "no",
    }
}

/// An answer with who gave it, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// About what.
    pub topic: PolicyTopic,
    /// What.
    pub answer: PolicyAnswer,
    /// Who; `None` for the operator at the command line.
    pub user_id: Option<UserId>,
    /// Their name when it was read.
    pub name: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

impl Confirmation {
    /// Whether it is too old to be believed.
    pub fn is_old(&self, now: DateTime<Utc>) -> bool {
        now - self.at >= BELIEVED
    }
}
