//! The list of conferences as one person may see it: filtered in SQL, in pages that begin after the last row of the
//! page before, with the verdicts of all classes of each.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};

use super::{BETWEEN, names, verdict_now};
use crate::model::conference::Verdict;
use crate::model::id::{ConferenceId, CourseId, UserId};
use crate::model::words::Word as _;
use crate::params;
use crate::store::meetings::NO_FAILURE;
use crate::store::users::like;
use crate::store::{Error, Param, Read, Result, Row, many};
use crate::words;

/// Counting for a filter stops here: beyond it the figure helps nobody and costs every reader.
pub const MOST_COUNTED: i64 = 200;

/// Instructors named in a line at most: a course has few, and a team of dozens says nothing in a list.
const MOST_TEACHERS: i64 = 3;

/// A class that needed somebody is shown as such for this long after its end.
const ATTENTION: chrono::Duration = chrono::Duration::days(30);

/// No slot is longer than this: what is on now began since then.
const LONGEST_SLOT: chrono::Duration = chrono::Duration::hours(36);

words! {
    /// Which conferences a list shows.
    pub enum Which {
        /// With a class that has no recording or will have none, and nobody has mended it.
        Attention = "attention",
        /// With a class that is on now.
        Running = "running",
        /// With a class still to come.
        Upcoming = "upcoming",
        /// All classes are over.
        Ended = "ended",
        /// Cancelled as a whole.
        Cancelled = "cancelled",
    }
}

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eyes {
    /// Someone who sees every course.
    All,
    /// Someone who sees what they teach, and what is published in courses they learn in.
    Member(UserId),
}

/// Where a page begins: after the row with this end and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// Its last end.
    pub last_ends_at: DateTime<Utc>,
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
    /// Only these.
    pub which: Option<Which>,
    /// Only with these letters in title, course code or course title; empty for all.
    pub words: String,
    /// Where the page begins.
    pub after: Option<After>,
    /// Rows at most.
    pub limit: i64,
    /// Now.
    pub now: DateTime<Utc>,
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct Line {
    /// The conference.
    pub id: ConferenceId,
    /// Its title.
    pub title: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// Learners see it.
    pub published: bool,
    /// Short name of its course.
    pub course_code: String,
    /// Name of its course.
    pub course_title: String,
    /// Names of the course's instructors, of a few.
    pub teachers: Vec<String>,
    /// End of its last class.
    pub last_ends_at: DateTime<Utc>,
    /// Its classes.
    pub classes: Classes,
}

/// The classes of a conference, as far as a line tells of them.
#[derive(Debug, Clone, Default)]
pub struct Classes {
    /// The verdict of each, by start.
    pub verdicts: Vec<Verdict>,
    /// Classes ahead whose recording could not be switched on.
    pub failing: i64,
    /// Classes ahead of which that is not known yet.
    pub pending: i64,
    /// Start and end of the one that is on now.
    pub on_now: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Start of the next.
    pub next_starts_at: Option<DateTime<Utc>>,
    /// Start of the last that is over.
    pub last_starts_at: Option<DateTime<Utc>>,
}

impl Which {
    /// Whether the soonest end comes first; else the latest.
    fn soonest_first(self) -> bool {
        matches!(self, Self::Running | Self::Upcoming)
    }

    /// The condition on `conference c`; `$1` is now.
    fn condition(self, eyes: Eyes, binds: &mut Binds) -> String {
        match self {
            Self::Attention => {
                let since = binds.add(&(binds.now - ATTENTION));
                format!(
                    "c.id IN (SELECT x.conference_id FROM meeting x
                              WHERE x.verdict = 'missing' AND x.ends_at > {since}
                              UNION SELECT x.conference_id FROM meeting x
                              WHERE x.auto_recording_status NOT IN {NO_FAILURE} AND x.ends_at > $1
                                AND x.cancelled_at IS NULL)"
                )
            }
            Self::Running => {
                format!("c.first_starts_at <= $1 AND c.last_ends_at > $1 AND {}", on_now(eyes, binds))
            }
            Self::Upcoming => {
                format!("c.last_ends_at > $1 AND c.cancelled_at IS NULL AND NOT {}", on_now(eyes, binds))
            }
            Self::Ended => "c.last_ends_at <= $1 AND c.cancelled_at IS NULL".to_owned(),
            Self::Cancelled => "c.cancelled_at IS NOT NULL".to_owned(),
        }
    }
}

