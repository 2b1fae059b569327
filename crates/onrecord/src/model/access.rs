//! Who may do what. This file is the only place that knows; doors and lists ask it.

use chrono::{DateTime, NaiveDate, Utc};

use super::id::{ApiTokenId, UserId};
use super::people::{CourseRole, GlobalRole};
use crate::words;

words! {
    /// What an API token may be used for. Each includes the ones before it.
    pub enum Scope {
        /// Look and download.
        Read = "read",
        /// Schedule, edit, sync, hide.
        Write = "write",
        /// Administer.
        Admin = "admin",
    }
}

/// Who asks: a signed-in person or a token acting for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The person.
    pub user_id: UserId,
    /// Their name, for pages.
    pub name: String,
    /// Their address, for pages.
    pub email: String,
    /// Their language (BCP 47).
    pub language: String,
    /// Their role over the installation.
    pub role: Option<GlobalRole>,
    /// What the token they use may do; `Admin` for a session.
    pub scope: Scope,
}

/// An API token, without its value: that is shown once and never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// The row.
    pub id: ApiTokenId,
    /// Whose rights it carries.
    pub user_id: UserId,
    /// Their address.
    pub email: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ApiToken {
    /// Whether it opens anything at `now`.
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// How a viewer stands to one course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Global admin.
    Admin,
    /// Global officer.
    Officer,
    /// Instructor of the course.
    Instructor,
    /// Learner of the course.
    Learner,
    /// Does not belong to it.
    Outsider,
}

/// An enrolment as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Part in the course.
    pub role: CourseRole,
    /// Last day that counts.
    pub ends_on: Option<NaiveDate>,
}

/// How `viewer` stands to a course in which they have `membership`. A global role goes before an enrolment,
/// except that an officer who teaches is an instructor of that course.
pub fn standing(role: Option<GlobalRole>, membership: Option<Membership>, now: DateTime<Utc>) -> Standing {
    let current = membership.filter(|m| m.ends_on.is_none_or(|day| now.date_naive() <= day));
    match (role, current.map(|m| m.role)) {
        (Some(GlobalRole::Admin), _) => Standing::Admin,
        (_, Some(CourseRole::Instructor)) => Standing::Instructor,
        (Some(GlobalRole::Officer), _) => Standing::Officer,
        (None, Some(CourseRole::Learner)) => Standing::Learner,
        (None, None) => Standing::Outsider,
    }
}

/// What can be done with a conference and what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// See that it is there: overview, times, recordings list.
    See,
    /// Go to the Teams meeting.
    Join,
    /// Watch one recording, or read its transcript.
    Watch,
    /// Keep one recording as a file.
    Download,
    /// See one's own attendance row.
    SeeOwnAttendance,
    /// See everybody's attendance.
    SeeAttendance,
    /// Read the chat.
    SeeChat,
    /// List and download shared files.
    SeeFiles,
    /// See where a file lies at Microsoft, states and reasons.
    SeeStaffDetail,
    /// Schedule, edit, cancel.
    Edit,
    /// Press Sync Data.
    Sync,
    /// Hide or show a recording.
    Hide,
    /// Object to being recorded.
    Object,
    /// Ask for an exception to recording, decide on one that somebody else asked for in another role, end one.
    Exempt,
}

/// What can be done with the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalAct {
    /// See monitor, audit, inbox, users and settings.
    Oversee,
    /// Change the integration, users, courses and the inbox.
    Administer,
    /// Write retention policies, place and release holds, remove and restore, answer people about their data.
    Retain,
}

/// What about the thing itself decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// The conference is published.
    pub published: bool,
    /// The artifact was hidden by staff, or is not certainly of this class.
    pub hidden: bool,
    /// The course lets learners read the chat.
    pub learners_see_chat: bool,
    /// The course lets learners see files.
    pub learners_see_files: bool,
    /// The course, or somebody in it, is marked as minors: learners neither download nor read the chat.
    pub of_minors: bool,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allowed,
    /// Answer as if it did not exist.
    NotFound,
    /// It is seen, but this may not be done.
    Forbidden,
}

/// Whether someone with `standing` and `scope` may do `act` to a thing with `facts`.
pub fn decide(standing: Standing, scope: Scope, act: Act, facts: Facts) -> Decision {
    if !sees(standing, facts) {
        return Decision::NotFound;
    }
    let may = match act {
        Act::See | Act::Watch | Act::SeeOwnAttendance => true,
        Act::Join => standing != Standing::Officer,
        Act::Download => standing != Standing::Learner || !facts.of_minors,
        Act::SeeChat => standing != Standing::Learner || (facts.learners_see_chat && !facts.of_minors),
        Act::SeeFiles => standing != Standing::Learner || (facts.learners_see_files && !facts.of_minors),
        Act::SeeAttendance | Act::SeeStaffDetail => standing != Standing::Learner,
        Act::Edit | Act::Sync | Act::Hide => {
            matches!(standing, Standing::Admin | Standing::Instructor) && scope >= Scope::Write
        }
        Act::Object => standing != Standing::Officer && scope >= Scope::Write,
        Act::Exempt => standing != Standing::Learner && scope >= Scope::Write,
    };
    if may { Decision::Allowed } else { Decision::Forbidden }
}

