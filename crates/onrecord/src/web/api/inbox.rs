//! `/api/v1/inbox`: what fits no class with certainty, for an administrator to decide; and
//! `/api/v1/meetings/{id}/likely`: what is probably of one class, for its staff to confirm.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::access::Act;
use crate::model::id::{ArtifactId, ConferenceId, MeetingId};
use crate::ops::inbox::{self, Item, Suggested};
use crate::ops::{Error, rights};
use crate::store::decisions::Decision;
use crate::store::meetings;
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, JsonIfAny, PathId, PathIds, QueryOf};

/// One thing that waits.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InboxItem {
    #[schema(value_type = i64)]
    id: ArtifactId,
    kind: String,
    name: String,
    file_size: Option<i64>,
    started_at: Option<DateTime<Utc>>,
    onedrive_drive_id: Option<String>,
    onedrive_item_id: Option<String>,
    onedrive_web_url: Option<String>,
    /// Why it waits: `no_class`, `other_time`, `one_fits` or `several_fit`.
    why: String,
    /// The classes that may be meant, the likeliest first.
    suggestions: Vec<SuggestedClass>,
}

/// A class that may be meant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SuggestedClass {
    #[schema(value_type = i64)]
    meeting_id: MeetingId,
    course_code: String,
    title: String,
    starts_at: DateTime<Utc>,
    /// `likely`, or `none` if it is only possible. Never `certain`: that would not wait.
    confidence: String,
    /// What speaks for it: `same_name`, `cut_name`, `same_time`, `near_time`, `same_organizer`, `no_recording_yet`.
    reasons: Vec<String>,
}

impl From<Suggested> for SuggestedClass {
    fn from(one: Suggested) -> Self {
        Self {
            meeting_id: one.class.meeting_id,
            course_code: one.class.course_code,
            title: one.class.title,
            starts_at: one.class.starts_at,
            confidence: one.suggestion.confidence.to_string(),
            reasons: one.suggestion.reasons.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<Item> for InboxItem {
    fn from(item: Item) -> Self {
        let row = item.waiting;
        Self {
            id: row.id,
            kind: row.kind.to_string(),
            name: row.name,
            file_size: row.size_bytes,
            started_at: row.started_at,
            onedrive_drive_id: row.drive_id,
            onedrive_item_id: row.item_id,
            onedrive_web_url: row.web_url,
            why: item.why.to_string(),
            suggestions: item.suggestions.into_iter().map(SuggestedClass::from).collect(),
        }
    }
}

/// What waits in the inbox.
#[utoipa::path(
    get, path = "/api/v1/inbox", tag = "inbox", params(PageQuery),
    responses(
        (status = 200, description = "Oldest first", body = PageOf<InboxItem>),
        (status = 404, description = "Not for you", body = Problem),
    )
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<InboxItem>>, ApiError> {
    let (limit, after) = (page.limit()?, page.marks::<1>()?.map(|[id]| ArtifactId(id)));
    let rows = inbox::list(&app, &viewer, after, limit + 1).await?;
    Ok(Json(PageOf::of(rows, limit, |row| row.waiting.id.to_string(), InboxItem::from)))
}

/// A decision that can be taken back.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DecidedItem {
    #[schema(value_type = i64)]
    id: ArtifactId,
    name: String,
    /// The meeting it was given to; null if it is of no class.
    #[schema(value_type = Option<i64>)]
    meeting_id: Option<MeetingId>,
    /// Why, as far as it was said; `follows` if it followed another part of the same meeting.
    reason: String,
    /// By whom.
    decided_by: String,
    decided_at: DateTime<Utc>,
}

impl From<Decision> for DecidedItem {
    fn from(one: Decision) -> Self {
        Self {
            id: one.artifact.id,
            name: one.artifact.name,
            meeting_id: one.artifact.meeting_id,
            reason: one.artifact.decided_reason,
            decided_by: one.by,
            decided_at: one.at,
        }
    }
}

/// The newest decisions.
#[utoipa::path(
    get, path = "/api/v1/inbox/decided", tag = "inbox",
    responses(
        (status = 200, description = "Newest first", body = PageOf<DecidedItem>),
        (status = 404, description = "Not for you", body = Problem),
    )
)]
pub async fn decided(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<Json<PageOf<DecidedItem>>, ApiError> {
    let rows = inbox::decided(&app, &viewer).await?;
    Ok(Json(PageOf { items: rows.into_iter().map(DecidedItem::from).collect(), next_cursor: None }))
}

/// Where a file belongs.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The meeting.
    #[schema(value_type = i64)]
    meeting_id: MeetingId,
}

