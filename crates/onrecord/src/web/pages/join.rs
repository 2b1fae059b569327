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
}
