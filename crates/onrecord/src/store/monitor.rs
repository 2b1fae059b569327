//! Counts over everything, for the monitor. Not for pages that learners ask for: these read whole tables.

use chrono::{DateTime, Utc};

use super::{Read, Result};
use crate::params;

/// A word and how many have it.
pub type Count = (String, i64);

async fn counts(db: &impl Read, sql: &str, params: Vec<sea_orm::Value>) -> Result<Vec<Count>> {
    let rows = db.rows(sql, params).await?;
    rows.iter().map(|row| Ok((row.get("word")?, row.get("n")?))).collect()
}

/// Conferences by the worst recording status of their meetings that are neither cancelled nor ended; where all have
/// ended, of all.
pub async fn conferences_by_status(db: &impl Read, now: DateTime<Utc>) -> Result<Vec<Count>> {
    let rank = "CASE WHEN m.auto_recording_status = 'exempted' THEN '0exempted'
                     WHEN m.auto_recording_status = 'enabled' THEN '1enabled'
                     WHEN m.auto_recording_status = 'pending' THEN '2pending'
                     ELSE '3' || m.auto_recording_status END";
    let sql = format!(
        "SELECT SUBSTR(COALESCE(w.ahead, w.past), 2) AS word, COUNT(*) AS n FROM (
             SELECT m.conference_id, MAX(CASE WHEN m.ends_at > $1 THEN {rank} END) AS ahead, MAX({rank}) AS past
             FROM meeting m WHERE m.cancelled_at IS NULL GROUP BY m.conference_id) w
         GROUP BY SUBSTR(COALESCE(w.ahead, w.past), 2) ORDER BY 1"
    );
    counts(db, &sql, params![now]).await
}

/// Recordings of classes by the recording status of their meeting.
pub async fn recordings_by_status(db: &impl Read) -> Result<Vec<Count>> {
    let sql = "SELECT m.auto_recording_status AS word, COUNT(*) AS n FROM artifact a
               JOIN meeting m ON m.id = a.meeting_id WHERE a.kind = 'recording'
               GROUP BY m.auto_recording_status ORDER BY 1";
    counts(db, sql, params![]).await
}

/// Meetings by verdict.
pub async fn verdicts(db: &impl Read) -> Result<Vec<Count>> {
    counts(db, "SELECT verdict AS word, COUNT(*) AS n FROM meeting GROUP BY verdict ORDER BY 1", params![])
        .await
}

/// Missing recordings by cause.
pub async fn causes(db: &impl Read) -> Result<Vec<Count>> {
    let sql = "SELECT verdict_cause AS word, COUNT(*) AS n FROM meeting WHERE verdict = 'missing'
               GROUP BY verdict_cause ORDER BY 1";
    counts(db, sql, params![]).await
}

/// How often recording was found switched off before class, how often it was put back, and how often since a moment.
pub async fn drift(db: &impl Read, since: DateTime<Utc>) -> Result<(i64, i64, i64)> {
    let row = db
        .row(
            "SELECT (SELECT COUNT(*) FROM audit_entry WHERE action = 'recording.drift_found') AS found,
                    COUNT(*) AS repaired, COUNT(CASE WHEN at >= $1 THEN 1 END) AS lately
             FROM audit_entry WHERE action = 'recording.drift_repaired'",
            params![since],
        )
        .await?;
    row.map_or(Ok((0, 0, 0)), |row| Ok((row.get("found")?, row.get("repaired")?, row.get("lately")?)))
}

/// How recordings are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stored {
    /// Recordings of classes.
    pub recordings: i64,
    /// Those with a file in OneDrive.
    pub stored_in_onedrive: i64,
    /// Those that vanished at Microsoft.
    pub gone: i64,
    /// Files that wait in the inbox.
    pub inbox: i64,
    /// Recordings that staff brought.
    pub manual: i64,
}

