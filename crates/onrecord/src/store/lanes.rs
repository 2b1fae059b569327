//! Tables `lane` and `lane_holder`: what Microsoft counts together, shared by all processes. A holder whose time is
//! over counts no more, so a killed process blocks nobody for long. `next_at` is what spaces requests out in time.

use chrono::{DateTime, TimeDelta as Duration, Utc};

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
    /// It is the asker's until they leave or their time is over; their turn comes after this time.
    Taken(Duration),
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
    /// How long the place is held at most, even if nobody leaves it.
    pub lasts: Duration,
    /// What the request counts for.
    pub paces: &'a [Pace],
}

/// How fast requests may follow each other in something that is counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// What is counted: a lane, or something that several lanes count for.
    pub key: String,
    /// One more may begin each time this has passed.
    pub every: Duration,
    /// So many may begin at once after a silence.
    pub burst: i32,
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
    let mut turn = ask.now;
    for pace in ask.paces {
        turn = turn.max(keep_pace(tx, pace, ask.now).await?);
    }
    tx.execute(
        "INSERT INTO lane_holder (key, holder, until) VALUES ($1, $2, $3)",
        params![ask.key, ask.holder, turn + ask.lasts],
    )
    .await?;
    Ok(Place::Taken(turn - ask.now))
}

/// Takes the next turn of a pace and returns when it is. `next_at` is when the turn would be after a silence without a
/// burst; whoever comes early enough before it is let through at once.
async fn keep_pace(tx: &Tx, pace: &Pace, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    tx.execute("INSERT INTO lane (key) VALUES ($1) ON CONFLICT (key) DO NOTHING", params![pace.key]).await?;
    let sql = format!("SELECT next_at FROM lane WHERE key = $1{}", tx.for_update());
    let row = tx.row(&sql, params![pace.key]).await?;
    let next: Option<DateTime<Utc>> = row.map(|row| row.get("next_at")).transpose()?.flatten();
    let next = next.map_or(now, |next| next.max(now));
    tx.execute("UPDATE lane SET next_at = $2 WHERE key = $1", params![pace.key, next + pace.every]).await?;
    Ok(now.max(next - pace.every * (pace.burst - 1)))
}

/// Gives a place back. Repeating it changes nothing.
pub async fn leave(tx: &Tx, key: &str, holder: &str) -> Result<()> {
    tx.execute("DELETE FROM lane_holder WHERE key = $1 AND holder = $2", params![key, holder]).await?;
    Ok(())
}

/// Removes lanes that are open and that nobody holds: chats and drives come and go. What many lanes count for stays: an
/// asker locks its lane first and that row second, and must never meet somebody who locks them the other way round.
pub async fn forget_idle(tx: &Tx, now: DateTime<Utc>) -> Result<u64> {
    tx.execute("DELETE FROM lane_holder WHERE until <= $1", params![now]).await?;
    tx.execute(
        "DELETE FROM lane WHERE key LIKE '%:%' AND (paused_until IS NULL OR paused_until <= $1) AND (next_at IS NULL OR next_at <= $1)
           AND NOT EXISTS (SELECT 1 FROM lane_holder h WHERE h.key = lane.key)",
        params![now],
    )
    .await
}

/// Writes a row and takes it away again: fails where the database only lets itself be read, or has no room.
pub async fn probe(tx: &Tx) -> Result<()> {
    tx.execute("INSERT INTO lane (key) VALUES ('probe') ON CONFLICT DO NOTHING", params![]).await?;
    tx.execute("DELETE FROM lane WHERE key = 'probe'", params![]).await?;
    Ok(())
}
