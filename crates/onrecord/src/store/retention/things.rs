//! What the rules are asked about: artifacts with their class and course, and the attendance and chat of classes.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::model::artifact::SafetyFacts;
use crate::model::id::{ArtifactId, CourseId, MeetingId, RetentionPolicyId};
use crate::model::retention::{Kept, Thing};
use crate::params;
use crate::store::media::safety_facts;
use crate::store::minors::OF_MINORS;
use crate::store::{Read, Result, Row, Tx, holds};

/// One thing with what names it.
#[derive(Debug, Clone)]
pub struct Placed {
    /// What the rules ask.
    pub thing: Thing,
    /// Its row, if it is an artifact.
    pub artifact: Option<ArtifactId>,
    /// Its class.
    pub meeting: MeetingId,
    /// Title of the conference.
    pub title: String,
    /// Short name of the course.
    pub course_code: String,
    /// When the class began.
    pub starts_at: DateTime<Utc>,
    /// What its safety is derived from; nothing for rows.
    pub facts: SafetyFacts,
    /// The policy that binned it.
    pub bin_policy: Option<RetentionPolicyId>,
    /// When its time in the bin is over.
    pub purge_at: Option<DateTime<Utc>>,
    /// When its bytes were deleted.
    pub purged_at: Option<DateTime<Utc>>,
}

impl Placed {
    /// The id in the run's rows: of the artifact, else of the class.
    pub fn subject_id(&self) -> i64 {
        self.artifact.map_or(self.meeting.0, |artifact| artifact.0)
    }

    /// The same for a hold.
    pub fn target(&self) -> holds::Target {
        holds::Target { kind: self.thing.kind, artifact: self.artifact, meeting: Some(self.meeting) }
    }
}

/// Columns of a class with its course.
fn class() -> String {
    format!(
        "m.id AS meeting_id, m.starts_at, m.ends_at, c.title, k.id AS course_id, k.code, k.term,
         k.ends_on AS term_ends_on, {OF_MINORS} AS of_minors"
    )
}

const ARTIFACT: &str =
    "a.id, a.kind, a.item_id, a.graph_id, a.verified_at, a.damaged_at, a.source_removed_at, a.gone_at,
     a.binned_at, a.restored_at, a.bin_policy_id, a.purge_at, a.purged_at";

const OF_CLASS: &str = "JOIN conference c ON c.id = m.conference_id JOIN course k ON k.id = c.course_id";

fn thing(row: &Row, kind: Kept) -> Result<Thing> {
    Ok(Thing {
        kind,
        course_id: row.id::<CourseId>("course_id")?,
        term: row.get("term")?,
        of_minors: row.get("of_minors")?,
        term_ends_on: row.get::<Option<NaiveDate>>("term_ends_on")?,
        ended_at: row.get("ends_at")?,
        spared_until: None,
        has_copy: true,
    })
}

fn artifact(row: &Row, spared: TimeDelta) -> Result<Placed> {
    let facts = safety_facts(row)?;
    let is_offered =
        row.get::<Option<String>>("item_id")?.is_some() || row.get::<Option<String>>("graph_id")?.is_some();
    let is_at_microsoft = is_offered && facts.gone_at.is_none() && facts.source_removed_at.is_none();
    let mut thing = thing(row, row.get("kind")?)?;
    thing.spared_until = facts.restored_at.map(|restored| restored + spared);
    // What nobody has any more cannot be copied; waiting for it would wait for ever.
    thing.has_copy = facts.is_verified() || !is_at_microsoft;
    Ok(Placed {
        thing,
        artifact: Some(row.id("id")?),
        facts,
        bin_policy: row.id_opt("bin_policy_id")?,
        purge_at: row.get("purge_at")?,
        purged_at: row.get("purged_at")?,
        ..rows_of_class(row, Kept::Recording)?
    })
}

fn rows_of_class(row: &Row, kind: Kept) -> Result<Placed> {
    Ok(Placed {
        thing: thing(row, kind)?,
        artifact: None,
        meeting: row.id("meeting_id")?,
        title: row.get("title")?,
        course_code: row.get("code")?,
        starts_at: row.get("starts_at")?,
        facts: SafetyFacts::default(),
        bin_policy: None,
        purge_at: None,
        purged_at: None,
    })
}

/// Artifacts of classes that have ended and that are not in the bin, by id, after `after`. `spared` is how long
/// something is left alone that was taken out of the bin.
pub async fn artifacts(
    db: &impl Read,
    after: i64,
    (limit, now): (i64, DateTime<Utc>),
    spared: TimeDelta,
) -> Result<Vec<Placed>> {
    let which = "a.id > $1 AND m.ends_at < $3 AND a.purged_at IS NULL
           AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at) ORDER BY a.id LIMIT $2";
    placed(db, which, params![after, limit, now], spared).await
}

/// Artifacts whose time in the bin was over at `now`, by id, after `after`.
pub async fn overdue_in_bin(
    db: &impl Read,
    after: i64,
    (limit, now): (i64, DateTime<Utc>),
    spared: TimeDelta,
) -> Result<Vec<Placed>> {
    let which = "a.id > $1 AND a.purge_at <= $3 AND a.purged_at IS NULL ORDER BY a.id LIMIT $2";
    placed(db, which, params![after, limit, now], spared).await
}

/// The recordings of a class.
pub async fn recordings(db: &impl Read, meeting: MeetingId, spared: TimeDelta) -> Result<Vec<Placed>> {
    placed(db, "a.meeting_id = $1 AND a.kind = 'recording'", params![meeting], spared).await
}

