//! Tables `minor_course`, `minor_person` and `guardian_word`: which courses and people are marked as minors, and what their
//! guardians were told or said.

use chrono::{DateTime, NaiveDate, Utc};

use super::users::AS_SHOWN;
use super::{Read, Result, Row, Tx};
use crate::model::id::{CourseId, GuardianWordId, MeetingId, UserId};
use crate::model::minors::{GuardianWord, Requirement};
use crate::params;

/// SQL: course `k` is marked, or a marked person is enrolled in it.
pub(in crate::store) const OF_MINORS: &str =
    "(EXISTS (SELECT 1 FROM minor_course mc WHERE mc.course_id = k.id)
     OR EXISTS (SELECT 1 FROM minor_person mp JOIN enrolment me ON me.user_id = mp.user_id
                WHERE me.course_id = k.id))";

/// Whether a course is marked, or a marked person is enrolled in it.
pub async fn is_of_minors(db: &impl Read, course: CourseId) -> Result<bool> {
    let sql = format!("SELECT {OF_MINORS} AS is_so FROM course k WHERE k.id = $1");
    Ok(db.row(&sql, params![course]).await?.map(|row| row.get("is_so")).transpose()?.unwrap_or(false))
}

/// What is required of the guardians of everybody in a course; `None` if it is not marked.
pub async fn of_course(db: &impl Read, course: CourseId) -> Result<Option<Requirement>> {
    let row = db.row("SELECT requires FROM minor_course WHERE course_id = $1", params![course]).await?;
    row.map(|row| row.get("requires")).transpose()
}

/// Marks a course, or takes the mark away with `None`.
pub async fn mark_course(
    tx: &Tx,
    course: CourseId,
    requires: Option<Requirement>,
    at: DateTime<Utc>,
) -> Result<()> {
    mark(tx, ("minor_course", "course_id", course.0), requires, at).await
}

/// Marks a person, or takes the mark away with `None`.
pub async fn mark_person(
    tx: &Tx,
    user: UserId,
    requires: Option<Requirement>,
    at: DateTime<Utc>,
) -> Result<()> {
    mark(tx, ("minor_person", "user_id", user.0), requires, at).await
}

async fn mark(
    tx: &Tx,
    (table, column, id): (&str, &str, i64),
    requires: Option<Requirement>,
    at: DateTime<Utc>,
) -> Result<()> {
    let Some(requires) = requires else {
        tx.execute(&format!("DELETE FROM {table} WHERE {column} = $1"), params![id]).await?;
        return Ok(());
    };
    let sql = format!(
        "INSERT INTO {table} ({column}, requires, marked_at) VALUES ($1, $2, $3)
         ON CONFLICT ({column}) DO UPDATE SET requires = excluded.requires"
    );
    tx.execute(&sql, params![id, requires, at]).await?;
    Ok(())
}

/// The courses in which a person is enrolled.
pub async fn courses_of(db: &impl Read, user: UserId) -> Result<Vec<CourseId>> {
    let rows = db.rows("SELECT course_id FROM enrolment WHERE user_id = $1", params![user]).await?;
    rows.iter().map(|row| row.id("course_id")).collect()
}

/// A learner of a course of minors.
#[derive(Debug, Clone)]
pub struct Minor {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether they themselves are marked, and what that requires.
    pub marked: Option<Requirement>,
    /// What is required of their guardians in this course.
    pub required: Requirement,
    /// What their guardians were told or said, the newest first.
    pub words: Vec<GuardianWord>,
}

