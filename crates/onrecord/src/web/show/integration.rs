//! Settings, Integrations, Microsoft Teams: what is connected, what `doctor` found, and the recording notice. A secret
//! that was saved is never sent to the browser again.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::integration_fields as fields;
use super::integration_findings as findings;
use super::integration_upkeep as upkeep;
use super::news;
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::integration::{LawfulBasis, SyncKind};
use crate::model::words::Word as _;
use crate::ops::integration::{self, Change, NoticeChange, Settings};
use crate::ops::{Error, FieldError, doctor, notice, rights, subscriptions};
use crate::store::notices;
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::page::{Place, html};
use crate::web::pages::integration::{Integration, NoticeSettings};
use crate::web::when::When;

const ADDRESS: &str = "/settings/integrations/teams";

/// The connection as its form sends it. A check box that is off is not sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConnectionForm {
    tenant_id: String,
    client_id: String,
    client_secret: String,
    client_certificate: String,
    service_accounts: String,
    transcripts: String,
    attendance: String,
    chat: String,
    files: String,
}

impl From<&ConnectionForm> for Change {
    fn from(form: &ConnectionForm) -> Self {
        let boxes = [
            (SyncKind::Transcripts, &form.transcripts),
            (SyncKind::Attendance, &form.attendance),
            (SyncKind::Chat, &form.chat),
            (SyncKind::Files, &form.files),
        ];
        Self {
            tenant_id: form.tenant_id.clone(),
            client_id: form.client_id.clone(),
            client_secret: form.client_secret.clone(),
            client_certificate: form.client_certificate.clone(),
            service_accounts: form.service_accounts.clone(),
            kinds: boxes.into_iter().filter(|(_, text)| !text.is_empty()).map(|(kind, _)| kind).collect(),
        }
    }
}

/// The recording notice as its form sends it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NoticeForm {
    lawful_basis: String,
    contact: String,
    storage: String,
    kept: String,
    wording: String,
}

/// `GET /settings/integrations/teams`.
pub async fn page(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Administer).await?;
    let settings = integration::load(&app).await?;
    Ok(html(StatusCode::OK, &shown(&app, &reader, &settings, &[]).await?).into_response())
}

/// `POST /settings/integrations/teams`: saves, verifies, and shows what was found.
pub async fn save(
    State(app): State<Arc<App>>,
    reader: Reader,
    form: Result<Form<ConnectionForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(form) = form.map_err(|_| unreadable())?;
    match integration::save(&app, &reader.viewer, &Change::from(&form)).await {
        Ok(()) => {}
        Err(Error::Invalid(errors)) => return rejected(&app, &reader, &form, &errors).await,
        Err(error) => return Err(error.into()),
    }
    doctor::verify(&app, &reader.viewer).await?;
    Ok(Redirect::to(ADDRESS).into_response())
}

/// `POST /settings/integrations/teams/verify`.
pub async fn verify(State(app): State<Arc<App>>, SignedIn(viewer): SignedIn) -> Result<Redirect, PageError> {
    doctor::verify(&app, &viewer).await?;
    Ok(Redirect::to(ADDRESS))
}

/// `POST /settings/integrations/teams/notice`.
pub async fn save_notice(
    State(app): State<Arc<App>>,
    reader: Reader,
    form: Result<Form<NoticeForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(form) = form.map_err(|_| unreadable())?;
    rights::global(&app, &reader.viewer, GlobalAct::Administer).await?;
    let settings = integration::load(&app).await?;
    // A group of radio buttons that is locked sends nothing.
    let lawful_basis = match form.lawful_basis.as_str() {
        "" => settings.integration.lawful_basis,
        word => LawfulBasis::parse(word).ok_or_else(|| {
            Error::invalid(
                "lawful_basis",
                "Choose consent, public task, legitimate interest or legal obligation.",
            )
        })?,
    };
    let NoticeForm { contact, storage, kept, wording, .. } = form;
    let change = NoticeChange { lawful_basis, contact, storage, kept, wording };
    match integration::save_notice(&app, &reader.viewer, &change).await {
        Ok(()) => {}
        Err(Error::Invalid(errors)) => {
            let mut entered = settings;
            entered.integration.notice_contact = change.contact;
            entered.integration.notice_storage = change.storage;
            entered.integration.notice_retention = change.kept;
            entered.integration.notice_wording = change.wording;
            let page = shown(&app, &reader, &entered, &errors).await?;
            return Ok(html(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response());
        }
        Err(error) => return Err(error.into()),
    }
    let settings = integration::load(&app).await?;
    notice::in_force(&app, &settings.integration, notice::LANGUAGE).await?;
    Ok(Redirect::to(ADDRESS).into_response())
}

fn unreadable() -> Error {
    Error::invalid("form", "The form could not be read. Open the page again and send it from there.")
}

/// The page with what was entered, and what is wrong with it beside each field.
async fn rejected(
    app: &App,
    reader: &Reader,
    form: &ConnectionForm,
    errors: &[FieldError],
) -> Result<Response, PageError> {
    let mut settings = integration::load(app).await?;
    form.tenant_id.clone_into(&mut settings.integration.tenant_id);
    form.client_id.clone_into(&mut settings.integration.client_id);
    let kinds = Change::from(form).kinds;
    settings.integration.kinds_off =
        SyncKind::ALL.iter().copied().filter(|kind| !kinds.contains(kind)).collect();
    let mut page = shown(app, reader, &settings, errors).await?;
    if page.accounts.locked.is_none() {
        form.service_accounts.clone_into(&mut page.accounts.value);
    }
    Ok(html(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

async fn shown(
    app: &App,
    reader: &Reader,
    settings: &Settings,
    errors: &[FieldError],
) -> Result<Integration, PageError> {
    let t = reader.text();
    let row = &settings.integration;
    let when = When::new(t, chrono_tz::UTC, app.clock.now());
    let last = doctor::last(app, row.id).await?;
    let latest = notices::latest(&app.store, row.id, notice::LANGUAGE).await?;
    Ok(Integration {
        page: reader.page(t.get("teams-title"), Place::Teams),
        lead: findings::lead(t, last.as_ref()),
        checked: findings::checked(t, &when, last.as_ref()),
        findings: findings::findings(t, &when, last.as_ref()),
        all_well: findings::all_well(t, last.as_ref()),
        connection: fields::connection(t, app, row, errors),
        accounts: fields::accounts(t, app, &settings.accounts, errors),
        kinds: fields::kinds(t, row),
        in_order: findings::in_order(t, last.as_ref()),
        news: news::lines(t, &when, &subscriptions::standing(app).await?),
        room: fields::room(t, &settings.accounts),
        room_words: fields::room_words(t, &settings.accounts),
        policies: upkeep::policies(t, app, &when, (row, last.as_ref())).await?,
        rehearsal: upkeep::rehearsal(t, app, &when, row).await?,
        notice: NoticeSettings {
            basis: fields::bases(t, row),
            fields: fields::notice(t, app, row, errors),
            preview: notice::words(app, row),
            version: latest.map_or_else(String::new, |latest| {
                t.with("notice-since", &[("when", when.relative_words(latest.created_at).into())])
            }),
        },
    })
}
