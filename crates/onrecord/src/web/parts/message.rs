//! Telling people: a note with its fix, a command to copy, an empty state, a link.

use std::borrow::Cow;

use askama::{Template, filters::HtmlSafe};

use super::Mark;
use crate::web::text::Text;

/// An address and its words.
#[derive(Clone, Debug, Template)]
#[template(source = r#"<a href="{{ href }}">{{ words }}</a>"#, ext = "html")]
pub struct Link {
    pub href: Cow<'static, str>,
    pub words: Cow<'static, str>,
}

impl HtmlSafe for Link {}

impl Link {
    /// A link to a page of ours or an absolute address.
    pub fn new(href: impl Into<Cow<'static, str>>, words: impl Into<Cow<'static, str>>) -> Self {
        Self { href: href.into(), words: words.into() }
    }
}

/// A message: what is the matter, what to do next, who acts, and the command that mends it.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/note.html")]
pub struct Note {
    /// `None`: plain information.
    pub mark: Option<Mark>,
    pub title: Cow<'static, str>,
    pub lines: Vec<String>,
    /// Exactly what mends it.
    pub fix: Option<String>,
    pub command: Option<Command>,
    pub links: Vec<Link>,
    /// Whether a screen reader says it at once.
    pub urgent: bool,
}

impl HtmlSafe for Note {}

impl Note {
    /// A note with a title alone.
    pub fn new(mark: Option<Mark>, title: impl Into<Cow<'static, str>>) -> Self {
        Self {
            mark,
            title: title.into(),
            lines: Vec::new(),
            fix: None,
            command: None,
            links: Vec::new(),
            urgent: false,
        }
    }

    /// With one more sentence.
    #[must_use]
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// With what mends it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// With a place to go to.
    #[must_use]
    pub fn link(mut self, link: Link) -> Self {
        self.links.push(link);
        self
    }

    /// With a command to copy.
    #[must_use]
    pub fn command(mut self, command: Command) -> Self {
        self.command = Some(command);
        self
    }

    /// Said at once by a screen reader.
    #[must_use]
    pub fn urgent(mut self) -> Self {
        self.urgent = true;
        self
    }

    fn tone(&self) -> &'static str {
        self.mark.map_or("info", Mark::name)
    }
}

/// Something to copy: a command, a link shown once, a token.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/command.html")]
pub struct Command {
    pub t: &'static Text,
    /// What it is, for a screen reader: "PowerShell command".
    pub label: Cow<'static, str>,
    pub text: String,
}

impl HtmlSafe for Command {}

/// Nothing here, why, and what one may do.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/empty.html")]
pub struct Empty {
    pub icon: &'static str,
    pub title: Cow<'static, str>,
    pub text: Cow<'static, str>,
    pub action: Option<Link>,
}

impl HtmlSafe for Empty {}
