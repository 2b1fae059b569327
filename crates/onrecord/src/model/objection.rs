//! Objections to being recorded: a case with an owner, a deadline and an outcome. Pure: where a case stands follows from
//! its row and the time.

use chrono::{DateTime, TimeDelta, Utc};

use super::id::{CourseId, ExceptionId, MeetingId, ObjectionId, UserId};
use crate::words;

/// An objection is to be answered within this time, unless its owner sets another deadline.
pub const USUAL_TIME: TimeDelta = TimeDelta::days(30);

words! {
    /// How a case ended.
    pub enum Outcome {
        /// What was asked for is done.
        Upheld = "upheld",
        /// Something else was found that helps.
        Settled = "settled",
        /// The recording goes on, with reasons.
        Rejected = "rejected",
        /// Whoever objected took it back.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// Where a case stands at a moment.
    pub enum CaseState {
        /// Nobody has taken it.
        New = "new",
        /// Somebody works on it.
        Open = "open",
        /// Its deadline has passed without an outcome.
        Overdue = "overdue",
        /// It has an outcome.
        Closed = "closed",
    }
}

/// One objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The row.
    pub id: ObjectionId,
    /// The course whose recording it is about.
    pub course_id: CourseId,
    /// The class, if it is about one.
    pub meeting_id: Option<MeetingId>,
    /// Who objects.
    pub user_id: UserId,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// By when it is to be answered.
    pub due_at: DateTime<Utc>,
    /// Who answers for it.
    pub owner_id: Option<UserId>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What whoever objected is told.
    pub answer: String,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// The exception that it led to.
    pub exception_id: Option<ExceptionId>,
}

impl Objection {
    /// Where it stands at `now`.
    pub fn state(&self, now: DateTime<Utc>) -> CaseState {
        match (self.outcome, self.owner_id) {
            (Some(_), _) => CaseState::Closed,
            _ if self.due_at <= now => CaseState::Overdue,
            (None, Some(_)) => CaseState::Open,
            (None, None) => CaseState::New,
        }
    }
}

/// One thing that was noted in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseNote {
    /// Who noted it; empty once they are gone.
    pub author: String,
    /// The words.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_overdue_until_it_has_an_outcome() {
        let start = DateTime::UNIX_EPOCH;
        let case = Objection {
            id: ObjectionId(1),
            course_id: CourseId(1),
            meeting_id: None,
            user_id: UserId(1),
            reason: "I do not want it".to_owned(),
            raised_at: start,
            due_at: start + USUAL_TIME,
            owner_id: None,
            outcome: None,
            answer: String::new(),
            closed_at: None,
            exception_id: None,
        };
        assert_eq!(case.state(start), CaseState::New);
        let taken = Objection { owner_id: Some(UserId(2)), ..case };
        assert_eq!(taken.state(start), CaseState::Open);
        assert_eq!(taken.state(start + USUAL_TIME), CaseState::Overdue);
        let closed = Objection { outcome: Some(Outcome::Settled), ..taken };
        assert_eq!(closed.state(start + USUAL_TIME), CaseState::Closed);
    }
}
