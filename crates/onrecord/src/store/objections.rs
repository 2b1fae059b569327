//! Tables `objection` and `objection_note`: people who object to being recorded, and what was done about it.

use chrono::{DateTime, Utc};

use super::users::AS_SHOWN;
use super::{Read, Result, Row, Tx};
use crate::model::id::{CourseId, ExceptionId, MeetingId, ObjectionId, UserId};
use crate::model::objection::{CaseNote, Objection};
use crate::params;

const COLUMNS: &str =
    "o.id, o.course_id, o.meeting_id, o.user_id, o.reason, o.raised_at, o.due_at, o.owner_id, o.outcome,
     o.answer, o.closed_at, o.exception_id";

fn objection(row: &Row) -> Result<Objection> {
    Ok(Objection {
        id: row.id("id")?,
        course_id: row.id("course_id")?,
        meeting_id: row.id_opt("meeting_id")?,
        user_id: row.id("user_id")?,
        reason: row.get("reason")?,
        raised_at: row.get("raised_at")?,
        due_at: row.get("due_at")?,
        owner_id: row.id_opt("owner_id")?,
        outcome: row.get("outcome")?,
        answer: row.get("answer")?,
        closed_at: row.get("closed_at")?,
        exception_id: row.id_opt("exception_id")?,
    })
}

/// Writes that somebody objects to the recording of a class or course. `Conflict` if they did and it is not answered.
pub async fn insert(
    tx: &Tx,
    (user, reason): (UserId, &str),
    (course, meeting): (CourseId, Option<MeetingId>),
    (at, due_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<ObjectionId> {
    tx.insert(
        "INSERT INTO objection (course_id, meeting_id, about, user_id, reason, raised_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        params![course, meeting, meeting.map_or(0, |id| id.0), user, reason, at, due_at],
    )
    .await
}

/// The case, locked until the transaction ends.
pub async fn lock(tx: &Tx, id: ObjectionId) -> Result<Option<Objection>> {
    let sql = format!("SELECT {COLUMNS} FROM objection o WHERE o.id = $1{}", tx.for_update());
    tx.row(&sql, params![id]).await?.as_ref().map(objection).transpose()
}

/// Writes what changed of a case: owner, deadline, outcome, answer, exception.
pub async fn update(tx: &Tx, case: &Objection) -> Result<()> {
    tx.execute(
        "UPDATE objection SET due_at = $2, owner_id = $3, outcome = $4, answer = $5, closed_at = $6, exception_id = $7
         WHERE id = $1",
        params![case.id, case.due_at, case.owner_id, case.outcome, case.answer, case.closed_at, case.exception_id],
    )
    .await?;
    Ok(())
}

/// Adds a note to a case.
pub async fn add_note(
    tx: &Tx,
    id: ObjectionId,
    (author, text): (UserId, &str),
    at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO objection_note (objection_id, author_id, text, noted_at) VALUES ($1, $2, $3, $4)",
        params![id, author, text, at],
    )
    .await?;
    Ok(())
}

/// What was noted in a case, in order.
pub async fn notes(db: &impl Read, id: ObjectionId) -> Result<Vec<CaseNote>> {
    let rows = db
        .rows(
            "SELECT u.name, n.text, n.noted_at FROM objection_note n JOIN \"user\" u ON u.id = n.author_id
             WHERE n.objection_id = $1 ORDER BY n.id",
            params![id],
        )
        .await?;
    let note = |row: &Row| {
        Ok(CaseNote { author: row.get("name")?, text: row.get("text")?, at: row.get("noted_at")? })
    };
    rows.iter().map(note).collect()
}

/// A case as lists show it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The case.
    pub case: Objection,
    /// Who objects: name and address.
    pub person: (String, String),
    /// Short and full name of the course.
    pub course: (String, String),
    /// Title, start and zone of the class, if it is about one.
    pub class: Option<(String, DateTime<Utc>, String)>,
    /// Name of the owner.
    pub owner: Option<String>,
}

/// Which cases are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// One.
    One(ObjectionId),
    /// Those that one person raised.
    Of(UserId),
}

