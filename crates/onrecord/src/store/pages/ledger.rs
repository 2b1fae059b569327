//! The expectation ledger: every scheduled class and what became of it, in pages that begin after the last row of the
//! page before. Whoever reads it has been asked for the right to see everything.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};

use super::{BETWEEN, names};
use crate::model::conference::{AutoRecordingStatus, Meeting, Verdict};
use crate::model::id::{ConferenceId, CourseId, MeetingId};
use crate::model::verdict::{Cause, Owner};
use crate::model::words::Word as _;
use crate::params;
use crate::store::{Param, Read, Result, Row, meetings};

/// Counting stops here: beyond it the figure helps nobody and costs every reader.
pub const MOST_COUNTED: i64 = 1_000;

/// What the ledger is narrowed to; empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only classes with this verdict, as last judged.
    pub verdict: Option<Verdict>,
    /// Only missing recordings of this cause.
    pub cause: Option<Cause>,
    /// Only missing recordings on which this owner acts.
    pub owner: Option<Owner>,
    /// Only classes of this course.
    pub course: Option<CourseId>,
    /// Only classes of courses of this term.
    pub term: Option<String>,
    /// Only classes that begin at or after this moment.
    pub from: Option<DateTime<Utc>>,
    /// Only classes that begin before this moment.
    pub until: Option<DateTime<Utc>>,
}

/// Where a page begins: after the class with this start and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// Its start.
    pub starts_at: DateTime<Utc>,
    /// Its id.
    pub id: MeetingId,
}

/// One class of the ledger.
#[derive(Debug, Clone)]
pub struct Line {
    /// The class.
    pub meeting: Meeting,
    /// Name of its conference.
    pub title: String,
    /// IANA zone in which it is shown.
    pub time_zone: String,
    /// Its course.
    pub course_id: CourseId,
    /// Short name of its course.
    pub course_code: String,
    /// Name of its course.
    pub course_title: String,
    /// Term of its course.
    pub term: String,
    /// Names of the course's instructors.
    pub teachers: Vec<String>,
    /// Its recordings that are not in the bin.
    pub recordings: i64,
    /// Those of them that staff brought by hand.
    pub recordings_manual: i64,
}

impl Line {
    /// The conference.
    pub fn conference_id(&self) -> ConferenceId {
        self.meeting.conference_id
    }

    /// Whether Teams will record.
    pub fn recording(&self) -> AutoRecordingStatus {
        self.meeting.auto_recording_status
    }
}

impl Filter {
    /// Causes that fit; `None` if every verdict does.
    fn causes(&self) -> Option<Vec<Cause>> {
        if self.cause.is_none() && self.owner.is_none() {
            return None;
        }
        let fits = |cause: &Cause| {
            self.cause.is_none_or(|wanted| wanted == *cause)
                && self.owner.is_none_or(|owner| cause.owner() == owner)
        };
        Some(Cause::ALL.iter().copied().filter(fits).collect())
    }

    /// `FROM … WHERE …` with its parameters. Fixed words are written out, so that partial indexes are of use.
    fn narrowed(&self) -> (String, Vec<sea_orm::Value>) {
        let mut binds = Vec::new();
        let mut conditions = Vec::new();
        let mut bind = |value: sea_orm::Value| {
            binds.push(value);
            format!("${}", binds.len())
        };
        // A course has few classes: it is the way in, whatever a planner thinks of it.
        let from = if let Some(course) = self.course {
            conditions.push(format!("c.course_id = {} AND m.conference_id = c.id", bind(course.param())));
            "conference c CROSS JOIN meeting m"
        } else if let Some(term) = &self.term {
            conditions.push(format!("k.term = {}", bind(term.param())));
            "meeting m JOIN conference c ON c.id = m.conference_id JOIN course k ON k.id = c.course_id"
        } else {
            "meeting m"
        };
        if let (Some(_), Some(term)) = (self.course, &self.term) {
            let term = bind(term.param());
            conditions.push(format!(
                "EXISTS (SELECT 1 FROM course k WHERE k.id = c.course_id AND k.term = {term})"
            ));
        }
        if let Some(verdict) = self.verdict {
            conditions.push(format!("m.verdict = '{verdict}'"));
        }
        if let Some(causes) = self.causes() {
            let words: Vec<String> = causes.iter().map(|cause| format!("'{cause}'")).collect();
            let words = if words.is_empty() { "''".to_owned() } else { words.join(", ") };
            conditions.push(format!("m.verdict = 'missing' AND m.verdict_cause IN ({words})"));
        }
        if let Some(from) = self.from {
            conditions.push(format!("m.starts_at >= {}", bind(from.param())));
        }
        if let Some(until) = self.until {
            conditions.push(format!("m.starts_at < {}", bind(until.param())));
        }
        if conditions.is_empty() {
            conditions.push("TRUE".to_owned());
        }
        (format!("{from} WHERE {}", conditions.join(" AND ")), binds)
    }
}

