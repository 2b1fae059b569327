//! The recording notice: every wording there was, the institution's words in other languages, and who of a course
//! acknowledged which.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Crumb, Empty, Field, Pager, Pill, Problem, Tabs},
    when::Moment,
};

/// `GET /admin/notices?cursor=&language=`. Posts: `/admin/notices/wordings` (`language`, `wording`).
#[derive(Debug, Template)]
#[template(path = "pages/notices.html")]
pub struct Notices {
    pub page: Page,
    pub tabs: Tabs,
    /// Whether acknowledging is asked, as the settings say.
    pub asked: String,
    pub rows: Vec<NoticeRow>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
    /// The words in other languages, as they stand now.
    pub wordings: Vec<WordingRow>,
    /// For those who may change the words.
    pub fields: Option<Vec<Field>>,
    /// Whether the form stands open, because words of it are to be changed.
    pub open: bool,
}

impl Notices {
    fn problems(&self) -> Vec<Problem> {
        self.fields.iter().flat_map(parts::problems).collect()
    }
}

/// The words in another language.
#[derive(Debug)]
pub struct WordingRow {
    pub language: String,
    pub words: String,
    /// That the configuration sets them; empty otherwise.
    pub locked: &'static str,
    /// The form with these words, for those who may change them.
    pub edit_href: Option<String>,
}

/// One wording.
#[derive(Debug)]
pub struct NoticeRow {
    /// "Version 3, en".
    pub name: String,
    pub since: Moment,
    pub body: String,
    pub basis: &'static str,
    /// "acknowledged by 12, used for 40 classes".
    pub used: String,
}

/// `GET /courses/{id}/acknowledgements?cursor=`.
#[derive(Debug, Template)]
#[template(path = "pages/acknowledgements.html")]
pub struct Acknowledgements {
    pub page: Page,
    pub crumbs: Vec<Crumb>,
    pub lead: String,
    pub rows: Vec<AcknowledgementRow>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
}

/// Somebody of the course.
#[derive(Debug)]
pub struct AcknowledgementRow {
    pub name: String,
    pub email: String,
    pub role: &'static str,
    pub state: Pill,
    pub at: Option<Moment>,
}
