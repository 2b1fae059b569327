//! `GET /api/v1/conferences/{id}/files`: files shared in the chat. Learners only if the course allows it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::access::Act;
use crate::model::artifact::Artifact;
use crate::model::id::{ArtifactId, ConferenceId, MeetingId};
use crate::ops::rights;
use crate::store::files;
use crate::store::media::Breadth;
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{PathId, QueryOf};

/// One shared file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FileItem {
    #[schema(value_type = i64)]
    id: ArtifactId,
    name: String,
    mime_type: String,
    file_size: Option<i64>,
    shared_at: Option<DateTime<Utc>>,
    /// False if it is no longer where the chat says, or could not be looked up yet.
    available: bool,
    /// Where OnRecord serves it.
    download_url: String,
    /// Where it lies at Microsoft; for staff.
    web_url: Option<String>,
    #[schema(value_type = Option<i64>)]
    meeting_id: Option<MeetingId>,
}

impl FileItem {
    fn new(row: Artifact, is_staff: bool) -> Self {
        Self {
            id: row.id,
            mime_type: row.mime_type,
            file_size: row.size_bytes,
            shared_at: row.started_at,
            available: row.item_id.is_some() && row.gone_at.is_none(),
            download_url: format!("/files/{}/download", row.id),
            web_url: row.web_url.filter(|_| is_staff),
            meeting_id: row.meeting_id,
            name: row.name,
        }
    }
}

/// The files shared in a conference's meetings.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/files", tag = "conferences",
    params(("id" = i64, Path, description = "The conference"), PageQuery),
    responses(
        (status = 200, description = "In the order they were found", body = PageOf<FileItem>),
        (status = 403, description = "The course does not let learners see files", body = Problem),
        (status = 404, description = "There is no such conference for you", body = Problem),
    )
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ConferenceId>,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<FileItem>>, ApiError> {
    let seen = rights::conference(&app, &viewer, id, Act::SeeFiles).await?;
    let is_staff = seen.may(&viewer, Act::SeeStaffDetail);
    let limit = page.limit()?;
    let after = page.marks::<1>()?.map(|[id]| ArtifactId(id));
    let breadth = if is_staff { Breadth::Staff } else { Breadth::Learner };
    let rows = files::of_conference(&app.store, id, breadth, (after, limit + 1)).await?;
    Ok(Json(PageOf::of(rows, limit, |row| row.id.to_string(), |row| FileItem::new(row, is_staff))))
}