/// The filter with the days of its term, so that classes of other terms are not even looked at; `None` if the term has no
/// classes.
async fn within_term(db: &impl Read, filter: &Filter) -> Result<Option<Filter>> {
    let Some(term) = filter.term.as_ref().filter(|_| filter.course.is_none()) else {
        return Ok(Some(filter.clone()));
    };
    let row = db
        .row(
            "SELECT MIN(c.first_starts_at) AS first_at, MAX(c.last_ends_at) AS last_at
             FROM course k JOIN conference c ON c.course_id = k.id WHERE k.term = $1",
            params![term],
        )
        .await?;
    let (first, last): (Option<DateTime<Utc>>, Option<DateTime<Utc>>) = match row {
        Some(row) => (row.get("first_at")?, row.get("last_at")?),
        None => (None, None),
    };
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(None);
    };
    Ok(Some(Filter {
        from: Some(filter.from.map_or(first, |from| from.max(first))),
        until: Some(filter.until.map_or(last, |until| until.min(last))),
        ..filter.clone()
    }))
}

/// A page of classes, the latest first; at most `limit`.
pub async fn list(
    db: &impl Read,
    filter: &Filter,
    after: Option<After>,
    (limit, now): (i64, DateTime<Utc>),
) -> Result<Vec<Line>> {
    let Some(mut filter) = within_term(db, filter).await? else {
        return Ok(Vec::new());
    };
    if let Some(after) = after {
        // Said twice, so that the way through the index begins there.
        let beyond = after.starts_at + TimeDelta::microseconds(1);
        filter.until = Some(filter.until.map_or(beyond, |until| until.min(beyond)));
    }
    let (mut narrow, mut binds) = filter.narrowed();
    if let Some(after) = after {
        binds.extend(params![after.starts_at, after.id]);
        write!(narrow, " AND (m.starts_at, m.id) < (${}, ${})", binds.len() - 1, binds.len())
            .expect("writing to a string does not fail");
    }
    binds.extend(params![limit, BETWEEN.to_string(), now.date_naive()]);
    let (limit, between, today) = (binds.len() - 2, binds.len() - 1, binds.len());
    let sql = format!(
        "SELECT {columns}, c.title, c.time_zone, c.course_id, k.code AS course_code, k.title AS course_title, k.term,
             (SELECT string_agg(u.name, ${between}) FROM enrolment i
              JOIN \"user\" u ON u.id = i.user_id
              WHERE i.course_id = c.course_id AND i.role = 'instructor'
                AND (i.ends_on IS NULL OR i.ends_on >= ${today})) AS teachers,
             (SELECT COUNT(*) FROM artifact a WHERE a.meeting_id = m.id AND a.kind = 'recording'
                AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at)) AS recordings,
             (SELECT COUNT(*) FROM artifact a WHERE a.meeting_id = m.id AND a.kind = 'recording'
                AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at) AND a.match_basis = 'manual') AS recordings_manual
         FROM (SELECT m.id, m.starts_at FROM {narrow} ORDER BY m.starts_at DESC, m.id DESC LIMIT ${limit}) page
         JOIN meeting m ON m.id = page.id JOIN conference c ON c.id = m.conference_id
         JOIN course k ON k.id = c.course_id
         ORDER BY page.starts_at DESC, page.id DESC",
        columns = meetings::COLUMNS,
    );
    db.rows(&sql, binds).await?.iter().map(line).collect()
}

fn line(row: &Row) -> Result<Line> {
    Ok(Line {
        meeting: meetings::meeting(row)?,
        title: row.get("title")?,
        time_zone: row.get("time_zone")?,
        course_id: row.id("course_id")?,
        course_code: row.get("course_code")?,
        course_title: row.get("course_title")?,
        term: row.get("term")?,
        teachers: names(row, "teachers")?,
        recordings: row.get("recordings")?,
        recordings_manual: row.get("recordings_manual")?,
    })
}

/// How many classes each verdict has under this filter, whose own verdict, cause and owner are left out of account;
/// never more than [`MOST_COUNTED`] each.
pub async fn counts(db: &impl Read, filter: &Filter) -> Result<Vec<(Verdict, i64)>> {
    let mut binds = Vec::new();
    let mut columns = Vec::new();
    for verdict in Verdict::ALL {
        let one = Filter { verdict: Some(*verdict), cause: None, owner: None, ..filter.clone() };
        let (narrow, own) = one.narrowed();
        // Every one narrows by the same values in the same order.
        binds = own;
        columns.push(format!(
            "(SELECT COUNT(*) FROM (SELECT 1 AS one FROM {narrow} LIMIT {MOST_COUNTED}) t) AS {verdict}"
        ));
    }
    let Some(row) = db.row(&format!("SELECT {}", columns.join(", ")), binds).await? else {
        return Ok(Vec::new());
    };
    Verdict::ALL.iter().map(|verdict| Ok((*verdict, row.get(verdict.as_str())?))).collect()
}

/// What the ledger can be narrowed to besides fixed words.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Terms, the latest first.
    pub terms: Vec<String>,
    /// The chosen course: its short name and name.
    pub course: Option<(String, String)>,
}

/// Terms and the name of the chosen course.
pub async fn choices(db: &impl Read, course: Option<CourseId>) -> Result<Choices> {
    let terms = db
        .rows("SELECT DISTINCT term FROM course WHERE term <> '' ORDER BY term DESC LIMIT 40", params![])
        .await?;
    let terms = terms.iter().map(|row| row.get("term")).collect::<Result<_>>()?;
    let course = match course {
        Some(course) => db.row("SELECT code, title FROM course WHERE id = $1", params![course]).await?,
        None => None,
    };
    let course = course.map(|row| -> Result<_> { Ok((row.get("code")?, row.get("title")?)) }).transpose()?;
    Ok(Choices { terms, course })
}
