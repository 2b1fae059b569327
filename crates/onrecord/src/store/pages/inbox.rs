//! The inbox page: what belongs to no class, in the order of its coming, and the classes it might belong to.

use chrono::{DateTime, Utc};

use crate::model::artifact::ArtifactKind;
use crate::model::id::{ArtifactId, MeetingId};
use crate::model::suggestion::Class;
use crate::params;
use crate::store::decisions::WAITS;
use crate::store::{Param as _, Read, Result, Row};

/// One thing that waits for a person.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The thing.
    pub id: ArtifactId,
    /// What it is.
    pub kind: ArtifactKind,
    /// File name as Microsoft wrote it; empty when unknown.
    pub name: String,
    /// Graph `user.id` of the organizer it was found under.
    pub organizer_id: Option<String>,
    /// Address of the service account whose OneDrive it lies in, if it is one of ours.
    pub account: Option<String>,
    /// Graph id of its drive.
    pub drive_id: Option<String>,
    /// Graph id of its driveItem.
    pub item_id: Option<String>,
    /// Where administrators open it in OneDrive.
    pub web_url: Option<String>,
    /// Length in bytes, once known.
    pub size_bytes: Option<i64>,
    /// Playing time, once known.
    pub duration_ms: Option<i64>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When OnRecord first saw it.
    pub created_at: DateTime<Utc>,
}

/// What waits, oldest first, after the thing `after`; at most `limit`.
pub async fn waiting(db: &impl Read, after: Option<ArtifactId>, limit: i64) -> Result<Vec<Waiting>> {
    let sql = format!(
        "SELECT a.id, a.kind, a.name, a.organizer_id, a.drive_id, a.item_id, a.web_url, a.size_bytes, a.duration_ms,
                 a.started_at, a.created_at, (SELECT s.email FROM service_account s WHERE s.drive_id = a.drive_id
                     OR (a.drive_id IS NULL AND s.entra_object_id = a.organizer_id) ORDER BY s.id LIMIT 1) AS account
             FROM artifact a WHERE {WAITS} AND a.id > $1 ORDER BY a.id LIMIT $2"
    );
    let rows = db.rows(&sql, params![after.unwrap_or(ArtifactId(0)), limit]).await?;
    rows.iter().map(waiting_row).collect()
}

fn waiting_row(row: &Row) -> Result<Waiting> {
    Ok(Waiting {
        id: row.id("id")?,
        kind: row.get("kind")?,
        name: row.get("name")?,
        organizer_id: row.get("organizer_id")?,
        account: row.get("account")?,
        drive_id: row.get("drive_id")?,
        item_id: row.get("item_id")?,
        web_url: row.get("web_url")?,
        size_bytes: row.get("size_bytes")?,
        duration_ms: row.get("duration_ms")?,
        started_at: row.get("started_at")?,
        created_at: row.get("created_at")?,
    })
}

/// How many things wait in all.
pub async fn count(db: &impl Read) -> Result<i64> {
    let sql = format!("SELECT COUNT(*) AS n FROM artifact a WHERE {WAITS}");
    db.row(&sql, params![]).await?.map_or(Ok(0), |row| row.get("n"))
}

/// A class to which something might belong.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its meeting.
    pub meeting_id: MeetingId,
    /// Graph `user.id` of its organizer, once known.
    pub organizer_id: Option<String>,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
    /// Name of its conference.
    pub title: String,
    /// IANA zone in which it is shown.
    pub time_zone: String,
    /// Short name of its course.
    pub course_code: String,
    /// Recordings that certainly belong to it.
    pub recordings: i64,
}

impl Candidate {
    /// The class as far as guessing goes.
    pub fn class(&self) -> Class {
        Class {
            meeting: self.meeting_id,
            organizer_id: self.organizer_id.clone(),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            title: self.title.clone(),
            zone: self.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC),
            recordings: self.recordings,
        }
    }
}

/// Where to look for classes: those that begin between two moments and, if one is named, of this organizer.
#[derive(Debug, Clone)]
pub struct Window {
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Of which organizer.
    pub organizer_id: Option<String>,
}

