//! Error pages. What one may not see and what does not exist are the same page, in the same words.

use askama::Template;

use crate::web::{
    page::{Page, Place},
    parts::{self, Link},
    text::Text,
};

/// 403, 404, 409, 429, 500, 503 as a page.
#[derive(Debug, Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    pub page: Page,
    pub status: u16,
    pub title: String,
    pub text: String,
    pub fix: String,
    pub action: Link,
    /// To find the log line by; empty where there is nothing to find.
    pub request_id: String,
}

impl ErrorPage {
    /// May not be seen, or does not exist.
    pub fn not_found(t: &'static Text) -> Self {
        Self::build(t, 404, [t.get("error-404"), t.get("error-404-text"), t.get("error-404-fix")])
    }

    /// Is seen but may not be done; `why` says it in words.
    pub fn forbidden(t: &'static Text, why: &str) -> Self {
        Self::build(t, 403, [t.get("error-403"), why, t.get("error-403-fix")])
    }

    /// Does not fit the present state; `why` says it in words.
    pub fn conflict(t: &'static Text, why: &str) -> Self {
        Self::build(t, 409, [t.get("error-409"), why, t.get("error-409-fix")])
    }

    /// The request could not be understood; `why` says it in words.
    pub fn bad_request(t: &'static Text, why: &str) -> Self {
        Self::build(t, 400, [t.get("error-400"), why, t.get("error-400-fix")])
    }

    /// Too many requests.
    pub fn too_many(t: &'static Text) -> Self {
        Self::build(t, 429, [t.get("error-429"), t.get("error-429-text"), t.get("error-429-fix")])
    }

    /// Our fault.
    pub fn internal(t: &'static Text, request_id: impl Into<String>) -> Self {
        let mut page =
            Self::build(t, 500, [t.get("error-500"), t.get("error-500-text"), t.get("error-500-fix")]);
        page.request_id = request_id.into();
        page
    }

    /// For the moment it cannot be done.
    pub fn unavailable(t: &'static Text) -> Self {
        Self::build(t, 503, [t.get("error-503"), t.get("error-503-text"), t.get("error-503-fix")])
    }

    /// The same page with its own words: what stands before the first colon is the title, and says what to do.
    #[must_use]
    pub fn telling(mut self, detail: &str) -> Self {
        let (title, text) = detail.split_once(": ").unwrap_or((&self.title, detail));
        (self.title, self.text) = (title.to_owned(), text.to_owned());
        self.page.title.clone_from(&self.title);
        self.fix = String::new();
        self
    }

    fn build(t: &'static Text, status: u16, [title, text, fix]: [&str; 3]) -> Self {
        Self {
            page: Page::new(t, title, Place::Elsewhere),
            status,
            title: title.to_owned(),
            text: text.to_owned(),
            fix: fix.to_owned(),
            action: Link::new("/", t.get("error-home")),
            request_id: String::new(),
        }
    }
}
