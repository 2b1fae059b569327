//! Recordings over the API: the list of a conference, one recording, its transcript, and hiding it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::access::{Act, Viewer};
use crate::model::captions;
use crate::model::id::{ArtifactId, ConferenceId};
use crate::model::parts;
use crate::model::words::Word as _;
use crate::ops::media::{self, SeenMedium, Wanted, naming};
use crate::ops::{Error, hide, rights, transcripts};
use crate::store::media::{After, Breadth, Listed, Medium, list_recordings};
use crate::web::auth::SignedIn;
use crate::web::error::ApiError;
use crate::web::input::{JsonBody, PathId, QueryOf};
use crate::web::listing;
use crate::web::media::vtt;

/// A recording. What only staff may know is null for learners.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recording {
    /// OnRecord's id.
    pub id: i64,
    /// Microsoft's id of the recording, if Teams has named it yet.
    pub recording_id: Option<String>,
    /// Class, day and part.
    pub title: String,
    /// Always `recording`.
    pub kind: &'static str,
    /// The meeting (time slot) it belongs to; null in the inbox.
    pub meeting_id: Option<i64>,
    /// 1, 2, … when a class has several.
    pub part: i64,
    /// Shorter than two minutes, beside other parts: somebody only tried.
    pub false_start: bool,
    /// When recording began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Bytes, once known.
    pub file_size: Option<i64>,
    /// Whole minutes, rounded up, never 0; null while unknown.
    pub duration_minutes: Option<i64>,
    /// Staff only: Microsoft's id of the file.
    pub onedrive_item_id: Option<String>,
    /// Staff only: Microsoft's id of its drive.
    pub onedrive_drive_id: Option<String>,
    /// Staff only: the file in OneDrive.
    pub onedrive_web_url: Option<String>,
    /// The same as `content_url`, for old callers. Never an address of Microsoft's.
    pub onedrive_download_url: String,
    /// Whether Microsoft's OneDrive still has the file.
    pub stored_in_onedrive: bool,
    /// `offered`, `copying`, `verified`, `damaged`, `source_removed` or `gone`.
    pub safety: &'static str,
    /// Visits that downloaded it.
    pub download_count: i64,
    /// Visits that watched it in the player.
    pub view_count: i64,
    /// When it was last downloaded.
    pub last_downloaded_at: Option<DateTime<Utc>>,
    /// The bytes, with ranges.
    pub content_url: String,
    /// The player.
    pub view_url: String,
    /// What was said.
    pub transcript_url: String,
    /// `teams`, or `manual` if staff brought it because the class was held elsewhere.
    pub source: &'static str,
    /// Staff only: why it was brought by hand.
    pub manual_reason: Option<String>,
    /// Staff only: when Microsoft is expected to delete its copy; null if that is not known or never.
    pub expected_expiry_at: Option<DateTime<Utc>>,
    /// Staff only: `estimate`, or `corrected` if a person said so.
    pub expiry_source: Option<&'static str>,
    /// Staff only: where our copy lies in the archive.
    pub archive_key: Option<String>,
    /// Staff only: whether learners are kept from it.
    pub hidden: Option<bool>,
    /// Staff only: why it is hidden.
    pub hidden_reason: Option<String>,
}

/// One line of a transcript.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cue {
    /// Milliseconds from the recording's start.
    pub start_ms: i64,
    /// Milliseconds from the recording's start.
    pub end_ms: i64,
    /// Who spoke; empty when Microsoft does not say.
    pub speaker: String,
    /// What was said.
    pub text: String,
}

/// A whole transcript.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transcript {
    /// The recording it belongs to.
    pub recording_id: i64,
    /// In order.
    pub items: Vec<Cue>,
    /// Always null: a transcript is one page.
    pub next_cursor: Option<String>,
}

/// Why a recording is hidden.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HideRequest {
    /// Read by staff of the course; at most 500 characters.
    pub reason: String,
}