/// Classes in any of the windows, by start; at most `limit`.
pub async fn candidates(db: &impl Read, windows: &[Window], limit: i64) -> Result<Vec<Candidate>> {
    if windows.is_empty() {
        return Ok(Vec::new());
    }
    let mut binds = params![limit];
    let mut conditions = Vec::with_capacity(windows.len());
    for window in windows {
        let at = binds.len();
        binds.extend(params![window.from, window.until]);
        let mut condition = format!("m.starts_at >= ${} AND m.starts_at <= ${}", at + 1, at + 2);
        if let Some(organizer) = &window.organizer_id {
            binds.push(organizer.param());
            condition = format!("{condition} AND m.organizer_id = ${}", at + 3);
        }
        conditions.push(format!("({condition})"));
    }
    let sql = format!("{CANDIDATE} WHERE {} ORDER BY m.starts_at, m.id LIMIT $1", conditions.join(" OR "));
    db.rows(&sql, binds).await?.iter().map(candidate).collect()
}

const CANDIDATE: &str =
    "SELECT m.id AS meeting_id, m.organizer_id, m.starts_at, m.ends_at, c.title, c.time_zone,
         k.code AS course_code, (SELECT COUNT(*) FROM artifact r
             WHERE r.meeting_id = m.id AND r.kind = 'recording' AND r.confidence = 'certain') AS recordings
     FROM meeting m JOIN conference c ON c.id = m.conference_id JOIN course k ON k.id = c.course_id";

fn candidate(row: &Row) -> Result<Candidate> {
    Ok(Candidate {
        meeting_id: row.id("meeting_id")?,
        organizer_id: row.get("organizer_id")?,
        starts_at: row.get("starts_at")?,
        ends_at: row.get("ends_at")?,
        title: row.get("title")?,
        time_zone: row.get("time_zone")?,
        course_code: row.get("course_code")?,
        recordings: row.get("recordings")?,
    })
}

/// Classes whose title or course has `words` in it, those nearest to `at` first; at most `limit`.
pub async fn search(db: &impl Read, words: &str, at: DateTime<Utc>, limit: i64) -> Result<Vec<Candidate>> {
    let like =
        format!("%{}%", words.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let before = format!(
        "{CANDIDATE} WHERE (LOWER(c.title) LIKE $1 ESCAPE '\\' OR LOWER(k.code) LIKE $1 ESCAPE '\\')
         AND m.starts_at <= $2 ORDER BY m.starts_at DESC, m.id LIMIT $3"
    );
    let after = before.replace("m.starts_at <= $2", "m.starts_at > $2").replace("DESC", "ASC");
    let mut found = Vec::new();
    for sql in [before, after] {
        let rows = db.rows(&sql, params![like, at, limit]).await?;
        found.extend(rows.iter().map(candidate).collect::<Result<Vec<_>>>()?);
    }
    found.sort_by_key(|one| ((one.starts_at - at).abs(), one.meeting_id));
    found.truncate(limit as usize);
    Ok(found)
}

/// What waits and may be of this meeting by its time: found under its organizer, or nobody's; at most `limit`.
pub async fn waiting_near(
    db: &impl Read,
    organizer: &str,
    between: (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Vec<Waiting>> {
    let sql = format!(
        "SELECT a.id, a.kind, a.name, a.organizer_id, a.drive_id, a.item_id, a.web_url, a.size_bytes, a.duration_ms,
             a.started_at, a.created_at, NULL AS account
         FROM artifact a
         WHERE {WAITS} AND a.kind = 'recording' AND (a.organizer_id = $1 OR a.organizer_id IS NULL)
           AND (a.started_at IS NULL OR (a.started_at >= $2 AND a.started_at <= $3)) ORDER BY a.id LIMIT $4"
    );
    let rows = db.rows(&sql, params![organizer, between.0, between.1, limit]).await?;
    rows.iter().map(waiting_row).collect()
}
