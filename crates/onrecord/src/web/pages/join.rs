//! The waiting page of `/join/{meeting}`: shown while there is no Teams link to go on to.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Crumb, Note},
    when::Moment,
};

/// `GET /join/{meeting}` without a link yet, or outside the class's time.
#[derive(Debug, Template)]
#[template(path = "pages/join.html")]
pub struct JoinWait {
    pub page: Page,
    pub crumbs: Vec<Crumb>,
    pub title: String,
    pub when: Moment,
    pub relative: String,
    pub note: Note,
    pub notice: String,
    pub class_href: String,
    /// Where to go on to Teams, once it is known.
    pub teams_href: Option<String>,
    pub href: String,
    pub refresh_seconds: Option<u32>,
    /// The notice is to be read first.
    pub read: Option<NoticeToRead>,
}

/// The form that says that the notice was read: posts `version`.
#[derive(Debug)]
pub struct NoticeToRead {
    pub action: String,
    pub version: i64,
    /// Where to go on without, if that is allowed.
    pub pass_href: Option<String>,
}
