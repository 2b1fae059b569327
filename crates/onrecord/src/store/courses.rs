//! Table `course`.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::access::{Membership, Viewer};
use crate::model::id::{CourseId, UserId};
use crate::model::integration::SyncKind;
use crate::model::people::Course;
use crate::params;

pub(super) const COLUMNS: &str =
    "k.id, k.external_id, k.code, k.title, k.term, k.starts_on, k.ends_on, k.learners_see_chat,
     k.learners_see_files, k.invite_learners, k.kinds_off";

pub(super) fn course(row: &Row) -> Result<Course> {
    Ok(Course {
        id: row.id("id")?,
        external_id: row.get("external_id")?,
        code: row.get("code")?,
        title: row.get("title")?,
        term: row.get("term")?,
        starts_on: row.get("starts_on")?,
        ends_on: row.get("ends_on")?,
        learners_see_chat: row.get("learners_see_chat")?,
        learners_see_files: row.get("learners_see_files")?,
        invite_learners: row.get("invite_learners")?,
        kinds_off: row.json("kinds_off")?,
    })
}

/// What is written of a course.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewCourse {
    /// The id in the school's own system.
    pub external_id: Option<String>,
    /// Short name.
    pub code: String,
    /// Full name.
    pub title: String,
    /// The term.
    pub term: String,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
    /// Learners see the chat.
    pub learners_see_chat: bool,
    /// Learners see the files.
    pub learners_see_files: bool,
    /// Learners are invited in Teams.
    pub invite_learners: bool,
    /// Kinds that are neither asked for nor shown.
    pub kinds_off: Vec<SyncKind>,
}

impl NewCourse {
    fn kinds_off(&self) -> String {
        serde_json::json!(self.kinds_off).to_string()
    }
}

impl From<Course> for NewCourse {
    fn from(course: Course) -> Self {
        Self {
            external_id: course.external_id,
            code: course.code,
            title: course.title,
            term: course.term,
            starts_on: course.starts_on,
            ends_on: course.ends_on,
            learners_see_chat: course.learners_see_chat,
            learners_see_files: course.learners_see_files,
            invite_learners: course.invite_learners,
            kinds_off: course.kinds_off,
        }
    }
}

/// Writes a course and returns its id. `Conflict` if the external id is taken.
pub async fn insert(tx: &Tx, new: &NewCourse, at: DateTime<Utc>) -> Result<CourseId> {
    tx.insert(
        "INSERT INTO course (external_id, code, title, term, starts_on, ends_on, learners_see_chat,
             learners_see_files, invite_learners, kinds_off, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) RETURNING id",
        params![
            new.external_id,
            new.code,
            new.title,
            new.term,
            new.starts_on,
            new.ends_on,
            new.learners_see_chat,
            new.learners_see_files,
            new.invite_learners,
            new.kinds_off(),
            at
        ],
    )
    .await
}

/// Rewrites a course. `Conflict` if the external id is another's.
pub async fn update(tx: &Tx, id: CourseId, new: &NewCourse, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE course SET external_id = $2, code = $3, title = $4, term = $5, starts_on = $6, ends_on = $7,
             learners_see_chat = $8, learners_see_files = $9, invite_learners = $10, kinds_off = $11, updated_at = $12
         WHERE id = $1",
        params![
            id,
            new.external_id,
            new.code,
            new.title,
            new.term,
            new.starts_on,
            new.ends_on,
            new.learners_see_chat,
            new.learners_see_files,
            new.invite_learners,
            new.kinds_off(),
            at
        ],
    )
    .await?;
    Ok(())
}

