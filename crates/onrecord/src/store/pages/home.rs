//! The home page: classes near the present as one person may see them, their recordings, and what is wrong with the
//! installation. Which rows are seen follows `model/access.rs`.

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::model::id::{ArtifactId, ConferenceId, CourseId, MeetingId};
use crate::model::people::CourseRole;
use crate::params;
use crate::store::conference_lists::Eyes;
use crate::store::minors::OF_MINORS;
use crate::store::{Param, Read, Result, Row, many};

/// One class on somebody's home page.
#[derive(Debug, Clone)]
pub struct Class {
    /// Its meeting.
    pub meeting_id: MeetingId,
    /// Its conference.
    pub conference_id: ConferenceId,
    /// Its course.
    pub course_id: CourseId,
    /// Short name of its course.
    pub course_code: String,
    /// Name of its course.
    pub course_title: String,
    /// Name of the conference.
    pub title: String,
    /// IANA zone in which it is shown.
    pub time_zone: String,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
    /// Whether Teams will record.
    pub recording: AutoRecordingStatus,
    /// When the read-back last said so.
    pub read_back_at: Option<DateTime<Utc>>,
    /// What became of it, as last judged.
    pub verdict: Verdict,
    /// Why its recording is missing; empty otherwise.
    pub verdict_cause: String,
    /// When it was cancelled.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// The part of the asking person in its course; `None` for those who see every course.
    pub role: Option<CourseRole>,
    /// The course, or somebody in it, is marked as minors.
    pub of_minors: bool,
}

const CLASS: &str = "m.id AS meeting_id, m.conference_id, m.starts_at, m.ends_at, m.auto_recording_status,
     m.read_back_at, m.verdict, m.verdict_cause, m.cancelled_at, c.course_id, c.title, c.time_zone,
     k.code AS course_code, k.title AS course_title";

fn class(row: &Row) -> Result<Class> {
    Ok(Class {
        meeting_id: row.id("meeting_id")?,
        conference_id: row.id("conference_id")?,
        course_id: row.id("course_id")?,
        course_code: row.get("course_code")?,
        course_title: row.get("course_title")?,
        title: row.get("title")?,
        time_zone: row.get("time_zone")?,
        starts_at: row.get("starts_at")?,
        ends_at: row.get("ends_at")?,
        recording: row.get("auto_recording_status")?,
        read_back_at: row.get("read_back_at")?,
        verdict: row.get("verdict")?,
        verdict_cause: row.get("verdict_cause")?,
        cancelled_at: row.get("cancelled_at")?,
        role: row.get("member_role")?,
        of_minors: row.get("of_minors")?,
    })
}

