//! The form of a conference: the courses one may schedule in, the usual time zone, and what a person teaches already.

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::id::{ConferenceId, CourseId, UserId};
use crate::params;
use crate::store::conference_lists::Eyes;
use crate::store::{Read, Result, Row};

/// A list of choices holds at most so many courses.
const MOST_COURSES: i64 = 1_000;

/// A course one may schedule in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// The course.
    pub id: CourseId,
    /// Short name.
    pub code: String,
    /// Full name.
    pub title: String,
}

/// The courses one may schedule in, by code: all, or those one teaches on that day.
pub async fn courses(db: &impl Read, eyes: Eyes) -> Result<Vec<Course>> {
    let rows = match eyes {
        Eyes::All => {
            let sql = "SELECT k.id, k.code, k.title FROM course k ORDER BY k.code, k.id LIMIT $1";
            db.rows(sql, params![MOST_COURSES]).await?
        }
        Eyes::Member(user, today) => taught(db, user, today).await?,
    };
    rows.iter()
        .map(|row| Ok(Course { id: row.id("id")?, code: row.get("code")?, title: row.get("title")? }))
        .collect()
}

async fn taught(db: &impl Read, user: UserId, today: NaiveDate) -> Result<Vec<Row>> {
    db.rows(
        "SELECT k.id, k.code, k.title FROM enrolment n JOIN course k ON k.id = n.course_id
         WHERE n.user_id = $1 AND n.role = 'instructor' AND (n.ends_on IS NULL OR n.ends_on >= $2)
         ORDER BY k.code, k.id LIMIT $3",
        params![user, today, MOST_COURSES],
    )
    .await
}

/// The zone of the conference scheduled last, in this course if there is one in it.
pub async fn usual_zone(db: &impl Read, course: Option<CourseId>) -> Result<Option<String>> {
    let row = db
        .row(
            "SELECT COALESCE(
                 (SELECT c.time_zone FROM conference c WHERE c.course_id = $1
                  ORDER BY c.first_starts_at DESC, c.id DESC LIMIT 1),
                 (SELECT c.time_zone FROM conference c ORDER BY c.id DESC LIMIT 1)) AS time_zone",
            params![course.unwrap_or(CourseId(0))],
        )
        .await?;
    row.map_or(Ok(None), |row| row.get("time_zone"))
}

/// A class that a person teaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taught {
    /// Name of its conference.
    pub title: String,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
}

/// Classes in the courses that a person teaches which begin between two moments, other than those of one conference;
/// by start, at most `limit`.
pub async fn teaching(
    db: &impl Read,
    (user, today): (UserId, NaiveDate),
    between: (DateTime<Utc>, DateTime<Utc>),
    except: Option<ConferenceId>,
    limit: i64,
) -> Result<Vec<Taught>> {
    let rows = db
        .rows(
            "SELECT c.title, m.starts_at, m.ends_at
             FROM enrolment n CROSS JOIN conference c CROSS JOIN meeting m
             WHERE n.user_id = $1 AND n.role = 'instructor' AND (n.ends_on IS NULL OR n.ends_on >= $2)
               AND c.course_id = n.course_id AND c.id <> $3 AND m.conference_id = c.id AND m.cancelled_at IS NULL
               AND m.starts_at >= $4 AND m.starts_at < $5
             ORDER BY m.starts_at, m.id LIMIT $6",
            params![user, today, except.unwrap_or(ConferenceId(0)), between.0, between.1, limit],
        )
        .await?;
    let taught = |row: &Row| {
        Ok(Taught {
            title: row.get("title")?,
            starts_at: row.get("starts_at")?,
            ends_at: row.get("ends_at")?,
        })
    };
    rows.iter().map(taught).collect()
}
