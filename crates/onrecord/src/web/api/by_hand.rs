//! Recordings of classes held elsewhere, over the API: a link into OneDrive, or the file itself as the body.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt as _;
use serde::Deserialize;

use super::recordings::{Recording, shown};
use crate::app::App;
use crate::model::access::{Act, Viewer};
use crate::model::id::{ArtifactId, MeetingId};
use crate::ops::by_hand::{self, Delivery};
use crate::ops::media::{self, Wanted};
use crate::ops::{self, Error, keep};
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem, problem};
use crate::web::input::{JsonBody, PathId, QueryOf};

/// A file in OneDrive that is the recording of a class.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Attachment {
    /// Its link, as OneDrive's *Copy link* or the browser's address line gives it.
    onedrive_url: String,
    /// Why it is brought by hand; at most 500 characters.
    reason: String,
}

/// Attaches a file in OneDrive as the recording of a class held elsewhere.
#[utoipa::path(
    post, path = "/api/v1/meetings/{id}/recordings/link", tag = "recordings", request_body = Attachment,
    params(("id" = i64, Path, description = "The meeting (time slot)")),
    responses(
        (status = 201, description = "Attached; its bytes are being copied into the archive", body = Recording),
        (status = 403, description = "Only for staff of the course, and for files of their own", body = Problem),
        (status = 404, description = "No such meeting, or not for you", body = Problem),
        (status = 409, description = "The class has not begun, or the file has its place already", body = Problem),
        (status = 422, description = "The link or the reason is wrong, or the file is no video", body = Problem),
    )
)]
pub async fn attach(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(meeting): PathId<MeetingId>,
    JsonBody(attachment): JsonBody<Attachment>,
) -> Result<Response, ApiError> {
    let delivery = Delivery { viewer: &viewer, meeting, reason: &attachment.reason };
    let id = by_hand::attach(&app, delivery, &attachment.onedrive_url).await?;
    Ok(made(&app, &viewer, id).await?)
}

/// What goes with an uploaded file.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// Why it is brought by hand; at most 500 characters.
    reason: String,
    /// Its name.
    name: String,
}

/// Uploads an MP4 as the recording of a class held elsewhere. The body is the file.
#[utoipa::path(
    post, path = "/api/v1/meetings/{id}/recordings/upload", tag = "recordings",
    request_body(content = Vec<u8>, content_type = "video/mp4"),
    params(("id" = i64, Path, description = "The meeting (time slot)"), UploadQuery),
    responses(
        (status = 201, description = "Kept in the archive and verified", body = Recording),
        (status = 403, description = "Only for staff of the course", body = Problem),
        (status = 404, description = "No such meeting, or not for you", body = Problem),
        (status = 409, description = "The class has not begun, or this very recording is here already", body = Problem),
        (status = 413, description = "It is larger than may be uploaded", body = Problem),
        (status = 415, description = "Send the file with Content-Type: video/mp4", body = Problem),
        (status = 422, description = "The reason is missing, or the file is no whole MP4 video", body = Problem),
    )
)]
pub async fn upload(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(meeting): PathId<MeetingId>,
    QueryOf(query): QueryOf<UploadQuery>,
    request: Request,
) -> Result<Response, ApiError> {
    by_hand::open(&app, &viewer, meeting).await?;
    if !is_film(request.headers()) {
        let text = "Send the file itself as the body, with the header Content-Type: video/mp4.";
        return Ok(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, text, Vec::new()));
    }
    let limit = by_hand::limit(&app);
    if told_length(request.headers()).is_some_and(|length| length > limit.bytes) {
        return Err(keep::too_large(limit).into());
    }
    let body = request.into_body().into_data_stream().map_err(|_| broken_off());
    let delivery = Delivery { viewer: &viewer, meeting, reason: &query.reason };
    let id = by_hand::upload(&app, delivery, &query.name, body).await?;
    Ok(made(&app, &viewer, id).await?)
}

fn is_film(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "video/mp4" | "application/mp4" | "application/octet-stream")
}

/// The length that a request announces.
pub fn told_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The error of an upload that ended too early.
pub fn broken_off() -> Error {
    Error::invalid("file", "The upload broke off before its end, and nothing was kept. Send it again.")
}

async fn made(app: &App, viewer: &Viewer, id: ArtifactId) -> ops::Result<Response> {
    let seen = media::see(app, viewer, Wanted::recording(id), Act::See).await?;
    Ok((StatusCode::CREATED, Json(shown(app, viewer, seen))).into_response())
}
