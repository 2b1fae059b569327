//! Courses (`/courses`) and one course (`/courses/{id}`) with its roster, for staff, and its conferences.

use askama::Template;

use super::{conferences::ConferenceLine, home::CourseLine};
use crate::web::{
    page::Page,
    parts::{self, Badge, Choice, Empty, Field, Link, Note, Pager, Problem},
};

/// `GET /courses`.
#[derive(Debug, Template)]
#[template(path = "pages/courses.html")]
pub struct Courses {
    pub page: Page,
    pub lead: String,
    pub search: Field,
    pub courses: Vec<CourseLine>,
    pub pager: Option<Pager>,
    pub empty: Option<Empty>,
    /// The form for a new course; admins only. Posted to `/courses`.
    pub new_course: Option<NewCourse>,
}

/// The fields of a new course: `code`, `title`, `term`.
#[derive(Debug)]
pub struct NewCourse {
    pub fields: Vec<Field>,
    /// Open when the last try was refused.
    pub open: bool,
}

impl NewCourse {
    fn problems(&self) -> Vec<Problem> {
        parts::problems(&self.fields)
    }
}

/// `GET /courses/{id}`.
#[derive(Debug, Template)]
#[template(path = "pages/course.html")]
pub struct Course {
    pub page: Page,
    pub id: i64,
    pub code: String,
    pub title: String,
    pub lead: String,
    pub may_schedule: bool,
    pub conferences: Vec<ConferenceLine>,
    pub conferences_empty: Option<Empty>,
    pub more_conferences: Option<Pager>,
    /// For whoever may edit its classes. Posted to `/courses/{id}/settings`.
    pub settings: Option<CourseSettings>,
    /// What else there is about the course.
    pub more: Vec<Link>,
    /// `None` for learners: they do not see who else is enrolled.
    pub roster: Option<Roster>,
}

/// What learners see and what is fetched: boxes to tick, each named by its value and saying `yes`.
#[derive(Debug)]
pub struct CourseSettings {
    pub learners: Vec<Choice>,
    pub kinds: Vec<Choice>,
}

/// The people of a course, and how to change them.
#[derive(Debug)]
pub struct Roster {
    pub sum: String,
    pub people: Vec<Enrolled>,
    pub pager: Option<Pager>,
    pub empty: Option<Empty>,
    /// Forms for changing the roster; `None` for those who may only read.
    pub change: Option<RosterChange>,
}

/// One enrolment.
#[derive(Debug)]
pub struct Enrolled {
    pub user_id: i64,
    pub name: String,
    pub email: String,
    pub role: String,
    pub section: String,
    pub until: String,
    pub note: Option<Badge>,
}

/// The upload (`POST /courses/{id}/roster`, multipart: `file`, `replace`) and the form for one person
/// (`POST /courses/{id}/enrolments`: `email`, `role`); removing is `POST /courses/{id}/enrolments/{user}/remove`.
#[derive(Debug)]
pub struct RosterChange {
    pub result: Option<Note>,
    pub line_errors: Vec<LineError>,
    /// The file would have removed many people: whoever means it ticks so.
    pub too_many: bool,
    pub add: Vec<Field>,
}

/// What is wrong with one line of an uploaded file.
#[derive(Debug)]
pub struct LineError {
    pub line: u64,
    pub column: String,
    pub message: String,
}
