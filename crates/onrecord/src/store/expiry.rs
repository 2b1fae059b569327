//! When Microsoft is expected to delete recordings, and which of them have no verified copy: the columns
//! `expected_expiry_at` and `expiry_set_…` of `artifact`. All of it is an estimate: Microsoft does not tell.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::id::{ArtifactId, IntegrationId, MeetingId, UserId};
use crate::params;

/// The condition that our copy of `artifact a` was compared and was not found damaged since.
pub(super) const VERIFIED: &str =
    "(a.verified_at IS NOT NULL AND (a.damaged_at IS NULL OR a.verified_at > a.damaged_at))";

/// The condition that Microsoft still has `artifact a`, nobody put it into the bin, and only we are missing a copy.
pub(super) const UNCOPIED: &str = "a.kind = 'recording' AND a.meeting_id IS NOT NULL AND a.gone_at IS NULL
     AND a.source_removed_at IS NULL AND (a.item_id IS NOT NULL OR a.graph_id IS NOT NULL)
     AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at)
     AND NOT (a.verified_at IS NOT NULL AND (a.damaged_at IS NULL OR a.verified_at > a.damaged_at))";

/// A recording without a verified copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncopied {
    /// The recording.
    pub id: ArtifactId,
    /// Its class.
    pub meeting_id: MeetingId,
    /// When Microsoft is expected to delete it.
    pub expires_at: Option<DateTime<Utc>>,
}

fn uncopied(row: &Row) -> Result<Uncopied> {
    Ok(Uncopied {
        id: row.id("id")?,
        meeting_id: row.id("meeting_id")?,
        expires_at: row.get("expected_expiry_at")?,
    })
}

/// Recordings without a verified copy that Microsoft is expected to delete before `before`, the soonest first.
pub async fn uncopied_before(db: &impl Read, before: DateTime<Utc>, limit: i64) -> Result<Vec<Uncopied>> {
    let sql = format!(
        "SELECT a.id, a.meeting_id, a.expected_expiry_at FROM artifact a
         WHERE {UNCOPIED} AND a.expected_expiry_at IS NOT NULL AND a.expected_expiry_at < $1
         ORDER BY a.expected_expiry_at, a.id LIMIT $2"
    );
    db.rows(&sql, params![before, limit]).await?.iter().map(uncopied).collect()
}

/// Recordings without a verified copy, whenever they expire, the oldest row first.
pub async fn uncopied_all(db: &impl Read, after: ArtifactId, limit: i64) -> Result<Vec<Uncopied>> {
    let sql = format!(
        "SELECT a.id, a.meeting_id, a.expected_expiry_at FROM artifact a
         WHERE {UNCOPIED} AND a.id > $1 ORDER BY a.id LIMIT $2"
    );
    db.rows(&sql, params![after, limit]).await?.iter().map(uncopied).collect()
}

/// When Microsoft is expected to delete the first recording of a class that has no verified copy.
pub async fn soonest_of(db: &impl Read, meeting: MeetingId) -> Result<Option<DateTime<Utc>>> {
    let sql = format!(
        "SELECT MIN(a.expected_expiry_at) AS soonest FROM artifact a WHERE {UNCOPIED} AND a.meeting_id = $1"
    );
    db.row(&sql, params![meeting]).await?.map_or(Ok(None), |row| row.get("soonest"))
}

/// Classes with an open alarm about expiry, for those that need none any more.
pub async fn alarmed(db: &impl Read, limit: i64) -> Result<Vec<MeetingId>> {
    let rows = db
        .rows(
            "SELECT meeting_id FROM alert WHERE kind = 'expiring' AND resolved_at IS NULL
             ORDER BY raised_at, id LIMIT $1",
            params![limit],
        )
        .await?;
    rows.iter().map(|row| row.id("meeting_id")).collect()
}

