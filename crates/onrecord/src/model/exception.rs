//! Exceptions to recording: one class, or the classes of a course between two moments, that are not to be recorded. One
//! person asks and another one with another role decides; each has an end. Pure: what an exception covers and until when
//! it is in force follows from its row and the times of a class.

use chrono::{DateTime, Utc};

use super::access::Standing;
use super::id::{CourseId, ExceptionId, MeetingId, UserId};
use crate::words;

words! {
    /// In which role somebody asked for an exception, decided on it or ended it.
    pub enum Office {
        /// Administrator.
        Admin = "admin",
        /// Compliance or privacy officer.
        Officer = "officer",
        /// Instructor of the course.
        Instructor = "instructor",
    }
}

impl Office {
    /// The role of somebody who stands so to the course; `None` for those who have no say.
    pub fn of(standing: Standing) -> Option<Self> {
        match standing {
            Standing::Admin => Some(Self::Admin),
            Standing::Officer => Some(Self::Officer),
            Standing::Instructor => Some(Self::Instructor),
            Standing::Learner | Standing::Outsider => None,
        }
    }
}

words! {
    /// What the second person said.
    pub enum Ruling {
        /// The classes are not to be recorded.
        Approved = "approved",
        /// They are recorded as all others are.
        Refused = "refused",
    }
}

words! {
    /// Where an exception stands at a moment.
    pub enum ExceptionState {
        /// Asked for; nobody has decided.
        Asked = "asked",
        /// Approved, and not at its end.
        Approved = "approved",
        /// Refused.
        Refused = "refused",
        /// Taken back before anybody decided.
        Withdrawn = "withdrawn",
        /// Nobody decided before its end.
        Lapsed = "lapsed",
        /// It was approved and is at its end, by its date or because somebody ended it.
        Ended = "ended",
    }
}

/// One exception, asked for or decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The row.
    pub id: ExceptionId,
    /// The course of its classes.
    pub course_id: CourseId,
    /// The class, if it is about one; else all that begin within its span.
    pub meeting_id: Option<MeetingId>,
    /// Why; for staff.
    pub reason: String,
    /// Classes that begin before this moment are recorded.
    pub starts_at: DateTime<Utc>,
    /// Classes that begin at this moment or later are recorded.
    pub ends_at: DateTime<Utc>,
    /// Who asked; `None` once they are erased.
    pub asked_by: Option<UserId>,
    /// In which role.
    pub asked_as: Office,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// What was decided, if anything.
    pub ruling: Option<Ruling>,
    /// Who decided.
    pub decided_by: Option<UserId>,
    /// In which role.
    pub decided_as: Option<Office>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// What they said to it.
    pub decision_note: String,
    /// When somebody ended it or took it back.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why.
    pub end_reason: String,
}

impl Exception {
    /// Where it stands at `now`.
    pub fn state(&self, now: DateTime<Utc>) -> ExceptionState {
        match (self.ruling, self.ended_at) {
            (Some(Ruling::Refused), _) => ExceptionState::Refused,
            (None, Some(_)) => ExceptionState::Withdrawn,
            (None, None) if self.ends_at <= now => ExceptionState::Lapsed,
            (None, None) => ExceptionState::Asked,
            (Some(Ruling::Approved), _) if self.end() <= now => ExceptionState::Ended,
            (Some(Ruling::Approved), _) => ExceptionState::Approved,
        }
    }

    /// When it ends or ended: by its date, or sooner.
    pub fn end(&self) -> DateTime<Utc> {
        self.ended_at.map_or(self.ends_at, |ended| ended.min(self.ends_at))
    }

    /// Whether a class of its course that begins at `begin` is not to be recorded. What was approved only after a class
    /// began is too late for it.
    pub fn covers(&self, meeting: MeetingId, begin: DateTime<Utc>) -> bool {
        let approved = self.ruling == Some(Ruling::Approved) && self.decided_at.is_some_and(|at| at <= begin);
        let is_about = self.meeting_id.is_none_or(|about| about == meeting);
        approved && is_about && self.starts_at <= begin && begin < self.end()
    }

