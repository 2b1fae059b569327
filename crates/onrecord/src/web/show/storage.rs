//! `/admin/storage`: the drives that receive recordings, the archive that keeps them, and what Microsoft will delete.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{NaiveDate, TimeDelta, TimeZone as _, Utc};
use serde::Deserialize;

use crate::app::App;
use crate::model::access::{Decision, GlobalAct, decide_global};
use crate::model::expiry as levels;
use crate::model::id::{ArtifactId, ServiceAccountId};
use crate::ops::actor::Actor;
use crate::ops::expiry::{self, Correction};
use crate::ops::storage::{self, Outlook};
use crate::ops::{Error, Result, integration, keep, rehome, rights, say};
use crate::store::cleanup::DamagedCopy;
use crate::store::expiry::Expiring;
use crate::store::{cleanup, expiry as rows};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::input::PathId;
use crate::web::page::{Place, html};
use crate::web::pages::storage::{Drive, ExpiringRow, Storage};
use crate::web::pages::trouble;
use crate::web::parts::{Field, FieldKind, Link, Mark, Meter, Note};
use crate::web::text::Text;
use crate::web::when::{self, When};

/// What expires within so many days is listed.
const LISTED: TimeDelta = TimeDelta::days(45);

/// Lines of a list.
const MOST: i64 = 50;

/// `GET /admin/storage`.
pub async fn page(State(app): State<Arc<App>>, reader: Reader) -> std::result::Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Oversee).await?;
    let shown = shown(&app, &reader, None).await?;
    Ok(html(StatusCode::OK, &shown).into_response())
}

/// The page; `wrong` is what was typed as days, and what is wrong with it.
async fn shown(app: &App, reader: &Reader, wrong: Option<(String, String)>) -> Result<Storage> {
    let t = reader.text();
    let now = app.clock.now();
    let when = When::new(t, chrono_tz::UTC, now);
    let row = integration::load(app).await?.integration;
    let outlooks = storage::outlooks(app).await?;
    let damaged = cleanup::damaged(&app.store, MOST).await?;
    let (copies, bytes) = cleanup::copies(&app.store).await?;
    let expiring = rows::expiring(&app.store, now + LISTED, MOST).await?;
    let may_change = decide_global(&reader.viewer, GlobalAct::Administer) == Decision::Allowed;
    let locked = integration::locked_by(app, "teams.recording_expiry_days");
    let (typed, error) = wrong.unzip();
    let days = Field::new("days", t.get("storage-expiry-days"), FieldKind::Text)
        .value(typed.unwrap_or_else(|| row.recording_expiry_days.to_string()))
        .hint(t.get("storage-expiry-hint"))
        .error(error);
    let size = when::size(t, bytes);
    Ok(Storage {
        page: reader.page(t.get("nav-storage"), Place::Storage),
        notes: notes(t, &outlooks, &damaged, &when),
        drives: outlooks.iter().map(|outlook| drive(t, outlook, &when)).collect(),
        archive: t.with("storage-archive", &[("n", copies.into()), ("size", size.into())]),
        archive_place: app.bucket.place().to_owned(),
        expiring: expiring.iter().map(|one| expiring_row(t, one, now)).collect(),
        days,
        days_locked: locked.map(|by| t.with("storage-expiry-locked", &[("by", by.into())])),
        may_change,
    })
}

fn notes(t: &'static Text, outlooks: &[Outlook], damaged: &[DamagedCopy], when: &When) -> Vec<Note> {
    let full = outlooks.iter().filter(|outlook| outlook.enabled && outlook.is_full());
    let mut notes: Vec<Note> = full.map(|outlook| trouble::storage_full(t, &outlook.email)).collect();
    for copy in damaged {
        let id = [("id", copy.id.0.into())];
        let key = if copy.has_original { "storage-damaged-anew" } else { "storage-damaged-lost" };
        let found = t.with("storage-damaged-since", &[("when", when.relative_words(copy.damaged_at).into())]);
        let note = Note::new(Some(Mark::Missing), t.with("storage-damaged", &id))
            .line(copy.damage.clone())
            .line(found)
            .fix(t.get(key))
            .link(Link::new(format!("/recordings/{}", copy.id), copy.key.clone()));
        notes.push(note);
    }
    notes
}

