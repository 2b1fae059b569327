//! Tables `attendance_report`, `attendance_record` and `attendance_interval`: who was in a meeting, from when to
//! when, as Microsoft counted it.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::attendance::{AttendanceRecord, Interval};
use crate::model::id::{AttendanceRecordId, MeetingId, UserId};
use crate::model::verdict::Came;
use crate::params;

/// One session of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Graph `meetingAttendanceReport.id`.
    pub report_id: String,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended; `None` while it goes on.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A meeting's sessions by start.
pub async fn sessions(db: &impl Read, meeting: MeetingId) -> Result<Vec<Session>> {
    let rows = db
        .rows(
            "SELECT report_id, started_at, ended_at FROM attendance_report WHERE meeting_id = $1
             ORDER BY started_at, report_id",
            params![meeting],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Session {
                report_id: row.get("report_id")?,
                started_at: row.get("started_at")?,
                ended_at: row.get("ended_at")?,
            })
        })
        .collect()
}

/// How many people came to a meeting, and how many of them have a role that lets them record; `None` if attendance
/// shows nobody. In Teams organizers, co-organizers and presenters may record.
pub async fn came(db: &impl Read, meeting: MeetingId) -> Result<Option<Came>> {
    let row = db
        .row(
            "SELECT COUNT(*) AS people, COUNT(CASE WHEN LOWER(role) <> 'attendee' AND role <> '' THEN 1 END) AS may_record
             FROM attendance_record WHERE meeting_id = $1",
            params![meeting],
        )
        .await?;
    let came = row.map(|row| -> Result<Came> {
        Ok(Came { people: row.get("people")?, may_record: row.get("may_record")? })
    });
    Ok(came.transpose()?.filter(|came| came.people > 0))
}

/// Writes a session, new or changed.
pub async fn put_session(tx: &Tx, meeting: MeetingId, session: &Session) -> Result<()> {
    tx.execute(
        "INSERT INTO attendance_report (meeting_id, report_id, started_at, ended_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (meeting_id, report_id)
         DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at",
        params![meeting, session.report_id, session.started_at, session.ended_at],
    )
    .await?;
    Ok(())
}

fn record(row: &Row) -> Result<AttendanceRecord> {
    Ok(AttendanceRecord {
        id: row.id("id")?,
        meeting_id: row.id("meeting_id")?,
        report_id: row.get("report_id")?,
        graph_id: row.get("graph_id")?,
        user_id: row.id_opt("user_id")?,
        entra_object_id: row.get("entra_object_id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        role: row.get("role")?,
        joined_at: row.get("joined_at")?,
        left_at: row.get("left_at")?,
        attended_s: row.get("attended_s")?,
    })
}

const COLUMNS: &str =
    "r.id, r.meeting_id, r.report_id, r.graph_id, r.user_id, r.entra_object_id, r.name, r.email,
     r.role, r.joined_at, r.left_at, r.attended_s";

/// A meeting's records.
pub async fn of_meeting(db: &impl Read, meeting: MeetingId) -> Result<Vec<AttendanceRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM attendance_record r WHERE r.meeting_id = $1 ORDER BY r.joined_at, r.id"
    );
    db.rows(&sql, params![meeting]).await?.iter().map(record).collect()
}

/// Writes a record that is new or changed, with its intervals, and returns its id. `record.id` is not read.
pub async fn put(tx: &Tx, record: &AttendanceRecord, intervals: &[Interval]) -> Result<AttendanceRecordId> {
    let id: AttendanceRecordId = tx
        .insert(
            "INSERT INTO attendance_record (meeting_id, report_id, graph_id, user_id, entra_object_id, name,
                 email, role, joined_at, left_at, attended_s)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (meeting_id, report_id, graph_id) DO UPDATE SET user_id = excluded.user_id,
                 entra_object_id = excluded.entra_object_id, name = excluded.name, email = excluded.email,
                 role = excluded.role, joined_at = excluded.joined_at, left_at = excluded.left_at,
                 attended_s = excluded.attended_s
             RETURNING id",
            params![
                record.meeting_id,
                record.report_id,
                record.graph_id,
                record.user_id,
                record.entra_object_id,
                record.name,
                record.email,
                record.role,
                record.joined_at,
                record.left_at,
                record.attended_s
            ],
        )
        .await?;
    tx.execute("DELETE FROM attendance_interval WHERE record_id = $1", params![id]).await?;
    for (seq, interval) in (0_i64..).zip(intervals) {
        tx.execute(
            "INSERT INTO attendance_interval (record_id, seq, joined_at, left_at) VALUES ($1, $2, $3, $4)",
            params![id, seq, interval.joined_at, interval.left_at],
        )
        .await?;
    }
    Ok(id)
}