/// The newest cases first, before `before`, at most `limit`.
pub async fn list(
    db: &impl Read,
    which: Which,
    before: Option<ObjectionId>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let mut binds = params![before.map_or(i64::MAX, |id| id.0), limit];
    let narrowed = match which {
        Which::All => "",
        Which::One(id) => {
            binds.extend(params![id]);
            "AND o.id = $3"
        }
        Which::Of(user) => {
            binds.extend(params![user]);
            "AND o.user_id = $3"
        }
    };
    let sql = format!(
        "SELECT {COLUMNS}, {AS_SHOWN}, k.code, k.title AS course_title, c.title AS class_title,
             m.starts_at AS class_starts_at, c.time_zone, w.name AS owner_name
         FROM objection o JOIN \"user\" u ON u.id = o.user_id JOIN course k ON k.id = o.course_id
         LEFT JOIN meeting m ON m.id = o.meeting_id LEFT JOIN conference c ON c.id = m.conference_id
         LEFT JOIN \"user\" w ON w.id = o.owner_id WHERE o.id < $1 {narrowed} ORDER BY o.id DESC LIMIT $2"
    );
    let listed = |row: &Row| {
        let title: Option<String> = row.get("class_title")?;
        let class = match title {
            Some(title) => Some((title, row.get("class_starts_at")?, row.get("time_zone")?)),
            None => None,
        };
        Ok(Listed {
            case: objection(row)?,
            person: (row.get("name")?, row.get("email")?),
            course: (row.get("code")?, row.get("course_title")?),
            class,
            owner: row.get("owner_name")?,
        })
    };
    db.rows(&sql, binds).await?.iter().map(listed).collect()
}

/// How many cases wait: exceptions that nobody decided on, objections without an owner, objections past their deadline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Exceptions to decide on.
    pub exceptions: i64,
    /// Objections that nobody has taken.
    pub new: i64,
    /// Objections past their deadline.
    pub overdue: i64,
}

impl Waiting {
    /// Whether nobody waits for anybody.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// What waits at `now`.
pub async fn waiting(db: &impl Read, now: DateTime<Utc>) -> Result<Waiting> {
    let row = db
        .row(
            "SELECT (SELECT COUNT(*) FROM recording_exception x WHERE x.ruling IS NULL AND x.ended_at IS NULL
                         AND x.ends_at > $1) AS exceptions,
                 (SELECT COUNT(*) FROM objection o WHERE o.closed_at IS NULL AND o.owner_id IS NULL) AS fresh,
                 (SELECT COUNT(*) FROM objection o WHERE o.closed_at IS NULL AND o.due_at <= $1) AS overdue",
            params![now],
        )
        .await?;
    let Some(row) = row else {
        return Ok(Waiting::default());
    };
    Ok(Waiting { exceptions: row.get("exceptions")?, new: row.get("fresh")?, overdue: row.get("overdue")? })
}

/// Whether an exception is one of this course.
pub async fn is_of_course(db: &impl Read, course: CourseId, id: ExceptionId) -> Result<bool> {
    let sql = "SELECT id FROM recording_exception WHERE id = $1 AND course_id = $2";
    Ok(db.row(sql, params![id, course]).await?.is_some())
}

/// Whether a class is one of this course.
pub async fn has_class(db: &impl Read, course: CourseId, meeting: MeetingId) -> Result<bool> {
    let sql = "SELECT m.id FROM meeting m JOIN conference c ON c.id = m.conference_id
               WHERE m.id = $1 AND c.course_id = $2";
    Ok(db.row(sql, params![meeting, course]).await?.is_some())
}

/// The words of a person's objections and what was noted in them go; that there were cases stays, and none waits any more.
/// Returns how many.
pub async fn erase(tx: &Tx, user: UserId, at: DateTime<Utc>) -> Result<u64> {
    let of = "SELECT o.id FROM objection o WHERE o.user_id = $1";
    let notes = format!("UPDATE objection_note SET text = '' WHERE objection_id IN ({of})");
    tx.execute(&notes, params![user]).await?;
    let sql = "UPDATE objection SET reason = '', answer = '', outcome = COALESCE(outcome, 'withdrawn'),
                   closed_at = COALESCE(closed_at, $2) WHERE user_id = $1";
    tx.execute(sql, params![user, at]).await
}