/// Gives a file to a meeting.
#[utoipa::path(
    post, path = "/api/v1/inbox/{id}/assign", tag = "inbox",
    params(("id" = i64, Path, description = "The file")), request_body = Assignment,
    responses(
        (status = 204, description = "Done and remembered"),
        (status = 403, description = "You may only look", body = Problem),
        (status = 404, description = "It does not wait in the inbox", body = Problem),
        (status = 422, description = "There is no such meeting", body = Problem),
    )
)]
pub async fn assign(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    JsonBody(assignment): JsonBody<Assignment>,
) -> Result<StatusCode, ApiError> {
    inbox::assign(&app, &viewer, id, assignment.meeting_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why a file is of no class.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dismissal {
    /// `other_meeting`, `private`, `test`, `duplicate`, or in your own words; at most 500 characters.
    reason: String,
}

/// Decides that a file belongs to no class.
#[utoipa::path(
    post, path = "/api/v1/inbox/{id}/dismiss", tag = "inbox",
    params(("id" = i64, Path, description = "The file")), request_body = Option<Dismissal>,
    responses(
        (status = 204, description = "Done and remembered"),
        (status = 403, description = "You may only look", body = Problem),
        (status = 404, description = "It does not wait in the inbox", body = Problem),
    )
)]
pub async fn dismiss(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    JsonIfAny(dismissal): JsonIfAny<Dismissal>,
) -> Result<StatusCode, ApiError> {
    inbox::dismiss(&app, &viewer, id, &dismissal.unwrap_or_default().reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a decision back: the file waits again.
#[utoipa::path(
    post, path = "/api/v1/inbox/{id}/undo", tag = "inbox",
    params(("id" = i64, Path, description = "The file")),
    responses(
        (status = 204, description = "It waits again"),
        (status = 403, description = "You may only look", body = Problem),
        (status = 404, description = "No person decided about it", body = Problem),
    )
)]
pub async fn undo(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<StatusCode, ApiError> {
    inbox::undo(&app, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What waits in the inbox and is probably of this class.
#[utoipa::path(
    get, path = "/api/v1/meetings/{id}/likely", tag = "inbox",
    params(("id" = i64, Path, description = "The meeting (time slot)")),
    responses(
        (status = 200, description = "Oldest first", body = PageOf<InboxItem>),
        (status = 403, description = "Only for staff of the course", body = Problem),
        (status = 404, description = "No such meeting, or not for you", body = Problem),
    )
)]
pub async fn likely(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<MeetingId>,
) -> Result<Json<PageOf<InboxItem>>, ApiError> {
    let meeting = meetings::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    rights::conference(&app, &viewer, meeting.conference_id, Act::Edit).await?;
    let mut items = inbox::likely(&app, &meeting).await?;
    for item in &mut items {
        // Other classes are not this instructor's business.
        item.suggestions.retain(|one| one.class.meeting_id == id);
    }
    Ok(Json(PageOf { items: items.into_iter().map(InboxItem::from).collect(), next_cursor: None }))
}

/// Which conference a decision was about.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DecidedFor {
    #[schema(value_type = i64)]
    meeting_id: MeetingId,
    #[schema(value_type = i64)]
    conference_id: ConferenceId,
}

/// Staff say that a likely file is of this class.
#[utoipa::path(
    post, path = "/api/v1/meetings/{id}/likely/{file}/confirm", tag = "inbox",
    params(("id" = i64, Path, description = "The meeting"), ("file" = i64, Path, description = "The file")),
    responses(
        (status = 200, description = "Done and remembered", body = DecidedFor),
        (status = 403, description = "Only for staff of the course", body = Problem),
        (status = 404, description = "It does not wait, or is not likely of this class", body = Problem),
    )
)]
pub async fn confirm(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathIds(meeting, file): PathIds<MeetingId, ArtifactId>,
) -> Result<Json<DecidedFor>, ApiError> {
    let row = inbox::confirm(&app, &viewer, meeting, file).await?;
    Ok(Json(DecidedFor { meeting_id: row.id, conference_id: row.conference_id }))
}

/// Staff say that a likely file is not of this class.
#[utoipa::path(
    post, path = "/api/v1/meetings/{id}/likely/{file}/refuse", tag = "inbox",
    params(("id" = i64, Path, description = "The meeting"), ("file" = i64, Path, description = "The file")),
    responses(
        (status = 200, description = "Done and remembered", body = DecidedFor),
        (status = 403, description = "Only for staff of the course", body = Problem),
        (status = 404, description = "It does not wait, or is not likely of this class", body = Problem),
    )
)]
pub async fn refuse(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathIds(meeting, file): PathIds<MeetingId, ArtifactId>,
) -> Result<Json<DecidedFor>, ApiError> {
    let row = inbox::refuse(&app, &viewer, meeting, file).await?;
    Ok(Json(DecidedFor { meeting_id: row.id, conference_id: row.conference_id }))
}
