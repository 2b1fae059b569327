//! Table `withdrawal`: former events of meetings that were made anew with another account, until they are cancelled.

use chrono::{DateTime, Utc};

use super::storage::Homed;
use super::{Read, Result, Row, Tx};
use crate::model::id::{IntegrationId, MeetingId, ServiceAccountId, UserId, WithdrawalId};
use crate::params;

/// A former event.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    /// The row.
    pub id: WithdrawalId,
    /// The meeting, which has another event now.
    pub meeting_id: MeetingId,
    /// Its tenant connection.
    pub integration_id: IntegrationId,
    /// Whose calendar holds the former event.
    pub organizer_id: String,
    /// The former event.
    pub event_id: String,
    /// When it was cancelled.
    pub done_at: Option<DateTime<Utc>>,
}

/// Gives a meeting another account: nothing of the former Teams meeting stays with it.
pub async fn rehome(
    tx: &Tx,
    id: MeetingId,
    (account, transaction_id): (ServiceAccountId, &str),
    at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "UPDATE meeting SET service_account_id = $2, transaction_id = $3, organizer_id = NULL, organizer_email = NULL,
             event_id = NULL, online_meeting_id = NULL, join_url = NULL, chat_thread_id = NULL,
             auto_recording_status = 'pending', auto_recording_detail = '', read_back_at = NULL, sent_revision = 0,
             organizer_gone_at = NULL, updated_at = $4
         WHERE id = $1",
        params![id, account, transaction_id, at],
    )
    .await?;
    Ok(())
}

/// Writes that a former event is to be cancelled.
pub async fn insert(
    tx: &Tx,
    former: &Homed,
    (organizer, event): (&str, &str),
    (by, at): (Option<UserId>, DateTime<Utc>),
) -> Result<WithdrawalId> {
    tx.insert(
        "INSERT INTO withdrawal (meeting_id, integration_id, organizer_id, event_id, asked_by, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        params![former.id, former.integration_id, organizer, event, by, at],
    )
    .await
}

/// A former event, if there is one of this id.
pub async fn find(db: &impl Read, id: WithdrawalId) -> Result<Option<Withdrawal>> {
    let sql = "SELECT id, meeting_id, integration_id, organizer_id, event_id, done_at FROM withdrawal WHERE id = $1";
    let withdrawal = |row: Row| {
        Ok(Withdrawal {
            id: row.id("id")?,
            meeting_id: row.id("meeting_id")?,
            integration_id: row.id("integration_id")?,
            organizer_id: row.get("organizer_id")?,
            event_id: row.get("event_id")?,
            done_at: row.get("done_at")?,
        })
    };
    db.row(sql, params![id]).await?.map(withdrawal).transpose()
}

/// Writes that a former event was cancelled.
pub async fn done(tx: &Tx, id: WithdrawalId, at: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE withdrawal SET done_at = $2 WHERE id = $1", params![id, at]).await?;
    Ok(())
}