/// The recordings of a conference.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/recordings", tag = "recordings",
    params(("id" = i64, Path, description = "The conference"), PageQuery),
    responses((status = 200, body = PageOf<Recording>), (status = 404, description = "No such conference, or not for you"))
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ConferenceId>,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<Recording>>, ApiError> {
    let seen = rights::conference(&app, &viewer, id, Act::See).await?;
    let staff = seen.may(&viewer, Act::SeeStaffDetail);
    let breadth = if staff { Breadth::Staff } else { Breadth::Learner };
    let (limit, after) = (page.limit()?, page.marks()?.map(after).transpose()?);
    let listed = list_recordings(&app.store, id, breadth, after, limit + 1).await?;
    let conference = &seen.placed.conference;
    let base = app.config.public_url();
    let item = |listed: Listed| {
        let day = naming::day_in(&conference.time_zone, listed.medium.started_at.unwrap_or(listed.starts_at));
        let title = Titled {
            conference: &conference.title,
            day,
            part: listed.of_several.then_some(listed.medium.part),
        };
        recording(listed.medium, &title, base.base(), staff)
    };
    Ok(Json(PageOf::of(listed, limit, mark, item)))
}

/// One recording.
#[utoipa::path(
    get, path = "/api/v1/recordings/{id}", tag = "recordings",
    params(("id" = i64, Path, description = "The recording")),
    responses((status = 200, body = Recording), (status = 404, description = "No such recording, or not for you"))
)]
pub async fn one(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<Json<Recording>, ApiError> {
    let seen = media::authorize(&app, &viewer, Wanted::recording(id)).await?;
    Ok(Json(shown(&app, &viewer, seen)))
}

/// What was said in a recording: cues as JSON, or the WebVTT file with `Accept: text/vtt`.
#[utoipa::path(
    get, path = "/api/v1/recordings/{id}/transcript", tag = "recordings",
    params(("id" = i64, Path, description = "The recording")),
    responses(
        (status = 200, content((Transcript = "application/json"), (String = "text/vtt"))),
        (status = 404, description = "No such recording, not for you, or no transcript of it")
    )
)]
pub async fn transcript(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let cues = transcripts::read(&app, &viewer, id).await?;
    if prefers_vtt(&headers) {
        return Ok(vtt(&captions::webvtt(&cues)));
    }
    let cues = cues.into_iter().map(|cue| Cue {
        start_ms: cue.start_ms,
        end_ms: cue.end_ms,
        speaker: cue.speaker,
        text: cue.text,
    });
    let transcript = Transcript { recording_id: id.0, items: cues.collect(), next_cursor: None };
    Ok(([(header::VARY, "accept")], Json(transcript)).into_response())
}

/// Hides a recording from learners at once.
#[utoipa::path(
    post, path = "/api/v1/recordings/{id}/hide", tag = "recordings", request_body = HideRequest,
    params(("id" = i64, Path, description = "The recording")),
    responses((status = 200, body = Recording), (status = 403, description = "Only staff of the course may"),
              (status = 404, description = "No such recording, or not for you"), (status = 422, description = "The reason is missing or too long"))
)]
pub async fn hide(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    JsonBody(request): JsonBody<HideRequest>,
) -> Result<Json<Recording>, ApiError> {
    let seen = hide::hide(&app, &viewer, id, &request.reason).await?;
    Ok(Json(shown(&app, &viewer, seen)))
}

/// Shows a hidden recording to learners again.
#[utoipa::path(
    post, path = "/api/v1/recordings/{id}/show", tag = "recordings",
    params(("id" = i64, Path, description = "The recording")),
    responses((status = 200, body = Recording), (status = 403, description = "Only staff of the course may"),
              (status = 404, description = "No such recording, or not for you"))
)]
pub async fn show(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<Json<Recording>, ApiError> {
    let seen = hide::show(&app, &viewer, id).await?;
    Ok(Json(shown(&app, &viewer, seen)))
}

/// What a title is made of.
struct Titled<'a> {
    conference: &'a str,
    day: NaiveDate,
    part: Option<i64>,
}

