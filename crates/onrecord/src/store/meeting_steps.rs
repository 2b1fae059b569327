//! What provisioning learns about a meeting, one statement per step, so that a killed process loses no step. A step
//! never overwrites an id that is already known.

use chrono::{DateTime, Utc};

use super::{Result, Tx};
use crate::model::conference::AutoRecordingStatus;
use crate::model::id::{MeetingId, ServiceAccountId};
use crate::params;

/// Who organizes the meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organizer {
    /// The service account, for a meeting of our own.
    pub account: Option<ServiceAccountId>,
    /// Graph `user.id`.
    pub object_id: String,
    /// Address.
    pub email: String,
}

/// Keeps who organizes the meeting; an organizer that is already known stays, for Teams never changes it.
pub async fn save_organizer(tx: &Tx, id: MeetingId, organizer: &Organizer, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE meeting SET service_account_id = COALESCE($2, service_account_id), organizer_id = $3,
             organizer_email = COALESCE(organizer_email, $4), updated_at = $5
         WHERE id = $1 AND organizer_id IS NULL",
        params![id, organizer.account, organizer.object_id, organizer.email, at],
    )
    .await?;
    Ok(())
}

/// Keeps the event and, if it is known already, the Teams link.
pub async fn save_event(
    tx: &Tx,
    id: MeetingId,
    event_id: &str,
    join_url: Option<&str>,
    at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "UPDATE meeting SET event_id = $2, join_url = COALESCE(join_url, $3), updated_at = $4
         WHERE id = $1 AND (event_id IS NULL OR event_id = $2)",
        params![id, event_id, join_url, at],
    )
    .await?;
    Ok(())
}

/// What Teams calls the meeting.
#[derive(Debug, Clone, Copy)]
pub struct OnlineMeetingIds<'a> {
    /// Graph `onlineMeeting.id`.
    pub id: &'a str,
    /// Graph `chatInfo.threadId`.
    pub thread_id: Option<&'a str>,
    /// Graph `onlineMeeting.joinWebUrl`.
    pub join_url: Option<&'a str>,
}

/// Keeps the ids of the online meeting: without them status would be pending for ever and nothing could be synced.
pub async fn save_online_meeting(
    tx: &Tx,
    id: MeetingId,
    ids: OnlineMeetingIds<'_>,
    at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "UPDATE meeting SET online_meeting_id = $2, chat_thread_id = COALESCE($3, chat_thread_id),
             join_url = COALESCE(join_url, $4), updated_at = $5 WHERE id = $1",
        params![id, ids.id, ids.thread_id, ids.join_url, at],
    )
    .await?;
    Ok(())
}

/// Keeps who could not be entered in Teams.
pub async fn save_left_out(tx: &Tx, id: MeetingId, left_out: &[String]) -> Result<()> {
    let list = serde_json::json!(left_out).to_string();
    tx.execute("UPDATE meeting SET left_out = $2 WHERE id = $1", params![id, list]).await?;
    Ok(())
}

/// Keeps a conclusion about recording. `enabled` and `exempted` also note when it was read back.
pub async fn save_status(
    tx: &Tx,
    id: MeetingId,
    status: AutoRecordingStatus,
    detail: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let read_back =
        matches!(status, AutoRecordingStatus::Enabled | AutoRecordingStatus::Exempted).then_some(at);
    tx.execute(
        "UPDATE meeting SET auto_recording_status = $2, auto_recording_detail = $3,
             read_back_at = COALESCE($4, read_back_at), updated_at = $5 WHERE id = $1",
        params![id, status, detail, read_back, at],
    )
    .await?;
    Ok(())
}

/// Keeps which revision Teams has; an older one than is known changes nothing.
pub async fn save_sent(tx: &Tx, id: MeetingId, revision: i64) -> Result<()> {
    let sql = "UPDATE meeting SET sent_revision = $2 WHERE id = $1 AND sent_revision < $2";
    tx.execute(sql, params![id, revision]).await?;
    Ok(())
}

/// Forgets an event that turned out to have no Teams meeting and was withdrawn, so that a new one can be made under
/// another transaction id.
pub async fn forget_event(tx: &Tx, id: MeetingId, transaction_id: &str, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE meeting SET event_id = NULL, join_url = NULL, transaction_id = $2, updated_at = $3
         WHERE id = $1 AND online_meeting_id IS NULL",
        params![id, transaction_id, at],
    )
    .await?;
    Ok(())
}
