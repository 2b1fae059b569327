//! Table `enrolment`: who belongs to which course.

use chrono::{DateTime, NaiveDate, Utc};

use super::users::AS_SHOWN;
use super::{Param, Read, Result, Row, Tx, many};
use crate::model::id::{CourseId, UserId};
use crate::model::people::{CourseRole, Enrolment};
use crate::params;

const COLUMNS: &str = "n.id, n.course_id, n.user_id, n.role, n.section, n.ends_on";

fn enrolment(row: &Row) -> Result<Enrolment> {
    Ok(Enrolment {
        id: row.id("id")?,
        course_id: row.id("course_id")?,
        user_id: row.id("user_id")?,
        role: row.get("role")?,
        section: row.get("section")?,
        ends_on: row.get("ends_on")?,
    })
}

/// What is written of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEnrolment {
    /// The person.
    pub user_id: UserId,
    /// Their part.
    pub role: CourseRole,
    /// Group within the course.
    pub section: Option<String>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
}

/// The whole roster of a course, ended enrolments included.
pub async fn of_course(db: &impl Read, course: CourseId) -> Result<Vec<Enrolment>> {
    let sql = format!("SELECT {COLUMNS} FROM enrolment n WHERE n.course_id = $1 ORDER BY n.id");
    db.rows(&sql, params![course]).await?.iter().map(enrolment).collect()
}

/// One person's place in a course.
pub async fn find(db: &impl Read, course: CourseId, user: UserId) -> Result<Option<Enrolment>> {
    let sql = format!("SELECT {COLUMNS} FROM enrolment n WHERE n.course_id = $1 AND n.user_id = $2");
    db.row(&sql, params![course, user]).await?.as_ref().map(enrolment).transpose()
}

/// Writes enrolments, or rewrites those of people who are enrolled already.
pub async fn put(tx: &Tx, course: CourseId, wanted: &[NewEnrolment], at: DateTime<Utc>) -> Result<()> {
    for piece in wanted.chunks(many::CHUNK) {
        let sql = format!(
            "INSERT INTO enrolment (course_id, user_id, role, section, ends_on, created_at) VALUES {}
             ON CONFLICT (course_id, user_id) DO UPDATE SET role = excluded.role, section = excluded.section,
                 ends_on = excluded.ends_on",
            many::values(piece.len(), 6)
        );
        let row = |new: &NewEnrolment| params![course, new.user_id, new.role, new.section, new.ends_on, at];
        tx.execute(&sql, piece.iter().flat_map(row).collect()).await?;
    }
    Ok(())
}

/// Removes people from a course and returns how many were in it.
pub async fn remove(tx: &Tx, course: CourseId, people: &[UserId]) -> Result<u64> {
    let mut removed = 0;
    for piece in people.chunks(many::CHUNK) {
        let places = many::list(2, piece.len());
        // A hold on a person goes on holding the classes of a course that they leave.
        let held = format!(
            "INSERT INTO hold_course (hold_id, course_id) SELECT h.id, $1 FROM hold h
             WHERE h.scope = 'person' AND h.released_at IS NULL AND h.subject_id IN ({places}) ON CONFLICT DO NOTHING"
        );
        tx.execute(
            &held,
            std::iter::once(course.param()).chain(piece.iter().map(super::Param::param)).collect(),
        )
        .await?;
        let sql = format!("DELETE FROM enrolment WHERE course_id = $1 AND user_id IN ({places})");
        let mut params = params![course];
        params.extend(piece.iter().map(Param::param));
        removed += tx.execute(&sql, params).await?;
    }
    Ok(removed)
}

/// One person of a roster, as a list shows them.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The enrolment.
    pub enrolment: Enrolment,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their id in the school's own system.
    pub external_id: Option<String>,
    /// Set when they may not sign in.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Whether Microsoft's object id is known for them: without it they cannot be invited.
    pub known_to_microsoft: bool,
}

/// The roster of a course, instructors first, then by name, after the person `after`; at most `limit`.
pub async fn list(
    db: &impl Read,
    course: CourseId,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let sql = format!(
        "SELECT {COLUMNS}, {AS_SHOWN}, u.external_id, u.disabled_at,
             u.entra_object_id IS NOT NULL AS known_to_microsoft
         FROM enrolment n JOIN \"user\" u ON u.id = n.user_id
         WHERE n.course_id = $1
           AND ($2 = 0 OR (n.role, u.name, u.id) > (
               SELECT m.role, v.name, v.id FROM enrolment m JOIN \"user\" v ON v.id = m.user_id
               WHERE m.course_id = $1 AND m.user_id = $2))
         ORDER BY n.role, u.name, u.id LIMIT $3"
    );
    let rows = db.rows(&sql, params![course, after.unwrap_or(UserId(0)), limit]).await?;
    let listed = |row: &Row| {
        Ok(Listed {
            enrolment: enrolment(row)?,
            name: row.get("name")?,
            email: row.get("email")?,
            external_id: row.get("external_id")?,
            disabled_at: row.get("disabled_at")?,
            known_to_microsoft: row.get("known_to_microsoft")?,
        })
    };
    rows.iter().map(listed).collect()
}

/// How many learners and instructors a course has today.
pub async fn counts(db: &impl Read, course: CourseId, today: NaiveDate) -> Result<(i64, i64)> {
    let row = db
        .row(
            "SELECT COUNT(CASE WHEN role = 'learner' THEN 1 END) AS learners,
                 COUNT(CASE WHEN role = 'instructor' THEN 1 END) AS instructors
             FROM enrolment WHERE course_id = $1 AND (ends_on IS NULL OR ends_on >= $2)",
            params![course, today],
        )
        .await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get("learners")?, row.get("instructors")?)))
}

/// Whether somebody teaches, and whether they learn, in any course at present.
pub async fn parts_of(db: &impl Read, user: UserId, today: NaiveDate) -> Result<(bool, bool)> {
    let row = db
        .row(
            "SELECT COUNT(CASE WHEN role = 'instructor' THEN 1 END) AS teaches,
                    COUNT(CASE WHEN role = 'learner' THEN 1 END) AS learns
             FROM enrolment WHERE user_id = $1 AND (ends_on IS NULL OR ends_on >= $2)",
            params![user, today],
        )
        .await?;
    row.map_or(Ok((false, false)), |row| Ok((row.get::<i64>("teaches")? > 0, row.get::<i64>("learns")? > 0)))
}
