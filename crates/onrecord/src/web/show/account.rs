//! `/account`: one's own appearance, password, mails and API tokens.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::mail::kind_words;
use crate::app::App;
use crate::model::access::{ApiToken, Scope};
use crate::model::id::ApiTokenId;
use crate::model::people::GlobalRole;
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::{Error, FieldError, mail, sign_in, tokens as ops};
use crate::store::{tokens, users};
use crate::web::auth::{self, Reader};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::page::{Flash, Place, Theme, html};
use crate::web::pages::account::{AccountPage, TokenRow};
use crate::web::parts::{Choice, Command, Empty, Field, FieldKind, Mark};
use crate::web::text::Text;
use crate::web::when::When;

/// Tokens shown: nobody has more that matter.
const TOKENS: i64 = 100;

/// What the fields about mails begin with.
const PACE_OF: &str = "mail_";

/// What was done just before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    did: String,
}

/// What the page shows besides what is stored.
#[derive(Debug, Default)]
struct Shown {
    errors: Vec<FieldError>,
    /// The form of a token, as it was typed.
    token: TokenForm,
    created: Option<String>,
    did: String,
}

/// `GET /account`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let shown = Shown { did: asked.did, ..Shown::default() };
    render(&app, &reader, StatusCode::OK, shown).await
}

async fn render(app: &App, reader: &Reader, status: StatusCode, shown: Shown) -> Result<Response, PageError> {
    let t = reader.text();
    let found = tokens::list(&app.store, Some(reader.viewer.user_id), None, TOKENS).await?;
    let when = When::new(t, chrono_tz::UTC, app.clock.now());
    let rows: Vec<TokenRow> = found
        .iter()
        .filter(|token| token.revoked_at.is_none())
        .map(|token| row(app, t, &when, token))
        .collect();
    let mut page = reader.page(t.get("account-settings"), Place::Elsewhere);
    let flash = match shown.did.as_str() {
        "appearance" => Some("appearance-saved"),
        "password" => Some("password-saved"),
        "revoked" => Some("token-revoked"),
        "mail" => Some("mail-choices-saved"),
        _ => None,
    };
    if let Some(key) = flash {
        page = page.telling(Flash { mark: Mark::Recorded, words: t.get(key).to_owned() });
    }
    let view = AccountPage {
        page,
        name: reader.viewer.name.clone(),
        email: reader.viewer.email.clone(),
        roles: reader.viewer.role.map(|role| role_words(t, Some(role)).to_owned()).unwrap_or_default(),
        themes: themes(t, reader.account.theme),
        password: password_fields(t, &shown.errors),
        mails: mail_fields(t, &mail::choices(app, &reader.viewer).await?, &shown.errors),
        mail_lead: match mail::way(app) {
            mail::Way::Off => t.get("mail-account-off"),
            _ => t.get("mail-account-lead"),
        },
        tokens_empty: rows.is_empty().then(|| Empty {
            icon: "key",
            title: t.get("tokens-empty").into(),
            text: t.get("tokens-empty-text").into(),
            action: None,
        }),
        tokens: rows,
        new_token: token_fields(t, reader, (&shown.token, &shown.errors)),
        created: shown.created.map(|text| Command { t, label: t.get("token-label").into(), text }),
    };
    Ok(html(status, &view).into_response())
}

/// A role over the installation in words; nothing for most people.
pub(super) fn role_words(t: &'static Text, role: Option<GlobalRole>) -> &'static str {
    match role {
        Some(GlobalRole::Admin) => t.get("role-admin"),
        Some(GlobalRole::Officer) => t.get("role-officer"),
        None => "",
    }
}

fn row(app: &App, t: &'static Text, when: &When, token: &ApiToken) -> TokenRow {
    let good = token.is_good(app.clock.now());
    let state = if good {
        Mark::Recorded.pill_with(t.get("token-good"))
    } else {
        Mark::NotHeld.pill_with(t.get("token-over"))
    };
    TokenRow {
        id: token.id.0,
        name: token.name.clone(),
        scope: token.scope.as_str().to_owned(),
        last_used: token.last_used_at.map_or_else(|| t.get("never").to_owned(), |at| when.relative_words(at)),
        expires: when.date(token.expires_at).words,
        state,
    }
}

fn themes(t: &'static Text, present: Option<Theme>) -> Vec<Choice> {
    let present = present.map_or("", Theme::as_str);
    [("", "theme-device"), ("light", "theme-light"), ("dark", "theme-dark"), ("contrast", "theme-contrast")]
        .map(|(value, key)| Choice::new(value, t.get(key), present))
        .into()
}

/// What is wrong with the field of this name.
pub(super) fn fault(errors: &[FieldError], field: &str) -> Option<String> {
    errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
}

fn mail_fields(t: &'static Text, choices: &[mail::Choice], errors: &[FieldError]) -> Vec<Field> {
    let field = |choice: &mail::Choice| {
        let present = choice.pace.as_str();
        let is_periodic = choice.kind.is_periodic();
        let goes = if is_periodic { t.get("pace-when-due") } else { t.get("pace-at-once") };
        let mut paces = vec![Choice::new("at_once", goes, present)];
        if !is_periodic {
            paces.push(Choice::new("daily", t.get("pace-daily"), present));
        }
        paces.push(Choice::new("off", t.get("pace-off"), present));
        let kind = choice.kind.as_str();
        Field::new(format!("{PACE_OF}{kind}"), kind_words(t, choice.kind), FieldKind::Select(paces))
            .error(fault(errors, kind))
    };
    choices.iter().map(field).collect()
}

/// `POST /account/mail`: a pace for each kind, as `mail_{kind}`.
pub async fn mail(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(form): FormOf<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    session_only(&reader)?;
    let wanted = form.into_iter().map(|(name, pace)| match name.strip_prefix(PACE_OF) {
        Some(kind) => (kind.to_owned(), pace),
        None => (name, pace),
    });
    match mail::choose(&app, &reader.viewer, &wanted.collect::<Vec<_>>()).await {
        Ok(()) => Ok(Redirect::to("/account?did=mail#mail").into_response()),
        Err(Error::Invalid(errors)) => again(&app, &reader, errors).await,
        Err(error) => Err(error.into()),
    }
}

fn password_fields(t: &'static Text, errors: &[FieldError]) -> Vec<Field> {
    vec![
        Field::new("current_password", t.get("present-password"), FieldKind::Password)
            .error(fault(errors, "current_password"))
            .required(),
        Field::new("password", t.get("new-password"), FieldKind::NewPassword)
            .hint(t.get("new-password-hint"))
            .error(fault(errors, "password"))
            .required(),
    ]
}

fn token_fields(
    t: &'static Text,
    reader: &Reader,
    (typed, errors): (&TokenForm, &[FieldError]),
) -> Vec<Field> {
    let scope = if typed.scope.is_empty() { "read" } else { typed.scope.as_str() };
    let mut scopes = vec![
        Choice::new("read", t.get("scope-read"), scope),
        Choice::new("write", t.get("scope-write"), scope),
    ];
    if reader.viewer.role == Some(GlobalRole::Admin) {
        scopes.push(Choice::new("admin", t.get("scope-admin"), scope));
    }
    let days = if typed.expires_days.is_empty() { ops::DAYS.to_string() } else { typed.expires_days.clone() };
    vec![
        Field::new("name", t.get("column-name"), FieldKind::Text)
            .value(typed.name.clone())
            .hint(t.get("token-name-hint"))
            .error(fault(errors, "name"))
            .required(),
        Field::new("scope", t.get("column-scope"), FieldKind::Select(scopes)).error(fault(errors, "scope")),
        Field::new("expires_days", t.get("token-days"), FieldKind::Number)
            .value(days)
            .error(fault(errors, "expires_days")),
    ]
}

/// The chosen theme.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Appearance {
    theme: String,
}

