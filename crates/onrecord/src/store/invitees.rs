//! Who is to be invited to the meetings of a course, and what the directory said about them: tables `enrolment`,
//! `user` and `directory_gap`.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Error, Read, Result, Tx};
use crate::model::id::{CourseId, UserId};
use crate::model::people::CourseRole;
use crate::params;

/// Somebody who belongs to a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitee {
    /// The person.
    pub user_id: UserId,
    /// Their address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Microsoft's user principal name, if it differs from the address.
    pub upn: Option<String>,
    /// Graph `user.id`, once looked up.
    pub entra_object_id: Option<String>,
    /// Their part.
    pub role: CourseRole,
    /// When the directory last said that it does not know them.
    pub unknown_since: Option<DateTime<Utc>>,
}

/// Those who belong to the course on this day and may sign in, instructors first; learners only if the course
/// invites them.
pub async fn of_course(db: &impl Read, course: CourseId, on: NaiveDate) -> Result<Vec<Invitee>> {
    let rows = db
        .rows(
            "SELECT u.id, u.email, u.name, u.upn, u.entra_object_id, n.role, g.checked_at
             FROM enrolment n
             JOIN course k ON k.id = n.course_id
             JOIN \"user\" u ON u.id = n.user_id
             LEFT JOIN directory_gap g ON g.user_id = u.id
             WHERE n.course_id = $1 AND u.disabled_at IS NULL AND (n.ends_on IS NULL OR n.ends_on >= $2)
               AND (n.role = 'instructor' OR k.invite_learners)
             ORDER BY n.role, u.id",
            params![course, on],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Invitee {
                user_id: row.id("id")?,
                email: row.get("email")?,
                name: row.get("name")?,
                upn: row.get("upn")?,
                entra_object_id: row.get("entra_object_id")?,
                role: row.get("role")?,
                unknown_since: row.get("checked_at")?,
            })
        })
        .collect()
}

/// Keeps the object id under which Microsoft knows the person. False if it is already somebody else's here.
pub async fn set_object_id(tx: &Tx, user: UserId, object_id: &str) -> Result<bool> {
    tx.execute("DELETE FROM directory_gap WHERE user_id = $1", params![user]).await?;
    let written = tx
        .execute(
            "UPDATE \"user\" SET entra_object_id = $2 WHERE id = $1
               AND NOT EXISTS (SELECT 1 FROM \"user\" other WHERE other.entra_object_id = $2 AND other.id <> $1)",
            params![user, object_id],
        )
        .await;
    match written {
        Ok(rows) => Ok(rows > 0),
        Err(Error::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Notes that the directory does not know the person, so that it is not asked again for each class.
pub async fn set_unknown(tx: &Tx, user: UserId, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "INSERT INTO directory_gap (user_id, checked_at) VALUES ($1, $2)
         ON CONFLICT (user_id) DO UPDATE SET checked_at = excluded.checked_at",
        params![user, at],
    )
    .await?;
    Ok(())
}
