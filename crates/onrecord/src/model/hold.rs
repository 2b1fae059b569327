//! Holds: reasons for which nothing may be removed, whatever a policy, a person or an erasure wants. Nothing in the
//! program overrides one; only its end or its release, which is audited, lets go.

use chrono::{DateTime, Utc};

use super::id::{ArtifactId, HoldId, UserId};
use crate::words;

words! {
    /// What a hold is on.
    pub enum HoldScope {
        /// One recording, with its transcript and the attendance and chat of its class.
        Recording = "recording",
        /// A conference with everything of its classes.
        Conference = "conference",
        /// A course with everything of its classes.
        Course = "course",
        /// Everything of the classes of the courses that a person belongs to or belonged to, and of those they attended.
        Person = "person",
    }
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The row.
    pub id: HoldId,
    /// What it is on.
    pub scope: HoldScope,
    /// The recording's, conference's, course's or person's id.
    pub subject_id: i64,
    /// Why; for staff.
    pub reason: String,
    /// Who answers for it; `None` for the operator at the command line.
    pub owner_id: Option<UserId>,
    /// From when it is in force.
    pub starts_at: DateTime<Utc>,
    /// Until when; `None` until it is released.
    pub ends_at: Option<DateTime<Utc>>,
    /// When it was released.
    pub released_at: Option<DateTime<Utc>>,
    /// Why it was released.
    pub release_reason: String,
}

impl Hold {
    /// Whether a hold that keeps something of a class keeps this recording of it.
    pub fn keeps(&self, recording: ArtifactId) -> bool {
        self.scope != HoldScope::Recording || self.subject_id == recording.0
    }
}

/// What a hold is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// It has not begun.
    Planned,
    /// It holds.
    InForce,
    /// It has ended by its date.
    Ended,
    /// Somebody released it.
    Released,
}

impl Hold {
    /// What it is at `now`.
    pub fn state(&self, now: DateTime<Utc>) -> HoldState {
        if self.released_at.is_some() {
            HoldState::Released
        } else if now < self.starts_at {
            HoldState::Planned
        } else if self.ends_at.is_some_and(|end| end <= now) {
            HoldState::Ended
        } else {
            HoldState::InForce
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_hold_holds_from_its_start_to_its_end_or_release() {
        let start = DateTime::UNIX_EPOCH;
        let hold = Hold {
            id: HoldId(1),
            scope: HoldScope::Course,
            subject_id: 1,
            reason: "a dispute".to_owned(),
            owner_id: None,
            starts_at: start,
            ends_at: Some(start + TimeDelta::days(10)),
            released_at: None,
            release_reason: String::new(),
        };
        assert_eq!(hold.state(start - TimeDelta::seconds(1)), HoldState::Planned);
        assert_eq!(hold.state(start), HoldState::InForce);
        assert_eq!(hold.state(start + TimeDelta::days(10)), HoldState::Ended);
        let released = Hold { released_at: Some(start), ..hold };
        assert_eq!(released.state(start), HoldState::Released);
    }
}
