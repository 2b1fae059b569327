//! `/admin/users`: who is here, inviting, disabling. For administrators.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::account::{fault, role_words};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::UserId;
use crate::model::people::{GlobalRole, User};
use crate::model::wish::Wish;
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::people::{self as ops, Person};
use crate::ops::roster_file::is_workbook;
use crate::ops::sign_in::Link;
use crate::ops::{Error, FieldError, import, rights};
use crate::store::users::{self, Listed};
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::form::{FormOf, Upload};
use crate::web::input::{PathId, QueryOf};
use crate::web::listing;
use crate::web::page::{Flash, Place, html};
use crate::web::pages::courses::LineError;
use crate::web::pages::users::{Invited, Uploaded, UserAction, UserRow, Users};
use crate::web::parts::{Choice, Command, Empty, Field, FieldKind, Mark, Note, Pager};
use crate::web::text::Text;
use crate::web::when::When;

/// People on one page.
const PAGE: i64 = 50;

/// How a form says that a person is to have no role.
const NO_ROLE: &str = "none";

/// What the list is narrowed to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    cursor: String,
    did: String,
}

/// The form that invites.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Invitation {
    email: String,
    name: String,
    role: String,
}

/// What the page shows besides the list.
#[derive(Debug, Default)]
struct Shown {
    form: Invitation,
    errors: Vec<FieldError>,
    invited: Option<(User, Link)>,
    uploaded: Option<Uploaded>,
}

/// `GET /admin/users`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Administer).await?;
    render(&app, &reader, StatusCode::OK, (asked, Shown::default())).await
}

async fn render(
    app: &App,
    reader: &Reader,
    status: StatusCode,
    (asked, shown): (Asked, Shown),
) -> Result<Response, PageError> {
    let t = reader.text();
    let after = listing::cursor(Some(&asked.cursor))?;
    let mut found = users::list(&app.store, &listing::searched(&asked.q), after, PAGE + 1).await?;
    let next = listing::page(&mut found, PAGE, |line| line.user.id.0);
    let counts = users::counts(&app.store).await?;
    let when = When::new(t, chrono_tz::UTC, app.clock.now());
    let people: Vec<UserRow> = found.iter().map(|line| row(t, &when, reader, line)).collect();
    let mut page = reader.page(t.get("users-title"), Place::Users);
    let flash = match asked.did.as_str() {
        "disabled" => Some("user-disabled"),
        "enabled" => Some("user-enabled"),
        "role" => Some("user-role-changed"),
        _ => None,
    };
    if let Some(key) = flash {
        page = page.telling(Flash { mark: Mark::Recorded, words: t.get(key).to_owned() });
    }
    let view = Users {
        page,
        lead: t.with(
            "users-lead",
            &[
                ("people", counts.people.into()),
                ("admins", counts.admins.into()),
                ("officers", counts.officers.into()),
            ],
        ),
        search: Field::new("q", t.get("users-search"), FieldKind::Search).value(asked.q.clone()),
        pager: pager(t, &asked, next, people.len()),
        empty: people.is_empty().then(|| Empty {
            icon: "people",
            title: t.get("users-empty").into(),
            text: t.get("users-empty-text").into(),
            action: None,
        }),
        people,
        invite: invite_fields(t, &shown),
        uploaded: shown.uploaded,
        invited: shown.invited.map(|(user, link)| invited(t, &when, user, link)),
    };
    Ok(html(status, &view).into_response())
}

fn pager(t: &'static Text, asked: &Asked, next: Option<String>, shown: usize) -> Option<Pager> {
    if asked.cursor.is_empty() && next.is_none() {
        return None;
    }
    let mut address = url::form_urlencoded::Serializer::new("/admin/users?".to_owned());
    if !asked.q.is_empty() {
        address.append_pair("q", &asked.q);
    }
    let first = address.finish();
    let next = next.map(|cursor| {
        let mark = if first.ends_with('?') { "" } else { "&" };
        format!("{first}{mark}cursor={cursor}")
    });
    Some(Pager {
        t,
        shown: t.with("users-shown", &[("n", (shown as i64).into())]),
        first: (!asked.cursor.is_empty()).then_some(first),
        next,
    })
}

