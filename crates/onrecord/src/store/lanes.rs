//! Tables `lane` and `lane_holder`: what Microsoft counts together, shared by all processes. A holder whose time is
//! over counts no more, so a killed process blocks nobody for long.

use chrono::{DateTime, Utc};

use super::{Read, Result, Tx};
use crate::params;

/// Until when the lane is closed, if it is or was.
pub async fn paused_until(db: &impl Read, key: &str) -> Result<Option<DateTime<Utc>>> {
    let row = db.row("SELECT paused_until FROM lane WHERE key = $1", params![key]).await?;
    Ok(row.map(|row| row.get("paused_until")).transpose()?.flatten())
}

/// Closes the lane until `until`; a later end that is already there stays.
pub async fn pause(tx: &Tx, key: &str, until: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "INSERT INTO lane (key, paused_until) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET paused_until = CASE
             WHEN lane.paused_until IS NULL OR lane.paused_until < excluded.paused_until
             THEN excluded.paused_until ELSE lane.paused_until END",
        params![key, until],
    )
    .await?;
    Ok(())
}

/// What came of asking for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is the asker's until they leave or their time is over.
    Taken,
    /// All places are held.
    Full,
    /// The lane is closed until then.
    Paused(DateTime<Utc>),
}

/// One who asks for a place.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The lane.
    pub key: &'a str,
    /// A name that nobody else uses.
    pub holder: &'a str,
    /// Places of the lane.
    pub at_once: usize,
    /// Now.
    pub now: DateTime<Utc>,
    /// When the place is free again even if nobody leaves it.
    pub until: DateTime<Utc>,
}

/// Takes a place in a lane, if one is free and the lane is open.
pub async fn enter(tx: &Tx, ask: Ask<'_>) -> Result<Place> {
    // The row is what concurrent askers on PostgreSQL wait for.
    tx.execute("INSERT INTO lane (key) VALUES ($1) ON CONFLICT (key) DO NOTHING", params![ask.key]).await?;
    let sql = format!("SELECT paused_until FROM lane WHERE key = $1{}", tx.for_update());
    let row = tx.row(&sql, params![ask.key]).await?;
    let paused: Option<DateTime<Utc>> = row.map(|row| row.get("paused_until")).transpose()?.flatten();
    if let Some(until) = paused.filter(|until| *until > ask.now) {
        return Ok(Place::Paused(until));
    }
    tx.execute("DELETE FROM lane_holder WHERE key = $1 AND until <= $2", params![ask.key, ask.now]).await?;
    let row = tx.row("SELECT COUNT(*) AS held FROM lane_holder WHERE key = $1", params![ask.key]).await?;
    let held: i64 = row.map(|row| row.get("held")).transpose()?.unwrap_or_default();
    if held >= ask.at_once as i64 {
        return Ok(Place::Full);
    }
    tx.execute(
        "INSERT INTO lane_holder (key, holder, until) VALUES ($1, $2, $3)",
        params![ask.key, ask.holder, ask.until],
    )
    .await?;
    Ok(Place::Taken)
}

/// Gives a place back. Repeating it changes nothing.
pub async fn leave(tx: &Tx, key: &str, holder: &str) -> Result<()> {
    tx.execute("DELETE FROM lane_holder WHERE key = $1 AND holder = $2", params![key, holder]).await?;
    Ok(())
}

/// Removes lanes that are open and that nobody holds: chats and drives come and go.
pub async fn forget_idle(tx: &Tx, now: DateTime<Utc>) -> Result<u64> {
    tx.execute("DELETE FROM lane_holder WHERE until <= $1", params![now]).await?;
    tx.execute(
        "DELETE FROM lane WHERE (paused_until IS NULL OR paused_until <= $1)
           AND NOT EXISTS (SELECT 1 FROM lane_holder h WHERE h.key = lane.key)",
        params![now],
    )
    .await
}