/// `POST /account/appearance`.
pub async fn appearance(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(form): FormOf<Appearance>,
) -> Result<Redirect, PageError> {
    session_only(&reader)?;
    let theme = Theme::parse(&form.theme).map(Theme::as_str);
    let tx = app.store.write().await?;
    users::set_theme(&tx, reader.viewer.user_id, theme, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?did=appearance"))
}

/// One's account is one's own: a token of smaller scope may not change it.
fn session_only(reader: &Reader) -> Result<(), Error> {
    if reader.viewer.scope < Scope::Admin {
        return Err(Error::Denied("A token may not change an account. Sign in and do it there.".to_owned()));
    }
    Ok(())
}

/// The form for another password.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    current_password: String,
    password: String,
}

/// `POST /account/password`.
pub async fn password(
    State(app): State<Arc<App>>,
    reader: Reader,
    headers: HeaderMap,
    FormOf(form): FormOf<PasswordForm>,
) -> Result<Response, PageError> {
    session_only(&reader)?;
    let cookie = auth::session_cookie(&headers);
    let words = (form.current_password, form.password);
    match sign_in::change_password(&app, &reader.viewer, cookie, words).await {
        Ok(()) => Ok(Redirect::to("/account?did=password").into_response()),
        Err(Error::Invalid(errors)) => again(&app, &reader, errors).await,
        Err(error) => Err(error.into()),
    }
}

async fn again(app: &App, reader: &Reader, errors: Vec<FieldError>) -> Result<Response, PageError> {
    let shown = Shown { errors, ..Shown::default() };
    render(app, reader, StatusCode::UNPROCESSABLE_ENTITY, shown).await
}

/// The form for a new token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    name: String,
    scope: String,
    expires_days: String,
}

/// `POST /account/tokens`: the answer shows the token, once.
pub async fn create_token(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(form): FormOf<TokenForm>,
) -> Result<Response, PageError> {
    let Some(scope) = Scope::parse(&form.scope) else {
        let errors = vec![FieldError::new("scope", "Choose read, write or admin.")];
        return token_again(&app, &reader, (form, errors)).await;
    };
    let days = match form.expires_days.trim() {
        "" => ops::DAYS,
        text => text.parse().unwrap_or(0),
    };
    let wanted = ops::Wanted { user: reader.viewer.user_id, scope, days, name: form.name.clone() };
    match ops::create(&app, Actor::Viewer(&reader.viewer), wanted).await {
        Ok((_, value)) => {
            let shown = Shown { created: Some(value), ..Shown::default() };
            render(&app, &reader, StatusCode::OK, shown).await
        }
        Err(Error::Invalid(errors)) => token_again(&app, &reader, (form, errors)).await,
        Err(error) => Err(error.into()),
    }
}

async fn token_again(
    app: &App,
    reader: &Reader,
    (token, errors): (TokenForm, Vec<FieldError>),
) -> Result<Response, PageError> {
    let shown = Shown { errors, token, ..Shown::default() };
    render(app, reader, StatusCode::UNPROCESSABLE_ENTITY, shown).await
}

/// `POST /account/tokens/{id}/revoke`.
pub async fn revoke_token(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ApiTokenId>,
) -> Result<Redirect, PageError> {
    ops::revoke(&app, Actor::Viewer(&reader.viewer), id).await?;
    Ok(Redirect::to("/account?did=revoked"))
}
