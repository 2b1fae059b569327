//! The inbox (`/admin/inbox`): what belongs to no class, for a person to decide. No learner ever sees it.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Badge, Choice, Empty, Pager},
    when::Moment,
};

/// `GET /admin/inbox`. `POST /admin/inbox/{id}/assign` (`meeting_id`) or `/dismiss`.
#[derive(Debug, Template)]
#[template(path = "pages/inbox.html")]
pub struct Inbox {
    pub page: Page,
    pub headline: String,
    pub items: Vec<InboxItem>,
    pub empty: Option<Empty>,
    pub pager: Option<Pager>,
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
    /// The classes it might belong to: meeting ids and words.
    pub candidates: Vec<Choice>,
}
