//! The line: record line, timeline, answers, parts of a sync, meters.

use std::borrow::Cow;

use askama::{Template, filters::HtmlSafe};

use super::{Badge, Link, Mark};
use crate::web::{text::Text, when::Moment};

/// One class on the record line.
#[derive(Clone, Debug)]
pub struct Stop {
    pub href: String,
    pub mark: Mark,
    /// "10 Nov".
    pub words: String,
    pub current: bool,
}

/// The record line: one mark per class, each a link.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/recline.html")]
pub struct Recline {
    pub t: &'static Text,
    pub stops: Vec<Stop>,
}

impl HtmlSafe for Recline {}

/// The record line in small: marks only, said in words for those who do not see them.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/tally.html")]
pub struct Tally {
    pub t: &'static Text,
    pub marks: Vec<Mark>,
}

impl HtmlSafe for Tally {}

impl Tally {
    /// "5 recorded, 1 missing, 4 upcoming".
    pub fn words(&self) -> String {
        let mut said = String::new();
        for mark in Mark::ALL {
            let n = self.marks.iter().filter(|other| **other == mark).count();
            if n > 0 {
                if !said.is_empty() {
                    said.push_str(", ");
                }
                said.push_str(
                    &self.t.with(
                        "tally",
                        &[("n", n.into()), ("verdict", mark.word(self.t).to_lowercase().into())],
                    ),
                );
            }
        }
        said
    }

    /// At most the last fifteen: more is no longer read, only seen.
    fn drawn(&self) -> &[Mark] {
        &self.marks[self.marks.len().saturating_sub(15)..]
    }
}

/// One of the three answers of a class.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/answer.html")]
pub struct Answer {
    /// Unique on the page.
    pub id: &'static str,
    pub mark: Option<Mark>,
    pub question: &'static str,
    pub answer: Cow<'static, str>,
    pub detail: String,
    pub button: Option<Link>,
    pub link: Option<Link>,
}

impl HtmlSafe for Answer {}

/// One step of a timeline.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/step.html")]
pub struct Step {
    pub mark: Mark,
    pub what: Cow<'static, str>,
    pub at: Option<Moment>,
    pub detail: String,
    /// From here on it is the future.
    pub next: bool,
}

impl HtmlSafe for Step {}

/// One line of a list of parts: what it is and how it went.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/part_line.html")]
pub struct PartLine {
    pub mark: Mark,
    pub name: Cow<'static, str>,
    /// Said strongly, when it is not as it should be.
    pub strong: Option<Cow<'static, str>>,
    pub words: Cow<'static, str>,
    pub badge: Option<Badge>,
}

impl HtmlSafe for PartLine {}

impl PartLine {
    /// A line that is in order.
    pub fn new(mark: Mark, name: impl Into<Cow<'static, str>>, words: impl Into<Cow<'static, str>>) -> Self {
        Self { mark, name: name.into(), strong: None, words: words.into(), badge: None }
    }

    /// A line that begins with a strong word ("Failed.").
    #[must_use]
    pub fn strong(mut self, strong: impl Into<Cow<'static, str>>) -> Self {
        self.strong = Some(strong.into());
        self
    }
}

/// How full something is, in words and as a bar.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/meter.html")]
pub struct Meter {
    pub name: String,
    /// "86 %, nearing".
    pub words: String,
    pub percent: u8,
}

impl HtmlSafe for Meter {}