/// A recording as this viewer may see it.
pub(super) fn shown(app: &App, viewer: &Viewer, seen: SeenMedium) -> Recording {
    let staff = seen.may(viewer, Act::SeeStaffDetail);
    let placed = seen.placed;
    let medium = placed.medium;
    let base = app.config.public_url();
    if let Some(place) = &placed.place {
        let day = naming::day_in(&place.time_zone, medium.started_at.unwrap_or(place.starts_at));
        let part = placed.of_several.then_some(medium.part);
        return recording(medium, &Titled { conference: &place.title, day, part }, base.base(), staff);
    }
    let day = medium.started_at.unwrap_or(medium.updated_at).date_naive();
    let name = medium.name.clone();
    recording(medium, &Titled { conference: &name, day, part: None }, base.base(), staff)
}

fn recording(medium: Medium, title: &Titled<'_>, base: &str, staff: bool) -> Recording {
    let id = medium.id.0;
    let content_url = format!("{base}/api/v1/recordings/{id}/content");
    Recording {
        id,
        title: naming::title(title.conference, title.day, title.part),
        kind: medium.kind.as_str(),
        meeting_id: medium.meeting_id.map(|meeting| meeting.0),
        part: medium.part,
        false_start: title.part.is_some() && medium.duration_ms.is_some_and(parts::is_short),
        started_at: medium.started_at,
        ended_at: medium.ended_at,
        file_size: medium.size_bytes,
        duration_minutes: medium.duration_ms.map(|ms| ((ms + 59_999) / 60_000).max(1)),
        stored_in_onedrive: medium.stored_in_onedrive(),
        safety: medium.safety().as_str(),
        download_count: medium.download_count,
        view_count: medium.view_count,
        last_downloaded_at: medium.last_downloaded_at,
        onedrive_download_url: content_url.clone(),
        content_url,
        view_url: format!("{base}/recordings/{id}"),
        transcript_url: format!("{base}/api/v1/recordings/{id}/transcript"),
        source: if medium.is_manual() { "manual" } else { "teams" },
        manual_reason: Some(medium.decided_reason.clone()).filter(|_| staff && medium.is_manual()),
        hidden: staff.then(|| medium.is_withheld()),
        expected_expiry_at: medium.expected_expiry_at.filter(|_| staff),
        expiry_source: staff.then(|| if medium.expiry_set_at.is_some() { "corrected" } else { "estimate" }),
        archive_key: medium.archive_key.clone().filter(|_| staff),
        recording_id: medium.graph_id,
        onedrive_item_id: medium.item_id.filter(|_| staff),
        onedrive_drive_id: medium.drive_id.filter(|_| staff),
        onedrive_web_url: medium.web_url.filter(|_| staff),
        hidden_reason: Some(medium.hidden_reason).filter(|reason| staff && !reason.is_empty()),
    }
}

fn mark(listed: &Listed) -> String {
    format!("{}_{}_{}", listed.starts_at.timestamp_micros(), listed.medium.part, listed.medium.id)
}

fn after([micros, part, id]: [i64; 3]) -> Result<After, Error> {
    Ok(After { starts_at: listing::moment(micros)?, part, id: ArtifactId(id) })
}

/// Whether the first type of `Accept` that we have is WebVTT.
fn prefers_vtt(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let kinds =
        lists.flat_map(|list| list.split(',')).map(|kind| kind.split(';').next().unwrap_or_default().trim());
    let ours =
        |kind: &&str| matches!(kind.to_ascii_lowercase().as_str(), "text/vtt" | "application/json" | "*/*");
    kinds.into_iter().find(ours).is_some_and(|kind| kind.eq_ignore_ascii_case("text/vtt"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_first_known_type_decides() {
        let prefers =
            |accept| prefers_vtt(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]));
        assert!(
            prefers("text/vtt") && prefers("Text/VTT; charset=utf-8, */*") && prefers("text/html, text/vtt")
        );
        assert!(
            !prefers("application/json, text/vtt") && !prefers("*/*") && !prefers("") && !prefers("text/*")
        );
        assert!(!prefers_vtt(&HeaderMap::new()));
    }
}
