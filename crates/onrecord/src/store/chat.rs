//! Tables `chat_message` and `call_event`: what was written in a meeting's chat, and what the chat tells of calls.

use super::{Read, Result, Row, Tx};
use crate::model::chat::{CallEvent, ChatMessage};
use crate::model::id::{ChatMessageId, ConferenceId, MeetingId, UserId};
use crate::params;

fn message(row: &Row) -> Result<ChatMessage> {
    Ok(ChatMessage {
        id: row.id("id")?,
        meeting_id: row.id("meeting_id")?,
        graph_id: row.get("graph_id")?,
        user_id: row.id_opt("user_id")?,
        entra_object_id: row.get("entra_object_id")?,
        sender: row.get("sender")?,
        sent_at: row.get("sent_at")?,
        edited_at: row.get("edited_at")?,
        deleted_at: row.get("deleted_at")?,
        text: row.get("text")?,
    })
}

const COLUMNS: &str =
    "c.id, c.meeting_id, c.graph_id, c.user_id, c.entra_object_id, c.sender, c.sent_at, c.edited_at,
     c.deleted_at, c.text";

/// A meeting's messages in order, deleted ones included.
pub async fn of_meeting(db: &impl Read, meeting: MeetingId) -> Result<Vec<ChatMessage>> {
    let sql =
        format!("SELECT {COLUMNS} FROM chat_message c WHERE c.meeting_id = $1 ORDER BY c.sent_at, c.id");
    db.rows(&sql, params![meeting]).await?.iter().map(message).collect()
}

/// The messages of a conference's meetings that were not deleted, in order, each with our name for its sender;
/// at most `limit`, after the one with this time and id.
pub async fn of_conference(
    db: &impl Read,
    conference: ConferenceId,
    after: Option<(chrono::DateTime<chrono::Utc>, ChatMessageId)>,
    limit: i64,
) -> Result<Vec<ChatMessage>> {
    let beyond = if after.is_some() { "AND (c.sent_at, c.id) > ($3, $4)" } else { "" };
    let sql = format!(
        "SELECT c.id, c.meeting_id, c.graph_id, c.user_id, c.entra_object_id, CASE WHEN u.restricted_at IS NOT NULL THEN u.pseudonym ELSE COALESCE(u.name, c.sender) END AS sender,
                c.sent_at, c.edited_at, c.deleted_at, c.text
         FROM chat_message c
         JOIN meeting m ON m.id = c.meeting_id
         LEFT JOIN \"user\" u ON u.id = c.user_id
         WHERE m.conference_id = $1 AND c.deleted_at IS NULL {beyond}
         ORDER BY c.sent_at, c.id LIMIT $2"
    );
    let mut values = params![conference, limit];
    if let Some((at, id)) = after {
        values.extend(params![at, id]);
    }
    db.rows(&sql, values).await?.iter().map(message).collect()
}

/// A meeting's messages in order, deleted ones included, each with our name for its sender.
pub async fn named_of_meeting(db: &impl Read, meeting: MeetingId) -> Result<Vec<ChatMessage>> {
    let sql = "SELECT c.id, c.meeting_id, c.graph_id, c.user_id, c.entra_object_id, COALESCE(u.name, c.sender) AS sender,
                   c.sent_at, c.edited_at, c.deleted_at, c.text
               FROM chat_message c LEFT JOIN \"user\" u ON u.id = c.user_id
               WHERE c.meeting_id = $1 ORDER BY c.sent_at, c.id";
    db.rows(sql, params![meeting]).await?.iter().map(message).collect()
}

/// Writes a message that is new or changed. `message.id` is not read.
pub async fn put(tx: &Tx, message: &ChatMessage) -> Result<()> {
    tx.execute(
        "INSERT INTO chat_message (meeting_id, graph_id, user_id, entra_object_id, sender, sent_at, edited_at,
             deleted_at, text)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (meeting_id, graph_id) DO UPDATE SET user_id = excluded.user_id,
             entra_object_id = excluded.entra_object_id, sender = excluded.sender, sent_at = excluded.sent_at,
             edited_at = excluded.edited_at, deleted_at = excluded.deleted_at, text = excluded.text",
        params![
            message.meeting_id,
            message.graph_id,
            message.user_id,
            message.entra_object_id,
            message.sender,
            message.sent_at,
            message.edited_at,
            message.deleted_at,
            message.text
        ],
    )
    .await?;
    Ok(())
}

/// Names the person behind a Graph identity in messages that could not be matched when they came.
pub async fn name_sender(tx: &Tx, entra_object_id: &str, user: UserId) -> Result<()> {
    tx.execute(
        "UPDATE chat_message SET user_id = $2 WHERE entra_object_id = $1 AND user_id IS NULL",
        params![entra_object_id, user],
    )
    .await?;
    Ok(())
}

/// A meeting's call events in order.
pub async fn events(db: &impl Read, meeting: MeetingId) -> Result<Vec<CallEvent>> {
    let rows = db
        .rows(
            "SELECT graph_id, kind, call_id, file_url, at FROM call_event WHERE meeting_id = $1 ORDER BY at, graph_id",
            params![meeting],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(CallEvent {
                graph_id: row.get("graph_id")?,
                kind: row.get("kind")?,
                call_id: row.get("call_id")?,
                file_url: row.get("file_url")?,
                at: row.get("at")?,
            })
        })
        .collect()
}

/// Writes a call event; a repeat replaces it.
pub async fn put_event(tx: &Tx, meeting: MeetingId, event: &CallEvent) -> Result<()> {
    tx.execute(
        "INSERT INTO call_event (meeting_id, graph_id, kind, call_id, file_url, at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (meeting_id, graph_id) DO UPDATE SET kind = excluded.kind, call_id = excluded.call_id,
             file_url = excluded.file_url, at = excluded.at",
        params![meeting, event.graph_id, event.kind, event.call_id, event.file_url, event.at],
    )
    .await?;
    Ok(())
}