/// One person's stay in all meetings of a conference, as pages and programs show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attended {
    /// The meeting.
    pub meeting_id: MeetingId,
    /// The person, once matched.
    pub user_id: Option<UserId>,
    /// Our name for the person, else Microsoft's.
    pub name: String,
    /// Our address for the person, else Microsoft's.
    pub email: Option<String>,
    /// Microsoft's role word.
    pub role: String,
    /// First join.
    pub joined_at: DateTime<Utc>,
    /// Last leave.
    pub left_at: DateTime<Utc>,
    /// Time there in seconds, summed over the meeting's sessions.
    pub attended_s: i64,
}

/// Who attended the meetings of a conference, each person once per meeting with all sessions summed, by meeting
/// and join; with `only`, that person alone.
pub async fn of_conference(
    db: &impl Read,
    conference: crate::model::id::ConferenceId,
    only: Option<UserId>,
) -> Result<Vec<Attended>> {
    // Unmatched people are told apart by Microsoft's id within the report.
    let who = "COALESCE('u' || CAST(r.user_id AS TEXT), 'e' || r.entra_object_id, 'm' || r.email,
               'r' || r.report_id || '/' || r.graph_id)";
    let sql = format!(
        "SELECT r.meeting_id, MAX(r.user_id) AS user_id, MAX(CASE WHEN u.restricted_at IS NOT NULL THEN u.pseudonym ELSE COALESCE(u.name, r.name) END) AS name,
                MAX(CASE WHEN u.restricted_at IS NULL THEN COALESCE(u.email, r.email) END) AS email, MAX(r.role) AS role, MIN(r.joined_at) AS joined_at,
                MAX(r.left_at) AS left_at, CAST(SUM(r.attended_s) AS BIGINT) AS attended_s
         FROM attendance_record r
         JOIN meeting m ON m.id = r.meeting_id
         LEFT JOIN \"user\" u ON u.id = r.user_id
         WHERE m.conference_id = $1 {only}
         GROUP BY r.meeting_id, {who}
         ORDER BY MIN(m.starts_at), r.meeting_id, MIN(r.joined_at), MAX(r.id)",
        only = if only.is_some() { "AND r.user_id = $2" } else { "" }
    );
    let mut values = params![conference];
    values.extend(only.map(|user| sea_orm::Value::from(user.0)));
    let rows = db.rows(&sql, values).await?;
    rows.iter()
        .map(|row| {
            Ok(Attended {
                meeting_id: row.id("meeting_id")?,
                user_id: row.id_opt("user_id")?,
                name: row.get("name")?,
                email: row.get("email")?,
                role: row.get("role")?,
                joined_at: row.get("joined_at")?,
                left_at: row.get("left_at")?,
                attended_s: row.get("attended_s")?,
            })
        })
        .collect()
}

/// Whether an attendance report was ever read for a meeting of this organizer: only then does an empty list of
/// reports prove that nobody came.
pub async fn organizer_has_reports(db: &impl Read, organizer: &str) -> Result<bool> {
    let row = db
        .row(
            "SELECT r.report_id FROM attendance_report r JOIN meeting m ON m.id = r.meeting_id
             WHERE m.organizer_id = $1 LIMIT 1",
            params![organizer],
        )
        .await?;
    Ok(row.is_some())
}