/// How many days a tenant lets new recordings live; 0 if for ever.
pub async fn days_of(db: &impl Read, integration: IntegrationId) -> Result<i64> {
    let sql = "SELECT recording_expiry_days FROM integration WHERE id = $1";
    db.row(sql, params![integration]).await?.map_or(Ok(0), |row| row.get("recording_expiry_days"))
}

/// Keeps how many days a tenant lets new recordings live; 0 if for ever.
pub async fn set_days(tx: &Tx, integration: IntegrationId, days: i64) -> Result<()> {
    let sql = "UPDATE integration SET recording_expiry_days = $2 WHERE id = $1";
    tx.execute(sql, params![integration, days]).await?;
    Ok(())
}

/// Keeps what a person says of a recording's expiry; `None` says that Microsoft keeps it.
pub async fn correct(
    tx: &Tx,
    id: ArtifactId,
    expires_at: Option<DateTime<Utc>>,
    (by, at): (Option<UserId>, DateTime<Utc>),
) -> Result<()> {
    tx.execute(
        "UPDATE artifact SET expected_expiry_at = $2, expiry_set_by = $3, expiry_set_at = $4, updated_at = $4
         WHERE id = $1",
        params![id, expires_at, by, at],
    )
    .await?;
    Ok(())
}

/// Whether a person has said when a recording expires.
pub async fn is_corrected(db: &impl Read, id: ArtifactId) -> Result<bool> {
    let sql = "SELECT 1 AS one FROM artifact WHERE id = $1 AND expiry_set_at IS NOT NULL";
    Ok(db.row(sql, params![id]).await?.is_some())
}

/// Recordings verified before `before` that Microsoft still has as a file, the oldest copy first.
pub async fn verified_before(db: &impl Read, before: DateTime<Utc>, limit: i64) -> Result<Vec<ArtifactId>> {
    let sql = format!(
        "SELECT a.id FROM artifact a
         WHERE a.kind = 'recording' AND {VERIFIED} AND a.verified_at < $1 AND a.item_id IS NOT NULL
           AND a.gone_at IS NULL AND a.source_removed_at IS NULL AND a.meeting_id IS NOT NULL
         ORDER BY a.verified_at, a.id LIMIT $2"
    );
    db.rows(&sql, params![before, limit]).await?.iter().map(|row| row.id("id")).collect()
}

/// A recording that Microsoft is expected to delete, in a list.
#[derive(Debug, Clone)]
pub struct Expiring {
    /// The recording.
    pub id: ArtifactId,
    /// Title of its conference.
    pub title: String,
    /// Short name of its course.
    pub course_code: String,
    /// When its class was.
    pub starts_at: DateTime<Utc>,
    /// The conference's IANA zone.
    pub time_zone: String,
    /// When Microsoft is expected to delete it.
    pub expires_at: DateTime<Utc>,
}

/// What Microsoft is expected to delete before `before` and has no verified copy, the soonest first.
pub async fn expiring(db: &impl Read, before: DateTime<Utc>, limit: i64) -> Result<Vec<Expiring>> {
    let sql = format!(
        "SELECT a.id, c.title, k.code, c.time_zone, m.starts_at, a.expected_expiry_at FROM artifact a
         JOIN meeting m ON m.id = a.meeting_id JOIN conference c ON c.id = m.conference_id
         JOIN course k ON k.id = c.course_id
         WHERE {UNCOPIED} AND a.expected_expiry_at IS NOT NULL AND a.expected_expiry_at < $1
         ORDER BY a.expected_expiry_at, a.id LIMIT $2"
    );
    let expiring = |row: &Row| {
        Ok(Expiring {
            id: row.id("id")?,
            title: row.get("title")?,
            course_code: row.get("code")?,
            starts_at: row.get("starts_at")?,
            time_zone: row.get("time_zone")?,
            expires_at: row.get("expected_expiry_at")?,
        })
    };
    db.rows(&sql, params![before, limit]).await?.iter().map(expiring).collect()
}