/// A person's classes that begin between two moments, by start; at most `limit`. The order of the joins goes from the
/// few courses of one person to their classes, whatever a planner thinks of it.
pub async fn classes(
    db: &impl Read,
    eyes: Eyes,
    between: (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Vec<Class>> {
    let rows = match eyes {
        Eyes::All => {
            let sql = format!(
                "SELECT {CLASS}, {OF_MINORS} AS of_minors, CAST(NULL AS TEXT) AS member_role FROM meeting m
                 JOIN conference c ON c.id = m.conference_id JOIN course k ON k.id = c.course_id
                 WHERE m.starts_at >= $1 AND m.starts_at < $2 ORDER BY m.starts_at, m.id LIMIT $3"
            );
            db.rows(&sql, params![between.0, between.1, limit]).await?
        }
        Eyes::Member(user, today) => {
            let sql = format!(
                "SELECT {CLASS}, {OF_MINORS} AS of_minors, n.role AS member_role
                 FROM enrolment n CROSS JOIN conference c CROSS JOIN meeting m JOIN course k ON k.id = c.course_id
                 WHERE n.user_id = $1 AND (n.ends_on IS NULL OR n.ends_on >= $2) AND c.course_id = n.course_id
                   AND (c.published OR n.role = 'instructor') AND m.conference_id = c.id
                   AND m.starts_at >= $3 AND m.starts_at < $4
                 ORDER BY m.starts_at, m.id LIMIT $5"
            );
            db.rows(&sql, params![user, today, between.0, between.1, limit]).await?
        }
    };
    rows.iter().map(class).collect()
}

/// Names of the people who teach a course today.
pub async fn instructors(db: &impl Read, course: CourseId, today: NaiveDate) -> Result<Vec<String>> {
    let rows = db
        .rows(
            "SELECT u.name FROM enrolment n JOIN \"user\" u ON u.id = n.user_id
             WHERE n.course_id = $1 AND n.role = 'instructor' AND (n.ends_on IS NULL OR n.ends_on >= $2)
             ORDER BY u.name, u.id LIMIT 5",
            params![course, today],
        )
        .await?;
    rows.iter().map(|row| row.get("name")).collect()
}

/// What there is to watch of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watchable {
    /// The class.
    pub meeting_id: MeetingId,
    /// Its first part.
    pub first: ArtifactId,
    /// How many parts.
    pub parts: i64,
    /// Playing time of all, as far as known.
    pub duration_ms: i64,
    /// Size of all, as far as known.
    pub size_bytes: i64,
    /// Whether what was said can be read.
    pub has_transcript: bool,
}

/// What there is to watch of these classes: certainly theirs, not hidden, not in the bin, and still somewhere.
pub async fn watchable(db: &impl Read, meetings: &[MeetingId]) -> Result<Vec<Watchable>> {
    if meetings.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT a.meeting_id, a.id, a.kind, a.duration_ms, a.size_bytes FROM artifact a
         WHERE a.meeting_id IN ({}) AND a.kind IN ('recording', 'transcript') AND a.hidden_at IS NULL
           AND a.confidence = 'certain' AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at)
           AND (a.gone_at IS NULL OR a.verified_at IS NOT NULL)
         ORDER BY a.meeting_id, a.kind, a.part, a.id",
        many::list(1, meetings.len())
    );
    let binds = meetings.iter().map(Param::param).collect();
    let mut found: Vec<Watchable> = Vec::new();
    for row in &db.rows(&sql, binds).await? {
        let meeting_id = row.id("meeting_id")?;
        let is_recording = row.get::<String>("kind")? == "recording";
        match found.last_mut().filter(|last| last.meeting_id == meeting_id) {
            Some(last) if is_recording => {
                last.parts += 1;
                last.duration_ms += row.get::<Option<i64>>("duration_ms")?.unwrap_or_default();
                last.size_bytes += row.get::<Option<i64>>("size_bytes")?.unwrap_or_default();
            }
            Some(last) => last.has_transcript = true,
            None if is_recording => found.push(Watchable {
                meeting_id,
                first: row.id("id")?,
                parts: 1,
                duration_ms: row.get::<Option<i64>>("duration_ms")?.unwrap_or_default(),
                size_bytes: row.get::<Option<i64>>("size_bytes")?.unwrap_or_default(),
                has_transcript: false,
            }),
            None => {}
        }
    }
    Ok(found)
}

/// Verdicts, as last judged, of the classes that began between two moments and were not cancelled.
pub async fn verdicts(
    db: &impl Read,
    between: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<(Verdict, i64)>> {
    let rows = db
        .rows(
            "SELECT m.verdict, COUNT(*) AS n FROM meeting m
             WHERE m.starts_at >= $1 AND m.starts_at < $2 AND m.cancelled_at IS NULL
             GROUP BY m.verdict ORDER BY m.verdict",
            params![between.0, between.1],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("verdict")?, row.get("n")?))).collect()
}

/// Classes that have one fault.
#[derive(Debug, Clone)]
pub struct Faulty<F> {
    /// The fault.
    pub fault: F,
    /// How many classes.
    pub count: i64,
    /// Start of the first of them.
    pub first_at: DateTime<Utc>,
}

