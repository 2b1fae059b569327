//! The inbox (`/admin/inbox`): what belongs to no class, for a person to decide. No learner ever sees it.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Badge, Choice, Empty, Pager},
    when::Moment,
};

/// `GET /admin/inbox`. `POST /admin/inbox/{id}/assign` (`meeting_id`), `/dismiss` (`reason`) or `/undo`.
#[derive(Debug, Template)]
#[template(path = "pages/inbox.html")]
pub struct Inbox {
    pub page: Page,
    pub headline: String,
    pub items: Vec<InboxItem>,
    /// Why something is no class, to choose from.
    pub no_class_reasons: Vec<Choice>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
    /// What was decided lately, the newest first.
    pub decided: Vec<Decided>,
    /// Whether the viewer may decide, not only read.
    pub may_decide: bool,
}

/// One thing that fits nowhere with certainty.
#[derive(Clone, Debug)]
pub struct InboxItem {
    pub id: i64,
    pub name: String,
    pub kind: Badge,
    pub at: Option<Moment>,
    /// Duration, size, drive.
    pub detail: String,
    /// Why it was not matched.
    pub reason: String,
    /// Where administrators see and hear it.
    pub watch_href: Option<String>,
    /// The classes that are probably meant, one button each.
    pub suggestions: Vec<SuggestedClass>,
    /// The other classes it might belong to: meeting ids and words.
    pub candidates: Vec<Choice>,
    /// What was looked for among all classes; `None` while nothing was.
    pub searched: Option<String>,
}

/// A class that is probably meant.
#[derive(Clone, Debug)]
pub struct SuggestedClass {
    pub meeting_id: i64,
    pub words: String,
    /// What speaks for it.
    pub reasons: String,
    /// Whether it stands out.
    pub first: bool,
}

/// A decision that can be taken back.
#[derive(Clone, Debug)]
pub struct Decided {
    pub id: i64,
    pub name: String,
    /// "to BIO-204 …" or "to no class", by whom and when.
    pub words: String,
    pub at: Moment,
}
