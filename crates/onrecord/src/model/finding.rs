//! What `doctor` finds: something wrong, how bad it is, and exactly what mends it.

use chrono::{DateTime, Utc};

use super::finding_code::Code;
use crate::words;

words! {
    /// How bad a finding is.
    pub enum Severity {
        /// Something does not work.
        Error = "error",
        /// Something will stop working, or is not as it should be.
        Warning = "warning",
        /// Good to know.
        Info = "info",
    }
}

/// What is wrong, without when and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// A fixed word for scripts.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What follows from it; may be empty.
    pub consequence: String,
    /// What mends it, and who can.
    pub fix: String,
    /// The command that mends it, with the real ids.
    pub command: Option<String>,
    /// The page at Microsoft on which it is mended.
    pub link: Option<String>,
    /// How many classes it harms, where that is not those of its account.
    pub harms: Option<i64>,
}

impl Trouble {
    /// An error with its fix.
    pub fn error(code: Code, message: impl Into<String>, fix: impl Into<String>) -> Box<Self> {
        Self::new(code, Severity::Error, message.into(), fix.into())
    }

    /// A warning with its fix.
    pub fn warning(code: Code, message: impl Into<String>, fix: impl Into<String>) -> Box<Self> {
        Self::new(code, Severity::Warning, message.into(), fix.into())
    }

    /// Something good to know.
    pub fn info(code: Code, message: impl Into<String>, fix: impl Into<String>) -> Box<Self> {
        Self::new(code, Severity::Info, message.into(), fix.into())
    }

    fn new(code: Code, severity: Severity, message: String, fix: String) -> Box<Self> {
        let consequence = String::new();
        Box::new(Self { code, severity, message, consequence, fix, command: None, link: None, harms: None })
    }

    /// With what follows from it.
    #[must_use]
    pub fn consequence(mut self: Box<Self>, text: impl Into<String>) -> Box<Self> {
        self.consequence = text.into();
        self
    }

    /// With the command that mends it.
    #[must_use]
    pub fn command(mut self: Box<Self>, text: impl Into<String>) -> Box<Self> {
        self.command = Some(text.into());
        self
    }

    /// With the number of classes that it harms.
    #[must_use]
    pub fn harms(mut self: Box<Self>, classes: i64) -> Box<Self> {
        self.harms = Some(classes);
        self
    }

    /// With the page on which it is mended.
    #[must_use]
    pub fn link(mut self: Box<Self>, url: impl Into<String>) -> Box<Self> {
        self.link = Some(url.into());
        self
    }
}

/// A finding as kept and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A fixed word for scripts.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: `integration`, a permission, or an account's address.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// What follows from it.
    pub consequence: String,
    /// What mends it.
    pub fix: String,
    /// The command that mends it.
    pub command: Option<String>,
    /// The page on which it is mended.
    pub link: Option<String>,
    /// How many classes to come it harms.
    pub classes_harmed: i64,
    /// When it was first found.
    pub since: DateTime<Utc>,
    /// When the same was last found in order, if ever.
    pub last_good_at: Option<DateTime<Utc>>,
}

/// Something that was looked at and is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InOrder {
    /// What was looked at, as a fixed word.
    pub probe: String,
    /// What it is about.
    pub subject: String,
    /// What was seen.
    pub words: String,
}