/// Classes between two moments that have not ended and whose recording could not be switched on, by reason; the
/// reason whose class is next comes first.
pub async fn failing(
    db: &impl Read,
    between: (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Vec<Faulty<AutoRecordingStatus>>> {
    let rows = db
        .rows(
            "SELECT m.auto_recording_status AS fault, COUNT(*) AS n, MIN(m.starts_at) AS first_at FROM meeting m
             WHERE m.starts_at >= $1 AND m.starts_at < $2 AND m.ends_at > $3 AND m.cancelled_at IS NULL
               AND m.auto_recording_status NOT IN ('enabled', 'pending', 'exempted')
             GROUP BY m.auto_recording_status ORDER BY MIN(m.starts_at), m.auto_recording_status",
            params![between.0, between.1, now],
        )
        .await?;
    let faulty = |row: &Row| {
        Ok(Faulty { fault: row.get("fault")?, count: row.get("n")?, first_at: row.get("first_at")? })
    };
    rows.iter().map(faulty).collect()
}

/// Classes that began between two moments and whose recording is missing, by cause; the most frequent first.
pub async fn missing(db: &impl Read, between: (DateTime<Utc>, DateTime<Utc>)) -> Result<Vec<Faulty<String>>> {
    let rows = db
        .rows(
            "SELECT m.verdict_cause AS fault, COUNT(*) AS n, MIN(m.starts_at) AS first_at FROM meeting m
             WHERE m.starts_at >= $1 AND m.starts_at < $2 AND m.verdict = 'missing' AND m.cancelled_at IS NULL
             GROUP BY m.verdict_cause ORDER BY COUNT(*) DESC, m.verdict_cause",
            params![between.0, between.1],
        )
        .await?;
    let faulty = |row: &Row| {
        Ok(Faulty { fault: row.get("fault")?, count: row.get("n")?, first_at: row.get("first_at")? })
    };
    rows.iter().map(faulty).collect()
}

/// What waits for a person who runs the installation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Chores {
    /// Things in the inbox.
    pub inbox: i64,
    /// Jobs that were given up.
    pub dead_jobs: i64,
    /// Integrations with a tenant.
    pub connected: i64,
    /// Of them, those that were verified.
    pub verified: i64,
    /// Service accounts that take meetings.
    pub accounts: i64,
}

/// What waits for a person who runs the installation.
pub async fn chores(db: &impl Read) -> Result<Chores> {
    let row = db
        .row(
            "SELECT (SELECT COUNT(*) FROM artifact WHERE meeting_id IS NULL AND dismissed_at IS NULL AND gone_at IS NULL) AS inbox,
                 (SELECT COUNT(*) FROM job WHERE dead_at IS NOT NULL) AS dead_jobs,
                 (SELECT COUNT(*) FROM integration WHERE tenant_id <> '') AS connected,
                 (SELECT COUNT(verified_at) FROM integration WHERE tenant_id <> '') AS verified,
                 (SELECT COUNT(*) FROM service_account WHERE disabled_at IS NULL) AS accounts",
            params![],
        )
        .await?;
    row.map_or(Ok(Chores::default()), |row| {
        Ok(Chores {
            inbox: row.get("inbox")?,
            dead_jobs: row.get("dead_jobs")?,
            connected: row.get("connected")?,
            verified: row.get("verified")?,
            accounts: row.get("accounts")?,
        })
    })
}

/// Addresses of the service accounts whose OneDrive takes nothing more, or soon will not.
pub async fn full_accounts(db: &impl Read) -> Result<Vec<String>> {
    let rows = db
        .rows(
            "SELECT email FROM service_account
             WHERE disabled_at IS NULL AND drive_state IN ('critical', 'exceeded') ORDER BY email LIMIT 10",
            params![],
        )
        .await?;
    rows.iter().map(|row| row.get("email")).collect()
}
