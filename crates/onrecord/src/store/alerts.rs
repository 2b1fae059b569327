//! Tables `alert` and `recording_answer`: what a person must be told while something can still be done, and what
//! whoever teaches answered when asked whether Teams records.

use chrono::{DateTime, Utc};

use super::conference_lists::Eyes;
use super::{Read, Result, Row, Tx};
use crate::model::alert::{Alert, AlertKind};
use crate::model::id::{ConferenceId, MeetingId, UserId};
use crate::model::live::Answer;
use crate::model::verdict::Owner;
use crate::model::words::Word as _;
use crate::params;

fn alert(row: &Row) -> Result<Alert> {
    Ok(Alert {
        id: row.id("id")?,
        kind: row.get("kind")?,
        meeting_id: row.id("meeting_id")?,
        detail: row.get("detail")?,
        raised_at: row.get("raised_at")?,
        resolved_at: row.get("resolved_at")?,
    })
}

const COLUMNS: &str = "a.id, a.kind, a.meeting_id, a.detail, a.raised_at, a.resolved_at";

/// Raises an alert once; while it is open only its detail changes. True if it is new.
pub async fn raise(
    tx: &Tx,
    meeting: MeetingId,
    kind: AlertKind,
    detail: &str,
    at: DateTime<Utc>,
) -> Result<bool> {
    let new = tx
        .execute(
            "INSERT INTO alert (kind, meeting_id, detail, raised_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (meeting_id, kind) WHERE resolved_at IS NULL DO NOTHING",
            params![kind, meeting, detail, at],
        )
        .await?;
    if new == 0 {
        tx.execute(
            "UPDATE alert SET detail = $3 WHERE meeting_id = $1 AND kind = $2 AND resolved_at IS NULL",
            params![meeting, kind, detail],
        )
        .await?;
    }
    Ok(new > 0)
}

/// An open alert has grown graver: it is told by mail once more.
pub async fn tell_again(tx: &Tx, meeting: MeetingId, kind: AlertKind) -> Result<()> {
    tx.execute(
        "UPDATE alert SET told_at = NULL WHERE meeting_id = $1 AND kind = $2 AND resolved_at IS NULL",
        params![meeting, kind],
    )
    .await?;
    Ok(())
}

/// Resolves an open alert. False if there is none.
pub async fn resolve(tx: &Tx, meeting: MeetingId, kind: AlertKind, at: DateTime<Utc>) -> Result<bool> {
    let done = tx
        .execute(
            "UPDATE alert SET resolved_at = $3 WHERE meeting_id = $1 AND kind = $2 AND resolved_at IS NULL",
            params![meeting, kind, at],
        )
        .await?;
    Ok(done > 0)
}

/// The open alerts of a meeting, the oldest first.
pub async fn open_of_meeting(db: &impl Read, meeting: MeetingId) -> Result<Vec<Alert>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alert a WHERE a.meeting_id = $1 AND a.resolved_at IS NULL ORDER BY a.raised_at, a.id"
    );
    db.rows(&sql, params![meeting]).await?.iter().map(alert).collect()
}

/// All alerts that a meeting ever had, the oldest first.
pub async fn of_meeting(db: &impl Read, meeting: MeetingId) -> Result<Vec<Alert>> {
    let sql =
        format!("SELECT {COLUMNS} FROM alert a WHERE a.meeting_id = $1 ORDER BY a.raised_at, a.id LIMIT 50");
    db.rows(&sql, params![meeting]).await?.iter().map(alert).collect()
}

