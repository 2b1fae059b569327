//! Tables `hold` and `hold_course`. Whoever removes something asks here, in the transaction that removes it: the lock
//! makes a hold that is being placed at the same moment come wholly before or wholly after.

use chrono::{DateTime, Utc};

use super::{Dialect, Read, Result, Row, Tx};
use crate::model::hold::{Hold, HoldScope};
use crate::model::id::{ArtifactId, HoldId, MeetingId, UserId};
use crate::model::retention::Kept;
use crate::params;

/// Key of the advisory lock that holds take alone and removals share.
const LOCK: i64 = 658_712;

const COLUMNS: &str = "h.id, h.scope, h.subject_id, h.reason, h.owner_id, h.starts_at, h.ends_at, h.released_at, h.release_reason";

fn hold(row: &Row) -> Result<Hold> {
    Ok(Hold {
        id: row.id("id")?,
        scope: row.get("scope")?,
        subject_id: row.get("subject_id")?,
        reason: row.get("reason")?,
        owner_id: row.id_opt("owner_id")?,
        starts_at: row.get("starts_at")?,
        ends_at: row.get("ends_at")?,
        released_at: row.get("released_at")?,
        release_reason: row.get("release_reason")?,
    })
}

/// No hold is placed or released until the caller's transaction ends. For whoever removes something.
pub async fn stand_still(tx: &Tx) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        tx.row("SELECT pg_advisory_xact_lock_shared($1)", params![LOCK]).await?;
    }
    Ok(())
}

async fn alone(tx: &Tx) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        tx.row("SELECT pg_advisory_xact_lock($1)", params![LOCK]).await?;
    }
    Ok(())
}

/// A new hold.
#[derive(Debug, Clone)]
pub struct NewHold<'a> {
    /// What it is on.
    pub scope: HoldScope,
    /// The id of that.
    pub subject_id: i64,
    /// Why.
    pub reason: &'a str,
    /// Who answers for it.
    pub owner: Option<UserId>,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when, if that is known.
    pub ends_at: Option<DateTime<Utc>>,
}

/// Writes a hold. On a person it notes the courses they belong to now, so that leaving one does not lift it.
pub async fn insert(tx: &Tx, new: &NewHold<'_>, at: DateTime<Utc>) -> Result<HoldId> {
    alone(tx).await?;
    let id: HoldId = tx
        .insert(
            "INSERT INTO hold (scope, subject_id, reason, owner_id, starts_at, ends_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            params![new.scope, new.subject_id, new.reason, new.owner, new.starts_at, new.ends_at, at],
        )
        .await?;
    if new.scope == HoldScope::Person {
        tx.execute(
            "INSERT INTO hold_course (hold_id, course_id) SELECT $1, n.course_id FROM enrolment n WHERE n.user_id = $2",
            params![id, new.subject_id],
        )
        .await?;
    }
    Ok(id)
}

/// Releases a hold. False if it was released before, or there is none.
pub async fn release(
    tx: &Tx,
    id: HoldId,
    (by, reason): (Option<UserId>, &str),
    at: DateTime<Utc>,
) -> Result<bool> {
    alone(tx).await?;
    let changed = tx
        .execute(
            "UPDATE hold SET released_at = $2, released_by = $3, release_reason = $4
             WHERE id = $1 AND released_at IS NULL",
            params![id, at, by, reason],
        )
        .await?;
    Ok(changed == 1)
}

/// The hold, if there is one.
pub async fn find(db: &impl Read, id: HoldId) -> Result<Option<Hold>> {
    let sql = format!("SELECT {COLUMNS} FROM hold h WHERE h.id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(hold).transpose()
}

/// A hold as a list shows it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The hold.
    pub hold: Hold,
    /// What it is on, in words; empty when that is gone.
    pub subject: String,
    /// Name of its owner.
    pub owner: Option<String>,
}

