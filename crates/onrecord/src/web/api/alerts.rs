//! `/api/v1/alerts`: what a person must be told while something can still be done, and what whoever teaches answers when
//! asked whether Teams records.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::model::id::MeetingId;
use crate::model::live::Answer;
use crate::ops::monitor::AlertLine;
use crate::ops::{alerts, confirm};
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId};

/// Alerts in one answer.
const MOST: i64 = 200;

/// The open alerts of the viewer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Alerts {
    /// The class that begins first comes first; at most 200.
    items: Vec<AlertLine>,
    /// Always null: alerts come in one page.
    next_cursor: Option<String>,
}

/// What is wrong and can still be mended: of all classes for admins and officers, else of the courses one teaches.
#[utoipa::path(
    get, path = "/api/v1/alerts", tag = "alerts",
    responses((status = 200, description = "Open alerts", body = Alerts))
)]
pub async fn list(State(app): State<Arc<App>>, SignedIn(viewer): SignedIn) -> Result<Json<Alerts>, ApiError> {
    let open = alerts::open(&app, &viewer, MOST).await?;
    Ok(Json(Alerts { items: open.into_iter().map(AlertLine::from).collect(), next_cursor: None }))
}

/// Whether Teams is recording, as whoever teaches sees it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordingCheck {
    /// True if Teams shows that it records.
    recording: bool,
}

/// Says whether Teams is recording the class that is on, where OnRecord cannot see it.
#[utoipa::path(
    post, path = "/api/v1/meetings/{id}/recording-check", tag = "alerts",
    params(("id" = i64, Path, description = "The class.")),
    request_body = RecordingCheck,
    responses(
        (status = 204, description = "Kept"),
        (status = 404, description = "No such class, or not for you", body = Problem),
        (status = 409, description = "The class is not on", body = Problem),
    )
)]
pub async fn check(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<MeetingId>,
    body: Result<JsonBody<RecordingCheck>, axum::response::Response>,
) -> Result<StatusCode, axum::response::Response> {
    use axum::response::IntoResponse as _;
    // Whoever may not see the class is told so whatever they send.
    let seen = confirm::may_answer(&app, &viewer, id).await;
    seen.map_err(|error| ApiError(error).into_response())?;
    let JsonBody(body) = body?;
    let answer = if body.recording { Answer::Recording } else { Answer::NotRecording };
    confirm::recording(&app, &viewer, id, answer).await.map_err(|error| ApiError(error).into_response())?;
    Ok(StatusCode::NO_CONTENT)
}