/// Open alerts whose class is over or cancelled; at most `limit`.
pub async fn outlived(db: &impl Read, now: DateTime<Utc>, limit: i64) -> Result<Vec<Alert>> {
    let lasting: Vec<String> = AlertKind::AFTERWARDS.iter().map(|kind| format!("'{kind}'")).collect();
    let lasting = lasting.join(", ");
    let sql = format!(
        "SELECT {COLUMNS} FROM alert a JOIN meeting m ON m.id = a.meeting_id
         WHERE a.resolved_at IS NULL AND a.kind NOT IN ({lasting})
           AND (m.cancelled_at IS NOT NULL OR (m.ends_at <= $1 AND m.guard_at IS NULL))
         ORDER BY a.raised_at, a.id LIMIT $2"
    );
    db.rows(&sql, params![now, limit]).await?.iter().map(alert).collect()
}

/// An open alert with its class.
#[derive(Debug, Clone)]
pub struct Told {
    /// The alert.
    pub alert: Alert,
    /// The conference.
    pub conference_id: ConferenceId,
    /// Its title.
    pub title: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// Short name of its course.
    pub course_code: String,
    /// Scheduled start of the class.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end of the class.
    pub ends_at: DateTime<Utc>,
}

/// The condition that instructors are told of an alert.
fn reaching_instructors() -> String {
    let told = AlertKind::ALL.iter().filter(|kind| kind.reaches().contains(&Owner::Instructor));
    let words: Vec<String> = told.map(|kind| format!("'{kind}'")).collect();
    format!(" AND a.kind IN ({})", words.join(", "))
}

/// Open alerts of classes that were not cancelled, the class that begins first first; at most `limit`. A member is
/// told of the courses they teach, and of what instructors are told.
pub async fn open(db: &impl Read, eyes: Eyes, limit: i64) -> Result<Vec<Told>> {
    let (teaches, binds) = match eyes {
        Eyes::All => (String::new(), params![limit]),
        Eyes::Member(user, today) => (
            " AND EXISTS (SELECT 1 FROM enrolment n WHERE n.course_id = c.course_id AND n.user_id = $2
                  AND n.role = 'instructor' AND (n.ends_on IS NULL OR n.ends_on >= $3))"
                .to_owned()
                + &reaching_instructors(),
            params![limit, user, today],
        ),
    };
    let sql = format!(
        "SELECT {COLUMNS}, m.conference_id, m.starts_at, m.ends_at, c.title, c.time_zone, k.code AS course_code
         FROM alert a JOIN meeting m ON m.id = a.meeting_id JOIN conference c ON c.id = m.conference_id
         JOIN course k ON k.id = c.course_id
         WHERE a.resolved_at IS NULL AND m.cancelled_at IS NULL{teaches}
         ORDER BY m.starts_at, a.id LIMIT $1"
    );
    let told = |row: &Row| {
        Ok(Told {
            alert: alert(row)?,
            conference_id: row.id("conference_id")?,
            title: row.get("title")?,
            time_zone: row.get("time_zone")?,
            course_code: row.get("course_code")?,
            starts_at: row.get("starts_at")?,
            ends_at: row.get("ends_at")?,
        })
    };
    db.rows(&sql, binds).await?.iter().map(told).collect()
}

/// What somebody answered, and when.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Name of who gave it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes what whoever teaches answered.
pub async fn put_answer(
    tx: &Tx,
    meeting: MeetingId,
    (by, answer): (UserId, Answer),
    at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO recording_answer (meeting_id, answered_by, answer, at) VALUES ($1, $2, $3, $4)",
        params![meeting, by, answer, at],
    )
    .await?;
    Ok(())
}

/// The last answer about a meeting.
pub async fn last_answer(db: &impl Read, meeting: MeetingId) -> Result<Option<Answered>> {
    let row = db
        .row(
            "SELECT r.answer, r.at, u.name FROM recording_answer r JOIN \"user\" u ON u.id = r.answered_by
             WHERE r.meeting_id = $1 ORDER BY r.at DESC, r.id DESC LIMIT 1",
            params![meeting],
        )
        .await?;
    row.map(|row| Ok(Answered { answer: row.get("answer")?, by: row.get("name")?, at: row.get("at")? }))
        .transpose()
}
