//! Table `recording_exception`: classes that are not to be recorded, asked for and decided on. Who covers a class is said
//! by `model/exception.rs`; the queries here find what may.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::exception::{Exception, Office, Ruling};
use crate::model::id::{CourseId, ExceptionId, MeetingId, UserId};
use crate::model::job::JobKind;
use crate::params;

const COLUMNS: &str =
    "x.id, x.course_id, x.meeting_id, x.reason, x.starts_at, x.ends_at, x.asked_by, x.asked_as, x.asked_at,
     x.ruling, x.decided_by, x.decided_as, x.decided_at, x.decision_note, x.ended_at, x.end_reason";

fn exception(row: &Row) -> Result<Exception> {
    Ok(Exception {
        id: row.id("id")?,
        course_id: row.id("course_id")?,
        meeting_id: row.id_opt("meeting_id")?,
        reason: row.get("reason")?,
        starts_at: row.get("starts_at")?,
        ends_at: row.get("ends_at")?,
        asked_by: row.id_opt("asked_by")?,
        asked_as: row.get("asked_as")?,
        asked_at: row.get("asked_at")?,
        ruling: row.get("ruling")?,
        decided_by: row.id_opt("decided_by")?,
        decided_as: row.get("decided_as")?,
        decided_at: row.get("decided_at")?,
        decision_note: row.get("decision_note")?,
        ended_at: row.get("ended_at")?,
        end_reason: row.get("end_reason")?,
    })
}

/// An exception that somebody asks for.
#[derive(Debug, Clone, Copy)]
pub struct NewException<'a> {
    /// The course of its classes.
    pub course: CourseId,
    /// The class, if it is about one.
    pub meeting: Option<MeetingId>,
    /// Why.
    pub reason: &'a str,
    /// From when until when classes begin that it is about.
    pub span: (DateTime<Utc>, DateTime<Utc>),
    /// Who asks, and in which role.
    pub by: (UserId, Office),
}

/// Writes that somebody asks for an exception.
pub async fn insert(tx: &Tx, new: NewException<'_>, at: DateTime<Utc>) -> Result<ExceptionId> {
    tx.insert(
        "INSERT INTO recording_exception (course_id, meeting_id, reason, starts_at, ends_at, asked_by, asked_as, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        params![new.course, new.meeting, new.reason, new.span.0, new.span.1, new.by.0, new.by.1, at],
    )
    .await
}

/// The exception of this course, locked until the transaction ends.
pub async fn lock(tx: &Tx, course: CourseId, id: ExceptionId) -> Result<Option<Exception>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM recording_exception x WHERE x.id = $1 AND x.course_id = $2{}",
        tx.for_update()
    );
    tx.row(&sql, params![id, course]).await?.as_ref().map(exception).transpose()
}

/// Writes what the second person said, and in which role.
pub async fn decide(
    tx: &Tx,
    id: ExceptionId,
    (ruling, note): (Ruling, &str),
    (by, office): (UserId, Office),
    at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "UPDATE recording_exception SET ruling = $2, decision_note = $3, decided_by = $4, decided_as = $5, decided_at = $6
         WHERE id = $1 AND ruling IS NULL AND ended_at IS NULL",
        params![id, ruling, note, by, office, at],
    )
    .await?;
    Ok(())
}

/// Ends it, or takes back what nobody has decided on.
pub async fn end(tx: &Tx, id: ExceptionId, (by, reason): (UserId, &str), at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE recording_exception SET ended_at = $2, ended_by = $3, end_reason = $4 WHERE id = $1 AND ended_at IS NULL",
        params![id, at, by, reason],
    )
    .await?;
    Ok(())
}

/// The approved exceptions that a class may be covered by.
pub async fn of_meeting(db: &impl Read, meeting: MeetingId) -> Result<Vec<Exception>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM meeting m JOIN conference c ON c.id = m.conference_id
         JOIN recording_exception x ON x.course_id = c.course_id AND (x.meeting_id IS NULL OR x.meeting_id = m.id)
         WHERE m.id = $1 AND x.ruling = 'approved' ORDER BY x.id"
    );
    db.rows(&sql, params![meeting]).await?.iter().map(exception).collect()
}

/// SQL: exception `x` covers meeting `m`, as [`Exception::covers`] says.
const COVERS: &str = "x.ruling = 'approved' AND (x.meeting_id IS NULL OR x.meeting_id = m.id)
     AND x.decided_at <= m.starts_at AND x.starts_at <= m.starts_at AND m.starts_at < x.ends_at
     AND (x.ended_at IS NULL OR m.starts_at < x.ended_at)";

/// SQL: nobody works on provisioning meeting `m` or will; the kind of work is `$1`.
const IDLE: &str = "NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = $1 AND j.subject = 'meeting:' || m.id AND j.dead_at IS NULL)";

