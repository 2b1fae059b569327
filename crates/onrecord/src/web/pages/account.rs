//! One's own account (`/account`): appearance, password, mails, API tokens. A token is shown once and never again.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Choice, Command, Empty, Field, Pill, Problem},
};

/// `GET /account`. Posts: `/account/appearance` (`theme`), `/account/password` (`current_password`, `password`),
/// `/account/tokens` (`name`, `scope`, `expires_days`), `/account/tokens/{id}/revoke`.
#[derive(Debug, Template)]
#[template(path = "pages/account.html")]
pub struct AccountPage {
    pub page: Page,
    pub name: String,
    pub email: String,
    pub roles: String,
    pub themes: Vec<Choice>,
    pub password: Vec<Field>,
    /// How fast each kind of mail comes: `POST /account/mail`.
    pub mails: Vec<Field>,
    pub mail_lead: &'static str,
    pub tokens: Vec<TokenRow>,
    pub tokens_empty: Option<Empty>,
    pub new_token: Vec<Field>,
    pub created: Option<Command>,
}

impl AccountPage {
    fn problems(&self) -> Vec<Problem> {
        parts::problems(self.password.iter().chain(&self.mails).chain(&self.new_token))
    }
}

/// One token, without its value.
#[derive(Debug)]
pub struct TokenRow {
    pub id: i64,
    pub name: String,
    pub scope: String,
    pub last_used: String,
    pub expires: String,
    pub state: Pill,
}
