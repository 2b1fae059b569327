//! Copies in the archive: table `archive_draft`, which names every object that is being written, and the columns of
//! `artifact` that tell of our own copy. A draft whose row outlives its writer is removed later.

use chrono::{DateTime, Utc};

use super::artifacts::{COLUMNS, artifact};
use super::decisions::WAITS;
use super::{Read, Result, Tx};
use crate::model::artifact::{Artifact, Confidence, MatchBasis};
use crate::model::id::{ArtifactId, ConferenceId, IntegrationId, MeetingId, UserId};
use crate::params;

/// Notes that an object is being written.
pub async fn begin_draft(tx: &Tx, key: &str, at: DateTime<Utc>) -> Result<()> {
    tx.execute("INSERT INTO archive_draft (key, begun_at) VALUES ($1, $2)", params![key, at]).await?;
    Ok(())
}

/// The object belongs to a row now, or it was removed.
pub async fn end_draft(tx: &Tx, key: &str) -> Result<()> {
    tx.execute("DELETE FROM archive_draft WHERE key = $1", params![key]).await?;
    Ok(())
}

/// Objects whose writing began before `before` and never ended, at most `limit`.
pub async fn stale_drafts(db: &impl Read, before: DateTime<Utc>, limit: i64) -> Result<Vec<String>> {
    let sql = "SELECT key FROM archive_draft WHERE begun_at < $1 ORDER BY begun_at LIMIT $2";
    db.rows(sql, params![before, limit]).await?.iter().map(|row| row.get("key")).collect()
}

/// An object in the archive as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its key.
    pub key: String,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
    /// quickXorHash of its bytes, base64.
    pub quick_xor_hash: String,
    /// Its length.
    pub size_bytes: i64,
    /// How long it plays.
    pub duration_ms: i64,
}

/// Writes that a row's bytes are in the archive and were compared.
pub async fn verified(tx: &Tx, id: ArtifactId, kept: &Kept, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE artifact SET archive_key = $2, sha256 = $3, quick_xor_hash = $4, size_bytes = $5,
             duration_ms = COALESCE(duration_ms, $6), verified_at = $7, updated_at = $7,
             mime_type = CASE WHEN mime_type = '' THEN 'video/mp4' ELSE mime_type END
         WHERE id = $1",
        params![id, kept.key, kept.sha256, kept.quick_xor_hash, kept.size_bytes, kept.duration_ms, at],
    )
    .await?;
    Ok(())
}

/// A recording that staff brought.
#[derive(Debug, Clone)]
pub struct Brought<'a> {
    /// Its tenant connection.
    pub integration_id: IntegrationId,
    /// The class it is of.
    pub meeting_id: MeetingId,
    /// File name as it came.
    pub name: &'a str,
    /// When it is taken to have begun.
    pub started_at: DateTime<Utc>,
    /// How long it plays.
    pub duration_ms: i64,
    /// Who brought it.
    pub by: UserId,
    /// Why, in their words.
    pub reason: &'a str,
}

/// Writes a row for what staff brought, certain by their word.
pub async fn bring(tx: &Tx, new: &Brought<'_>, at: DateTime<Utc>) -> Result<ArtifactId> {
    let ended_at = new.started_at + chrono::Duration::milliseconds(new.duration_ms);
    tx.insert(
        "INSERT INTO artifact (integration_id, meeting_id, kind, name, mime_type, started_at, ended_at, duration_ms,
             match_basis, confidence, decided_by, decided_at, decided_reason, offered_at, created_at, updated_at)
         VALUES ($1, $2, 'recording', $3, 'video/mp4', $4, $5, $6, $7, $8, $9, $10, $11, $10, $10, $10) RETURNING id",
        params![
            new.integration_id,
            new.meeting_id,
            new.name,
            new.started_at,
            ended_at,
            new.duration_ms,
            MatchBasis::Manual,
            Confidence::Certain,
            new.by,
            at,
            new.reason
        ],
    )
    .await
}