/// Whether the thing exists for someone of this standing.
fn sees(standing: Standing, facts: Facts) -> bool {
    match standing {
        Standing::Admin | Standing::Officer | Standing::Instructor => true,
        Standing::Learner => facts.published && !facts.hidden,
        Standing::Outsider => false,
    }
}

/// Whether `viewer` may do `act` to the installation. Those who may not even look get `NotFound`.
pub fn decide_global(viewer: &Viewer, act: GlobalAct) -> Decision {
    match (viewer.role, act) {
        (Some(_), GlobalAct::Oversee) => Decision::Allowed,
        (Some(GlobalRole::Admin), GlobalAct::Administer) | (Some(_), GlobalAct::Retain)
            if viewer.scope >= Scope::Admin =>
        {
            Decision::Allowed
        }
        (Some(_), GlobalAct::Administer | GlobalAct::Retain) => Decision::Forbidden,
        (None, _) => Decision::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Facts = Facts {
        published: true,
        hidden: false,
        learners_see_chat: false,
        learners_see_files: false,
        of_minors: false,
    };

    #[test]
    fn learners_of_minors_watch_but_neither_download_nor_read_the_chat() {
        let facts = Facts { learners_see_chat: true, of_minors: true, ..OPEN };
        let learner = |act| decide(Standing::Learner, Scope::Admin, act, facts);
        assert_eq!(learner(Act::Watch), Decision::Allowed);
        assert_eq!([learner(Act::Download), learner(Act::SeeChat)], [Decision::Forbidden; 2]);
        let instructor = |act| decide(Standing::Instructor, Scope::Admin, act, facts);
        assert_eq!([instructor(Act::Download), instructor(Act::SeeChat)], [Decision::Allowed; 2]);
    }

    #[test]
    fn learners_see_only_what_is_published_and_not_hidden() {
        let watch = |facts| decide(Standing::Learner, Scope::Admin, Act::Watch, facts);
        assert_eq!(watch(OPEN), Decision::Allowed);
        assert_eq!(watch(Facts { published: false, ..OPEN }), Decision::NotFound);
        assert_eq!(watch(Facts { hidden: true, ..OPEN }), Decision::NotFound);
    }

    #[test]
    fn outsiders_learn_nothing() {
        for act in [Act::See, Act::Watch, Act::Edit, Act::Sync, Act::SeeChat] {
            assert_eq!(decide(Standing::Outsider, Scope::Admin, act, OPEN), Decision::NotFound);
        }
    }

    #[test]
    fn officers_read_everything_and_change_no_course() {
        let officer = |act| decide(Standing::Officer, Scope::Admin, act, Facts::default());
        assert_eq!(officer(Act::SeeChat), Decision::Allowed);
        assert_eq!(officer(Act::SeeAttendance), Decision::Allowed);
        assert_eq!(officer(Act::Sync), Decision::Forbidden);
        assert_eq!(officer(Act::Edit), Decision::Forbidden);
    }

    #[test]
    fn a_read_token_changes_nothing() {
        assert_eq!(decide(Standing::Instructor, Scope::Read, Act::Sync, OPEN), Decision::Forbidden);
        assert_eq!(decide(Standing::Instructor, Scope::Write, Act::Sync, OPEN), Decision::Allowed);
    }

    #[test]
    fn an_enrolment_ends_with_its_last_day() {
        let day = |d| chrono::NaiveDate::from_ymd_opt(2026, 9, d).expect("a day");
        let membership = Some(Membership { role: CourseRole::Learner, ends_on: Some(day(10)) });
        let noon = |d| day(d).and_hms_opt(12, 0, 0).expect("noon").and_utc();
        assert_eq!(standing(None, membership, noon(10)), Standing::Learner);
        assert_eq!(standing(None, membership, noon(11)), Standing::Outsider);
    }

    #[test]
    fn chat_and_files_are_the_courses_choice() {
        let chat = |facts| decide(Standing::Learner, Scope::Read, Act::SeeChat, facts);
        assert_eq!(chat(OPEN), Decision::Forbidden);
        assert_eq!(chat(Facts { learners_see_chat: true, ..OPEN }), Decision::Allowed);
    }
}