/// Classes ahead that are covered and of which Teams has not said that recording is off, and on which nobody works.
pub async fn to_switch_off(db: &impl Read, now: DateTime<Utc>, limit: i64) -> Result<Vec<MeetingId>> {
    let sql = format!(
        "SELECT DISTINCT m.id, m.starts_at FROM recording_exception x JOIN conference c ON c.course_id = x.course_id
         JOIN meeting m ON m.conference_id = c.id
         WHERE {COVERS} AND x.ends_at > $2 AND m.starts_at > $2 AND m.cancelled_at IS NULL
           AND m.auto_recording_status <> 'exempted' AND {IDLE} ORDER BY m.starts_at, m.id LIMIT $3"
    );
    let rows = db.rows(&sql, params![JobKind::Provision, now, limit]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Classes, past ones too, of which Teams said that recording is off while no exception is in force any more, and on
/// which nobody works.
pub async fn to_switch_on(db: &impl Read, now: DateTime<Utc>, limit: i64) -> Result<Vec<MeetingId>> {
    let sql = format!(
        "SELECT m.id FROM meeting m JOIN conference c ON c.id = m.conference_id
         WHERE m.auto_recording_status = 'exempted' AND m.cancelled_at IS NULL AND {IDLE}
           AND NOT EXISTS (SELECT 1 FROM recording_exception x WHERE x.course_id = c.course_id AND {COVERS}
               AND ($2 < m.ends_at OR ($2 < x.ends_at AND x.ended_at IS NULL)))
         ORDER BY m.starts_at, m.id LIMIT $3"
    );
    let rows = db.rows(&sql, params![JobKind::Provision, now, limit]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// An exception as a list shows it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The exception.
    pub exception: Exception,
    /// Short and full name of its course.
    pub course: (String, String),
    /// Title, start, end and zone of its class, if it is about one.
    pub class: Option<Class>,
    /// Who asked.
    pub asked_by: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
}

/// The class of an exception.
#[derive(Debug, Clone)]
pub struct Class {
    /// Title of its conference.
    pub title: String,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// IANA zone.
    pub time_zone: String,
}

/// Which exceptions are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of one course.
    Course(CourseId),
    /// All.
    All,
    /// Those of all courses on which nobody has decided at this moment.
    Undecided(DateTime<Utc>),
}

/// The newest exceptions first, before `before`, at most `limit`.
pub async fn list(
    db: &impl Read,
    whose: Whose,
    before: Option<ExceptionId>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let mut binds = params![before.map_or(i64::MAX, |id| id.0), limit];
    let narrowed = match whose {
        Whose::Course(course) => {
            binds.extend(params![course]);
            "AND x.course_id = $3"
        }
        Whose::All => "",
        Whose::Undecided(now) => {
            binds.extend(params![now]);
            "AND x.ruling IS NULL AND x.ended_at IS NULL AND x.ends_at > $3"
        }
    };
    let sql = format!(
        "SELECT {COLUMNS}, k.code, k.title AS course_title, c.title AS class_title, m.starts_at AS class_starts_at,
             c.time_zone, a.name AS asked_by_name, d.name AS decided_by_name
         FROM recording_exception x JOIN course k ON k.id = x.course_id LEFT JOIN meeting m ON m.id = x.meeting_id
         LEFT JOIN conference c ON c.id = m.conference_id LEFT JOIN \"user\" a ON a.id = x.asked_by
         LEFT JOIN \"user\" d ON d.id = x.decided_by WHERE x.id < $1 {narrowed} ORDER BY x.id DESC LIMIT $2"
    );
    let listed = |row: &Row| {
        let title: Option<String> = row.get("class_title")?;
        let class = match title {
            Some(title) => Some(Class {
                title,
                starts_at: row.get("class_starts_at")?,
                time_zone: row.get("time_zone")?,
            }),
            None => None,
        };
        Ok(Listed {
            exception: exception(row)?,
            course: (row.get("code")?, row.get("course_title")?),
            class,
            asked_by: row.get("asked_by_name")?,
            decided_by: row.get("decided_by_name")?,
        })
    };
    db.rows(&sql, binds).await?.iter().map(listed).collect()
}

/// A class to choose from.
#[derive(Debug, Clone)]
pub struct Ahead {
    /// The meeting.
    pub id: MeetingId,
    /// What it is called and when.
    pub class: Class,
    /// End.
    pub ends_at: DateTime<Utc>,
}

const AHEAD: &str = "SELECT m.id, c.title, m.starts_at, m.ends_at, c.time_zone FROM meeting m
     JOIN conference c ON c.id = m.conference_id
     WHERE c.course_id = $1 AND m.cancelled_at IS NULL AND m.starts_at > $2";

fn ahead(row: &Row) -> Result<Ahead> {
    let class = Class {
        title: row.get("title")?,
        starts_at: row.get("starts_at")?,
        time_zone: row.get("time_zone")?,
    };
    Ok(Ahead { id: row.id("id")?, class, ends_at: row.get("ends_at")? })
}

/// The classes of a course that have not begun, the next first.
pub async fn classes_ahead(
    db: &impl Read,
    course: CourseId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Ahead>> {
    let sql = format!("{AHEAD} ORDER BY m.starts_at, m.id LIMIT $3");
    db.rows(&sql, params![course, now, limit]).await?.iter().map(ahead).collect()
}

/// The class of a course, if it is there and has not begun.
pub async fn class_ahead(
    db: &impl Read,
    course: CourseId,
    meeting: MeetingId,
    now: DateTime<Utc>,
) -> Result<Option<Ahead>> {
    let sql = format!("{AHEAD} AND m.id = $3");
    db.row(&sql, params![course, now, meeting]).await?.as_ref().map(ahead).transpose()
}
