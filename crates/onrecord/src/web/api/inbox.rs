//! `/api/v1/inbox`: what fits no class with certainty, for an administrator to decide.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::artifact::Artifact;
use crate::model::id::{ArtifactId, MeetingId};
use crate::ops::inbox;
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId, QueryOf};

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
}

impl From<Artifact> for InboxItem {
    fn from(row: Artifact) -> Self {
        Self {
            id: row.id,
            kind: row.kind.to_string(),
            name: row.name,
            file_size: row.size_bytes,
            started_at: row.started_at,
            onedrive_drive_id: row.drive_id,
            onedrive_item_id: row.item_id,
            onedrive_web_url: row.web_url,
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
    Ok(Json(PageOf::of(rows, limit, |row| row.id.to_string(), InboxItem::from)))
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

/// Decides that a file belongs to no class.
#[utoipa::path(
    post, path = "/api/v1/inbox/{id}/dismiss", tag = "inbox",
    params(("id" = i64, Path, description = "The file")),
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
) -> Result<StatusCode, ApiError> {
    inbox::dismiss(&app, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
