//! Copies in the archive: the columns of `artifact` that tell of our own copy, its expiry at Microsoft, and the texts
//! beside it. Table `archive_draft`, which names every object that is being written, has a file of its own.

use chrono::{DateTime, Utc};

use super::artifacts::{COLUMNS, artifact};
use super::decisions::WAITS;
use super::{Read, Result, Tx};
use crate::model::artifact::{Artifact, Confidence, MatchBasis};
use crate::model::id::{ArtifactId, ConferenceId, IntegrationId, MeetingId, UserId};
use crate::params;

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

/// Writes that a row's bytes are in the archive and were compared. Counts from now on, also after an earlier damage.
pub async fn verified(tx: &Tx, id: ArtifactId, kept: &Kept, at: DateTime<Utc>) -> Result<()> {
    let damaged = tx.row("SELECT damaged_at FROM artifact WHERE id = $1", params![id]).await?;
    let damaged: Option<DateTime<Utc>> = damaged.map_or(Ok(None), |row| row.get("damaged_at"))?;
    let counts_at = damaged.map_or(at, |damaged| at.max(damaged + chrono::Duration::microseconds(1)));
    tx.execute(
        "UPDATE artifact SET archive_key = $2, sha256 = $3, quick_xor_hash = $4, size_bytes = $5,
             duration_ms = COALESCE(duration_ms, $6), verified_at = $7, updated_at = $8, damage = '',
             mime_type = CASE WHEN mime_type = '' THEN 'video/mp4' ELSE mime_type END
         WHERE id = $1",
        params![
            id,
            kept.key,
            kept.sha256,
            kept.quick_xor_hash,
            kept.size_bytes,
            kept.duration_ms,
            counts_at,
            at
        ],
    )
    .await?;
    Ok(())
}

/// Writes that our copy is not what it was. It is not served from then on.
pub async fn damaged(tx: &Tx, id: ArtifactId, what: &str, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE artifact SET damage = $2, updated_at = $3,
             damaged_at = CASE WHEN verified_at IS NOT NULL AND verified_at > $3 THEN verified_at ELSE $3 END
         WHERE id = $1",
        params![id, what, at],
    )
    .await?;
    Ok(())
}

/// Writes that Microsoft's file was removed because we have a verified copy.
pub async fn source_removed(tx: &Tx, id: ArtifactId, at: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE artifact SET source_removed_at = $2, updated_at = $2 WHERE id = $1";
    tx.execute(sql, params![id, at]).await?;
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
    let sql = "SELECT id FROM artifact WHERE meeting_id = $1 AND kind = 'recording' AND sha256 = $2
                 AND purged_at IS NULL LIMIT 1";
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

/// What a recording's place in the archive is named after.
#[derive(Debug, Clone)]
pub struct ClassName {
    /// Short name of the course.
    pub course_code: String,
    /// Title of the conference.
    pub title: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// When the class was to begin.
    pub starts_at: DateTime<Utc>,
}

/// The class of a meeting, as its recordings are named.
pub async fn class_of(db: &impl Read, meeting: MeetingId) -> Result<Option<ClassName>> {
    let row = db
        .row(
            "SELECT k.code, c.title, c.time_zone, m.starts_at FROM meeting m
             JOIN conference c ON c.id = m.conference_id JOIN course k ON k.id = c.course_id WHERE m.id = $1",
            params![meeting],
        )
        .await?;
    row.map(|row| {
        Ok(ClassName {
            course_code: row.get("code")?,
            title: row.get("title")?,
            time_zone: row.get("time_zone")?,
            starts_at: row.get("starts_at")?,
        })
    })
    .transpose()
}
