//! Table `backfill`: how far reading everything anew has come, so that one that was killed goes on where it stood; and
//! the counts with which it ends.

use chrono::{DateTime, Utc};

use super::decisions::WAITS;
use super::monitor::Count;
use super::sync::{Scope, Settled, to_look_at};
use super::{Read, Result, Row, Tx};
use crate::params;

/// A run over everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfill {
    /// Which run: a word for what it does.
    pub kind: String,
    /// When it began.
    pub begun_at: DateTime<Utc>,
    /// The last organizer whose cursors were forgotten; see `ops`.
    pub organizer: String,
    /// The last row that is done.
    pub after_id: i64,
    /// Rows done.
    pub done: i64,
    /// Of them, those that failed.
    pub failed: i64,
}

fn backfill(row: &Row) -> Result<Backfill> {
    Ok(Backfill {
        kind: row.get("kind")?,
        begun_at: row.get("begun_at")?,
        organizer: row.get("organizer")?,
        after_id: row.get("after_id")?,
        done: row.get("done")?,
        failed: row.get("failed")?,
    })
}

/// The run of this kind that was not ended and gave a sign of life since `since`, if there is one.
pub async fn unfinished(db: &impl Read, kind: &str, since: DateTime<Utc>) -> Result<Option<Backfill>> {
    let sql = "SELECT kind, begun_at, organizer, after_id, done, failed FROM backfill
               WHERE kind = $1 AND touched_at >= $2";
    db.row(sql, params![kind, since]).await?.as_ref().map(backfill).transpose()
}

/// Writes how far a run has come.
pub async fn reach(tx: &Tx, run: &Backfill, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "INSERT INTO backfill (kind, begun_at, touched_at, organizer, after_id, done, failed)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (kind) DO UPDATE SET begun_at = excluded.begun_at, touched_at = excluded.touched_at,
             organizer = excluded.organizer, after_id = excluded.after_id, done = excluded.done,
             failed = excluded.failed",
        params![run.kind, run.begun_at, at, run.organizer, run.after_id, run.done, run.failed],
    )
    .await?;
    Ok(())
}

/// Ends a run.
pub async fn end(tx: &Tx, kind: &str) -> Result<()> {
    tx.execute("DELETE FROM backfill WHERE kind = $1", params![kind]).await?;
    Ok(())
}

/// What a run over everything would look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Conferences.
    pub conferences: i64,
    /// Their meetings.
    pub meetings: i64,
    /// Of them, those that ended so long ago that Microsoft offers their file only.
    pub old: i64,
}

/// What a run over everything would look at; `old` is when a meeting must have ended to be forgotten by Teams.
pub async fn extent(
    db: &impl Read,
    (scope, settled): (Scope, Settled),
    (now, old): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Extent> {
    let wanted = to_look_at(scope, settled);
    let sql = format!(
        "SELECT COUNT(DISTINCT m.conference_id) AS conferences, COUNT(*) AS meetings,
                COUNT(CASE WHEN m.ends_at <= $2 THEN 1 END) AS old
         FROM meeting m WHERE {wanted}"
    );
    db.row(&sql, params![now, old]).await?.map_or(Ok(Extent::default()), |row| {
        Ok(Extent {
            conferences: row.get("conferences")?,
            meetings: row.get("meetings")?,
            old: row.get("old")?,
        })
    })
}

/// Recordings by what became of them: `class` with a class, `inbox`, `no_class` by decision, `gone` without ever having
/// had one. Together they are all.
pub async fn recordings_by_place(db: &impl Read) -> Result<Vec<Count>> {
    let sql = format!(
        "SELECT CASE WHEN a.meeting_id IS NOT NULL THEN 'class' WHEN {WAITS} THEN 'inbox'
                     WHEN a.dismissed_at IS NOT NULL THEN 'no_class' ELSE 'gone' END AS word, COUNT(*) AS n
         FROM artifact a WHERE a.kind = 'recording' GROUP BY 1 ORDER BY 1"
    );
    counts(db, &sql).await
}

/// Recordings of classes by how they were matched.
pub async fn matched_by_basis(db: &impl Read) -> Result<Vec<Count>> {
    let sql = "SELECT match_basis AS word, COUNT(*) AS n FROM artifact
               WHERE kind = 'recording' AND meeting_id IS NOT NULL GROUP BY match_basis ORDER BY 1";
    counts(db, sql).await
}

/// Kinds of meetings that Microsoft no longer offers, by kind.
pub async fn no_longer_offered(db: &impl Read) -> Result<Vec<Count>> {
    let sql =
        "SELECT kind AS word, COUNT(*) AS n FROM sync_state WHERE note IS NOT NULL GROUP BY kind ORDER BY 1";
    counts(db, sql).await
}

async fn counts(db: &impl Read, sql: &str) -> Result<Vec<Count>> {
    db.rows(sql, params![]).await?.iter().map(|row| Ok((row.get("word")?, row.get("n")?))).collect()
}
