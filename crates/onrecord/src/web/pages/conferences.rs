//! The list of conferences (`/conferences`): filters in the address, a record line for each.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Badge, Chip, Empty, Field, Pager, Pill, Tally},
    when::Moment,
};

/// `GET /conferences?q=&course_id=&status=&cursor=`.
#[derive(Debug, Template)]
#[template(path = "pages/conferences.html")]
pub struct Conferences {
    pub page: Page,
    pub may_schedule: bool,
    /// `q` and `course_id`.
    pub filters: Vec<Field>,
    /// The status that the form keeps while the other filters change; empty for all.
    pub status: String,
    pub chips: Vec<Chip>,
    pub conferences: Vec<ConferenceLine>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
}

/// One conference in a list.
#[derive(Debug)]
pub struct ConferenceLine {
    pub href: String,
    pub title: String,
    /// Course and instructors.
    pub under: String,
    /// "Next class", "Last class", "Now".
    pub when_label: &'static str,
    pub when: Option<Moment>,
    pub tally: Tally,
    pub state: Pill,
    pub unpublished: Option<Badge>,
}
