//! The pages of keeping: policies and runs (`/admin/retention`), holds (`/admin/holds`), the bin (`/admin/bin`).

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Choice, Empty, Field, Note, Pager, Pill, Problem, Tabs},
    when::Moment,
};

/// `GET /admin/retention?run=` and `/admin/retention/policies/{id}`. Posts: `/admin/retention/policies` or
/// `/admin/retention/policies/{id}` (the fields; `step` is `preview` or `save`), `…/{id}/end`, `/admin/retention/runs`
/// (`mode` is `dry` or `real`).
#[derive(Debug, Template)]
#[template(path = "pages/retention.html")]
pub struct Retention {
    pub page: Page,
    pub tabs: Tabs,
    pub policies: Vec<PolicyRow>,
    pub empty: Option<Empty>,
    pub form: Option<PolicyForm>,
    /// What a run did or would do.
    pub plan: Option<Plan>,
    pub runs: Vec<RunRow>,
    pub may_change: bool,
}

/// The form that writes a policy.
#[derive(Debug)]
pub struct PolicyForm {
    pub heading: String,
    pub action: String,
    pub fields: Vec<Field>,
    pub open: bool,
}

impl PolicyForm {
    fn problems(&self) -> Vec<Problem> {
        parts::problems(&self.fields)
    }
}

/// One policy.
#[derive(Debug)]
pub struct PolicyRow {
    pub id: i64,
    pub name: String,
    pub nature: Pill,
    /// What it is about: course, term, kind.
    pub about: String,
    pub rule: String,
}

/// What a run did or would do.
#[derive(Debug)]
pub struct Plan {
    pub heading: String,
    pub lead: String,
    /// What changed since the dry run before.
    pub changes: Vec<Note>,
    pub rows: Vec<PlanRow>,
    /// How many more there are than are shown.
    pub more: String,
}

/// One act.
#[derive(Debug)]
pub struct PlanRow {
    pub title: String,
    pub course: String,
    pub kind: String,
    pub act: String,
    pub why: String,
    pub state: Pill,
}

/// One run.
#[derive(Debug)]
pub struct RunRow {
    pub href: String,
    pub when: Moment,
    pub mode: String,
    pub words: String,
}

/// `GET /admin/holds?cursor=`. Posts: `/admin/holds` (`scope`, `subject_id`, `reason`, `starts_on`, `ends_on`),
/// `/admin/holds/{id}/release` (`reason`).
#[derive(Debug, Template)]
#[template(path = "pages/holds.html")]
pub struct Holds {
    pub page: Page,
    pub tabs: Tabs,
    pub holds: Vec<HoldRow>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
    pub fields: Vec<Field>,
    pub may_change: bool,
}

impl Holds {
    fn problems(&self) -> Vec<Problem> {
        parts::problems(&self.fields)
    }
}

/// One hold.
#[derive(Debug)]
pub struct HoldRow {
    pub id: i64,
    /// "course BIO-204 Cells".
    pub on: String,
    pub reason: String,
    pub owner: String,
    /// "from 1 September until 1 October".
    pub span: String,
    pub state: Pill,
    pub may_release: bool,
}

/// `GET /admin/bin?shelf=purged&cursor=`. Posts: `/admin/bin/{id}/restore`.
#[derive(Debug, Template)]
#[template(path = "pages/bin.html")]
pub struct Bin {
    pub page: Page,
    pub tabs: Tabs,
    pub lead: String,
    pub shelves: Vec<Choice>,
    pub rows: Vec<BinRow>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
}

/// One thing in the bin, or the record of one.
#[derive(Debug)]
pub struct BinRow {
    pub id: i64,
    pub class_href: String,
    pub title: String,
    pub under: String,
    pub reason: String,
    /// When it is purged, or was, with its hash.
    pub words: String,
    pub may_restore: bool,
}