/// The newest holds first, at most `limit`, before the hold `before`.
pub async fn list(db: &impl Read, before: Option<HoldId>, limit: i64) -> Result<Vec<Listed>> {
    let sql = format!(
        "SELECT {COLUMNS}, o.name AS owner,
             COALESCE(CASE h.scope
                 WHEN 'recording' THEN (SELECT COALESCE(c.title, a.name) FROM artifact a
                     LEFT JOIN meeting m ON m.id = a.meeting_id LEFT JOIN conference c ON c.id = m.conference_id
                     WHERE a.id = h.subject_id)
                 WHEN 'conference' THEN (SELECT c.title FROM conference c WHERE c.id = h.subject_id)
                 WHEN 'course' THEN (SELECT k.code || ' ' || k.title FROM course k WHERE k.id = h.subject_id)
                 ELSE (SELECT p.name FROM \"user\" p WHERE p.id = h.subject_id) END, '') AS subject
         FROM hold h LEFT JOIN \"user\" o ON o.id = h.owner_id WHERE h.id < $1 ORDER BY h.id DESC LIMIT $2"
    );
    let rows = db.rows(&sql, params![before.map_or(i64::MAX, |id| id.0), limit]).await?;
    let listed =
        |row: &Row| Ok(Listed { hold: hold(row)?, subject: row.get("subject")?, owner: row.get("owner")? });
    rows.iter().map(listed).collect()
}

/// Whether what a hold is to be on exists.
pub async fn subject_exists(db: &impl Read, scope: HoldScope, id: i64) -> Result<bool> {
    let sql = match scope {
        HoldScope::Recording => "SELECT id FROM artifact WHERE id = $1 AND kind = 'recording'",
        HoldScope::Conference => "SELECT id FROM conference WHERE id = $1",
        HoldScope::Course => "SELECT id FROM course WHERE id = $1",
        HoldScope::Person => "SELECT id FROM \"user\" WHERE id = $1",
    };
    Ok(db.row(sql, params![id]).await?.is_some())
}

/// One thing that a hold may be on.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is.
    pub kind: Kept,
    /// Its row, if it is an artifact.
    pub artifact: Option<ArtifactId>,
    /// Its class, if it has one.
    pub meeting: Option<MeetingId>,
}

const IN_FORCE: &str =
    "h.released_at IS NULL AND h.starts_at <= $1 AND (h.ends_at IS NULL OR h.ends_at > $1)";

/// The oldest hold that keeps this thing at `now`. A hold on a recording keeps its class's transcripts, attendance and
/// chat, too.
pub async fn on(db: &impl Read, target: Target, now: DateTime<Utc>) -> Result<Option<Hold>> {
    let every_recording = target.kind != Kept::Recording;
    let row = db.row(&keeping("LIMIT 1"), keeping_binds(target, every_recording, now)).await?;
    row.as_ref().map(hold).transpose()
}

/// All holds that keep something of a class at `now`, the oldest first.
pub async fn on_class(db: &impl Read, meeting: MeetingId, now: DateTime<Utc>) -> Result<Vec<Hold>> {
    let all = Target { kind: Kept::Recording, artifact: None, meeting: Some(meeting) };
    db.rows(&keeping(""), keeping_binds(all, true, now)).await?.iter().map(hold).collect()
}

/// SQL: the holds on artifact `$2` and on class `$3`, with those on any recording of the class if `$4`.
fn keeping(limit: &str) -> String {
    let course =
        "(SELECT c.course_id FROM meeting m JOIN conference c ON c.id = m.conference_id WHERE m.id = $3)";
    format!(
        "SELECT {COLUMNS} FROM hold h WHERE {IN_FORCE} AND (
             (h.scope = 'recording' AND (h.subject_id = $2 OR ($4 AND h.subject_id IN
                 (SELECT a.id FROM artifact a WHERE a.meeting_id = $3))))
             OR (h.scope = 'conference' AND h.subject_id = (SELECT m.conference_id FROM meeting m WHERE m.id = $3))
             OR (h.scope = 'course' AND h.subject_id = {course})
             OR (h.scope = 'person' AND (
                 EXISTS (SELECT 1 FROM enrolment n WHERE n.user_id = h.subject_id AND n.course_id = {course})
                 OR EXISTS (SELECT 1 FROM hold_course o WHERE o.hold_id = h.id AND o.course_id = {course})
                 OR EXISTS (SELECT 1 FROM attendance_record r
                     WHERE r.user_id = h.subject_id AND r.meeting_id = $3))))
         ORDER BY h.id {limit}"
    )
}

fn keeping_binds(target: Target, every_recording: bool, now: DateTime<Utc>) -> Vec<sea_orm::Value> {
    // No row has the id 0.
    let artifact = target.artifact.unwrap_or(ArtifactId(0));
    let meeting = target.meeting.unwrap_or(MeetingId(0));
    params![now, artifact, meeting, every_recording]
}

/// The oldest hold that keeps a person's data: on the person, or on anything of a class that they attended, wrote in or
/// belong to. One that begins later keeps it, too: what is erased cannot come back for it.
pub async fn on_person(db: &impl Read, user: UserId, now: DateTime<Utc>) -> Result<Option<Hold>> {
    let courses = "(SELECT n.course_id FROM enrolment n WHERE n.user_id = $2
                    UNION SELECT c.course_id FROM attendance_record r JOIN meeting m ON m.id = r.meeting_id
                        JOIN conference c ON c.id = m.conference_id WHERE r.user_id = $2
                    UNION SELECT c.course_id FROM chat_message g JOIN meeting m ON m.id = g.meeting_id
                        JOIN conference c ON c.id = m.conference_id WHERE g.user_id = $2)";
    let sql = format!(
        "SELECT {COLUMNS} FROM hold h WHERE h.released_at IS NULL AND (h.ends_at IS NULL OR h.ends_at > $1) AND (
             (h.scope = 'person' AND (h.subject_id = $2
                 OR EXISTS (SELECT 1 FROM hold_course o WHERE o.hold_id = h.id AND o.course_id IN {courses})))
             OR (h.scope = 'course' AND h.subject_id IN {courses})
             OR (h.scope = 'conference' AND h.subject_id IN
                 (SELECT c.id FROM conference c WHERE c.course_id IN {courses}))
             OR (h.scope = 'recording' AND h.subject_id IN
                 (SELECT a.id FROM artifact a JOIN meeting m ON m.id = a.meeting_id
                  JOIN conference c ON c.id = m.conference_id WHERE c.course_id IN {courses})))
         ORDER BY h.id LIMIT 1"
    );
    db.row(&sql, params![now, user]).await?.as_ref().map(hold).transpose()
}

/// Whatever was on the lost one of two rows that prove to be one recording is on the kept one.
pub async fn moved(tx: &Tx, kept: ArtifactId, lost: ArtifactId) -> Result<()> {
    tx.execute(
        "UPDATE hold SET subject_id = $1 WHERE scope = 'recording' AND subject_id = $2",
        params![kept, lost],
    )
    .await?;
    Ok(())
}
