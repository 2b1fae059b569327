//! Many users, courses and enrolments.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Target, insert, update, where_in};
use crate::model::id::{CourseId, UserId};
use crate::model::people::{Course, CourseRole, User};
use crate::params;
use crate::store::courses::{self as course_rows, NewCourse};
use crate::store::enrolments::NewEnrolment;
use crate::store::users::{self as user_rows, NewUser};
use crate::store::{Read, Result, Tx, many};

const USERS: Target = Target {
    table: "\"user\"",
    columns: &[
        "email",
        "name",
        "role",
        "upn",
        "entra_object_id",
        "external_id",
        "language",
        "created_at",
        "updated_at",
    ],
};

const USER_CHANGES: Target = Target {
    table: "\"user\"",
    columns: &[
        "id",
        "email",
        "name",
        "role",
        "upn",
        "entra_object_id",
        "external_id",
        "language",
        "updated_at",
    ],
};

/// People who have one of these external ids, (normal) addresses or object ids, each once.
pub async fn users(
    db: &impl Read,
    external_ids: &[String],
    emails: &[String],
    object_ids: &[String],
) -> Result<Vec<User>> {
    let select = format!("SELECT {} FROM \"user\" u", user_rows::COLUMNS);
    let mut found: HashMap<UserId, User> = HashMap::new();
    for (key, keys) in [("external_id", external_ids), ("email", emails), ("entra_object_id", object_ids)] {
        for row in where_in(db, &select, &format!("u.{key}"), keys).await? {
            let user = user_rows::user(&row)?;
            found.insert(user.id, user);
        }
    }
    Ok(found.into_values().collect())
}

/// Writes new people. `Conflict` if an address, external id or object id is taken.
pub async fn insert_users(tx: &Tx, new: &[NewUser], at: DateTime<Utc>) -> Result<()> {
    let row = |u: &NewUser| {
        params![u.email, u.name, u.role, u.upn, u.entra_object_id, u.external_id, u.language, at, at]
    };
    insert(tx, USERS, &new.iter().map(row).collect::<Vec<_>>()).await
}

/// Rewrites people.
pub async fn update_users(tx: &Tx, changed: &[(UserId, NewUser)], at: DateTime<Utc>) -> Result<()> {
    let row = |(id, u): &(UserId, NewUser)| {
        params![id, u.email, u.name, u.role, u.upn, u.entra_object_id, u.external_id, u.language, at]
    };
    update(tx, USER_CHANGES, &changed.iter().map(row).collect::<Vec<_>>()).await
}

const COURSES: Target = Target {
    table: "course",
    columns: &["external_id", "code", "title", "term", "starts_on", "ends_on", "created_at", "updated_at"],
};

const COURSE_CHANGES: Target = Target {
    table: "course",
    columns: &["id", "external_id", "code", "title", "term", "starts_on", "ends_on", "updated_at"],
};

/// Courses with these external ids.
pub async fn courses(db: &impl Read, external_ids: &[String]) -> Result<Vec<Course>> {
    let select = format!("SELECT {} FROM course k", course_rows::COLUMNS);
    where_in(db, &select, "k.external_id", external_ids).await?.iter().map(course_rows::course).collect()
}

/// Writes new courses.
pub async fn insert_courses(tx: &Tx, new: &[NewCourse], at: DateTime<Utc>) -> Result<()> {
    let row = |c: &NewCourse| params![c.external_id, c.code, c.title, c.term, c.starts_on, c.ends_on, at, at];
    insert(tx, COURSES, &new.iter().map(row).collect::<Vec<_>>()).await
}

/// Rewrites courses; what their learners may see stays.
pub async fn update_courses(tx: &Tx, changed: &[(CourseId, NewCourse)], at: DateTime<Utc>) -> Result<()> {
    let row = |(id, c): &(CourseId, NewCourse)| {
        params![id, c.external_id, c.code, c.title, c.term, c.starts_on, c.ends_on, at]
    };
    update(tx, COURSE_CHANGES, &changed.iter().map(row).collect::<Vec<_>>()).await
}

/// One person in one course.
pub type EnrolmentKey = (CourseId, UserId);

/// The enrolments that exist among these.
pub async fn enrolments(
    db: &impl Read,
    keys: &[EnrolmentKey],
) -> Result<HashMap<EnrolmentKey, NewEnrolment>> {
    let mut found = HashMap::with_capacity(keys.len());
    for piece in keys.chunks(many::CHUNK) {
        let sql = format!(
            "WITH v (course_id, user_id) AS (VALUES {})
             SELECT n.course_id, n.user_id, n.role, n.section, n.ends_on FROM v
             JOIN enrolment n ON n.course_id = v.course_id AND n.user_id = v.user_id",
            many::values(piece.len(), 2)
        );
        let params = piece.iter().flat_map(|(course, user)| params![course, user]).collect();
        for row in db.rows(&sql, params).await? {
            let (course_id, user_id): EnrolmentKey = (row.id("course_id")?, row.id("user_id")?);
            let role: CourseRole = row.get("role")?;
            let enrolment =
                NewEnrolment { user_id, role, section: row.get("section")?, ends_on: row.get("ends_on")? };
            found.insert((course_id, user_id), enrolment);
        }
    }
    Ok(found)
}

/// Writes enrolments in any courses, or rewrites those of people who are enrolled already.
pub async fn put_enrolments(tx: &Tx, wanted: &[(CourseId, NewEnrolment)], at: DateTime<Utc>) -> Result<()> {
    for piece in wanted.chunks(many::CHUNK) {
        let sql = format!(
            "INSERT INTO enrolment (course_id, user_id, role, section, ends_on, created_at) VALUES {}
             ON CONFLICT (course_id, user_id) DO UPDATE SET role = excluded.role, section = excluded.section,
                 ends_on = excluded.ends_on",
            many::values(piece.len(), 6)
        );
        let row = |(course, new): &(CourseId, NewEnrolment)| {
            params![course, new.user_id, new.role, new.section, new.ends_on, at]
        };
        tx.execute(&sql, piece.iter().flat_map(row).collect()).await?;
    }
    Ok(())
}

/// Who is enrolled in a course.
pub async fn roster(db: &impl Read, course: CourseId) -> Result<Vec<UserId>> {
    let rows = db
        .rows("SELECT user_id FROM enrolment WHERE course_id = $1 ORDER BY user_id", params![course])
        .await?;
    rows.iter().map(|row| row.id("user_id")).collect()
}
