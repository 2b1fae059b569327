//! Searching the audit: by person, thing, class, course, action and time, newest first, fast at ten million entries.
//! Every narrowing has an index that ends in time and id, so that a page is read from its beginning.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::audit::entry;
use super::{Param, Read, Result, Row};
use crate::model::audit::AuditEntry;
use crate::model::id::{ArtifactId, AuditEntryId, CourseId, MeetingId, UserId};
use crate::params;

/// What entries are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// This `word:id`.
    Subject(String),
    /// This recording, transcript or file.
    Artifact(ArtifactId),
    /// This class: its meeting and what it left behind.
    Class(MeetingId),
    /// This course: itself, its classes and what they left behind.
    Course(CourseId),
    /// The same of all courses of this code.
    CourseCode(String),
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// This action.
    Action(String),
    /// Somebody watched, read or downloaded something.
    Visits,
}

/// What a list of the audit is narrowed to; empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only entries of this person.
    pub actor: Option<UserId>,
    /// Only entries on this.
    pub about: Option<About>,
    /// Only entries of this sort.
    pub what: Option<What>,
    /// Only entries written at or after this moment.
    pub from: Option<DateTime<Utc>>,
    /// Only entries written before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Only entries older than this one (the last of the page before).
    pub before: Option<AuditEntryId>,
}

/// An entry as a list shows it.
#[derive(Debug, Clone)]
pub struct Line {
    /// The entry.
    pub entry: AuditEntry,
    /// Who did it; also whose visit it was, until that is forgotten.
    pub person: Option<UserId>,
    /// The name of who did it, while the person is known.
    pub actor_name: Option<String>,
}

fn line(row: &Row) -> Result<Line> {
    Ok(Line { entry: entry(row)?, person: row.id_opt("person_id")?, actor_name: row.get("actor_name")? })
}

/// The words that stand before the id of an artifact.
const ARTIFACT_WORDS: [&str; 4] = ["recording", "transcript", "file", "artifact"];

/// The actions that tell of a visit.
const VISITS: &str = "'recording.watched', 'recording.downloaded', 'transcript.read', 'file.downloaded'";

/// The action where its index must not be taken: without statistics SQLite prefers it to a much narrower one.
const UNINDEXED: &str = "(e.action || '')";

/// Subjects of the artifacts of meetings, as a query; `which` is a condition on `artifact a JOIN meeting m`.
fn of_artifacts(which: &str) -> String {
    let word = |word: &str| {
        format!(
            "SELECT '{word}:' || CAST(a.id AS TEXT) FROM artifact a JOIN meeting m ON m.id = a.meeting_id
             JOIN conference c ON c.id = m.conference_id WHERE {which}"
        )
    };
    ARTIFACT_WORDS.map(word).join(" UNION ALL ")
}

/// A condition on `e.subject`: courses, their classes and what those left behind; `those` is a condition on a course's id.
fn of_courses(those: &str) -> String {
    let artifacts = of_artifacts(&format!("c.course_id {those}"));
    format!(
        "e.subject IN (SELECT 'course:' || CAST(k.id AS TEXT) FROM course k WHERE k.id {those}
         UNION ALL SELECT 'conference:' || CAST(c.id AS TEXT) FROM conference c WHERE c.course_id {those}
         UNION ALL SELECT 'meeting:' || CAST(m.id AS TEXT) FROM meeting m
             JOIN conference c ON c.id = m.conference_id WHERE c.course_id {those}
         UNION ALL {artifacts})"
    )
}

impl About {
    /// A condition on `e.subject`, with its parameter at `place`.
    fn condition(&self, place: usize) -> (String, sea_orm::Value) {
        match self {
            Self::Subject(subject) => (format!("e.subject = ${place}"), subject.param()),
            Self::Artifact(id) => {
                let words = ARTIFACT_WORDS.map(|word| format!("'{word}:' || CAST(${place} AS TEXT)"));
                (format!("e.subject IN ({})", words.join(", ")), id.0.to_string().param())
            }
            Self::Class(id) => {
                let artifacts = of_artifacts(&format!("m.id = ${place}"));
                let meeting =
                    format!("SELECT 'meeting:' || CAST(m.id AS TEXT) FROM meeting m WHERE m.id = ${place}");
                (format!("e.subject IN ({meeting} UNION ALL {artifacts})"), id.param())
            }
            Self::Course(id) => (of_courses(&format!("= ${place}")), id.param()),
            Self::CourseCode(code) => {
                let those = format!("IN (SELECT y.id FROM course y WHERE y.code = ${place})");
                (of_courses(&those), code.param())
            }
        }
    }
}

