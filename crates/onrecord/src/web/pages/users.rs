//! People (`/admin/users`): list, invite, disable. An invitation's link is shown once and never again.

use askama::Template;

use super::courses::LineError;
use crate::web::{
    page::Page,
    parts::{self, Choice, Command, Empty, Field, Note, Pager, Pill, Problem},
};

/// `GET /admin/users?q=&cursor=`. Invited by `POST /admin/users` (`email`, `name`, `role`); then
/// `POST /admin/users/{id}/disable`, `/enable`, `/link` (a new one-time link), `/role` (`role`).
#[derive(Debug, Template)]
#[template(path = "pages/users.html")]
pub struct Users {
    pub page: Page,
    pub lead: String,
    pub search: Field,
    pub people: Vec<UserRow>,
    pub pager: Option<Pager>,
    pub empty: Option<Empty>,
    pub invite: Vec<Field>,
    pub invited: Option<Invited>,
    /// What became of an uploaded file.
    pub uploaded: Option<Uploaded>,
}

impl Users {
    fn problems(&self) -> Vec<Problem> {
        parts::problems(&self.invite)
    }
}

/// What became of a file posted to `/admin/users/file` (multipart: `file`).
#[derive(Debug)]
pub struct Uploaded {
    pub result: Note,
    pub line_errors: Vec<LineError>,
}

/// One person.
#[derive(Debug)]
pub struct UserRow {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub role: String,
    pub courses: String,
    pub last_seen: String,
    pub state: Pill,
    pub action: UserAction,
    /// The roles they may be given instead of theirs; none for oneself.
    pub roles: Vec<Choice>,
}

/// What may be done with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserAction {
    /// Oneself: nothing, so that nobody locks themselves out.
    None,
    Disable,
    Enable,
}

/// The link of an invitation, shown once.
#[derive(Debug)]
pub struct Invited {
    pub name: String,
    pub link: Command,
    pub expires: String,
}