fn row(t: &'static Text, when: &When, reader: &Reader, line: &Listed) -> UserRow {
    let user = &line.user;
    let disabled = user.disabled_at.is_some();
    let state = match (disabled, line.has_password) {
        (true, _) => Mark::NotHeld.pill_with(t.get("user-state-disabled")),
        (false, true) => Mark::Recorded.pill_with(t.get("user-state-active")),
        (false, false) => Mark::Waiting.pill_with(t.get("user-state-no-password")),
    };
    let action = match (user.id == reader.viewer.user_id, disabled) {
        (true, _) => UserAction::None,
        (false, true) => UserAction::Enable,
        (false, false) => UserAction::Disable,
    };
    let roles = if action == UserAction::None { Vec::new() } else { other_roles(t, user.role) };
    UserRow {
        roles,
        id: user.id.0,
        name: user.name.clone(),
        email: user.email.clone(),
        role: role_words(t, user.role).to_owned(),
        courses: line.courses.to_string(),
        last_seen: line.last_seen_at.map_or_else(|| t.get("never").to_owned(), |at| when.relative_words(at)),
        state,
        action,
    }
}

/// What a person of this role may be made instead.
fn other_roles(t: &'static Text, present: Option<GlobalRole>) -> Vec<Choice> {
    [
        (Some(GlobalRole::Admin), t.get("role-make-admin")),
        (Some(GlobalRole::Officer), t.get("role-make-officer")),
        (None, t.get("role-take-away")),
    ]
    .into_iter()
    .filter(|(role, _)| *role != present)
    .map(|(role, words)| Choice::new(role.map_or(NO_ROLE, |role| role.as_str()), words, ""))
    .collect()
}

fn invite_fields(t: &'static Text, shown: &Shown) -> Vec<Field> {
    let present = shown.form.role.as_str();
    let roles = vec![
        Choice::new("", t.get("role-none"), present),
        Choice::new("admin", t.get("role-admin"), present),
        Choice::new("officer", t.get("role-officer"), present),
    ];
    vec![
        Field::new("email", t.get("email"), FieldKind::Email)
            .value(shown.form.email.clone())
            .error(fault(&shown.errors, "email"))
            .required(),
        Field::new("name", t.get("column-name"), FieldKind::Text)
            .value(shown.form.name.clone())
            .error(fault(&shown.errors, "name"))
            .required(),
        Field::new("role", t.get("column-role"), FieldKind::Select(roles))
            .error(fault(&shown.errors, "role")),
    ]
}

fn invited(t: &'static Text, when: &When, user: User, link: Link) -> Invited {
    Invited {
        name: user.name,
        link: Command { t, label: t.get("link-label").into(), text: link.url },
        expires: t.with("link-until", &[("date", when.date(link.expires_at).words.into())]),
    }
}

/// `POST /admin/users`: adds a person and shows their link, once.
pub async fn invite(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(form): FormOf<Invitation>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Administer).await?;
    let role = GlobalRole::parse(&form.role);
    if role.is_none() && !form.role.is_empty() {
        let errors = vec![FieldError::new("role", reader.text().get("role-choose"))];
        return again(&app, &reader, form, errors).await;
    }
    let person = Person {
        email: Some(form.email.clone()),
        name: Some(form.name.clone()),
        role: Wish::Said(role),
        ..Person::default()
    };
    match ops::add_with_link(&app, Actor::Viewer(&reader.viewer), person).await {
        Ok(invited) => {
            let shown = Shown { invited: Some(invited), ..Shown::default() };
            render(&app, &reader, StatusCode::OK, (Asked::default(), shown)).await
        }
        Err(Error::Invalid(errors)) => again(&app, &reader, form, errors).await,
        Err(Error::Conflict(text)) => again(&app, &reader, form, vec![FieldError::new("email", text)]).await,
        Err(error) => Err(error.into()),
    }
}

