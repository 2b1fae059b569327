//! On the Recordings tab, for staff: bringing the recording of a class that was held elsewhere.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, State};
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt as _;
use serde::Deserialize;

use super::likely::back;
use crate::app::App;
use crate::model::id::MeetingId;
use crate::ops::by_hand::{self, Delivery};
use crate::ops::{Error, keep};
use crate::web::api::by_hand::{broken_off, told_length};
use crate::web::auth::SignedIn;
use crate::web::error::PageError;
use crate::web::form::{FormOf, unreadable};
use crate::web::input::PathId;

/// Longest reason in bytes that is read before the file.
const LONGEST_FIELD: usize = 8 * 1024;

/// What a form needs around the file itself.
const AROUND: u64 = 64 * 1024;

/// A link and why it is given.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Attachment {
    onedrive_url: String,
    reason: String,
}

/// `POST /meetings/{id}/recordings/link`.
pub async fn attach(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(meeting): PathId<MeetingId>,
    FormOf(form): FormOf<Attachment>,
) -> Result<Response, PageError> {
    let open = by_hand::open(&app, &viewer, meeting).await?;
    let delivery = Delivery { viewer: &viewer, meeting, reason: &form.reason };
    by_hand::attach(&app, delivery, &form.onedrive_url).await?;
    Ok(back(&open.meeting).into_response())
}

/// `POST /meetings/{id}/recordings/upload`: `reason`, then `file`.
pub async fn upload(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(meeting): PathId<MeetingId>,
    mut request: Request,
) -> Result<Response, PageError> {
    let open = by_hand::open(&app, &viewer, meeting).await?;
    let limit = by_hand::limit(&app);
    if told_length(request.headers()).is_some_and(|length| length > limit.bytes + AROUND) {
        return Err(keep::too_large(limit).into());
    }
    DefaultBodyLimit::disable().apply(&mut request);
    let mut parts = match Multipart::from_request(request, &()).await {
        Ok(parts) => parts,
        Err(refusal) => return Ok(unreadable(refusal.status(), &refusal.body_text())),
    };
    let mut reason = String::new();
    while let Some(mut part) = parts.next_field().await.map_err(|_| broken_off())? {
        if part.name() == Some("file") {
            let name = part.file_name().unwrap_or_default().to_owned();
            let delivery = Delivery { viewer: &viewer, meeting, reason: &reason };
            by_hand::upload(&app, delivery, &name, part.map_err(|_| broken_off())).await?;
            return Ok(back(&open.meeting).into_response());
        }
        let is_reason = part.name() == Some("reason");
        let mut value = Vec::new();
        while let Some(bytes) = part.chunk().await.map_err(|_| broken_off())? {
            value.extend_from_slice(&bytes);
            if value.len() > LONGEST_FIELD {
                return Err(Error::invalid("reason", "Say it in at most 500 characters.").into());
            }
        }
        if is_reason {
            reason = String::from_utf8_lossy(&value).into_owned();
        }
    }
    Err(Error::invalid("file", "Choose the MP4 file of the recording.").into())
}
