//! Lists of conferences as one person may see them: filtered in SQL, in pages, the latest first. Which rows are
//! seen follows `model/access.rs`.

use chrono::{DateTime, NaiveDate, Utc};

use super::conferences::{COLUMNS, conference};
use super::meetings::NO_FAILURE;
use super::{Dialect, Param as _, Read, Result, Row, many};
use crate::model::conference::{AutoRecordingStatus, Conference, ConferenceStatus};
use crate::model::id::{ConferenceId, CourseId, UserId};
use crate::params;

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eyes {
    /// Someone who sees every course.
    All,
    /// Someone who sees their own courses, as of this day.
    Member(UserId, NaiveDate),
}

/// Where a page begins: after this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// Its first start.
    pub first_starts_at: DateTime<Utc>,
    /// Its id.
    pub id: ConferenceId,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Query {
    /// Whose list it is.
    pub eyes: Eyes,
    /// Only of this course.
    pub course: Option<CourseId>,
    /// Only in this state.
    pub status: Option<ConferenceStatus>,
    /// Only with these letters in title, course code or course title.
    pub words: Option<String>,
    /// Where the page begins.
    pub after: Option<After>,
    /// Rows at most.
    pub limit: i64,
    /// Now.
    pub now: DateTime<Utc>,
}

/// One line of a list.
#[derive(Debug, Clone)]
pub struct Line {
    /// The conference.
    pub conference: Conference,
    /// Short name of its course.
    pub course_code: String,
    /// Name of its course.
    pub course_title: String,
    /// Start of its first slot.
    pub first_starts_at: DateTime<Utc>,
    /// End of its last slot.
    pub last_ends_at: DateTime<Utc>,
    /// What its slots amount to.
    pub sum: Sum,
}

/// What the slots of a conference amount to at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// Slots that were not cancelled.
    pub meetings: i64,
    /// Of them, those that have ended.
    pub ended: i64,
    /// Of them, those that are on now.
    pub running: i64,
    /// Of them, those with a recording verified.
    pub recorded: i64,
    /// Of them, those whose recording is missing.
    pub missing: i64,
    /// Start of the next slot.
    pub next_starts_at: Option<DateTime<Utc>>,
    /// Slots that have not ended and whose recording could not be switched on, then pending ones, then enabled ones, then
    /// exempted ones.
    ahead: [i64; 4],
    /// The same of all slots.
    all: [i64; 4],
    /// One of the failures, the same for ahead and all as far as there is one ahead.
    failure: Option<AutoRecordingStatus>,
}

impl Line {
    /// Where the conference stands, as `model::conference::conference_status` says of its slots.
    pub fn status(&self) -> ConferenceStatus {
        if self.conference.cancelled_at.is_some() {
            ConferenceStatus::Cancelled
        } else if self.sum.running > 0 {
            ConferenceStatus::Running
        } else if self.sum.meetings > 0 && self.sum.ended == self.sum.meetings {
            ConferenceStatus::Ended
        } else {
            ConferenceStatus::Upcoming
        }
    }

    /// The worst recording status of the slots that have not ended; if all have, of all.
    pub fn recording_status(&self) -> AutoRecordingStatus {
        let counts = if self.sum.ahead == [0; 4] { self.sum.all } else { self.sum.ahead };
        match counts {
            [failed, ..] if failed > 0 => self.sum.failure.unwrap_or(AutoRecordingStatus::FailedUnknown),
            [_, 0, enabled, _] if enabled > 0 => AutoRecordingStatus::Enabled,
            [_, 0, 0, exempted] if exempted > 0 => AutoRecordingStatus::Exempted,
            _ => AutoRecordingStatus::Pending,
        }
    }

    /// Where a page that begins after this line begins.
    pub fn after(&self) -> After {
        After { first_starts_at: self.first_starts_at, id: self.conference.id }
    }
}

