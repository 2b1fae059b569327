//! Sync Data: `POST /conferences/{id}/sync/`, with or without the slash, and the state of a run that takes long.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::auth::SignedIn;
use super::error::ApiError;
use super::input::PathId;
use crate::app::App;
use crate::model::access::Act;
use crate::model::id::{ConferenceId, SyncRunId};
use crate::model::sync::{KindReport, SyncCause, SyncReport};
use crate::ops::sync::{SyncOutcome, SyncRequest, sync_within};
use crate::ops::{Error, rights};
use crate::store;

/// A caller is kept waiting this long at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// The answer of Sync Data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SyncAnswer {
    /// True only if every kind is `ok` or `off`.
    pub success: bool,
    /// Rows made, changed or seen again.
    pub items_processed: u64,
    /// Each kind.
    pub details: Details,
    /// The run that did it.
    #[schema(value_type = i64)]
    pub sync_run_id: SyncRunId,
}

/// How each kind went.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Details {
    recordings: Kind,
    transcripts: Kind,
    attendance: Kind,
    chat: Kind,
    files: Kind,
}

/// How one kind went.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Kind {
    /// `ok`, `waiting`, `off` or `failed`.
    state: String,
    /// True for `ok` and `off`.
    success: bool,
    /// Rows made.
    created: u64,
    /// Rows changed.
    updated: u64,
    /// Rows seen and left as they were.
    unchanged: u64,
    /// Why it failed and what to do.
    error: Option<String>,
    /// What else is to be said, although nothing failed: `no longer offered by Microsoft`.
    note: Option<String>,
}

impl From<KindReport> for Kind {
    fn from(report: KindReport) -> Self {
        Self {
            state: report.state.to_string(),
            success: report.success,
            created: report.created,
            updated: report.updated,
            unchanged: report.unchanged,
            error: report.error,
            note: report.note,
        }
    }
}

impl SyncAnswer {
    fn new(sync_run_id: SyncRunId, report: SyncReport) -> Self {
        let details = report.details;
        Self {
            success: report.success,
            items_processed: report.items_processed,
            details: Details {
                recordings: details.recordings.into(),
                transcripts: details.transcripts.into(),
                attendance: details.attendance.into(),
                chat: details.chat.into(),
                files: details.files.into(),
            },
            sync_run_id,
        }
    }
}

/// The answer while a run goes on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StillRunning {
    /// The run; `GET /api/v1/sync-runs/{id}` tells how it ended.
    #[schema(value_type = i64)]
    pub sync_run_id: SyncRunId,
    /// Where to ask.
    pub status_url: String,
}

/// Brings everything of a conference.
#[utoipa::path(
    post, path = "/conferences/{id}/sync/", tag = "sync",
    params(("id" = i64, Path, description = "The conference")),
    responses(
        (status = 200, description = "Done; each kind says how it went", body = SyncAnswer),
        (status = 202, description = "Still running after 30 seconds", body = StillRunning),
        (status = 403, description = "You may see it but not sync it", body = super::error::Problem),
        (status = 404, description = "There is no such conference for you", body = super::error::Problem),
    )
)]
pub async fn sync(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ConferenceId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    rights::conference(&app, &viewer, id, Act::Sync).await?;
    let request =
        SyncRequest { conference: id, cause: SyncCause::Person, requested_by: Some(viewer.user_id) };
    let SyncOutcome { run_id, report } = sync_within(app, request, PATIENCE).await?;
    if wants_page(&headers) {
        return Ok(Redirect::to(&class_page(&headers, id)).into_response());
    }
    let Some(report) = report else {
        let status_url = format!("/api/v1/sync-runs/{run_id}");
        let body = Json(StillRunning { sync_run_id: run_id, status_url });
        return Ok((StatusCode::ACCEPTED, body).into_response());
    };
    Ok(Json(SyncAnswer::new(run_id, report)).into_response())
}

/// Whether a browser's form asks, with or without script, which is led back to the page.
fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("text/html") || headers.contains_key("hx-request")
}

/// The place of the conference's page where the button stood.
fn class_page(headers: &HeaderMap, id: ConferenceId) -> String {
    let page = format!("/conferences/{id}");
    let stood = ["hx-current-url", "referer"].iter().find_map(|name| headers.get(*name)?.to_str().ok());
    let query = stood
        .and_then(|address| url::Url::parse(address).ok())
        .filter(|address| address.path() == page)
        .and_then(|address| address.query().map(str::to_owned));
    query.map_or(page.clone(), |query| format!("{page}?{query}"))
}

/// One run of Sync Data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RunAnswer {
    #[schema(value_type = i64)]
    id: SyncRunId,
    #[schema(value_type = i64)]
    conference_id: ConferenceId,
    /// `running`, `finished`, or `lost` if it ended without a report.
    state: &'static str,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    /// What it did, once it has ended.
    result: Option<SyncAnswer>,
}

/// How a run of Sync Data stands.
#[utoipa::path(
    get, path = "/api/v1/sync-runs/{id}", tag = "sync",
    params(("id" = i64, Path, description = "The run")),
    responses(
        (status = 200, description = "The run", body = RunAnswer),
        (status = 404, description = "There is no such run for you", body = super::error::Problem),
    )
)]
pub async fn run(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<SyncRunId>,
) -> Result<Json<RunAnswer>, ApiError> {
    let run = store::sync::find_run(&app.store, id).await?.ok_or(Error::NotFound)?;
    rights::conference(&app, &viewer, run.conference_id, Act::SeeStaffDetail).await?;
    let state = match (&run.report, run.finished_at) {
        (Some(_), _) => "finished",
        (None, Some(_)) => "lost",
        (None, None) => "running",
    };
    Ok(Json(RunAnswer {
        id,
        conference_id: run.conference_id,
        state,
        started_at: run.started_at,
        finished_at: run.finished_at,
        result: run.report.map(|report| SyncAnswer::new(id, report)),
    }))
}
