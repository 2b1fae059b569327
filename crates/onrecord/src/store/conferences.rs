//! Table `conference`, and what decides who may see one.

use chrono::{DateTime, Utc};

use super::minors::OF_MINORS;
use super::{Read, Result, Row, Tx};
use crate::model::access::Membership;
use crate::model::conference::Conference;
use crate::model::id::{ConferenceId, CourseId, IntegrationId, UserId};
use crate::params;

/// Columns of `conference c`, for queries that join it.
pub(super) const COLUMNS: &str = "c.id, c.external_id, c.course_id, c.integration_id, c.title, c.description,
     c.time_zone, c.published, c.created_by, c.created_at, c.updated_at, c.cancelled_at";

pub(super) fn conference(row: &Row) -> Result<Conference> {
    Ok(Conference {
        id: row.id("id")?,
        external_id: row.get("external_id")?,
        course_id: row.id("course_id")?,
        integration_id: row.id("integration_id")?,
        title: row.get("title")?,
        description: row.get("description")?,
        time_zone: row.get("time_zone")?,
        published: row.get("published")?,
        created_by: row.id_opt("created_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        cancelled_at: row.get("cancelled_at")?,
    })
}

/// A conference together with what decides who may see it.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The conference.
    pub conference: Conference,
    /// Short name of its course.
    pub course_code: String,
    /// Name of its course.
    pub course_title: String,
    /// The course lets learners read the chat.
    pub learners_see_chat: bool,
    /// The course lets learners see files.
    pub learners_see_files: bool,
    /// The course, or somebody in it, is marked as minors.
    pub of_minors: bool,
    /// The asking person's part in the course, if any.
    pub membership: Option<Membership>,
}

/// Columns that [`placed`] reads beside [`COLUMNS`]; needs `course k` and `enrolment n` joined.
fn place() -> String {
    format!(
        "k.code AS course_code, k.title AS course_title, k.learners_see_chat, k.learners_see_files,
         {OF_MINORS} AS of_minors, n.role AS member_role, n.ends_on AS member_ends_on"
    )
}

pub(super) fn placed(row: &Row) -> Result<Placed> {
    let role: Option<_> = row.get("member_role")?;
    let ends_on = row.get("member_ends_on")?;
    Ok(Placed {
        conference: conference(row)?,
        course_code: row.get("course_code")?,
        course_title: row.get("course_title")?,
        learners_see_chat: row.get("learners_see_chat")?,
        learners_see_files: row.get("learners_see_files")?,
        of_minors: row.get("of_minors")?,
        membership: role.map(|role| Membership { role, ends_on }),
    })
}

/// A new conference as its row is written.
#[derive(Debug, Clone)]
pub struct NewConference {
    /// The id in the school's own system.
    pub external_id: Option<String>,
    /// Its course.
    pub course_id: CourseId,
    /// Its tenant connection.
    pub integration_id: IntegrationId,
    /// Name.
    pub title: String,
    /// Plain text.
    pub description: String,
    /// IANA zone.
    pub time_zone: String,
    /// Whether learners see it.
    pub published: bool,
    /// Who schedules it.
    pub created_by: Option<UserId>,
    /// Start of its first slot.
    pub first_starts_at: DateTime<Utc>,
    /// End of its last slot.
    pub last_ends_at: DateTime<Utc>,
}

/// Writes a conference and returns its id. `Conflict` if the external id is taken or the course is unknown.
pub async fn insert(tx: &Tx, new: &NewConference, at: DateTime<Utc>) -> Result<ConferenceId> {
    tx.insert(
        "INSERT INTO conference (external_id, course_id, integration_id, title, description, time_zone,
             published, created_by, first_starts_at, last_ends_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) RETURNING id",
        params![
            new.external_id,
            new.course_id,
            new.integration_id,
            new.title,
            new.description,
            new.time_zone,
            new.published,
            new.created_by,
            new.first_starts_at,
            new.last_ends_at,
            at
        ],
    )
    .await
}

