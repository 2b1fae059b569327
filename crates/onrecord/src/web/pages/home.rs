//! Home (`/`): what needs you, what is next, what is new. The same page for everybody; what does not apply is absent.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Empty, Mark, Note, Pill, Tally},
    when::Moment,
};

/// `GET /`.
#[derive(Debug, Template)]
#[template(path = "pages/home.html")]
pub struct Home {
    pub page: Page,
    /// The date, small.
    pub over: String,
    /// The answer in words: "One class needs attention".
    pub headline: String,
    pub may_schedule: bool,
    /// What is wrong, worst first.
    pub wrong: Vec<Note>,
    pub next: Option<NextClass>,
    /// What the whole installation is like; for admins and officers.
    pub figures: Vec<Figure>,
    pub fresh_title: &'static str,
    pub fresh: Vec<AgendaItem>,
    pub week: Vec<Day>,
    pub courses: Vec<CourseLine>,
    /// Shown when there is nothing at all.
    pub empty: Option<Empty>,
}

/// The class that comes next, or is running.
#[derive(Debug)]
pub struct NextClass {
    pub when: Moment,
    /// "in 1 h 18 min", "since 13:00".
    pub relative: String,
    pub course: String,
    pub title: String,
    pub href: String,
    pub people: String,
    pub state: Pill,
    pub state_detail: String,
    /// Our own address that checks rights and goes on to Teams.
    pub join_href: Option<String>,
}

/// One figure and what it counts.
#[derive(Debug)]
pub struct Figure {
    pub mark: Option<Mark>,
    pub value: String,
    pub words: String,
    pub href: String,
}

/// One class in the list of what is new.
#[derive(Debug)]
pub struct AgendaItem {
    pub when: Moment,
    pub title: String,
    pub href: String,
    pub detail: String,
    pub state: AgendaState,
}

/// What one can do with a class, or what became of it.
#[derive(Debug)]
pub enum AgendaState {
    Watch { view_href: String, download_href: Option<String>, download_label: String },
    Verdict(Pill),
}

/// One day of the week, with its classes.
#[derive(Debug)]
pub struct Day {
    pub words: String,
    pub today: bool,
    pub classes: Vec<DayClass>,
}

/// One class of a day.
#[derive(Debug)]
pub struct DayClass {
    pub href: String,
    pub mark: Mark,
    pub title: String,
    pub time: Moment,
    pub detail: String,
}

/// A course with the record line of its classes.
#[derive(Debug)]
pub struct CourseLine {
    pub code: String,
    pub title: String,
    pub href: String,
    pub detail: String,
    pub tally: Tally,
}
