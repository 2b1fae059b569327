//! `/api/v1/bin`: what was removed and can be had back, and the record of what was purged.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::holds::ReasonBody;
use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::id::ArtifactId;
use crate::ops::actor::Actor;
use crate::ops::bin as ops;
use crate::store::bin::{Entry, Shelf};
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{JsonBody, PathId, QueryOf};

/// Something in the bin, or the record of what was purged out of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BinItem {
    id: i64,
    kind: String,
    meeting_id: i64,
    conference_id: i64,
    title: String,
    course_code: String,
    name: String,
    file_size: Option<i64>,
    sha256: Option<String>,
    quick_xor_hash: Option<String>,
    /// Null once it was restored.
    binned_at: Option<DateTime<Utc>>,
    /// Why, or under which rule.
    reason: String,
    /// When its bytes are deleted.
    purge_at: Option<DateTime<Utc>>,
    /// When they were.
    purged_at: Option<DateTime<Utc>>,
    /// Whether Microsoft still has the file, as far as OnRecord knows.
    at_microsoft: bool,
}

impl From<Entry> for BinItem {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id.0,
            kind: entry.kind.to_string(),
            meeting_id: entry.meeting.0,
            conference_id: entry.conference.0,
            title: entry.title,
            course_code: entry.course_code,
            name: entry.name,
            file_size: entry.size_bytes,
            sha256: entry.sha256,
            quick_xor_hash: entry.quick_xor_hash,
            binned_at: entry.facts.binned_at.filter(|_| entry.facts.is_binned()),
            reason: entry.reason,
            purge_at: entry.purge_at,
            purged_at: entry.purged_at,
            at_microsoft: entry.is_at_microsoft,
        }
    }
}

/// Which page of which shelf.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct BinQuery {
    /// True: what was purged. False (default): what can be restored.
    purged: bool,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows on the page: 50 if absent, at most 200.
    limit: Option<i64>,
}

/// What lies in the bin, or was purged out of it.
#[utoipa::path(
    get, path = "/api/v1/bin", tag = "retention", params(BinQuery),
    responses((status = 200, description = "The newest first", body = PageOf<BinItem>), (status = 404, description = "Not for you", body = Problem))
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(asked): QueryOf<BinQuery>,
) -> Result<Json<PageOf<BinItem>>, ApiError> {
    let shelf = if asked.purged { Shelf::Purged } else { Shelf::Restorable };
    let page = PageQuery::new(asked.cursor, asked.limit);
    let (limit, before) = (page.limit()?, page.marks::<1>()?.map(|[id]| ArtifactId(id)));
    let rows = ops::list(&app, Actor::Viewer(&viewer), shelf, (before, limit + 1)).await?;
    Ok(Json(PageOf::of(rows, limit, |row| row.id.to_string(), BinItem::from)))
}

/// Puts a recording with its captions into the bin.
#[utoipa::path(
    post, path = "/api/v1/recordings/{id}/remove", tag = "retention", request_body = ReasonBody,
    params(("id" = i64, Path, description = "The recording")),
    responses(
        (status = 200, description = "In the bin", body = BinItem),
        (status = 404, description = "No such recording, or not for you", body = Problem),
        (status = 409, description = "A hold or a legal retention keeps it, or it is in the bin", body = Problem),
        (status = 422, description = "The reason is missing", body = Problem),
    )
)]
pub async fn remove(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    JsonBody(body): JsonBody<ReasonBody>,
) -> Result<Json<BinItem>, ApiError> {
    Ok(Json(ops::remove(&app, Actor::Viewer(&viewer), id, &body.reason).await?.into()))
}

/// Takes something out of the bin as it was.
#[utoipa::path(
    post, path = "/api/v1/recordings/{id}/restore", tag = "retention",
    params(("id" = i64, Path, description = "The recording, transcript or file")),
    responses(
        (status = 200, description = "Restored", body = BinItem),
        (status = 404, description = "No such thing, or not for you", body = Problem),
        (status = 409, description = "It is not in the bin, or was purged", body = Problem),
    )
)]
pub async fn restore(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<Json<BinItem>, ApiError> {
    Ok(Json(ops::restore(&app, Actor::Viewer(&viewer), id).await?.into()))
}