/// The artifact as it is now, for whoever has locked it.
pub async fn one(db: &impl Read, id: ArtifactId, spared: TimeDelta) -> Result<Option<Placed>> {
    Ok(placed(db, "a.id = $1", params![id], spared).await?.pop())
}

/// The artifacts with their classes for which `which` holds.
async fn placed(
    db: &impl Read,
    which: &str,
    binds: Vec<sea_orm::Value>,
    spared: TimeDelta,
) -> Result<Vec<Placed>> {
    let sql = format!(
        "SELECT {ARTIFACT}, {class} FROM artifact a JOIN meeting m ON m.id = a.meeting_id {OF_CLASS}
         WHERE {which}",
        class = class()
    );
    db.rows(&sql, binds).await?.iter().map(|row| artifact(row, spared)).collect()
}

/// Table that holds the rows of a kind that is no artifact.
fn table(kind: Kept) -> &'static str {
    if kind == Kept::Chat { "chat_message" } else { "attendance_record" }
}

/// Classes that have ended and have attendance or chat, by id, after `after`.
pub async fn classes(
    db: &impl Read,
    kind: Kept,
    after: i64,
    (limit, now): (i64, DateTime<Utc>),
) -> Result<Vec<Placed>> {
    let sql = format!(
        "SELECT {class} FROM meeting m {OF_CLASS}
         WHERE m.id > $1 AND m.ends_at < $3 AND EXISTS (SELECT 1 FROM {} x WHERE x.meeting_id = m.id)
         ORDER BY m.id LIMIT $2",
        table(kind),
        class = class()
    );
    let rows = db.rows(&sql, params![after, limit, now]).await?;
    rows.iter().map(|row| rows_of_class(row, kind)).collect()
}

/// The class's attendance or chat as it is now, locked by its class; `None` if there is none.
pub async fn lock_class(tx: &Tx, kind: Kept, meeting: MeetingId) -> Result<Option<Placed>> {
    let lock = format!("SELECT id FROM meeting WHERE id = $1{}", tx.for_update());
    tx.row(&lock, params![meeting]).await?;
    let sql = format!(
        "SELECT {class} FROM meeting m {OF_CLASS}
         WHERE m.id = $1 AND EXISTS (SELECT 1 FROM {} x WHERE x.meeting_id = m.id)",
        table(kind),
        class = class()
    );
    tx.row(&sql, params![meeting]).await?.map(|row| rows_of_class(&row, kind)).transpose()
}

/// What the rules ask of a kind of data of a class, whether or not there is any.
pub async fn of_class(db: &impl Read, kind: Kept, meeting: MeetingId) -> Result<Option<Thing>> {
    let sql = format!("SELECT {} FROM meeting m {OF_CLASS} WHERE m.id = $1", class());
    db.row(&sql, params![meeting]).await?.map(|row| thing(&row, kind)).transpose()
}

/// Removes a class's attendance or chat, notes that it was removed, and returns how many rows there were.
pub async fn remove_rows(
    tx: &Tx,
    (kind, meeting): (Kept, MeetingId),
    (policy, why): (RetentionPolicyId, &str),
    at: DateTime<Utc>,
) -> Result<u64> {
    if kind == Kept::Attendance {
        tx.execute(
            "DELETE FROM attendance_interval WHERE record_id IN
                 (SELECT id FROM attendance_record WHERE meeting_id = $1)",
            params![meeting],
        )
        .await?;
        tx.execute("DELETE FROM attendance_report WHERE meeting_id = $1", params![meeting]).await?;
    }
    let sql = format!("DELETE FROM {} WHERE meeting_id = $1", table(kind));
    let removed = tx.execute(&sql, params![meeting]).await?;
    tx.execute(
        "INSERT INTO removal (meeting_id, kind, removed_at, policy_id, why, row_count) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (meeting_id, kind) DO UPDATE SET removed_at = excluded.removed_at,
             policy_id = excluded.policy_id, why = excluded.why, row_count = removal.row_count + excluded.row_count",
        params![meeting, kind, at, policy, why, removed as i64],
    )
    .await?;
    Ok(removed)
}

/// Whether a class's attendance or chat was removed: it is not brought again.
pub async fn is_removed(db: &impl Read, kind: Kept, meeting: MeetingId) -> Result<bool> {
    let sql = "SELECT meeting_id FROM removal WHERE meeting_id = $1 AND kind = $2";
    Ok(db.row(sql, params![meeting, kind]).await?.is_some())
}

/// A class's attendance or chat that was removed.
#[derive(Debug, Clone)]
pub struct Removal {
    /// Which.
    pub kind: Kept,
    /// When.
    pub removed_at: DateTime<Utc>,
    /// Under which rule, as it read then.
    pub why: String,
    /// How many rows there were.
    pub row_count: i64,
}

/// What was removed of a class.
pub async fn removed(db: &impl Read, meeting: MeetingId) -> Result<Vec<Removal>> {
    let sql = "SELECT kind, removed_at, why, row_count FROM removal WHERE meeting_id = $1 ORDER BY kind";
    let removal = |row: &Row| {
        Ok(Removal {
            kind: row.get("kind")?,
            removed_at: row.get("removed_at")?,
            why: row.get("why")?,
            row_count: row.get("row_count")?,
        })
    };
    db.rows(sql, params![meeting]).await?.iter().map(removal).collect()
}