    /// Whether recording of this class is to be off at `now`: a class that has begun within it is not recorded to its
    /// scheduled end.
    pub fn is_in_force(
        &self,
        meeting: MeetingId,
        span: (DateTime<Utc>, DateTime<Utc>),
        now: DateTime<Utc>,
    ) -> bool {
        self.covers(meeting, span.0) && now < self.end().max(span.1)
    }

    /// Whether `person` in this role may decide: it takes two people with two roles.
    pub fn may_be_decided_by(&self, person: UserId, office: Office) -> bool {
        self.asked_by != Some(person) && self.asked_as != office
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    /// Asked for at 0 by the instructor 1, approved at 5 by somebody else, for classes that begin from 10 to 20.
    fn approved() -> Exception {
        Exception {
            id: ExceptionId(1),
            course_id: CourseId(1),
            meeting_id: None,
            reason: "an oral exam".to_owned(),
            starts_at: at(10),
            ends_at: at(20),
            asked_by: Some(UserId(1)),
            asked_as: Office::Instructor,
            asked_at: at(0),
            ruling: Some(Ruling::Approved),
            decided_by: Some(UserId(2)),
            decided_as: Some(Office::Officer),
            decided_at: Some(at(5)),
            decision_note: String::new(),
            ended_at: None,
            end_reason: String::new(),
        }
    }

    #[test]
    fn it_covers_what_begins_within_it_and_nothing_else() {
        let covered = |exception: &Exception| -> Vec<i64> {
            (0..30).filter(|hour| exception.covers(MeetingId(7), at(*hour))).collect()
        };
        assert_eq!(covered(&approved()), (10..20).collect::<Vec<_>>());
        assert_eq!(
            covered(&Exception { decided_at: Some(at(12)), ..approved() }),
            (12..20).collect::<Vec<_>>()
        );
        assert_eq!(
            covered(&Exception { ended_at: Some(at(15)), ..approved() }),
            (10..15).collect::<Vec<_>>()
        );
        assert!(covered(&Exception { ruling: None, ..approved() }).is_empty());
        assert!(covered(&Exception { ruling: Some(Ruling::Refused), ..approved() }).is_empty());
        assert!(covered(&Exception { meeting_id: Some(MeetingId(8)), ..approved() }).is_empty());
    }

    #[test]
    fn a_class_that_began_within_it_is_not_recorded_to_its_end() {
        let class = (at(19), at(21));
        let off = |exception: &Exception, hour| exception.is_in_force(MeetingId(7), class, at(hour));
        assert!(off(&approved(), 6) && off(&approved(), 20));
        assert!(!off(&approved(), 21));
        assert!(!off(&Exception { ended_at: Some(at(18)), ..approved() }, 18), "ended before class");
    }

    #[test]
    fn it_takes_two_people_with_two_roles() {
        let asked = approved();
        assert!(asked.may_be_decided_by(UserId(2), Office::Officer));
        assert!(!asked.may_be_decided_by(UserId(1), Office::Officer), "the same person");
        assert!(!asked.may_be_decided_by(UserId(3), Office::Instructor), "the same role");
    }

    #[test]
    fn its_state_follows_from_its_row_and_the_time() {
        let asked = Exception { ruling: None, decided_at: None, ..approved() };
        assert_eq!(asked.state(at(19)), ExceptionState::Asked);
        assert_eq!(asked.state(at(20)), ExceptionState::Lapsed);
        assert_eq!(Exception { ended_at: Some(at(3)), ..asked }.state(at(4)), ExceptionState::Withdrawn);
        assert_eq!(approved().state(at(6)), ExceptionState::Approved);
        assert_eq!(approved().state(at(20)), ExceptionState::Ended);
        assert_eq!(Exception { ended_at: Some(at(12)), ..approved() }.state(at(12)), ExceptionState::Ended);
    }
}