/// A class's recording with these very bytes, if it has one.
pub async fn same_in_class(db: &impl Read, meeting: MeetingId, sha256: &str) -> Result<Option<ArtifactId>> {
    let sql = "SELECT id FROM artifact WHERE meeting_id = $1 AND kind = 'recording' AND sha256 = $2 LIMIT 1";
    db.row(sql, params![meeting, sha256]).await?.map(|row| row.id("id")).transpose()
}

/// Recordings that Teams names, that have no file and whose bytes we have, each with a file of this drive that waits
/// and holds the very same bytes.
pub async fn same_bytes(db: &impl Read, drive: &str) -> Result<Vec<(Artifact, Artifact)>> {
    let pairs = format!(
        "SELECT r.id AS recording_id, a.id AS file_id FROM artifact a
         JOIN artifact r ON r.quick_xor_hash = a.quick_xor_hash AND r.size_bytes = a.size_bytes
         WHERE {WAITS} AND a.drive_id = $1 AND a.kind = 'recording' AND a.quick_xor_hash IS NOT NULL
           AND r.kind = 'recording' AND r.graph_id IS NOT NULL AND r.item_id IS NULL AND r.meeting_id IS NOT NULL
           AND r.verified_at IS NOT NULL AND r.integration_id = a.integration_id ORDER BY r.id, a.id"
    );
    let mut found = Vec::new();
    for row in &db.rows(&pairs, params![drive]).await? {
        let (recording, file): (ArtifactId, ArtifactId) = (row.id("recording_id")?, row.id("file_id")?);
        let sql = format!("SELECT {COLUMNS} FROM artifact a WHERE a.id = $1");
        let recording = db.row(&sql, params![recording]).await?.as_ref().map(artifact).transpose()?;
        let file = db.row(&sql, params![file]).await?.as_ref().map(artifact).transpose()?;
        found.extend(recording.zip(file));
    }
    Ok(found)
}

/// Object ids of the instructors of a conference's course, as far as they are known.
pub async fn instructors(db: &impl Read, conference: ConferenceId) -> Result<Vec<String>> {
    let rows = db
        .rows(
            "SELECT u.entra_object_id FROM conference c
             JOIN enrolment n ON n.course_id = c.course_id AND n.role = 'instructor'
             JOIN \"user\" u ON u.id = n.user_id
             WHERE c.id = $1 AND u.entra_object_id IS NOT NULL ORDER BY u.entra_object_id",
            params![conference],
        )
        .await?;
    rows.iter().map(|row| row.get("entra_object_id")).collect()
}

/// The drives in which something waits for a person.
pub async fn drives_with_waiting(db: &impl Read, integration: IntegrationId) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT DISTINCT a.drive_id FROM artifact a
         WHERE {WAITS} AND a.kind = 'recording' AND a.drive_id IS NOT NULL AND a.integration_id = $1"
    );
    db.rows(&sql, params![integration]).await?.iter().map(|row| row.get("drive_id")).collect()
}

/// Writes until when Microsoft is expected to keep what lies in no drive.
pub async fn expect_expiry(tx: &Tx, id: ArtifactId, until: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE artifact SET expected_expiry_at = $2 WHERE id = $1", params![id, until]).await?;
    Ok(())
}

/// Recordings that Teams lists, that no known drive holds and that are not in the archive: how many, and until when
/// the first is expected to be kept.
pub async fn without_file(db: &impl Read) -> Result<(i64, Option<DateTime<Utc>>)> {
    let sql = "SELECT COUNT(*) AS n, MIN(expected_expiry_at) AS until FROM artifact
               WHERE kind = 'recording' AND graph_id IS NOT NULL AND item_id IS NULL AND gone_at IS NULL
                 AND verified_at IS NULL AND meeting_id IS NOT NULL AND expected_expiry_at IS NOT NULL";
    let row = db.row(sql, params![]).await?;
    row.map_or(Ok((0, None)), |row| Ok((row.get("n")?, row.get("until")?)))
}
