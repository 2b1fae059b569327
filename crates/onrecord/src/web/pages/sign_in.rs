//! Sign-in (`/login`) and setting a password by a one-time link (`/welcome/{token}`).
//! Neither page ever says whether an e-mail address is known.

use askama::Template;

use crate::web::{
    page::{Page, Place},
    parts::{self, Field, FieldKind, Mark, Note, Problem},
    text::Text,
};

/// `GET /login?next=`; posted to itself as `email`, `password`, `next`.
#[derive(Debug, Template)]
#[template(path = "pages/login.html")]
pub struct SignIn {
    pub page: Page,
    pub email: Field,
    pub password: Field,
    /// Where to go afterwards: a path of ours.
    pub next: String,
    pub note: Option<Note>,
}

impl SignIn {
    /// The empty form.
    pub fn new(t: &'static Text, next: impl Into<String>) -> Self {
        Self {
            page: Page::new(t, t.get("login-title"), Place::Elsewhere),
            email: Field::new("email", t.get("email"), FieldKind::OwnEmail).required(),
            password: Field::new("password", t.get("password"), FieldKind::Password).required(),
            next: next.into(),
            note: None,
        }
    }

    /// The form again, after a pair of address and password that does not fit.
    #[must_use]
    pub fn refused(mut self, email: impl Into<String>) -> Self {
        let t = self.page.t;
        self.email = self.email.value(email);
        self.note = Some(
            Note::new(Some(Mark::Missing), t.get("login-refused")).line(t.get("login-refused-fix")).urgent(),
        );
        self
    }

    /// The form again, after too many attempts.
    #[must_use]
    pub fn slowed(mut self, email: impl Into<String>, wait_minutes: i64) -> Self {
        let t = self.page.t;
        self.email = self.email.value(email);
        self.note = Some(
            Note::new(Some(Mark::Waiting), t.get("login-slowed"))
                .line(t.with("login-slowed-fix", &[("n", wait_minutes.into())]))
                .urgent(),
        );
        self
    }
}

/// `GET /welcome/{token}`; posted to itself as `password`.
#[derive(Debug, Template)]
#[template(path = "pages/welcome.html")]
pub struct Welcome {
    pub page: Page,
    pub link: OneTimeLink,
}

/// What the one-time link still is.
#[derive(Debug)]
pub enum OneTimeLink {
    Open {
        name: String,
        email: String,
        password: Field,
    },
    /// Used, expired or never given out: said in the same words.
    Spent(Note),
}

impl Welcome {
    /// The form; `error` is what is wrong with the password that was sent.
    pub fn open(
        t: &'static Text,
        name: impl Into<String>,
        email: impl Into<String>,
        error: Option<String>,
    ) -> Self {
        let password = Field::new("password", t.get("new-password"), FieldKind::NewPassword)
            .hint(t.get("new-password-hint"))
            .error(error)
            .required();
        Self {
            page: Page::new(t, t.get("welcome-title"), Place::Elsewhere),
            link: OneTimeLink::Open { name: name.into(), email: email.into(), password },
        }
    }

    /// The page of a link that is no longer good.
    pub fn spent(t: &'static Text) -> Self {
        let note = Note::new(Some(Mark::Waiting), t.get("welcome-spent"))
            .line(t.get("welcome-spent-why"))
            .fix(t.get("welcome-spent-fix"));
        Self { page: Page::new(t, t.get("welcome-title"), Place::Elsewhere), link: OneTimeLink::Spent(note) }
    }

    fn problems(&self) -> Vec<Problem> {
        match &self.link {
            OneTimeLink::Open { password, .. } => parts::problems([password]),
            OneTimeLink::Spent(_) => Vec::new(),
        }
    }
}
