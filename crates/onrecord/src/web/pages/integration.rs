//! Settings: Integrations, Microsoft Teams (`/settings/integrations/teams`).
//! A secret is never shown again; what the environment sets is locked and names its variable.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Choice, Command, Field, Link, Mark, Meter, Note, PartLine, Problem},
};

/// Saved by `POST /settings/integrations/teams`; verified by `POST …/verify`; the notice by `POST …/notice`.
#[derive(Debug, Template)]
#[template(path = "pages/integration.html")]
pub struct Integration {
    pub page: Page,
    /// The state of the connection in words.
    pub lead: String,
    /// "Checked 4 minutes ago, 16 of 19 in order"; empty before the first check.
    pub checked: String,
    pub findings: Vec<Finding>,
    pub all_well: Option<Note>,
    /// Tenant id, client id, secret, certificate.
    pub connection: Vec<Field>,
    pub accounts: Field,
    /// `transcripts`, `attendance`, `chat`, `files`.
    pub kinds: Vec<Choice>,
    pub in_order: Vec<PartLine>,
    /// How Microsoft tells of what is new.
    pub news: Vec<PartLine>,
    pub room: Vec<Meter>,
    pub room_words: String,
    pub policies: Vec<Policy>,
    pub rehearsal: RehearsalPart,
    pub notice: NoticeSettings,
}

impl Integration {
    fn problems(&self) -> Vec<Problem> {
        parts::problems(self.connection.iter().chain([&self.accounts]).chain(&self.notice.fields))
    }
}

/// Something `doctor` has found, with its exact fix.
#[derive(Debug)]
pub struct Finding {
    pub mark: Mark,
    /// "Does not work", "Soon", "For your information".
    pub severity: &'static str,
    pub title: String,
    pub text: String,
    /// Harmed, since, who can mend it.
    pub facts: Vec<(&'static str, String)>,
    pub fix: String,
    pub command: Option<Command>,
    pub link: Option<Link>,
}

/// A Teams meeting policy that a person looked at, or should. Answered by `POST …/policies`.
#[derive(Debug)]
pub struct Policy {
    /// `topic`.
    pub topic: &'static str,
    pub mark: Mark,
    /// What should be so.
    pub wish: &'static str,
    /// Who said that it is, and when.
    pub answered: String,
    /// What is lost if it is not; while it is asked.
    pub lost: String,
    /// What to look with; while it is asked.
    pub command: Option<Command>,
}

/// The newest test meeting. Begun by `POST …/rehearse`.
#[derive(Debug)]
pub struct RehearsalPart {
    pub steps: Vec<PartLine>,
    pub words: String,
    /// While it goes on.
    pub refresh: Option<u32>,
}

/// The recording notice: its lawful basis, its wording, and what people will read.
#[derive(Debug)]
pub struct NoticeSettings {
    /// `lawful_basis`.
    pub basis: Vec<Choice>,
    /// Who may see, how long, whom to ask, other wording.
    pub fields: Vec<Field>,
    pub preview: String,
    /// "Version 4, in force since 1 September".
    pub version: String,
}