/// A page of conferences, the latest first.
pub async fn list(db: &impl Read, query: &Query) -> Result<Vec<Line>> {
    let (narrow, params) = narrow(query, db.dialect());
    let sql = format!(
        "SELECT {COLUMNS}, c.first_starts_at, c.last_ends_at, k.code AS course_code, k.title AS course_title
         FROM ({narrow}) page JOIN conference c ON c.id = page.id JOIN course k ON k.id = c.course_id
         ORDER BY page.first_starts_at DESC, page.id DESC"
    );
    let rows = db.rows(&sql, params).await?;
    let mut lines = rows.iter().map(line).collect::<Result<Vec<_>>>()?;
    sum_up(db, &mut lines, query.now).await?;
    Ok(lines)
}

fn line(row: &Row) -> Result<Line> {
    Ok(Line {
        conference: conference(row)?,
        course_code: row.get("course_code")?,
        course_title: row.get("course_title")?,
        first_starts_at: row.get("first_starts_at")?,
        last_ends_at: row.get("last_ends_at")?,
        sum: Sum::default(),
    })
}

/// Collects conditions and their binds.
#[derive(Default)]
struct Where {
    conditions: Vec<String>,
    params: Vec<sea_orm::Value>,
}

impl Where {
    /// Adds a condition in which `?` stands for each of the values.
    fn and(&mut self, condition: &str, values: Vec<sea_orm::Value>) {
        let mut text = String::new();
        let mut values = values.into_iter();
        for part in condition.split_inclusive('?') {
            if let Some(start) = part.strip_suffix('?') {
                self.params.extend(values.next());
                text.push_str(start);
                text.push('$');
                text.push_str(&self.params.len().to_string());
            } else {
                text.push_str(part);
            }
        }
        self.conditions.push(text);
    }
}

/// The ids of the page: answered from indices as far as possible, so that the wide rows are read for one page only.
fn narrow(query: &Query, dialect: Dialect) -> (String, Vec<sea_orm::Value>) {
    let mut filter = Where::default();
    let mut from = "conference c".to_owned();
    if let Eyes::Member(user, day) = query.eyes {
        // CROSS JOIN makes SQLite begin with the few enrolments of the person.
        "enrolment n CROSS JOIN conference c".clone_into(&mut from);
        filter.and("n.user_id = ? AND c.course_id = n.course_id", params![user]);
        filter.and("(n.ends_on IS NULL OR n.ends_on >= ?)", params![day]);
        filter.and("(n.role = 'instructor' OR c.published)", params![]);
    }
    if let Some(course) = query.course {
        let column = if query.eyes == Eyes::All { "c.course_id" } else { "n.course_id" };
        filter.and(&format!("{column} = ?"), params![course]);
    }
    if let Some(status) = query.status {
        status_filter(&mut filter, status, query.now);
    }
    if let Some(words) = query.words.as_deref().map(str::trim).filter(|words| !words.is_empty()) {
        from.push_str(" JOIN course kq ON kq.id = c.course_id");
        let like = if dialect == Dialect::Postgres { "ILIKE" } else { "LIKE" };
        let pattern = format!("%{}%", escaped(words));
        filter.and(
            &format!(
                "(c.title {like} ? ESCAPE '!' OR kq.code {like} ? ESCAPE '!' OR kq.title {like} ? ESCAPE '!')"
            ),
            params![pattern, pattern, pattern],
        );
    }
    if let Some(after) = query.after {
        filter.and("(c.first_starts_at, c.id) < (?, ?)", params![after.first_starts_at, after.id]);
    }
    let conditions =
        if filter.conditions.is_empty() { "TRUE".to_owned() } else { filter.conditions.join(" AND ") };
    filter.params.push(query.limit.param());
    let sql = format!(
        "SELECT c.id, c.first_starts_at FROM {from} WHERE {conditions} ORDER BY c.first_starts_at DESC, c.id DESC LIMIT ${}",
        filter.params.len()
    );
    (sql, filter.params)
}

