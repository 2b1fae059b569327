//! `/api/v1/integrations/teams`: what `doctor` found, examining anew, answers about meeting policies, and rehearsals.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::RehearsalId;
use crate::model::policy::{PolicyAnswer, PolicyTopic};
use crate::model::rehearsal::{Rehearsal, Step, StepState};
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::doctor::{self, Document};
use crate::ops::rehearsal::{self, By};
use crate::ops::{Error, integration, policy, rights};
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::JsonBody;

/// What was found last, as `onrecord doctor --json` prints it.
#[utoipa::path(
    get, path = "/api/v1/integrations/teams/findings", tag = "integrations",
    responses(
        (status = 200, description = "The last examination", body = Document),
        (status = 404, description = "Not for you, or never examined", body = Problem),
    )
)]
pub async fn findings(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<Json<Document>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Oversee).await?;
    let id = integration::load(&app).await?.integration.id;
    let found = doctor::last(&app, id).await?.ok_or(Error::NotFound)?;
    Ok(Json(found.into()))
}

/// Examines the connection and answers what was found.
#[utoipa::path(
    post, path = "/api/v1/integrations/teams/verify", tag = "integrations",
    responses(
        (status = 200, description = "What was found", body = Document),
        (status = 403, description = "You may only look", body = Problem),
        (status = 404, description = "Not for you", body = Problem),
    )
)]
pub async fn verify(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<Json<Document>, ApiError> {
    Ok(Json(doctor::verify(&app, &viewer).await?.into()))
}

/// What somebody found in a Teams meeting policy.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfirmation {
    /// `recording`, `instructors`, `attendance` or `expiry`.
    topic: String,
    /// `yes` if it is as it should be, `no` if not.
    answer: String,
}

impl PolicyConfirmation {
    fn said(&self) -> Result<(PolicyTopic, PolicyAnswer), Error> {
        let topic = PolicyTopic::parse(&self.topic)
            .ok_or_else(|| Error::invalid("topic", "Write recording, instructors, attendance or expiry."))?;
        let answer =
            PolicyAnswer::parse(&self.answer).ok_or_else(|| Error::invalid("answer", "Write yes or no."))?;
        Ok((topic, answer))
    }
}

/// Keeps an answer about a meeting policy, with date and person, and answers what is found now.
#[utoipa::path(
    post, path = "/api/v1/integrations/teams/confirmations", tag = "integrations",
    request_body = PolicyConfirmation,
    responses(
        (status = 200, description = "What was found", body = Document),
        (status = 403, description = "You may only look", body = Problem),
        (status = 404, description = "Not for you", body = Problem),
        (status = 422, description = "Another topic or answer", body = Problem),
    )
)]
pub async fn confirm(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    JsonBody(said): JsonBody<PolicyConfirmation>,
) -> Result<Json<Document>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Administer).await?;
    let (topic, answer) = said.said()?;
    let found = policy::confirm(&app, Actor::Viewer(&viewer), topic, answer).await?;
    Ok(Json(found.into()))
}

/// A test meeting: how far it came.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RehearsalReport {
    #[schema(value_type = i64)]
    id: RehearsalId,
    /// Every step succeeded and nothing is left of it.
    ok: bool,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    /// When the test meeting was removed.
    cleaned_at: Option<DateTime<Utc>>,
    steps: Vec<RehearsalStep>,
}

/// One of its five steps.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RehearsalStep {
    /// `create`, `join_url`, `lookup`, `patch` or `read_back`.
    #[schema(value_type = String)]
    step: Step,
    /// `running`, `ok` or `failed`.
    #[schema(value_type = String)]
    state: StepState,
    words: String,
}

impl From<Rehearsal> for RehearsalReport {
    fn from(row: Rehearsal) -> Self {
        let ok = row.is_well() && row.cleaned_at.is_some();
        let steps = row.steps.into_iter();
        Self {
            id: row.id,
            ok,
            started_at: row.started_at,
            finished_at: row.finished_at,
            cleaned_at: row.cleaned_at,
            steps: steps
                .map(|one| RehearsalStep { step: one.step, state: one.state, words: one.words })
                .collect(),
        }
    }
}

/// Begins a rehearsal; a worker does it.
#[utoipa::path(
    post, path = "/api/v1/integrations/teams/rehearsals", tag = "integrations",
    responses(
        (status = 202, description = "It begins", body = RehearsalReport),
        (status = 403, description = "You may only look", body = Problem),
        (status = 404, description = "Not for you", body = Problem),
        (status = 409, description = "One is under way", body = Problem),
        (status = 503, description = "Teams is not connected", body = Problem),
    )
)]
pub async fn rehearse(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<(StatusCode, Json<RehearsalReport>), ApiError> {
    let actor = Actor::Viewer(&viewer);
    rehearsal::begin(&app, actor, By::Worker).await?;
    let row = rehearsal::last(&app, actor).await?.ok_or(Error::NotFound)?;
    Ok((StatusCode::ACCEPTED, Json(row.into())))
}

/// The newest rehearsal.
#[utoipa::path(
    get, path = "/api/v1/integrations/teams/rehearsals/latest", tag = "integrations",
    responses(
        (status = 200, description = "How far it came", body = RehearsalReport),
        (status = 403, description = "For administrators", body = Problem),
        (status = 404, description = "Not for you, or none yet", body = Problem),
    )
)]
pub async fn rehearsed(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<Json<RehearsalReport>, ApiError> {
    let row = rehearsal::last(&app, Actor::Viewer(&viewer)).await?.ok_or(Error::NotFound)?;
    Ok(Json(row.into()))
}