/// How recordings are kept.
pub async fn stored(db: &impl Read) -> Result<Stored> {
    let row = db
        .row(
            "SELECT COUNT(meeting_id) AS recordings,
                    COUNT(CASE WHEN meeting_id IS NOT NULL AND item_id IS NOT NULL AND gone_at IS NULL THEN 1 END) AS stored,
                    COUNT(CASE WHEN meeting_id IS NOT NULL AND gone_at IS NOT NULL THEN 1 END) AS gone,
                    COUNT(CASE WHEN meeting_id IS NULL AND dismissed_at IS NULL AND gone_at IS NULL THEN 1 END) AS inbox,
                    COUNT(CASE WHEN meeting_id IS NOT NULL AND match_basis = 'manual' THEN 1 END) AS manual
             FROM artifact WHERE kind = 'recording'",
            params![],
        )
        .await?;
    row.map_or(Ok(Stored::default()), |row| {
        Ok(Stored {
            recordings: row.get("recordings")?,
            stored_in_onedrive: row.get("stored")?,
            gone: row.get("gone")?,
            inbox: row.get("inbox")?,
            manual: row.get("manual")?,
        })
    })
}

/// Classes that count as recorded, all of whose recordings staff brought.
pub async fn recorded_by_hand(db: &impl Read) -> Result<i64> {
    let sql = "SELECT COUNT(*) AS n FROM meeting m WHERE m.verdict = 'recorded'
               AND EXISTS (SELECT 1 FROM artifact a WHERE a.meeting_id = m.id AND a.match_basis = 'manual')
               AND NOT EXISTS (SELECT 1 FROM artifact a WHERE a.meeting_id = m.id AND a.kind = 'recording'
                                 AND a.match_basis <> 'manual' AND a.confidence = 'certain')";
    db.row(sql, params![]).await?.map_or(Ok(0), |row| row.get("n"))
}

/// Kinds that could not be read at the last look, by kind.
pub async fn failing_kinds(db: &impl Read) -> Result<Vec<Count>> {
    let sql = "SELECT s.kind AS word, COUNT(*) AS n FROM sync_state s JOIN meeting m ON m.id = s.meeting_id
               WHERE s.state = 'failed' AND m.settled_at IS NULL AND m.cancelled_at IS NULL GROUP BY s.kind ORDER BY 1";
    counts(db, sql, params![]).await
}

/// The most frequent reasons why something could not be read at the last look; at most `limit`.
pub async fn reasons(db: &impl Read, limit: i64) -> Result<Vec<Count>> {
    let sql = "SELECT s.error AS word, COUNT(*) AS n FROM sync_state s JOIN meeting m ON m.id = s.meeting_id
               WHERE s.state = 'failed' AND s.error IS NOT NULL AND m.settled_at IS NULL AND m.cancelled_at IS NULL
               GROUP BY s.error ORDER BY COUNT(*) DESC, s.error LIMIT $1";
    counts(db, sql, params![limit]).await
}

/// Jobs of each kind: waiting, running and given up, and when the oldest waiting one was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The kind.
    pub kind: String,
    /// Waiting.
    pub waiting: i64,
    /// Being worked on.
    pub running: i64,
    /// Given up.
    pub dead: i64,
    /// When the oldest waiting one was due.
    pub oldest: Option<DateTime<Utc>>,
}

/// The queue by kind.
pub async fn queue(db: &impl Read) -> Result<Vec<Queue>> {
    let rows = db
        .rows(
            "SELECT kind,
                    COUNT(CASE WHEN dead_at IS NULL AND claimed_until IS NULL THEN 1 END) AS waiting,
                    COUNT(CASE WHEN dead_at IS NULL AND claimed_until IS NOT NULL THEN 1 END) AS running,
                    COUNT(dead_at) AS dead,
                    MIN(CASE WHEN dead_at IS NULL AND claimed_until IS NULL THEN run_at END) AS oldest
             FROM job GROUP BY kind ORDER BY kind",
            params![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Queue {
                kind: row.get("kind")?,
                waiting: row.get("waiting")?,
                running: row.get("running")?,
                dead: row.get("dead")?,
                oldest: row.get("oldest")?,
            })
        })
        .collect()
}
