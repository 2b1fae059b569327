//! Objections to being recorded: the form for whoever is recorded, and a case for those who answer it.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Crumb, Empty, Field, Link, Pager, Pill, Problem, Tabs},
    when::Moment,
};

/// `GET /courses/{id}/objection?class=`. Posts: there (`scope` = `course` or a class's number, `reason`),
/// `/objections/{objection}/withdraw`.
#[derive(Debug, Template)]
#[template(path = "pages/objection.html")]
pub struct Objecting {
    pub page: Page,
    pub crumbs: Vec<Crumb>,
    pub action: String,
    pub fields: Vec<Field>,
    pub own: Vec<OwnObjection>,
}

impl Objecting {
    fn problems(&self) -> Vec<Problem> {
        parts::problems(&self.fields)
    }
}

/// One's own objection, with what was answered.
#[derive(Debug)]
pub struct OwnObjection {
    pub id: i64,
    pub about: String,
    pub reason: String,
    pub raised: Moment,
    /// "To be answered by 1 October", or the answer.
    pub answer: String,
    pub state: Pill,
    pub may_withdraw: bool,
}

/// One case in the list of `/admin/cases`.
#[derive(Debug)]
pub struct CaseRow {
    pub href: String,
    /// "Ada Lovelace".
    pub person: String,
    /// "ALG-1 Algebra", "Algebra, Tue 24 Nov, 10:00".
    pub about: String,
    pub raised: Moment,
    pub due: Moment,
    pub owner: String,
    pub state: Pill,
}

/// `GET /admin/cases/{id}`. Posts: there (`owner` = an address, `due_on`, `note`, `outcome`, `answer`, `exception`).
#[derive(Debug, Template)]
#[template(path = "pages/case.html")]
pub struct Case {
    pub page: Page,
    pub tabs: Tabs,
    pub crumbs: Vec<Crumb>,
    pub title: String,
    pub lead: String,
    pub state: Pill,
    pub reason: String,
    pub facts: Vec<(&'static str, String)>,
    pub notes: Vec<CaseNoteLine>,
    pub exceptions: Link,
    /// For those who may change it while it is open.
    pub fields: Option<Vec<Field>>,
    pub action: String,
}

impl Case {
    fn problems(&self) -> Vec<Problem> {
        self.fields.iter().flat_map(parts::problems).collect()
    }
}

/// One note of a case.
#[derive(Debug)]
pub struct CaseNoteLine {
    pub author: String,
    pub at: Moment,
    pub text: String,
}

/// The list of cases, as it stands on `/admin/cases`.
#[derive(Debug)]
pub struct CaseList {
    pub rows: Vec<CaseRow>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
}
