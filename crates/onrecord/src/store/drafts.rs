//! Tables `archive_draft` and `archive_part`: every object that is being written into the archive, how far it has come,
//! and who writes it. Whoever writes holds the row for a while and renews that; who lost it may change nothing more. A row
//! that outlives its writer is taken up by another, or removed with what it names.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::id::ArtifactId;
use crate::params;

/// An object that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// Its key.
    pub key: String,
    /// The recording it is a copy of; `None` for what a person sends.
    pub artifact_id: Option<ArtifactId>,
    /// The storage's word for the upload; empty until it was begun.
    pub upload: String,
    /// What the original was when the copy began.
    pub source: String,
    /// What the hashes had come to after the last part.
    pub state: String,
    /// Parts that are there.
    pub parts: i64,
    /// Bytes that are there.
    pub size_bytes: i64,
    /// When the last part was there.
    pub whole_at: Option<DateTime<Utc>>,
    /// When the object was put together.
    pub finished_at: Option<DateTime<Utc>>,
    /// Who writes it.
    pub holder: String,
    /// Until when nobody else may.
    pub held_until: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "d.key, d.artifact_id, d.upload, d.source, d.state, d.parts, d.size_bytes, d.whole_at,
     d.finished_at, d.holder, d.held_until";

fn draft(row: &Row) -> Result<DraftRow> {
    Ok(DraftRow {
        key: row.get("key")?,
        artifact_id: row.id_opt("artifact_id")?,
        upload: row.get("upload")?,
        source: row.get("source")?,
        state: row.get("state")?,
        parts: row.get("parts")?,
        size_bytes: row.get("size_bytes")?,
        whole_at: row.get("whole_at")?,
        finished_at: row.get("finished_at")?,
        holder: row.get("holder")?,
        held_until: row.get("held_until")?,
    })
}

/// Who writes, and until when nobody else may.
#[derive(Debug, Clone, Copy)]
pub struct Hold<'a> {
    /// The writer.
    pub holder: &'a str,
    /// Until then.
    pub until: DateTime<Utc>,
}

/// Notes that an object is being written.
pub async fn begin(
    tx: &Tx,
    (key, of): (&str, Option<ArtifactId>),
    source: &str,
    hold: Hold<'_>,
    at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO archive_draft (key, artifact_id, source, holder, held_until, begun_at, touched_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        params![key, of, source, hold.holder, hold.until, at],
    )
    .await?;
    Ok(())
}

/// The draft of a recording, if one is being written.
pub async fn of_artifact(db: &impl Read, id: ArtifactId) -> Result<Option<DraftRow>> {
    let sql = format!("SELECT {COLUMNS} FROM archive_draft d WHERE d.artifact_id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(draft).transpose()
}

/// Takes over a draft that nobody holds, or that this holder holds already. False if somebody else does.
pub async fn hold(tx: &Tx, key: &str, hold: Hold<'_>, at: DateTime<Utc>) -> Result<bool> {
    let taken = tx
        .execute(
            "UPDATE archive_draft SET holder = $2, held_until = $3
             WHERE key = $1 AND (holder = '' OR holder = $2 OR held_until IS NULL OR held_until <= $4)",
            params![key, hold.holder, hold.until, at],
        )
        .await?;
    Ok(taken > 0)
}

/// Holds on for longer. False if somebody else took over, or the draft is gone.
pub async fn renew(tx: &Tx, key: &str, hold: Hold<'_>) -> Result<bool> {
    let sql = "UPDATE archive_draft SET held_until = $3 WHERE key = $1 AND holder = $2";
    Ok(tx.execute(sql, params![key, hold.holder, hold.until]).await? > 0)
}

/// Lets go, so that another may go on at once.
pub async fn release(tx: &Tx, key: &str, holder: &str) -> Result<()> {
    let sql = "UPDATE archive_draft SET holder = '', held_until = NULL WHERE key = $1 AND holder = $2";
    tx.execute(sql, params![key, holder]).await?;
    Ok(())
}

/// Keeps the storage's word for the upload, before its first part.
pub async fn set_upload(tx: &Tx, key: &str, holder: &str, upload: &str) -> Result<bool> {
    let sql = "UPDATE archive_draft SET upload = $3 WHERE key = $1 AND holder = $2 AND upload = ''";
    Ok(tx.execute(sql, params![key, holder, upload]).await? > 0)
}

/// A part that is there.
#[derive(Debug, Clone)]
pub struct PartDone {
    /// 0, 1, …
    pub number: i64,
    /// The storage's word for it.
    pub content_id: String,
    /// What the hashes had come to after it.
    pub state: String,
    /// Bytes of the object up to its end.
    pub size_bytes: i64,
    /// Whether it is the last.
    pub is_last: bool,
}

/// Keeps that a part is there. False if somebody else took over: then nothing is changed.
pub async fn add_part(
    tx: &Tx,
    key: &str,
    part: &PartDone,
    hold: Hold<'_>,
    at: DateTime<Utc>,
) -> Result<bool> {
    let whole_at = part.is_last.then_some(at);
    let ours = tx
        .execute(
            "UPDATE archive_draft SET parts = $3, size_bytes = $4, state = $5, whole_at = $6, held_until = $7,
                 touched_at = $8 WHERE key = $1 AND holder = $2 AND parts = $3 - 1",
            params![
                key,
                hold.holder,
                part.number + 1,
                part.size_bytes,
                part.state,
                whole_at,
                hold.until,
                at
            ],
        )
        .await?;
    if ours == 0 {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO archive_part (key, number, content_id) VALUES ($1, $2, $3)",
        params![key, part.number, part.content_id],
    )
    .await?;
    Ok(true)
}

/// The storage's words for the parts of a draft, in order.
pub async fn parts(db: &impl Read, key: &str) -> Result<Vec<String>> {
    let sql = "SELECT content_id FROM archive_part WHERE key = $1 ORDER BY number";
    db.rows(sql, params![key]).await?.iter().map(|row| row.get("content_id")).collect()
}

/// Keeps that the object was put together. False if somebody else took over.
pub async fn finished(tx: &Tx, key: &str, hold: Hold<'_>, at: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE archive_draft SET finished_at = $3, held_until = $4, touched_at = $3
               WHERE key = $1 AND holder = $2";
    Ok(tx.execute(sql, params![key, hold.holder, at, hold.until]).await? > 0)
}

/// The object belongs to a row now, or it was removed.
pub async fn end(tx: &Tx, key: &str) -> Result<()> {
    tx.execute("DELETE FROM archive_draft WHERE key = $1", params![key]).await?;
    Ok(())
}

/// Drafts that made no progress since `before` and that nobody holds, at most `limit`.
pub async fn stale(
    db: &impl Read,
    (before, now): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Vec<DraftRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM archive_draft d
         WHERE d.touched_at < $1 AND (d.held_until IS NULL OR d.held_until <= $2) ORDER BY d.touched_at LIMIT $3"
    );
    db.rows(&sql, params![before, now, limit]).await?.iter().map(draft).collect()
}

/// Whether an object of this key is there already or is being written.
pub async fn is_taken(db: &impl Read, key: &str) -> Result<bool> {
    let row = db
        .row(
            "SELECT 1 AS one FROM artifact WHERE archive_key = $1
             UNION ALL SELECT 1 AS one FROM archive_draft WHERE key = $1 LIMIT 1",
            params![key],
        )
        .await?;
    Ok(row.is_some())
}
