//! Mail (`/admin/mail`): how letters leave, what waits and what went wrong, and a button that sends one to oneself. Also the
//! page on which one stops the mails of a letter without signing in (`/mail/stop/{token}`).

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Mark, Note, PartLine, Pill},
    text::Text,
    when::Moment,
};

/// `GET /admin/mail`. `POST /admin/mail/test`.
#[derive(Debug, Template)]
#[template(path = "pages/mail.html")]
pub struct MailPage {
    pub page: Page,
    pub headline: String,
    pub lead: String,
    /// What is wrong, and what came of the test mail.
    pub notes: Vec<Note>,
    pub state: Vec<PartLine>,
    pub rows: Vec<MailRow>,
    /// Whether a test mail can be sent at all.
    pub may_test: bool,
}

/// One mail.
#[derive(Debug)]
pub struct MailRow {
    pub kind: &'static str,
    pub to: String,
    pub at: Moment,
    pub state: Pill,
    /// Why it was not sent, or what went wrong.
    pub why: String,
}

/// `GET` and `POST /mail/stop/{token}`.
#[derive(Debug, Template)]
#[template(path = "pages/mail_stop.html")]
pub struct MailStop {
    pub page: Page,
    pub step: StopStep,
}

/// How far it is.
#[derive(Debug)]
pub enum StopStep {
    /// The link is good: these kinds would be stopped for this address.
    Ask { email: String, kinds: Vec<&'static str> },
    /// Done, or the link is no longer good.
    Said(Note),
}

impl MailStop {
    /// The page in one state.
    pub fn new(t: &'static Text, step: StopStep) -> Self {
        Self { page: Page::new(t, t.get("mail-stop"), crate::web::page::Place::Elsewhere), step }
    }

    /// The mails are stopped.
    pub fn done(t: &'static Text) -> Self {
        let note = Note::new(Some(Mark::Recorded), t.get("mail-stopped")).line(t.get("mail-stopped-text"));
        Self::new(t, StopStep::Said(note))
    }

    /// The link is not one of ours.
    pub fn unknown(t: &'static Text) -> Self {
        let note =
            Note::new(Some(Mark::Waiting), t.get("mail-stop-unknown")).fix(t.get("mail-stop-unknown-fix"));
        Self::new(t, StopStep::Said(note))
    }
}