/// The course, if there is one.
pub async fn find(db: &impl Read, id: CourseId) -> Result<Option<Course>> {
    let sql = format!("SELECT {COLUMNS} FROM course k WHERE k.id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(course).transpose()
}

/// The course, locked until the transaction ends: roster changes of one course go one after the other.
pub async fn lock(tx: &Tx, id: CourseId) -> Result<Option<Course>> {
    let sql = format!("SELECT {COLUMNS} FROM course k WHERE k.id = $1{}", tx.for_update());
    tx.row(&sql, params![id]).await?.as_ref().map(course).transpose()
}

/// The course with this id in the school's own system.
pub async fn find_by_external_id(db: &impl Read, external_id: &str) -> Result<Option<Course>> {
    let sql = format!("SELECT {COLUMNS} FROM course k WHERE k.external_id = $1");
    db.row(&sql, params![external_id]).await?.as_ref().map(course).transpose()
}

/// The course and the part of `user` in it, if there is such a course.
pub async fn find_placed(
    db: &impl Read,
    id: CourseId,
    user: UserId,
) -> Result<Option<(Course, Option<Membership>)>> {
    let sql = format!(
        "SELECT {COLUMNS}, n.role AS member_role, n.ends_on AS member_ends_on FROM course k
         LEFT JOIN enrolment n ON n.course_id = k.id AND n.user_id = $2 WHERE k.id = $1"
    );
    let row = db.row(&sql, params![id, user]).await?;
    row.map(|row| Ok((course(&row)?, membership(&row)?))).transpose()
}

fn membership(row: &Row) -> Result<Option<Membership>> {
    let role: Option<_> = row.get("member_role")?;
    let ends_on = row.get("member_ends_on")?;
    Ok(role.map(|role| Membership { role, ends_on }))
}

/// A course as a list shows it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The course.
    pub course: Course,
    /// The asking person's part in it, if any.
    pub membership: Option<Membership>,
    /// How many learners are enrolled today.
    pub learners: i64,
    /// Names of its instructors today, in order of name.
    pub instructors: Vec<String>,
}

/// Whose courses a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// All; for admins and officers.
    All(UserId),
    /// Those in which the person is enrolled on that day.
    Of(UserId),
}

impl Whose {
    /// Which courses `viewer` sees: all with a global role, else their own.
    pub fn seen_by(viewer: &Viewer) -> Self {
        match viewer.role {
            Some(_) => Self::All(viewer.user_id),
            None => Self::Of(viewer.user_id),
        }
    }
}

/// Courses by code whose code, title or term contains `q`, after the course `after`; at most `limit`.
pub async fn list(
    db: &impl Read,
    whose: Whose,
    q: &str,
    (after, limit): (Option<CourseId>, i64),
    today: NaiveDate,
) -> Result<Vec<Listed>> {
    let (user, join) = match whose {
        Whose::All(user) => (user, "LEFT JOIN"),
        Whose::Of(user) => (user, "JOIN"),
    };
    let sql = format!(
        "SELECT {COLUMNS}, n.role AS member_role, n.ends_on AS member_ends_on,
             (SELECT COUNT(*) FROM enrolment l WHERE l.course_id = k.id AND l.role = 'learner'
                 AND (l.ends_on IS NULL OR l.ends_on >= $6)) AS learners
         FROM course k {join} enrolment n ON n.course_id = k.id AND n.user_id = $1
             AND (n.ends_on IS NULL OR n.ends_on >= $6)
         WHERE ($2 = '' OR LOWER(k.code) LIKE $3 ESCAPE '\\' OR LOWER(k.title) LIKE $3 ESCAPE '\\'
                 OR LOWER(k.term) LIKE $3 ESCAPE '\\' OR k.external_id = $2)
           AND ($4 = 0 OR (k.code, k.id) > (SELECT p.code, p.id FROM course p WHERE p.id = $4))
         ORDER BY k.code, k.id LIMIT $5"
    );
    let after = after.unwrap_or(CourseId(0));
    let rows = db.rows(&sql, params![user, q, super::users::like(q), after, limit, today]).await?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in &rows {
        listed.push(Listed {
            course: course(row)?,
            membership: membership(row)?,
            learners: row.get("learners")?,
            instructors: Vec::new(),
        });
    }
    name_instructors(db, &mut listed, today).await?;
    Ok(listed)
}

/// Puts the names of the instructors to the courses of one page, by one query.
async fn name_instructors(db: &impl Read, listed: &mut [Listed], today: NaiveDate) -> Result<()> {
    if listed.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT n.course_id, u.name FROM enrolment n JOIN \"user\" u ON u.id = n.user_id
         WHERE n.role = 'instructor' AND (n.ends_on IS NULL OR n.ends_on >= $1) AND n.course_id IN ({})
         ORDER BY u.name, u.id",
        super::many::list(2, listed.len())
    );
    let mut params = params![today];
    params.extend(listed.iter().map(|line| super::Param::param(&line.course.id)));
    for row in db.rows(&sql, params).await? {
        let of: CourseId = row.id("course_id")?;
        if let Some(line) = listed.iter_mut().find(|line| line.course.id == of) {
            line.instructors.push(row.get("name")?);
        }
    }
    Ok(())
}
