//! Tables `rehearsal` and `rehearsal_step`: test meetings, their steps, and whether they were removed.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::id::{IntegrationId, RehearsalId, UserId};
use crate::model::rehearsal::{Rehearsal, Rehearsed};
use crate::params;

const COLUMNS: &str =
    "id, integration_id, transaction_id, starts_at, mailbox, event_id, started_at, finished_at,
    cleaned_at, cleaning_error";

/// Those that are kept.
const KEPT: i64 = 20;

fn rehearsal(row: &Row) -> Result<Rehearsal> {
    Ok(Rehearsal {
        id: row.id("id")?,
        integration_id: row.id("integration_id")?,
        transaction_id: row.get("transaction_id")?,
        starts_at: row.get("starts_at")?,
        mailbox: row.get("mailbox")?,
        event_id: row.get("event_id")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        cleaned_at: row.get("cleaned_at")?,
        cleaning_error: row.get("cleaning_error")?,
        steps: Vec::new(),
    })
}

/// A rehearsal that begins.
#[derive(Debug, Clone)]
pub struct NewRehearsal<'a> {
    /// Whose connection.
    pub integration: IntegrationId,
    /// Who asked; `None` for the operator.
    pub by: Option<UserId>,
    /// Random.
    pub transaction_id: &'a str,
    /// When the test meeting would begin.
    pub starts_at: DateTime<Utc>,
}

/// Writes a rehearsal that begins at `at`. `None` if another one is under way.
pub async fn begin(tx: &Tx, new: &NewRehearsal<'_>, at: DateTime<Utc>) -> Result<Option<RehearsalId>> {
    let row = tx
        .row(
            "INSERT INTO rehearsal (integration_id, started_by, transaction_id, starts_at, started_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (integration_id) WHERE finished_at IS NULL DO NOTHING RETURNING id",
            params![new.integration, new.by, new.transaction_id, new.starts_at, at],
        )
        .await?;
    row.map(|row| row.id("id")).transpose()
}

/// Ends rehearsals that began before `before` and that nobody ended: what did them is no more.
pub async fn end_stale(
    tx: &Tx,
    integration: IntegrationId,
    (before, at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    let sql = "UPDATE rehearsal SET finished_at = $3
               WHERE integration_id = $1 AND finished_at IS NULL AND started_at < $2";
    tx.execute(sql, params![integration, before, at]).await?;
    Ok(())
}

/// Removes all but the newest that left nothing behind.
pub async fn forget_old(tx: &Tx, integration: IntegrationId) -> Result<()> {
    let old = "SELECT id FROM rehearsal WHERE integration_id = $1 AND cleaned_at IS NOT NULL
               ORDER BY id DESC LIMIT 1000 OFFSET $2";
    let rows = tx.rows(old, params![integration, KEPT]).await?;
    for row in rows {
        let id: RehearsalId = row.id("id")?;
        tx.execute("DELETE FROM rehearsal_step WHERE rehearsal_id = $1", params![id]).await?;
        tx.execute("DELETE FROM rehearsal WHERE id = $1", params![id]).await?;
    }
    Ok(())
}

/// The rehearsal with its steps, if there is one.
pub async fn find(db: &impl Read, id: RehearsalId) -> Result<Option<Rehearsal>> {
    let sql = format!("SELECT {COLUMNS} FROM rehearsal WHERE id = $1");
    with_steps(db, db.row(&sql, params![id]).await?).await
}

/// The newest of an integration.
pub async fn newest(db: &impl Read, integration: IntegrationId) -> Result<Option<Rehearsal>> {
    let sql = format!("SELECT {COLUMNS} FROM rehearsal WHERE integration_id = $1 ORDER BY id DESC LIMIT 1");
    with_steps(db, db.row(&sql, params![integration]).await?).await
}

async fn with_steps(db: &impl Read, row: Option<Row>) -> Result<Option<Rehearsal>> {
    let Some(mut found) = row.as_ref().map(rehearsal).transpose()? else {
        return Ok(None);
    };
    let sql = "SELECT step, state, words FROM rehearsal_step WHERE rehearsal_id = $1";
    for row in db.rows(sql, params![found.id]).await? {
        found.steps.push(Rehearsed {
            step: row.get("step")?,
            state: row.get("state")?,
            words: row.get("words")?,
        });
    }
    found.steps.sort_by_key(|step| step.step);
    Ok(Some(found))
}

/// Keeps how a step went.
pub async fn put_step(tx: &Tx, id: RehearsalId, step: &Rehearsed, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "INSERT INTO rehearsal_step (rehearsal_id, step, state, words, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (rehearsal_id, step) DO UPDATE SET state = excluded.state, words = excluded.words, at = excluded.at",
        params![id, step.step, step.state, step.words, at],
    )
    .await?;
    Ok(())
}

/// Keeps in whose calendar the event is made: written before it is made.
pub async fn put_mailbox(tx: &Tx, id: RehearsalId, mailbox: &str) -> Result<()> {
    tx.execute("UPDATE rehearsal SET mailbox = $2 WHERE id = $1", params![id, mailbox]).await?;
    Ok(())
}

/// Keeps the event.
pub async fn put_event(tx: &Tx, id: RehearsalId, event_id: &str) -> Result<()> {
    tx.execute("UPDATE rehearsal SET event_id = $2 WHERE id = $1", params![id, event_id]).await?;
    Ok(())
}

/// Notes that the last step ended. A repeat keeps the first time.
pub async fn finish(tx: &Tx, id: RehearsalId, at: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE rehearsal SET finished_at = COALESCE(finished_at, $2) WHERE id = $1";
    tx.execute(sql, params![id, at]).await?;
    Ok(())
}

/// Notes that nothing is left of the test meeting, or why something still is.
pub async fn cleaned(tx: &Tx, id: RehearsalId, at: Option<DateTime<Utc>>, error: &str) -> Result<()> {
    let sql = "UPDATE rehearsal SET cleaned_at = $2, cleaning_error = $3 WHERE id = $1";
    tx.execute(sql, params![id, at, error]).await?;
    Ok(())
}