/// The condition that a class of `conference c` is on now. Who sees all is served by what is on anywhere, everybody
/// else by their own few.
fn on_now(eyes: Eyes, binds: &mut Binds) -> String {
    let on = "x.starts_at <= $1 AND x.ends_at > $1 AND x.cancelled_at IS NULL";
    match eyes {
        Eyes::All => {
            let since = binds.add(&(binds.now - LONGEST_SLOT));
            format!("(c.id IN (SELECT x.conference_id FROM meeting x WHERE {on} AND x.starts_at > {since}))")
        }
        Eyes::Member(_) => {
            format!("(EXISTS (SELECT 1 FROM meeting x WHERE x.conference_id = c.id AND {on}))")
        }
    }
}

/// The parameters of one statement; `$1` is now and `$2` today.
struct Binds {
    now: DateTime<Utc>,
    values: Vec<sea_orm::Value>,
}

impl Binds {
    fn new(now: DateTime<Utc>) -> Self {
        Self { now, values: params![now, today(now)] }
    }

    fn add(&mut self, value: &impl Param) -> String {
        self.values.push(value.param());
        format!("${}", self.values.len())
    }
}

fn today(now: DateTime<Utc>) -> NaiveDate {
    now.date_naive()
}

/// `FROM … WHERE …` of the conferences that a query means, in one state.
fn narrowed(query: &Query, which: Option<Which>, binds: &mut Binds) -> String {
    let mut sql = "conference c".to_owned();
    let mut conditions = vec!["$2 = $2".to_owned()];
    if let Eyes::Member(user) = query.eyes {
        let user = binds.add(&user);
        sql.push_str(" JOIN enrolment n ON n.course_id = c.course_id AND n.user_id = ");
        sql.push_str(&user);
        conditions.push("(n.ends_on IS NULL OR n.ends_on >= $2)".to_owned());
        conditions.push("(c.published OR n.role = 'instructor')".to_owned());
    }
    if let Some(course) = query.course {
        conditions.push(format!("c.course_id = {}", binds.add(&course)));
    }
    if !query.words.is_empty() {
        let words = binds.add(&like(&query.words));
        sql.push_str(" JOIN course s ON s.id = c.course_id");
        conditions.push(format!(
            "(LOWER(c.title) LIKE {words} ESCAPE '\\' OR LOWER(s.code) LIKE {words} ESCAPE '\\'
              OR LOWER(s.title) LIKE {words} ESCAPE '\\')"
        ));
    }
    if let Some(which) = which {
        conditions.push(which.condition(query.eyes, binds));
    }
    format!("{sql} WHERE {}", conditions.join(" AND "))
}

/// A page of conferences: with `Running` and `Upcoming` the soonest end first, else the latest.
pub async fn list(db: &impl Read, query: &Query) -> Result<Vec<Line>> {
    let mut binds = Binds::new(query.now);
    let mut narrow = narrowed(query, query.which, &mut binds);
    let (way, beyond) =
        if query.which.is_some_and(Which::soonest_first) { ("ASC", '>') } else { ("DESC", '<') };
    if let Some(after) = query.after {
        let (end, id) = (binds.add(&after.last_ends_at), binds.add(&after.id));
        write!(narrow, " AND (c.last_ends_at, c.id) {beyond} ({end}, {id})")
            .expect("writing to a string does not fail");
    }
    let (limit, between) = (binds.add(&query.limit), binds.add(&BETWEEN.to_string()));
    let sql = format!(
        "SELECT c.id, c.title, c.time_zone, c.published, c.last_ends_at, k.code AS course_code,
             k.title AS course_title,
             (SELECT string_agg(u.name, {between})
              FROM (SELECT i.user_id FROM enrolment i WHERE i.course_id = c.course_id AND i.role = 'instructor'
                      AND (i.ends_on IS NULL OR i.ends_on >= $2) ORDER BY i.ends_on, i.user_id LIMIT {MOST_TEACHERS}) few
              JOIN \"user\" u ON u.id = few.user_id) AS teachers
         FROM (SELECT c.id, c.last_ends_at FROM {narrow} ORDER BY c.last_ends_at {way}, c.id {way} LIMIT {limit}) page
         JOIN conference c ON c.id = page.id JOIN course k ON k.id = c.course_id
         ORDER BY page.last_ends_at {way}, page.id {way}"
    );
    let rows = db.rows(&sql, binds.values).await?;
    let mut lines = rows.iter().map(line).collect::<Result<Vec<_>>>()?;
    add_classes(db, &mut lines, query.now).await?;
    Ok(lines)
}

fn line(row: &Row) -> Result<Line> {
    Ok(Line {
        id: row.id("id")?,
        title: row.get("title")?,
        time_zone: row.get("time_zone")?,
        published: row.get("published")?,
        course_code: row.get("course_code")?,
        course_title: row.get("course_title")?,
        teachers: names(row, "teachers")?,
        last_ends_at: row.get("last_ends_at")?,
        classes: Classes::default(),
    })
}

/// Adds what the classes of each line amount to, in one query.
async fn add_classes(db: &impl Read, lines: &mut [Line], now: DateTime<Utc>) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut binds = params![now];
    let ids = many::any_of(&mut binds, lines.iter().map(|line| line.id));
    let sql = format!(
        "SELECT x.conference_id, string_agg({verdict}, ' ' ORDER BY x.starts_at, x.id) AS verdicts,
             COUNT(CASE WHEN x.cancelled_at IS NULL AND x.ends_at > $1
                   AND x.auto_recording_status NOT IN {NO_FAILURE} THEN 1 END) AS failing,
             COUNT(CASE WHEN x.cancelled_at IS NULL AND x.ends_at > $1
                   AND x.auto_recording_status = 'pending' THEN 1 END) AS pending,
             MIN(CASE WHEN x.cancelled_at IS NULL AND x.starts_at <= $1 AND x.ends_at > $1 THEN x.starts_at END)
                 AS now_starts_at,
             MIN(CASE WHEN x.cancelled_at IS NULL AND x.starts_at <= $1 AND x.ends_at > $1 THEN x.ends_at END)
                 AS now_ends_at,
             MIN(CASE WHEN x.cancelled_at IS NULL AND x.starts_at > $1 THEN x.starts_at END) AS next_starts_at,
             MAX(CASE WHEN x.cancelled_at IS NULL AND x.ends_at <= $1 THEN x.starts_at END) AS last_starts_at
         FROM meeting x WHERE x.conference_id IN ({ids}) GROUP BY x.conference_id",
        verdict = verdict_now("$1"),
    );
    for row in db.rows(&sql, binds).await? {
        let id: ConferenceId = row.id("conference_id")?;
        if let Some(line) = lines.iter_mut().find(|line| line.id == id) {
            line.classes = classes(&row)?;
        }
    }
    Ok(())
}