fn status_filter(filter: &mut Where, status: ConferenceStatus, now: DateTime<Utc>) {
    const ON_NOW: &str = "SELECT 1 FROM meeting m WHERE m.conference_id = c.id AND m.cancelled_at IS NULL
         AND m.starts_at <= ? AND m.ends_at > ?";
    match status {
        ConferenceStatus::Cancelled => filter.and("c.cancelled_at IS NOT NULL", params![]),
        ConferenceStatus::Ended => filter.and("c.cancelled_at IS NULL AND c.last_ends_at <= ?", params![now]),
        ConferenceStatus::Running => {
            filter.and("c.cancelled_at IS NULL AND c.first_starts_at <= ?", params![now]);
            filter.and("c.last_ends_at > ?", params![now]);
            filter.and(&format!("EXISTS ({ON_NOW})"), params![now, now]);
        }
        ConferenceStatus::Upcoming => {
            filter.and("c.cancelled_at IS NULL AND c.last_ends_at > ?", params![now]);
            filter.and(&format!("NOT EXISTS ({ON_NOW})"), params![now, now]);
        }
    }
}

/// `words` for a `LIKE … ESCAPE '!'`.
fn escaped(words: &str) -> String {
    words.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Adds what the slots of each line amount to, in one query.
async fn sum_up(db: &impl Read, lines: &mut [Line], now: DateTime<Utc>) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut params = params![now];
    let ids = many::any_of(&mut params, lines.iter().map(|line| line.conference.id));
    let sql = format!(
        "SELECT m.conference_id, COUNT(*) AS meetings,
             COUNT(CASE WHEN m.ends_at <= $1 THEN 1 END) AS ended,
             COUNT(CASE WHEN m.starts_at <= $1 AND m.ends_at > $1 THEN 1 END) AS running,
             COUNT(CASE WHEN m.verdict = 'recorded' THEN 1 END) AS recorded,
             COUNT(CASE WHEN m.verdict = 'missing' THEN 1 END) AS missing,
             MIN(CASE WHEN m.starts_at > $1 THEN m.starts_at END) AS next_starts_at,
             COUNT(CASE WHEN m.ends_at > $1 AND m.auto_recording_status NOT IN {NO_FAILURE} THEN 1 END)
                 AS failed_ahead,
             COUNT(CASE WHEN m.ends_at > $1 AND m.auto_recording_status = 'pending' THEN 1 END) AS pending_ahead,
             COUNT(CASE WHEN m.ends_at > $1 AND m.auto_recording_status = 'enabled' THEN 1 END) AS enabled_ahead,
             COUNT(CASE WHEN m.ends_at > $1 AND m.auto_recording_status = 'exempted' THEN 1 END) AS exempted_ahead,
             COUNT(CASE WHEN m.auto_recording_status NOT IN {NO_FAILURE} THEN 1 END) AS failed,
             COUNT(CASE WHEN m.auto_recording_status = 'pending' THEN 1 END) AS pending,
             COUNT(CASE WHEN m.auto_recording_status = 'enabled' THEN 1 END) AS enabled,
             COUNT(CASE WHEN m.auto_recording_status = 'exempted' THEN 1 END) AS exempted,
             MAX(CASE WHEN m.ends_at > $1 AND m.auto_recording_status NOT IN {NO_FAILURE}
                 THEN m.auto_recording_status END) AS failure_ahead,
             MAX(CASE WHEN m.auto_recording_status NOT IN {NO_FAILURE}
                 THEN m.auto_recording_status END) AS failure
         FROM meeting m WHERE m.conference_id IN ({ids}) AND m.cancelled_at IS NULL GROUP BY m.conference_id"
    );
    for row in db.rows(&sql, params).await? {
        let id: ConferenceId = row.id("conference_id")?;
        let failure: Option<AutoRecordingStatus> = row.get("failure_ahead")?;
        let sum = Sum {
            meetings: row.get("meetings")?,
            ended: row.get("ended")?,
            running: row.get("running")?,
            recorded: row.get("recorded")?,
            missing: row.get("missing")?,
            next_starts_at: row.get("next_starts_at")?,
            ahead: [
                row.get("failed_ahead")?,
                row.get("pending_ahead")?,
                row.get("enabled_ahead")?,
                row.get("exempted_ahead")?,
            ],
            all: [row.get("failed")?, row.get("pending")?, row.get("enabled")?, row.get("exempted")?],
            failure: if failure.is_some() { failure } else { row.get("failure")? },
        };
        if let Some(line) = lines.iter_mut().find(|line| line.conference.id == id) {
            line.sum = sum;
        }
    }
    Ok(())
}
