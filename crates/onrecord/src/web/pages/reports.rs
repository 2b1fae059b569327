//! Reports (`/admin/reports`): the last seven days in numbers, beside the seven days before.

use askama::Template;

use crate::web::{
    page::Page,
    pages::monitor::StatusRow,
    parts::{self, Meter},
    when::{self, Moment},
};

/// `GET /admin/reports`.
#[derive(Debug, Template)]
#[template(path = "pages/reports.html")]
pub struct Reports {
    pub page: Page,
    pub headline: String,
    pub lead: String,
    /// Each number with that of the week before.
    pub numbers: Vec<NumberRow>,
    /// Conferences by recording status.
    pub statuses: Vec<StatusRow>,
    /// Missing classes by who acts.
    pub owners: Vec<StatusRow>,
    pub missing: Vec<MissingRow>,
    pub room: Vec<Meter>,
}

/// One number and what it was the week before.
#[derive(Debug)]
pub struct NumberRow {
    pub words: String,
    pub now: i64,
    pub before: i64,
}

/// A class without a recording.
#[derive(Debug)]
pub struct MissingRow {
    pub class: String,
    pub href: String,
    pub at: Moment,
    pub cause: &'static str,
    pub owner: &'static str,
}
