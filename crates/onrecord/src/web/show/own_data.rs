//! `/account/data`: what is kept about oneself, to read and to take along; and `/recordings/{id}/reason`, where staff say
//! why they watch.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::retention::requests::file;
use crate::app::App;
use crate::model::access::Act;
use crate::model::artifact::ArtifactKind;
use crate::model::id::ArtifactId;
use crate::model::visit::{AccessDetail, Way};
use crate::ops::actor::Actor;
use crate::ops::media::{self, Wanted};
use crate::ops::{Error, erasure, privacy as ops};
use crate::store::{integrations, privacy};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::PathId;
use crate::web::page::{Place, html};
use crate::web::pages::privacy::{OwnData, Reason};
use crate::web::parts::{Empty, Field, FieldKind};
use crate::web::when::When;

/// Visits shown; the export holds all.
const SHOWN: i64 = 200;

/// `GET /account/data`.
pub async fn page(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, PageError> {
    let t = reader.text();
    let first = integrations::first(&app.store).await?;
    let settings = match first {
        Some(first) => privacy::find(&app.store, first.id).await?.unwrap_or_default(),
        None => crate::model::visit::AccessPrivacy::default(),
    };
    let key = match settings.detail {
        AccessDetail::Named => "own-data-named",
        AccessDetail::Pseudonymous => "own-data-pseudonymous",
        AccessDetail::CountsOnly => "own-data-counts",
    };
    let visits = privacy::own_visits(&app.store, reader.viewer.user_id, SHOWN).await?;
    let when = When::new(t, chrono_tz::UTC, app.clock.now());
    let how = |kind, way| match (kind, way) {
        (_, Way::Download) => t.get("own-data-downloaded").to_owned(),
        (ArtifactKind::Recording, Way::Watch) => t.get("own-data-watched").to_owned(),
        (ArtifactKind::Transcript | ArtifactKind::File, Way::Watch) => t.get("own-data-read").to_owned(),
    };
    let view = OwnData {
        page: reader.page(t.get("own-data-title"), Place::Elsewhere),
        lead: t.with(key, &[("days", settings.days.into())]),
        empty: visits.is_empty().then(|| Empty {
            icon: "safe",
            title: t.get("own-data-empty").into(),
            text: t.get("own-data-empty-text").into(),
            action: None,
        }),
        visits: visits
            .into_iter()
            .map(|visit| (visit.title, how(visit.kind, visit.way), when.day_time(visit.opened_at)))
            .collect(),
    };
    Ok(html(StatusCode::OK, &view).into_response())
}

/// `GET /account/data.json`.
pub async fn export(State(app): State<Arc<App>>, SignedIn(viewer): SignedIn) -> Result<Response, PageError> {
    Ok(file(&erasure::export(&app, Actor::Viewer(&viewer), viewer.user_id).await?))
}

/// Why one watches.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    reason: String,
}

/// `GET /recordings/{id}/reason`.
pub async fn why(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ArtifactId>,
) -> Result<Response, PageError> {
    media::see(&app, &reader.viewer, Wanted::recording(id), Act::Watch).await?;
    Ok(form(&reader, StatusCode::OK, id, None))
}

fn form(reader: &Reader, status: StatusCode, id: ArtifactId, error: Option<String>) -> Response {
    let t = reader.text();
    let view = Reason {
        page: reader.page(t.get("reason-title"), Place::Conferences),
        action: format!("/recordings/{id}/reason"),
        field: Field::new("reason", t.get("reason"), FieldKind::Text).error(error).required(),
    };
    html(status, &view).into_response()
}

/// `POST /recordings/{id}/reason`.
pub async fn say_why(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ArtifactId>,
    FormOf(said): FormOf<Said>,
) -> Result<Response, PageError> {
    match ops::say_why(&app, &reader.viewer, id, &said.reason).await {
        Ok(()) => Ok(Redirect::to(&format!("/recordings/{id}")).into_response()),
        Err(Error::Invalid(errors)) => {
            let error = errors.into_iter().next().map(|error| error.message);
            Ok(form(&reader, StatusCode::UNPROCESSABLE_ENTITY, id, error))
        }
        Err(error) => Err(error.into()),
    }
}
