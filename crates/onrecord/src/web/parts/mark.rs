//! Marks, pills and badges: a verdict by shape, word and colour, in that order.

use std::borrow::Cow;

use askama::{Template, filters::HtmlSafe};

use crate::web::{assets, text::Text};

/// The shapes of the record line. Also used for the state of a part, a step or a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mark {
    Recorded,
    Waiting,
    Missing,
    NotHeld,
    Cancelled,
    Exempted,
    Upcoming,
    Running,
}

impl Mark {
    /// All marks, in the order in which a legend names them.
    pub const ALL: [Self; 8] = [
        Self::Recorded,
        Self::Waiting,
        Self::Missing,
        Self::NotHeld,
        Self::Cancelled,
        Self::Exempted,
        Self::Upcoming,
        Self::Running,
    ];

    /// The name of the drawing, and of the class that colours it (`is-…`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Waiting => "waiting",
            Self::Missing => "missing",
            Self::NotHeld => "not-held",
            Self::Cancelled => "cancelled",
            Self::Exempted => "exempted",
            Self::Upcoming => "upcoming",
            Self::Running => "running",
        }
    }

    /// The word for a class with this verdict.
    pub fn word(self, t: &Text) -> &str {
        match self {
            Self::Recorded => t.get("verdict-recorded"),
            Self::Waiting => t.get("verdict-waiting"),
            Self::Missing => t.get("verdict-missing"),
            Self::NotHeld => t.get("verdict-not-held"),
            Self::Cancelled => t.get("verdict-cancelled"),
            Self::Exempted => t.get("verdict-exempted"),
            Self::Upcoming => t.get("verdict-upcoming"),
            Self::Running => t.get("verdict-running"),
        }
    }

    /// The shape alone, coloured.
    pub fn shape(self) -> Shape {
        Shape { sprite: &assets::addresses().icons, name: self.name() }
    }

    /// The shape alone, in the colour of what is around it.
    pub fn plain(self) -> super::Icon {
        super::icon(self.name())
    }

    /// Shape and usual word as a pill.
    pub fn pill(self, t: &'static Text) -> Pill {
        Pill { mark: self, words: Cow::Borrowed(self.word(t)) }
    }

    /// Shape and other words as a pill.
    pub fn pill_with(self, words: impl Into<Cow<'static, str>>) -> Pill {
        Pill { mark: self, words: words.into() }
    }
}

/// A mark as drawn on a line or beside a text.
#[derive(Clone, Copy, Debug, Template)]
#[template(
    source = r##"<svg class="icon mark is-{{ name }}" aria-hidden="true"><use href="{{ sprite }}#{{ name }}"/></svg>"##,
    ext = "html"
)]
pub struct Shape {
    sprite: &'static str,
    name: &'static str,
}

impl HtmlSafe for Shape {}

/// Mark and word on a tint.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"<span class="verdict is-{{ mark.name() }}">{{ mark.plain() }}{{ words }}</span>"#,
    ext = "html"
)]
pub struct Pill {
    pub mark: Mark,
    pub words: Cow<'static, str>,
}

impl HtmlSafe for Pill {}

/// A plain fact about a thing: where it is kept, that it is hidden.
#[derive(Clone, Debug, Template)]
#[template(source = r#"<span class="badge">{{ super::icon(icon) }}{{ words }}</span>"#, ext = "html")]
pub struct Badge {
    pub icon: &'static str,
    pub words: Cow<'static, str>,
}

impl HtmlSafe for Badge {}

impl Badge {
    /// A badge with a drawing of the sprite.
    pub fn new(icon: &'static str, words: impl Into<Cow<'static, str>>) -> Self {
        Self { icon, words: words.into() }
    }
}