/// Whether there is no conference at all.
pub async fn is_empty(db: &impl Read) -> Result<bool> {
    Ok(db.row("SELECT id FROM conference LIMIT 1", params![]).await?.is_none())
}

/// The conference, if there is one.
pub async fn find(db: &impl Read, id: ConferenceId) -> Result<Option<Conference>> {
    let sql = format!("SELECT {COLUMNS} FROM conference c WHERE c.id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(conference).transpose()
}

/// The conference as `user` stands to it, if there is one. One query: this runs on every request.
pub async fn find_placed(db: &impl Read, id: ConferenceId, user: UserId) -> Result<Option<Placed>> {
    let sql = format!(
        "SELECT {COLUMNS}, {} FROM conference c
         JOIN course k ON k.id = c.course_id
         LEFT JOIN enrolment n ON n.course_id = c.course_id AND n.user_id = $2
         WHERE c.id = $1",
        place()
    );
    db.row(&sql, params![id, user]).await?.as_ref().map(placed).transpose()
}

/// The conference, locked until the transaction ends: whoever changes its slots holds this first.
pub async fn lock(tx: &Tx, id: ConferenceId) -> Result<Option<Conference>> {
    let sql = format!("SELECT {COLUMNS} FROM conference c WHERE c.id = $1{}", tx.for_update());
    tx.row(&sql, params![id]).await?.as_ref().map(conference).transpose()
}

/// Writes what a person can change of a conference.
pub async fn update(tx: &Tx, new: &Conference, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE conference SET course_id = $2, title = $3, description = $4, time_zone = $5, published = $6,
             updated_at = $7 WHERE id = $1",
        params![new.id, new.course_id, new.title, new.description, new.time_zone, new.published, at],
    )
    .await?;
    Ok(())
}

/// Sets first start, last end and cancellation from the conference's slots: cancelled when all of them are.
pub async fn refresh_span(tx: &Tx, id: ConferenceId, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE conference SET
             first_starts_at = COALESCE(
                 (SELECT MIN(m.starts_at) FROM meeting m WHERE m.conference_id = $1 AND m.cancelled_at IS NULL),
                 first_starts_at),
             last_ends_at = COALESCE(
                 (SELECT MAX(m.ends_at) FROM meeting m WHERE m.conference_id = $1 AND m.cancelled_at IS NULL),
                 last_ends_at),
             cancelled_at = CASE WHEN EXISTS (
                 SELECT 1 FROM meeting m WHERE m.conference_id = $1 AND m.cancelled_at IS NULL) THEN NULL
                 ELSE COALESCE(cancelled_at, $2) END,
             updated_at = $2
         WHERE id = $1",
        params![id, at],
    )
    .await?;
    Ok(())
}

/// A course as far as scheduling in it goes.
#[derive(Debug, Clone)]
pub struct PlacedCourse {
    /// The course.
    pub id: CourseId,
    /// Short name.
    pub code: String,
    /// Full name.
    pub title: String,
    /// The asking person's part in it, if any.
    pub membership: Option<Membership>,
}

/// The course as `user` stands to it, if there is one.
pub async fn find_placed_course(db: &impl Read, id: CourseId, user: UserId) -> Result<Option<PlacedCourse>> {
    let row = db
        .row(
            "SELECT k.id, k.code, k.title, n.role AS member_role, n.ends_on AS member_ends_on FROM course k
             LEFT JOIN enrolment n ON n.course_id = k.id AND n.user_id = $2 WHERE k.id = $1",
            params![id, user],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let role: Option<_> = row.get("member_role")?;
    let ends_on = row.get("member_ends_on")?;
    Ok(Some(PlacedCourse {
        id: row.id("id")?,
        code: row.get("code")?,
        title: row.get("title")?,
        membership: role.map(|role| Membership { role, ends_on }),
    }))
}
