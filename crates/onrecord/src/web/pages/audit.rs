//! The audit (`/admin/audit`): who did what, when; newest first. Nothing here can be changed.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Empty, Field, Note, Pager},
    when::{self, Moment},
};

/// `GET /admin/audit?who=&action=&subject=&from=&to=&cursor=`.
#[derive(Debug, Template)]
#[template(path = "pages/audit.html")]
pub struct Audit {
    pub page: Page,
    /// Whether the chain holds.
    pub chain: Note,
    pub filters: Vec<Field>,
    /// What narrows and has no field in the form.
    pub carried: Vec<(&'static str, String)>,
    /// What that is in words, and the address without it.
    pub only: Option<(String, String)>,
    /// The forms of export, each with its address.
    pub exports: Vec<(&'static str, String)>,
    pub entries: Vec<AuditRow>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
}

/// One entry.
#[derive(Debug)]
pub struct AuditRow {
    /// `None` until it is sealed.
    pub seq: Option<i64>,
    pub at: Moment,
    pub who: String,
    pub what: String,
    /// The name of the action in exports: `recording.downloaded`.
    pub action: String,
    /// What it is about, by name; empty where there is none.
    pub about: String,
    /// What it is about in exports: `meeting:12`.
    pub subject: String,
    pub subject_href: Option<String>,
    pub detail: String,
}
