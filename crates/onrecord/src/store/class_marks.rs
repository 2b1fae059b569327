//! Classes as marks on a record line: the verdicts of the last classes of several courses, by one query.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Read, Result, Row, many};
use crate::model::conference::Verdict;
use crate::model::id::{CourseId, UserId};
use crate::params;

/// Classes further ahead than this are not on a record line yet.
const AHEAD: TimeDelta = TimeDelta::days(30);

/// Whose eyes see the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Someone who sees every class.
    All,
    /// Someone who sees unpublished classes only where they teach.
    Of(UserId),
}

/// Verdicts as of now by course, in order of start.
pub type Marks = HashMap<CourseId, Vec<Verdict>>;

/// The last `most` classes of each of these courses.
pub async fn of_courses(
    db: &impl Read,
    courses: &[CourseId],
    sight: Sight,
    (most, now): (i64, DateTime<Utc>),
) -> Result<Marks> {
    if courses.is_empty() {
        return Ok(Marks::new());
    }
    let user = match sight {
        Sight::All => UserId(0),
        Sight::Of(user) => user,
    };
    let sql = format!(
        "SELECT line.course_id, line.starts_at, line.ends_at, line.verdict, line.cancelled_at
         FROM (SELECT c.course_id, m.id, m.starts_at, m.ends_at, m.verdict, m.cancelled_at,
                   ROW_NUMBER() OVER (PARTITION BY c.course_id ORDER BY m.starts_at DESC, m.id DESC) AS place
               FROM conference c JOIN meeting m ON m.conference_id = c.id
               WHERE c.course_id IN ({}) AND m.starts_at <= $1
                 AND ($2 = 0 OR c.published OR EXISTS (
                     SELECT 1 FROM enrolment n WHERE n.course_id = c.course_id AND n.user_id = $2
                         AND n.role = 'instructor'))) line
         WHERE line.place <= $3 ORDER BY line.starts_at, line.id",
        many::list(4, courses.len())
    );
    let mut params = params![now + AHEAD, user, most];
    params.extend(courses.iter().map(super::Param::param));
    let mut marks = Marks::new();
    for row in db.rows(&sql, params).await? {
        marks.entry(row.id("course_id")?).or_default().push(verdict(&row, now)?);
    }
    Ok(marks)
}

/// The stored verdict moves only when something is read; time itself moves the early ones.
fn verdict(row: &Row, now: DateTime<Utc>) -> Result<Verdict> {
    let starts_at: DateTime<Utc> = row.get("starts_at")?;
    let ends_at: DateTime<Utc> = row.get("ends_at")?;
    let cancelled_at: Option<DateTime<Utc>> = row.get("cancelled_at")?;
    Ok(match row.get("verdict")? {
        _ if cancelled_at.is_some() => Verdict::Cancelled,
        Verdict::Upcoming | Verdict::Running | Verdict::Waiting if now < starts_at => Verdict::Upcoming,
        Verdict::Upcoming | Verdict::Running if now < ends_at => Verdict::Running,
        Verdict::Upcoming | Verdict::Running => Verdict::Waiting,
        verdict => verdict,
    })
}