async fn again(
    app: &App,
    reader: &Reader,
    form: Invitation,
    errors: Vec<FieldError>,
) -> Result<Response, PageError> {
    let shown = Shown { form, errors, ..Shown::default() };
    render(app, reader, StatusCode::UNPROCESSABLE_ENTITY, (Asked::default(), shown)).await
}

/// `POST /admin/users/file`: a `users.csv` as `onrecord import` reads it, all or nothing.
pub async fn upload(
    State(app): State<Arc<App>>,
    reader: Reader,
    request: Request,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Administer).await?;
    let upload = match Upload::read(&app, request).await {
        Ok(upload) => upload,
        Err(refusal) => return Ok(refusal),
    };
    if is_workbook(&upload.file) {
        let shown = Shown { uploaded: Some(refused_workbook(reader.text())), ..Shown::default() };
        return render(&app, &reader, StatusCode::UNPROCESSABLE_ENTITY, (Asked::default(), shown)).await;
    }
    let actor = Actor::Viewer(&reader.viewer);
    let report = import::users_of(&app, actor, upload.file, import::Options::default()).await?;
    let status = if report.applied { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = Shown { uploaded: Some(uploaded(reader.text(), report)), ..Shown::default() };
    render(&app, &reader, status, (Asked::default(), shown)).await
}

fn refused_workbook(t: &'static Text) -> Uploaded {
    let title = t.with("upload-refused", &[("n", 1_i64.into())]);
    let result = Note::new(Some(Mark::Missing), title).line(t.get("op-csv-workbook")).urgent();
    Uploaded { result, line_errors: Vec::new() }
}

fn uploaded(t: &'static Text, report: import::Report) -> Uploaded {
    if report.applied {
        let done = report.of("users.csv");
        let counts = [
            ("added", (done.added as i64).into()),
            ("changed", (done.changed as i64).into()),
            ("unchanged", (done.unchanged as i64).into()),
        ];
        let result = Note::new(Some(Mark::Recorded), t.get("upload-done"));
        return Uploaded {
            result: result.line(t.with("users-upload-counts", &counts)),
            line_errors: Vec::new(),
        };
    }
    let count = report.error_count as i64;
    let result = Note::new(Some(Mark::Missing), t.with("upload-refused", &[("n", count.into())]))
        .line(t.get("upload-refused-text"))
        .urgent();
    let line_error = |error: import::LineError| LineError {
        line: error.line,
        column: String::new(),
        message: error.message,
    };
    Uploaded { result, line_errors: report.errors.into_iter().map(line_error).collect() }
}

/// `POST /admin/users/{id}/link`: shows a new link, once.
pub async fn link(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<UserId>,
) -> Result<Response, PageError> {
    let invited = ops::invite(&app, Actor::Viewer(&reader.viewer), id).await?;
    let shown = Shown { invited: Some(invited), ..Shown::default() };
    render(&app, &reader, StatusCode::OK, (Asked::default(), shown)).await
}

/// The role a person is to have.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoleForm {
    role: String,
}

/// `POST /admin/users/{id}/role`: `admin`, `officer` or `none`.
pub async fn role(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<UserId>,
    FormOf(form): FormOf<RoleForm>,
) -> Result<Redirect, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Administer).await?;
    let role = GlobalRole::parse(&form.role);
    if role.is_none() && form.role != NO_ROLE {
        return Err(Error::invalid("role", reader.text().get("role-choose")).into());
    }
    let wanted = Person { role: Wish::Said(role), ..Person::default() };
    ops::change(&app, Actor::Viewer(&reader.viewer), id, wanted).await?;
    Ok(Redirect::to("/admin/users?did=role"))
}

/// `POST /admin/users/{id}/disable`.
pub async fn disable(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<UserId>,
) -> Result<Redirect, PageError> {
    ops::disable(&app, Actor::Viewer(&reader.viewer), id).await?;
    Ok(Redirect::to("/admin/users?did=disabled"))
}

/// `POST /admin/users/{id}/enable`.
pub async fn enable(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<UserId>,
) -> Result<Redirect, PageError> {
    ops::enable(&app, Actor::Viewer(&reader.viewer), id).await?;
    Ok(Redirect::to("/admin/users?did=enabled"))
}
