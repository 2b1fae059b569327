//! The last week in numbers. Every count reads a span of an index over time, never a whole table.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row};
use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::model::id::{ConferenceId, MeetingId};
use crate::params;

/// From when until when; the end is not part of it.
pub type Span = (DateTime<Utc>, DateTime<Utc>);

/// Classes that were to be held in a span, by verdict.
pub async fn verdicts(db: &impl Read, span: Span) -> Result<Vec<(Verdict, i64)>> {
    let sql = "SELECT verdict, COUNT(*) AS n FROM meeting WHERE starts_at >= $1 AND starts_at < $2
               GROUP BY verdict ORDER BY verdict";
    let rows = db.rows(sql, params![span.0, span.1]).await?;
    rows.iter().map(|row| Ok((row.get("verdict")?, row.get("n")?))).collect()
}

/// Conferences with classes in a span that were not cancelled, by the worst recording status of those classes.
pub async fn conferences(db: &impl Read, span: Span) -> Result<Vec<(AutoRecordingStatus, i64)>> {
    let sql = "SELECT SUBSTR(w.worst, 2) AS status, COUNT(*) AS n FROM (
                   SELECT m.conference_id, MAX(CASE WHEN m.auto_recording_status = 'exempted' THEN '0exempted'
                     WHEN m.auto_recording_status = 'enabled' THEN '1enabled'
                       WHEN m.auto_recording_status = 'pending' THEN '2pending'
                       ELSE '3' || m.auto_recording_status END) AS worst
                   FROM meeting m WHERE m.starts_at >= $1 AND m.starts_at < $2 AND m.cancelled_at IS NULL
                   GROUP BY m.conference_id) w
               GROUP BY SUBSTR(w.worst, 2) ORDER BY 1";
    let rows = db.rows(sql, params![span.0, span.1]).await?;
    rows.iter().map(|row| Ok((row.get("status")?, row.get("n")?))).collect()
}

/// The classes of a span that have no recording, by cause.
pub async fn causes(db: &impl Read, span: Span) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT verdict_cause, COUNT(*) AS n FROM meeting
               WHERE verdict = 'missing' AND starts_at >= $1 AND starts_at < $2 GROUP BY verdict_cause";
    let rows = db.rows(sql, params![span.0, span.1]).await?;
    rows.iter().map(|row| Ok((row.get("verdict_cause")?, row.get("n")?))).collect()
}

/// A class without a recording.
#[derive(Debug, Clone)]
pub struct Missing {
    /// The class.
    pub meeting_id: MeetingId,
    /// Its conference.
    pub conference_id: ConferenceId,
    /// Title of the conference.
    pub title: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// Short name of its course.
    pub course_code: String,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Why, as a fixed word.
    pub cause: String,
}

/// The classes of a span that have no recording, the newest first; at most `limit`.
pub async fn missing(db: &impl Read, span: Span, limit: i64) -> Result<Vec<Missing>> {
    let rows = db
        .rows(
            "SELECT m.id, m.conference_id, m.starts_at, m.verdict_cause, c.title, c.time_zone, k.code AS course_code
             FROM meeting m JOIN conference c ON c.id = m.conference_id JOIN course k ON k.id = c.course_id
             WHERE m.verdict = 'missing' AND m.starts_at >= $1 AND m.starts_at < $2
             ORDER BY m.starts_at DESC, m.id DESC LIMIT $3",
            params![span.0, span.1, limit],
        )
        .await?;
    let missing = |row: &Row| {
        Ok(Missing {
            meeting_id: row.id("id")?,
            conference_id: row.id("conference_id")?,
            title: row.get("title")?,
            time_zone: row.get("time_zone")?,
            course_code: row.get("course_code")?,
            starts_at: row.get("starts_at")?,
            cause: row.get("verdict_cause")?,
        })
    };
    rows.iter().map(missing).collect()
}

/// How many recordings of a span's classes there are, and how much they hold.
pub async fn recordings(db: &impl Read, span: Span) -> Result<(i64, i64)> {
    let sql = "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(a.size_bytes), 0) AS BIGINT) AS bytes
               FROM meeting m JOIN artifact a ON a.meeting_id = m.id AND a.kind = 'recording'
               WHERE m.starts_at >= $1 AND m.starts_at < $2 AND a.binned_at IS NULL";
    let row = db.row(sql, params![span.0, span.1]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get("n")?, row.get("bytes")?)))
}

/// How often recordings were downloaded and watched in a span, and by how many people.
pub async fn visits(db: &impl Read, span: Span) -> Result<(i64, i64, i64)> {
    let sql = "SELECT COUNT(CASE WHEN way = 'download' THEN 1 END) AS downloads,
                      COUNT(CASE WHEN way = 'watch' THEN 1 END) AS views, COUNT(DISTINCT user_id) AS people
               FROM visit WHERE opened_at >= $1 AND opened_at < $2";
    let row = db.row(sql, params![span.0, span.1]).await?;
    row.map_or(Ok((0, 0, 0)), |row| Ok((row.get("downloads")?, row.get("views")?, row.get("people")?)))
}

/// How full the OneDrive of a service account is, as last read.
#[derive(Debug, Clone)]
pub struct Room {
    /// The account's address.
    pub email: String,
    /// Microsoft's word for it.
    pub state: Option<String>,
    /// All there is.
    pub total_bytes: Option<i64>,
    /// What is used.
    pub used_bytes: Option<i64>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

/// The service accounts in use and how full each is.
pub async fn rooms(db: &impl Read) -> Result<Vec<Room>> {
    let sql =
        "SELECT email, drive_state, drive_total_bytes, drive_used_bytes, drive_read_at FROM service_account
               WHERE disabled_at IS NULL ORDER BY email";
    let room = |row: &Row| {
        Ok(Room {
            email: row.get("email")?,
            state: row.get("drive_state")?,
            total_bytes: row.get("drive_total_bytes")?,
            used_bytes: row.get("drive_used_bytes")?,
            read_at: row.get("drive_read_at")?,
        })
    };
    db.rows(sql, params![]).await?.iter().map(room).collect()
}