/// The learners who belong to a course on a day and are minors: all of a marked course, else the marked ones.
pub async fn learners(db: &impl Read, course: CourseId, today: NaiveDate) -> Result<Vec<Minor>> {
    let rows = db
        .rows(
            &format!("SELECT u.id, {AS_SHOWN}, mp.requires AS person_requires, mc.requires AS course_requires
             FROM enrolment n JOIN \"user\" u ON u.id = n.user_id
             LEFT JOIN minor_person mp ON mp.user_id = u.id LEFT JOIN minor_course mc ON mc.course_id = n.course_id
             WHERE n.course_id = $1 AND n.role = 'learner' AND (n.ends_on IS NULL OR n.ends_on >= $2)
               AND (mp.user_id IS NOT NULL OR mc.course_id IS NOT NULL) ORDER BY u.name, u.id"),
            params![course, today],
        )
        .await?;
    let mut words = words_in(db, course).await?;
    let mut minors = Vec::with_capacity(rows.len());
    for row in &rows {
        let user: UserId = row.id("id")?;
        let marked: Option<Requirement> = row.get("person_requires")?;
        let course: Option<Requirement> = row.get("course_requires")?;
        let (own, others) = words.into_iter().partition(|word| word.user_id == user);
        words = others;
        minors.push(Minor {
            user,
            name: row.get("name")?,
            email: row.get("email")?,
            marked,
            required: marked.max(course).unwrap_or(Requirement::Nothing),
            words: own,
        });
    }
    Ok(minors)
}

async fn words_in(db: &impl Read, course: CourseId) -> Result<Vec<GuardianWord>> {
    let rows = db
        .rows(
            "SELECT g.id, g.user_id, g.kind, g.guardian, g.evidence, g.given_at, g.expires_at, g.withdrawn_at
             FROM guardian_word g JOIN enrolment n ON n.user_id = g.user_id
             WHERE n.course_id = $1 ORDER BY g.id DESC",
            params![course],
        )
        .await?;
    rows.iter().map(word).collect()
}

fn word(row: &Row) -> Result<GuardianWord> {
    Ok(GuardianWord {
        id: row.id("id")?,
        user_id: row.id("user_id")?,
        kind: row.get("kind")?,
        guardian: row.get("guardian")?,
        evidence: row.get("evidence")?,
        given_at: row.get("given_at")?,
        expires_at: row.get("expires_at")?,
        withdrawn_at: row.get("withdrawn_at")?,
    })
}

/// Writes what a guardian was told or said.
pub async fn insert_word(
    tx: &Tx,
    new: &GuardianWord,
    (by, at): (UserId, DateTime<Utc>),
) -> Result<GuardianWordId> {
    tx.insert(
        "INSERT INTO guardian_word (user_id, kind, guardian, evidence, given_at, expires_at, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        params![new.user_id, new.kind, new.guardian, new.evidence, new.given_at, new.expires_at, by, at],
    )
    .await
}

/// A guardian takes back what they said. False if it was taken back before, or there is none.
pub async fn withdraw_word(tx: &Tx, id: GuardianWordId, at: DateTime<Utc>) -> Result<Option<UserId>> {
    let rows = tx
        .rows(
            "UPDATE guardian_word SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL RETURNING user_id",
            params![id, at],
        )
        .await?;
    rows.first().map(|row| row.id("user_id")).transpose()
}

/// A class of minors that is near.
#[derive(Debug, Clone, Copy)]
pub struct Near {
    /// The class.
    pub meeting: MeetingId,
    /// Its course.
    pub course: CourseId,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
}

/// The classes between two moments of courses in which somebody is a minor, and those about whose guardians an alert is
/// open, by start.
pub async fn near(db: &impl Read, between: (DateTime<Utc>, DateTime<Utc>), limit: i64) -> Result<Vec<Near>> {
    let any = "SELECT 1 AS one FROM minor_course UNION ALL SELECT 1 FROM minor_person
               UNION ALL SELECT 1 FROM alert WHERE kind = 'consent_missing' AND resolved_at IS NULL LIMIT 1";
    if db.row(any, params![]).await?.is_none() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT m.id, k.id AS course_id, m.starts_at FROM meeting m JOIN conference c ON c.id = m.conference_id
         JOIN course k ON k.id = c.course_id
         WHERE m.starts_at > $1 AND m.starts_at <= $2 AND m.cancelled_at IS NULL
           AND ({OF_MINORS} OR EXISTS (SELECT 1 FROM alert l WHERE l.meeting_id = m.id
                AND l.kind = 'consent_missing' AND l.resolved_at IS NULL))
         ORDER BY m.starts_at, m.id LIMIT $3"
    );
    let rows = db.rows(&sql, params![between.0, between.1, limit]).await?;
    let near = |row: &Row| {
        Ok(Near { meeting: row.id("id")?, course: row.id("course_id")?, starts_at: row.get("starts_at")? })
    };
    rows.iter().map(near).collect()
}

/// What guardians said of a person goes with them. Returns how many rows lost their words.
pub async fn erase(tx: &Tx, user: UserId) -> Result<u64> {
    tx.execute("DELETE FROM minor_person WHERE user_id = $1", params![user]).await?;
    let sql = "UPDATE guardian_word SET guardian = '', evidence = '' WHERE user_id = $1";
    tx.execute(sql, params![user]).await
}
