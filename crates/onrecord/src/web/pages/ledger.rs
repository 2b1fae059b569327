//! The ledger (`/admin/ledger`): every scheduled class and what became of it, with filters in the address and an export.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Chip, Empty, Field, Pager, Pill},
    when::Moment,
};

/// `GET /admin/ledger?verdict=&cause=&owner=&course_id=&term=&from=&to=&cursor=`.
#[derive(Debug, Template)]
#[template(path = "pages/ledger.html")]
pub struct Ledger {
    pub page: Page,
    /// `/admin/ledger.csv` with the same filters.
    pub export_href: String,
    pub filters: Vec<Field>,
    /// The verdict that the form keeps while the other filters change; empty for all.
    pub verdict: String,
    /// The course that the form keeps; empty for all.
    pub course_id: String,
    /// "Only MAT-1 Algebra", with the address without it.
    pub only_course: Option<(String, String)>,
    pub chips: Vec<Chip>,
    pub rows: Vec<LedgerRow>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
}

/// One class.
#[derive(Debug)]
pub struct LedgerRow {
    pub href: String,
    pub title: String,
    /// Its course, in short.
    pub course: String,
    /// Who teaches.
    pub teachers: String,
    pub course_href: String,
    pub when: Moment,
    pub verdict: Pill,
    /// Why it is missing; empty otherwise.
    pub cause: String,
    /// How sure that is.
    pub basis: String,
    pub fix: String,
    pub who: String,
}
