//! Cancelling a conference or one class of it: shows what it will do first (`/conferences/{id}/cancel`).

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Crumb, Field, PartLine},
};

/// Posted to `action` as `reason`.
#[derive(Debug, Template)]
#[template(path = "pages/cancel.html")]
pub struct Cancel {
    pub page: Page,
    pub crumbs: Vec<Crumb>,
    pub heading: String,
    /// The classes that will be cancelled.
    pub classes: Vec<PartLine>,
    /// What happens and what stays, one sentence each.
    pub effects: Vec<String>,
    pub reason: Field,
    pub action: String,
    pub confirm_words: String,
    pub back: String,
}