fn drive(t: &'static Text, outlook: &Outlook, when: &When) -> Drive {
    let date = |day: NaiveDate| {
        let noon = day.and_hms_opt(12, 0, 0).unwrap_or_default();
        when.date(Utc.from_utc_datetime(&noon)).words
    };
    let (percent, words) = match (outlook.used_bytes, outlook.total_bytes.filter(|total| *total > 0)) {
        (Some(used), Some(total)) => {
            let percent = (used.clamp(0, total) as f64 / total as f64 * 100.0).round() as u8;
            let facts = [
                ("percent", i64::from(percent).into()),
                ("used", when::size(t, used).into()),
                ("total", when::size(t, total).into()),
            ];
            (percent, t.with("room-used", &facts))
        }
        _ => (0, t.get("storage-not-read").to_owned()),
    };
    let growth = match outlook.growth_bytes_per_day {
        Some(bytes) if bytes > 0 => t.with("storage-growth", &[("size", when::size(t, bytes).into())]),
        Some(_) => t.get("storage-growth-none").to_owned(),
        None => String::new(),
    };
    let forecast = match (outlook.is_full(), outlook.full_on) {
        (true, _) => t.get("storage-full-now").to_owned(),
        (false, Some(day)) => t.with("storage-full-on", &[("date", date(day).into())]),
        (false, None) if outlook.growth_bytes_per_day.is_none() => t.get("storage-growth-unknown").to_owned(),
        (false, None) => t.get("storage-full-never").to_owned(),
    };
    let planned =
        [("n", outlook.planned_classes.into()), ("size", when::size(t, outlook.planned_bytes).into())];
    Drive {
        id: outlook.account_id,
        meter: Meter { name: outlook.email.clone(), words, percent },
        state: state_words(t, outlook.state.as_deref()).to_owned(),
        read: outlook.read_at.map(|at| t.with("monitor-last", &[("ago", when.relative_words(at).into())])),
        growth,
        forecast,
        planned: t.with("storage-planned", &planned),
        disabled: !outlook.enabled,
        may_rehome: outlook.planned_classes > 0,
    }
}

/// What Microsoft says of the room in a drive; nothing while there is enough.
fn state_words(t: &'static Text, state: Option<&str>) -> &'static str {
    match state {
        Some("nearing") => t.get("storage-state-nearing"),
        Some("critical") => t.get("storage-state-critical"),
        Some("exceeded") => t.get("storage-state-exceeded"),
        _ => "",
    }
}

fn expiring_row(t: &'static Text, one: &Expiring, now: chrono::DateTime<Utc>) -> ExpiringRow {
    let when = When::new(t, one.time_zone.parse().unwrap_or(chrono_tz::UTC), now);
    ExpiringRow {
        id: one.id.0,
        title: format!("{} {}", one.course_code, one.title),
        class: when.day_time(one.starts_at),
        expires: t.with(
            "storage-expires",
            &[
                ("date", when.date(one.expires_at).words.into()),
                ("days", levels::days_left(one.expires_at - now).into()),
            ],
        ),
    }
}

/// The form with the days after which Microsoft deletes a recording.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DaysForm {
    days: String,
}

/// `POST /admin/storage/expiry`.
pub async fn set_days(
    State(app): State<Arc<App>>,
    reader: Reader,
    form: std::result::Result<Form<DaysForm>, FormRejection>,
) -> std::result::Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Administer).await?;
    let typed = form.map(|Form(form)| form.days).unwrap_or_default();
    let set = match typed.trim().parse() {
        Ok(days) => expiry::set_days(&app, Actor::Viewer(&reader.viewer), days).await,
        Err(_) => Err(Error::invalid("days", say("op-expiry-days"))),
    };
    match set {
        Ok(()) => Ok(Redirect::to("/admin/storage").into_response()),
        Err(Error::Invalid(errors)) => {
            let error = errors.into_iter().next().map_or_else(String::new, |error| error.message);
            let shown = shown(&app, &reader, Some((typed, error))).await?;
            Ok(html(StatusCode::UNPROCESSABLE_ENTITY, &shown).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /admin/storage/accounts/{id}/rehome`.
pub async fn move_meetings(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ServiceAccountId>,
) -> std::result::Result<Redirect, PageError> {
    rehome::rehome(&app, Actor::Viewer(&viewer), id).await?;
    Ok(Redirect::to("/admin/storage"))
}

/// `POST /recordings/{id}/archive`.
pub async fn archive(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> std::result::Result<Redirect, PageError> {
    let seen = keep::ask(&app, &viewer, id).await?;
    Ok(super::player::back(&seen))
}

/// The form that corrects when Microsoft deletes a recording.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExpiryForm {
    expected_expiry_on: String,
}

/// `POST /recordings/{id}/expiry`.
pub async fn correct(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    form: std::result::Result<Form<ExpiryForm>, FormRejection>,
) -> std::result::Result<Redirect, PageError> {
    let day = form.map(|Form(form)| form.expected_expiry_on).unwrap_or_default();
    let said = match day.trim() {
        "" => Correction::Never,
        day => Correction::On(
            day.parse().map_err(|_| Error::invalid("expected_expiry_on", say("op-expiry-date")))?,
        ),
    };
    let seen = expiry::correct(&app, &viewer, id, said).await?;
    Ok(super::player::back(&seen))
}