/// The newest entries first, at most `limit`.
pub async fn list(db: &impl Read, filter: &Filter, limit: i64) -> Result<Vec<Line>> {
    let mut params = params![limit];
    let mut sql =
        "SELECT e.id, e.seq, e.at, e.actor_id, e.action, e.subject, e.detail_hash, e.hash, d.detail,
             COALESCE(e.actor_id, d.user_id) AS person_id, u.name AS actor_name
         FROM audit_entry e LEFT JOIN audit_detail d ON d.entry_id = e.id
         LEFT JOIN \"user\" u ON u.id = COALESCE(e.actor_id, d.user_id) WHERE 1 = 1"
            .to_owned();
    let mut narrow = |condition: &dyn Fn(usize) -> (String, sea_orm::Value)| {
        let (condition, value) = condition(params.len() + 1);
        params.push(value);
        write!(sql, " AND {condition}").expect("writing to a string does not fail");
    };
    if let Some(before) = filter.before {
        let at = "SELECT x.at FROM audit_entry x WHERE x.id = ";
        narrow(&|place| (format!("(e.at, e.id) < (({at}${place}), ${place})"), before.param()));
    }
    if let Some(actor) = filter.actor {
        // One list of ids from two indexes: with OR, PostgreSQL reads all entries.
        let own = "SELECT x.id FROM audit_entry x WHERE x.actor_id = ";
        let visits = "SELECT y.entry_id FROM audit_detail y WHERE y.user_id = ";
        narrow(&|place| (format!("e.id IN ({own}${place} UNION ALL {visits}${place})"), actor.param()));
    }
    if let Some(about) = &filter.about {
        narrow(&|place| about.condition(place));
    }
    if let Some(What::Action(action)) = &filter.what {
        // A person or thing narrows more than an action does: only alone may its index be taken.
        let column = if filter.actor.is_none() && filter.about.is_none() { "e.action" } else { UNINDEXED };
        narrow(&|place| (format!("{column} = ${place}"), action.param()));
    }
    if let Some(from) = filter.from {
        narrow(&|place| (format!("e.at >= ${place}"), from.param()));
    }
    if let Some(until) = filter.until {
        narrow(&|place| (format!("e.at < ${place}"), until.param()));
    }
    if filter.what == Some(What::Visits) {
        write!(sql, " AND {UNINDEXED} IN ({VISITS})").expect("writing to a string does not fail");
    }
    sql.push_str(" ORDER BY e.at DESC, e.id DESC LIMIT $1");
    db.rows(&sql, params).await?.iter().map(line).collect()
}

/// Who came to a recording, transcript or file.
#[derive(Debug, Clone)]
pub struct Viewed {
    /// The person; `None` where only the count is kept.
    pub person: Option<UserId>,
    /// Their name.
    pub name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// Times watched or read.
    pub watched: i64,
    /// Times downloaded.
    pub downloaded: i64,
    /// The first time.
    pub first_at: DateTime<Utc>,
    /// The last time.
    pub last_at: DateTime<Utc>,
}

/// Everybody who watched, read or downloaded an artifact, the latest first, at most `limit`.
pub async fn viewers(db: &impl Read, id: ArtifactId, limit: i64) -> Result<Vec<Viewed>> {
    let (about, value) = About::Artifact(id).condition(1);
    let sql = format!(
        "SELECT d.user_id, u.name, u.email,
             CAST(SUM(CASE WHEN e.action LIKE '%.downloaded' THEN 0 ELSE 1 END) AS BIGINT) AS watched,
             CAST(SUM(CASE WHEN e.action LIKE '%.downloaded' THEN 1 ELSE 0 END) AS BIGINT) AS downloaded,
             MIN(e.at) AS first_at, MAX(e.at) AS last_at
         FROM audit_entry e LEFT JOIN audit_detail d ON d.entry_id = e.id LEFT JOIN \"user\" u ON u.id = d.user_id
         WHERE {about} AND {UNINDEXED} IN ({VISITS})
         GROUP BY d.user_id, u.name, u.email ORDER BY MAX(e.at) DESC, d.user_id LIMIT $2"
    );
    let viewed = |row: &Row| {
        Ok(Viewed {
            person: row.id_opt("user_id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            watched: row.get("watched")?,
            downloaded: row.get("downloaded")?,
            first_at: row.get("first_at")?,
            last_at: row.get("last_at")?,
        })
    };
    db.rows(&sql, vec![value, limit.param()]).await?.iter().map(viewed).collect()
}

/// How many entries there are, and every action that occurs, in alphabetical order.
pub async fn overview(db: &impl Read) -> Result<(i64, Vec<String>)> {
    let count = db.row("SELECT COALESCE(MAX(seq), 0) AS n FROM audit_entry", params![]).await?;
    // From one action to the next by the index: counting ten million entries would take seconds.
    let actions = "WITH RECURSIVE known (action) AS (
             SELECT MIN(action) FROM audit_entry
             UNION ALL SELECT (SELECT MIN(e.action) FROM audit_entry e WHERE e.action > known.action)
                 FROM known WHERE known.action IS NOT NULL)
         SELECT action FROM known WHERE action IS NOT NULL";
    let actions = db.rows(actions, params![]).await?;
    let actions = actions.iter().map(|row| row.get("action")).collect::<Result<_>>()?;
    Ok((count.map_or(Ok(0), |row| row.get("n"))?, actions))
}
