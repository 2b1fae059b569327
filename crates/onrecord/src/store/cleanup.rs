//! Recordings by age, for `onrecord cleanup` and `onrecord archive --verify`: what is kept where.

use chrono::{DateTime, Utc};

use super::expiry::VERIFIED;
use super::{Read, Result, Row};
use crate::model::artifact::SafetyFacts;
use crate::model::id::{ArtifactId, ConferenceId};
use crate::params;
use crate::store::media::safety_facts;

/// A recording as it is listed.
#[derive(Debug, Clone)]
pub struct Aged {
    /// The recording.
    pub id: ArtifactId,
    /// Its conference.
    pub conference_id: ConferenceId,
    /// The conference's title.
    pub title: String,
    /// Short name of the course.
    pub course_code: String,
    /// When it was recorded, or when it was found if that is not known.
    pub recorded_at: DateTime<Utc>,
    /// Its length, once known.
    pub size_bytes: Option<i64>,
    /// Key of our copy.
    pub archive_key: Option<String>,
    /// When Microsoft is expected to delete it.
    pub expected_expiry_at: Option<DateTime<Utc>>,
    /// What its safety is derived from.
    pub facts: SafetyFacts,
    /// Whether Microsoft has a file of it.
    pub has_file: bool,
}

fn aged(row: &Row) -> Result<Aged> {
    Ok(Aged {
        id: row.id("id")?,
        conference_id: row.id("conference_id")?,
        title: row.get("title")?,
        course_code: row.get("code")?,
        recorded_at: row.get("recorded_at")?,
        size_bytes: row.get("size_bytes")?,
        archive_key: row.get("archive_key")?,
        expected_expiry_at: row.get("expected_expiry_at")?,
        facts: safety_facts(row)?,
        has_file: row.get::<Option<String>>("item_id")?.is_some(),
    })
}

/// Recordings of classes that are older than `before` and not in the bin, by id after `after`, at most `limit`.
pub async fn older_than(
    db: &impl Read,
    before: DateTime<Utc>,
    after: ArtifactId,
    limit: i64,
) -> Result<Vec<Aged>> {
    let rows = db
        .rows(
            "SELECT a.id, m.conference_id, c.title, k.code, a.item_id,
                 COALESCE(a.ended_at, a.started_at, a.offered_at, a.created_at) AS recorded_at, a.size_bytes,
                 a.archive_key, a.expected_expiry_at, a.verified_at, a.damaged_at, a.source_removed_at, a.gone_at,
                 a.binned_at, a.restored_at
             FROM artifact a JOIN meeting m ON m.id = a.meeting_id JOIN conference c ON c.id = m.conference_id
             JOIN course k ON k.id = c.course_id
             WHERE a.kind = 'recording' AND a.id > $2
               AND COALESCE(a.ended_at, a.started_at, a.offered_at, a.created_at) < $1
               AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at)
             ORDER BY a.id LIMIT $3",
            params![before, after, limit],
        )
        .await?;
    rows.iter().map(aged).collect()
}

/// A copy that can be read again.
#[derive(Debug, Clone)]
pub struct KeptCopy {
    /// The recording.
    pub id: ArtifactId,
    /// Its key.
    pub key: String,
    /// SHA-256 of its bytes when it was verified, hex; `None` for very old rows.
    pub sha256: Option<String>,
    /// Its length then.
    pub size_bytes: Option<i64>,
}

/// The verified copies after `after`, by id; at most `limit`.
pub async fn copies_after(db: &impl Read, after: ArtifactId, limit: i64) -> Result<Vec<KeptCopy>> {
    let sql = format!(
        "SELECT a.id, a.archive_key, a.sha256, a.size_bytes FROM artifact a
         WHERE a.kind = 'recording' AND a.archive_key IS NOT NULL AND {VERIFIED} AND a.id > $1
         ORDER BY a.id LIMIT $2"
    );
    let copy = |row: &Row| {
        Ok(KeptCopy {
            id: row.id("id")?,
            key: row.get("archive_key")?,
            sha256: row.get("sha256")?,
            size_bytes: row.get("size_bytes")?,
        })
    };
    db.rows(&sql, params![after, limit]).await?.iter().map(copy).collect()
}

/// How many verified copies there are, and their bytes.
pub async fn copies(db: &impl Read) -> Result<(i64, i64)> {
    let sql = format!(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(a.size_bytes), 0) AS BIGINT) AS bytes FROM artifact a
         WHERE a.kind = 'recording' AND a.archive_key IS NOT NULL AND {VERIFIED}"
    );
    let row = db.row(&sql, params![]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get("n")?, row.get("bytes")?)))
}

/// A copy that was found damaged, and was not made good yet.
#[derive(Debug, Clone)]
pub struct DamagedCopy {
    /// The recording.
    pub id: ArtifactId,
    /// Its key.
    pub key: String,
    /// What is wrong with it.
    pub damage: String,
    /// When that was found.
    pub damaged_at: DateTime<Utc>,
    /// Whether Microsoft still has the original.
    pub has_original: bool,
}

/// Copies that are damaged now, the latest first; at most `limit`.
pub async fn damaged(db: &impl Read, limit: i64) -> Result<Vec<DamagedCopy>> {
    let sql = format!(
        "SELECT a.id, a.archive_key, a.damage, a.damaged_at, a.gone_at, a.source_removed_at, a.item_id, a.graph_id
         FROM artifact a
         WHERE a.kind = 'recording' AND a.damaged_at IS NOT NULL AND NOT {VERIFIED}
         ORDER BY a.damaged_at DESC, a.id LIMIT $1"
    );
    let copy = |row: &Row| {
        let gone: Option<DateTime<Utc>> = row.get("gone_at")?;
        let removed: Option<DateTime<Utc>> = row.get("source_removed_at")?;
        let named: Option<String> = row.get::<Option<String>>("item_id")?.or(row.get("graph_id")?);
        Ok(DamagedCopy {
            id: row.id("id")?,
            key: row.get::<Option<String>>("archive_key")?.unwrap_or_default(),
            damage: row.get("damage")?,
            damaged_at: row.get("damaged_at")?,
            has_original: gone.is_none() && removed.is_none() && named.is_some(),
        })
    };
    db.rows(&sql, params![limit]).await?.iter().map(copy).collect()
}
