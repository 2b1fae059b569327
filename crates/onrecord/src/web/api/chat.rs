//! `GET /api/v1/conferences/{id}/chat`: what was written, as plain text. Learners only if the course allows it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::paging::{PageOf, PageQuery};
use crate::app::App;
use crate::model::access::Act;
use crate::model::chat::ChatMessage;
use crate::model::id::{ChatMessageId, ConferenceId, MeetingId, UserId};
use crate::ops::{Error, rights};
use crate::store::chat;
use crate::web::auth::SignedIn;
use crate::web::error::{ApiError, Problem};
use crate::web::input::{PathId, QueryOf};
use crate::web::listing;

/// One message.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChatItem {
    #[schema(value_type = i64)]
    id: ChatMessageId,
    sender: String,
    /// Our user, if the sender could be matched.
    #[schema(value_type = Option<i64>)]
    user_id: Option<UserId>,
    sent_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
    /// Plain text.
    text: String,
    #[schema(value_type = i64)]
    meeting_id: MeetingId,
}

impl From<ChatMessage> for ChatItem {
    fn from(row: ChatMessage) -> Self {
        Self {
            id: row.id,
            sender: row.sender,
            user_id: row.user_id,
            sent_at: row.sent_at,
            edited_at: row.edited_at,
            text: row.text,
            meeting_id: row.meeting_id,
        }
    }
}

/// The messages of a conference's meetings.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/chat", tag = "conferences",
    params(("id" = i64, Path, description = "The conference"), PageQuery),
    responses(
        (status = 200, description = "In the order they were sent", body = PageOf<ChatItem>),
        (status = 403, description = "The course does not let learners read the chat", body = Problem),
        (status = 404, description = "There is no such conference for you", body = Problem),
    )
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ConferenceId>,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Json<PageOf<ChatItem>>, ApiError> {
    rights::conference(&app, &viewer, id, Act::SeeChat).await?;
    let limit = page.limit()?;
    let mark = |[micros, id]: [i64; 2]| Ok::<_, Error>((listing::moment(micros)?, ChatMessageId(id)));
    let after = page.marks()?.map(mark).transpose()?;
    let rows = chat::of_conference(&app.store, id, after, limit + 1).await?;
    let mark = |row: &ChatMessage| format!("{}_{}", row.sent_at.timestamp_micros(), row.id);
    Ok(Json(PageOf::of(rows, limit, mark, ChatItem::from)))
}
