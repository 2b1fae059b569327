//! Keeping recordings over the API: copying one now, correcting when Microsoft deletes it, and how the drives stand.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::recordings::{Recording, shown};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{ArtifactId, ServiceAccountId};
use crate::ops::actor::Actor;
use crate::ops::expiry::{self, Correction};
use crate::ops::rehome::{self, Rehomed};
use crate::ops::storage::{self, Outlook};
use crate::ops::{keep, rights};
use crate::web::auth::SignedIn;
use crate::web::error::ApiError;
use crate::web::input::{JsonBody, PathId};

/// When Microsoft deletes a recording, as a person knows it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpiryRequest {
    /// The day; null if Microsoft keeps it.
    pub expected_expiry_on: Option<NaiveDate>,
}

/// The drives of all service accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Storage {
    /// One for each account.
    pub items: Vec<Outlook>,
    /// Always null: it is one page.
    pub next_cursor: Option<String>,
}

/// Copies a recording into the archive now. The copy is made in the background; `safety` says when it is verified.
#[utoipa::path(
    post, path = "/api/v1/recordings/{id}/archive", tag = "recordings",
    params(("id" = i64, Path, description = "The recording")),
    responses((status = 202, body = Recording), (status = 403, description = "Only staff of the course may"),
              (status = 404, description = "No such recording, or not for you"))
)]
pub async fn archive(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<(StatusCode, Json<Recording>), ApiError> {
    let seen = keep::ask(&app, &viewer, id).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&app, &viewer, seen))))
}

/// Corrects when Microsoft is expected to delete a recording.
#[utoipa::path(
    post, path = "/api/v1/recordings/{id}/expiry", tag = "recordings", request_body = ExpiryRequest,
    params(("id" = i64, Path, description = "The recording")),
    responses((status = 200, body = Recording), (status = 403, description = "Only staff of the course may"),
              (status = 404, description = "No such recording, or not for you"), (status = 422, description = "The day cannot be"))
)]
pub async fn correct(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    JsonBody(request): JsonBody<ExpiryRequest>,
) -> Result<Json<Recording>, ApiError> {
    let said = request.expected_expiry_on.map_or(Correction::Never, Correction::On);
    let seen = expiry::correct(&app, &viewer, id, said).await?;
    Ok(Json(shown(&app, &viewer, seen)))
}

/// How full the drives of the service accounts are, how they grow, and when they will be full.
#[utoipa::path(
    get, path = "/api/v1/storage", tag = "monitor",
    responses((status = 200, body = Storage), (status = 404, description = "Not for you"))
)]
pub async fn drives(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<Json<Storage>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Oversee).await?;
    Ok(Json(Storage { items: storage::outlooks(&app).await?, next_cursor: None }))
}

/// Gives the future meetings of an account to others: new Teams meetings, the former ones cancelled.
#[utoipa::path(
    post, path = "/api/v1/storage/{id}/rehome", tag = "monitor",
    params(("id" = i64, Path, description = "The service account")),
    responses((status = 200, body = Rehomed), (status = 403, description = "Only an administrator may"),
              (status = 404, description = "No such account, or not for you"), (status = 409, description = "No other account has room"))
)]
pub async fn rehome(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ServiceAccountId>,
) -> Result<Json<Rehomed>, ApiError> {
    Ok(Json(rehome::rehome(&app, Actor::Viewer(&viewer), id).await?))
}
