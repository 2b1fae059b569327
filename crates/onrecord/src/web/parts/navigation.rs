//! Finding one's way: tabs, filter chips, crumbs and the pager.

use std::borrow::Cow;

use askama::{Template, filters::HtmlSafe};

use super::Mark;
use crate::web::{text::Text, when};

/// One tab: a link, because every tab has its own address.
#[derive(Clone, Debug)]
pub struct Tab {
    pub href: String,
    pub words: &'static str,
    pub count: Option<i64>,
    pub current: bool,
}

/// A row of tabs.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/tabs.html")]
pub struct Tabs {
    pub label: String,
    pub tabs: Vec<Tab>,
}

impl HtmlSafe for Tabs {}

/// A filter that is a link, with how many it would show.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/chip.html")]
pub struct Chip {
    pub href: String,
    pub mark: Option<Mark>,
    pub words: Cow<'static, str>,
    pub count: Option<i64>,
    pub current: bool,
}

impl HtmlSafe for Chip {}

/// One place above this page.
#[derive(Clone, Debug)]
pub struct Crumb {
    pub href: String,
    pub words: String,
}

/// Keyset paging: back to the start, on to the next page.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/pager.html")]
pub struct Pager {
    pub t: &'static Text,
    /// What is shown: "7 of 23", "The newest 50".
    pub shown: String,
    pub first: Option<String>,
    pub next: Option<String>,
}

impl HtmlSafe for Pager {}
