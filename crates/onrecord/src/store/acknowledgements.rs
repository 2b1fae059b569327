//! Tables `acknowledgement`, `meeting_notice` and `notice_wording`: who read which wording of the recording notice when,
//! which wordings a class was announced with, and the institution's own words in other languages.

use chrono::{DateTime, NaiveDate, Utc};

use super::users::AS_SHOWN;
use super::{Read, Result, Row, Tx};
use crate::model::id::{CourseId, IntegrationId, MeetingId, NoticeVersionId, UserId};
use crate::model::integration::LawfulBasis;
use crate::model::people::CourseRole;
use crate::params;

/// Keeps that somebody acknowledged a wording. False if they had before: the first time stands.
pub async fn insert(
    tx: &Tx,
    (user, version): (UserId, NoticeVersionId),
    meeting: MeetingId,
    at: DateTime<Utc>,
) -> Result<bool> {
    let rows = tx
        .execute(
            "INSERT INTO acknowledgement (user_id, notice_version_id, meeting_id, acknowledged_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, notice_version_id) DO NOTHING",
            params![user, version, meeting, at],
        )
        .await?;
    Ok(rows > 0)
}

/// When somebody acknowledged a wording, if they did.
pub async fn when(db: &impl Read, user: UserId, version: NoticeVersionId) -> Result<Option<DateTime<Utc>>> {
    let sql = "SELECT acknowledged_at FROM acknowledgement WHERE user_id = $1 AND notice_version_id = $2";
    db.row(sql, params![user, version]).await?.map(|row| row.get("acknowledged_at")).transpose()
}

/// Keeps that a class was announced with a wording.
pub async fn used(tx: &Tx, meeting: MeetingId, version: NoticeVersionId, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "INSERT INTO meeting_notice (meeting_id, notice_version_id, first_used_at) VALUES ($1, $2, $3)
         ON CONFLICT (meeting_id, notice_version_id) DO NOTHING",
        params![meeting, version, at],
    )
    .await?;
    Ok(())
}

/// The wordings that a class was announced with, the oldest first, and since when.
pub async fn of_meeting(db: &impl Read, meeting: MeetingId) -> Result<Vec<(NoticeVersionId, DateTime<Utc>)>> {
    let sql = "SELECT notice_version_id, first_used_at FROM meeting_notice WHERE meeting_id = $1
               ORDER BY first_used_at, notice_version_id";
    let rows = db.rows(sql, params![meeting]).await?;
    rows.iter().map(|row| Ok((row.id("notice_version_id")?, row.get("first_used_at")?))).collect()
}

/// Somebody of a course, and the newest wording they acknowledged.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their part in the course.
    pub role: CourseRole,
    /// The wording and when; `None` if they acknowledged none.
    pub acknowledged: Option<(NoticeVersionId, DateTime<Utc>)>,
    /// Whether that wording is still the newest in its language.
    pub is_current: bool,
}

/// The people who belong to a course on a day, in the order of ids after `after`.
pub async fn of_course(
    db: &impl Read,
    course: CourseId,
    today: NaiveDate,
    (after, limit): (Option<UserId>, i64),
) -> Result<Vec<Person>> {
    let rows = db
        .rows(
            &format!("SELECT u.id, {AS_SHOWN}, n.role, a.notice_version_id, a.acknowledged_at,
                 COALESCE(v.id = (SELECT MAX(w.id) FROM notice_version w
                     WHERE w.integration_id = v.integration_id AND w.language = v.language), FALSE) AS is_current
             FROM enrolment n JOIN \"user\" u ON u.id = n.user_id
             LEFT JOIN acknowledgement a ON a.user_id = n.user_id AND a.notice_version_id =
                 (SELECT MAX(b.notice_version_id) FROM acknowledgement b WHERE b.user_id = n.user_id)
             LEFT JOIN notice_version v ON v.id = a.notice_version_id
             WHERE n.course_id = $1 AND (n.ends_on IS NULL OR n.ends_on >= $2) AND u.id > $3
             ORDER BY u.id LIMIT $4"),
            params![course, today, after.map_or(0, |id| id.0), limit],
        )
        .await?;
    rows.iter().map(person).collect()
}

fn person(row: &Row) -> Result<Person> {
    let version: Option<NoticeVersionId> = row.id_opt("notice_version_id")?;
    let at: Option<DateTime<Utc>> = row.get("acknowledged_at")?;
    Ok(Person {
        user: row.id("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        role: row.get("role")?,
        acknowledged: version.zip(at),
        is_current: row.get("is_current")?,
    })
}

/// A wording with how often it was acknowledged and used.
#[derive(Debug, Clone)]
pub struct Version {
    /// The row.
    pub id: NoticeVersionId,
    /// Its language (BCP 47).
    pub language: String,
    /// On what basis.
    pub basis: LawfulBasis,
    /// The words.
    pub body: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// People who acknowledged it.
    pub people: i64,
    /// Classes that were announced with it.
    pub classes: i64,
}

/// The newest wordings first, before `before`.
pub async fn versions(db: &impl Read, before: Option<NoticeVersionId>, limit: i64) -> Result<Vec<Version>> {
    let rows = db
        .rows(
            "SELECT v.id, v.language, v.lawful_basis, v.body, v.created_at,
                 (SELECT COUNT(*) FROM acknowledgement a WHERE a.notice_version_id = v.id) AS people,
                 (SELECT COUNT(*) FROM meeting_notice g WHERE g.notice_version_id = v.id) AS classes
             FROM notice_version v WHERE v.id < $1 ORDER BY v.id DESC LIMIT $2",
            params![before.map_or(i64::MAX, |id| id.0), limit],
        )
        .await?;
    let version = |row: &Row| {
        Ok(Version {
            id: row.id("id")?,
            language: row.get("language")?,
            basis: row.get("lawful_basis")?,
            body: row.get("body")?,
            created_at: row.get("created_at")?,
            people: row.get("people")?,
            classes: row.get("classes")?,
        })
    };
    rows.iter().map(version).collect()
}

/// The institution's own words by language.
pub async fn wordings(db: &impl Read, integration: IntegrationId) -> Result<Vec<(String, String)>> {
    let sql = "SELECT language, body FROM notice_wording WHERE integration_id = $1 ORDER BY language";
    let rows = db.rows(sql, params![integration]).await?;
    rows.iter().map(|row| Ok((row.get("language")?, row.get("body")?))).collect()
}

/// Writes the institution's words in a language; empty words take them away.
pub async fn put_wording(
    tx: &Tx,
    integration: IntegrationId,
    (language, body): (&str, &str),
    at: DateTime<Utc>,
) -> Result<()> {
    if body.is_empty() {
        let sql = "DELETE FROM notice_wording WHERE integration_id = $1 AND language = $2";
        tx.execute(sql, params![integration, language]).await?;
        return Ok(());
    }
    tx.execute(
        "INSERT INTO notice_wording (integration_id, language, body, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (integration_id, language) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at",
        params![integration, language, body, at],
    )
    .await?;
    Ok(())
}
