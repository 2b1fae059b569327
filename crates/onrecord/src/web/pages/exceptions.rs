//! Exceptions to recording: those of a course with the form to ask for one, and all cases of the installation.

use askama::Template;

use super::objections::CaseList;
use crate::web::{
    page::Page,
    parts::{self, Crumb, Empty, Field, Pager, Pill, Problem, Tabs},
};

/// `GET /courses/{id}/exceptions?class=&cursor=`. Posts: there (`scope` = `span` or a class's number, `reason`,
/// `starts_on`, `ends_on`), `…/{exception}/decision` (`ruling`, `note`), `…/{exception}/end` (`reason`).
#[derive(Debug, Template)]
#[template(path = "pages/exceptions.html")]
pub struct Exceptions {
    pub page: Page,
    pub crumbs: Vec<Crumb>,
    /// Where the form is sent.
    pub action: String,
    /// For those who may ask.
    pub fields: Option<Vec<Field>>,
    pub rows: Vec<ExceptionRow>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
}

impl Exceptions {
    fn problems(&self) -> Vec<Problem> {
        self.fields.iter().flat_map(parts::problems).collect()
    }
}

/// One exception, with what this reader may do about it.
#[derive(Debug)]
pub struct ExceptionRow {
    pub id: i64,
    /// "/courses/3/exceptions".
    pub home: String,
    /// "Cells, Tue 24 Nov, 10:00", "All classes from 1 to 5 December".
    pub about: String,
    /// Short name of the course, where several are listed.
    pub course: Option<String>,
    pub reason: String,
    /// "Ada Lovelace, instructor, 3 days ago".
    pub asked: String,
    /// Who decided or ended it, and what they said.
    pub decided: Vec<String>,
    pub state: Pill,
    pub may_decide: bool,
    pub may_end: bool,
}

/// `GET /admin/cases?cursor=&exceptions=`.
#[derive(Debug, Template)]
#[template(path = "pages/cases.html")]
pub struct Cases {
    pub page: Page,
    pub tabs: Tabs,
    pub objections: CaseList,
    pub exceptions: Vec<ExceptionRow>,
    pub exceptions_empty: Option<Empty>,
    pub exceptions_pager: Option<Pager>,
}