fn classes(row: &Row) -> Result<Classes> {
    let verdicts: String = row.get("verdicts")?;
    let verdict = |word: &str| {
        Verdict::parse(word)
            .ok_or_else(|| Error::Database(format!("a meeting has the unknown verdict {word:?}")))
    };
    let now_starts_at: Option<DateTime<Utc>> = row.get("now_starts_at")?;
    let now_ends_at: Option<DateTime<Utc>> = row.get("now_ends_at")?;
    Ok(Classes {
        verdicts: verdicts.split(' ').map(verdict).collect::<Result<_>>()?,
        failing: row.get("failing")?,
        pending: row.get("pending")?,
        on_now: now_starts_at.zip(now_ends_at),
        next_starts_at: row.get("next_starts_at")?,
        last_starts_at: row.get("last_starts_at")?,
    })
}

/// A course that the list can be narrowed to.
#[derive(Debug, Clone)]
pub struct CourseChoice {
    /// The course.
    pub id: CourseId,
    /// Short name.
    pub code: String,
    /// Name.
    pub title: String,
}

/// The viewer's own courses by code, and `chosen` if they may see it; at most `limit`. Those who see all courses
/// find others by search: a list of thousands helps nobody.
pub async fn courses(db: &impl Read, query: &Query, user: UserId, limit: i64) -> Result<Vec<CourseChoice>> {
    let sees_all = query.eyes == Eyes::All;
    let rows = db
        .rows(
            "SELECT k.id, k.code, k.title FROM course k
             WHERE k.id IN (SELECT n.course_id FROM enrolment n
                            WHERE n.user_id = $1 AND (n.ends_on IS NULL OR n.ends_on >= $2))
                OR (k.id = $3 AND $4)
             ORDER BY k.code, k.id LIMIT $5",
            params![user, today(query.now), query.course.unwrap_or(CourseId(0)), sees_all, limit],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(CourseChoice { id: row.id("id")?, code: row.get("code")?, title: row.get("title")? }))
        .collect()
}

/// How many conferences each of these filters would show, never more than [`MOST_COUNTED`]. The words of the query
/// are left out of account.
pub async fn counts(db: &impl Read, query: &Query, wanted: &[Which]) -> Result<Vec<(Which, i64)>> {
    let plain = Query { words: String::new(), ..query.clone() };
    let mut binds = Binds::new(query.now);
    let counted = |which: &Which, binds: &mut Binds| {
        let narrow = narrowed(&plain, Some(*which), binds);
        format!("(SELECT COUNT(*) FROM (SELECT 1 FROM {narrow} LIMIT {MOST_COUNTED}) t) AS {which}")
    };
    let columns: Vec<String> = wanted.iter().map(|which| counted(which, &mut binds)).collect();
    let sql = format!("SELECT {}", columns.join(", "));
    let Some(row) = db.row(&sql, binds.values).await? else {
        return Ok(Vec::new());
    };
    wanted.iter().map(|which| Ok((*which, row.get(which.as_str())?))).collect()
}
