//! The bin: columns of `artifact` that say what lies there and what was purged, and `doomed_object`, which names bytes
//! that are to be deleted. A purged row stays, as the record of what was there; its bytes are deleted only after the
//! transaction that says so.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx, media::safety_facts};
use crate::model::archive_name::{VIDEO, chat_beside, transcript_beside};
use crate::model::artifact::{ArtifactKind, SafetyFacts};
use crate::model::id::{ArtifactId, ConferenceId, MeetingId, RetentionPolicyId, UserId};
use crate::params;

/// Why something goes into the bin.
#[derive(Debug, Clone, Copy)]
pub struct Binning<'a> {
    /// Who; `None` for a policy.
    pub by: Option<UserId>,
    /// Why, as a sentence.
    pub reason: &'a str,
    /// By which policy.
    pub policy: Option<RetentionPolicyId>,
    /// When its bytes are deleted.
    pub purge_at: DateTime<Utc>,
}

/// Puts an artifact into the bin. False if it lies there.
pub async fn put(tx: &Tx, id: ArtifactId, how: Binning<'_>, at: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE artifact SET binned_at = $2, restored_at = NULL, binned_by = $3, bin_reason = $4,
                 bin_policy_id = $5, purge_at = $6, updated_at = $2
             WHERE id = $1 AND purged_at IS NULL AND (binned_at IS NULL OR restored_at >= binned_at)",
            params![id, at, how.by, how.reason, how.policy, how.purge_at],
        )
        .await?;
    Ok(changed == 1)
}

/// Takes an artifact out of the bin as it was. False if it is not there.
pub async fn restore(tx: &Tx, id: ArtifactId, at: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE artifact SET restored_at = $2, purge_at = NULL, binned_by = NULL, bin_reason = '',
                 bin_policy_id = NULL, updated_at = $2
             WHERE id = $1 AND purged_at IS NULL AND binned_at IS NOT NULL
               AND (restored_at IS NULL OR restored_at < binned_at)",
            params![id, at],
        )
        .await?;
    Ok(changed == 1)
}

/// What lay in the bin or was purged as the lost one of two rows that prove to be one recording, is so as the kept one.
pub async fn moved(tx: &Tx, kept: ArtifactId, lost: ArtifactId) -> Result<()> {
    tx.execute(
        "UPDATE artifact SET (binned_at, restored_at, binned_by, bin_reason, bin_policy_id, purge_at, purged_at) =
             (SELECT o.binned_at, o.restored_at, o.binned_by, o.bin_reason, o.bin_policy_id, o.purge_at, o.purged_at
              FROM artifact o WHERE o.id = $2)
         WHERE id = $1 AND binned_at IS NULL
           AND EXISTS (SELECT 1 FROM artifact o WHERE o.id = $2 AND o.binned_at IS NOT NULL)",
        params![kept, lost],
    )
    .await?;
    Ok(())
}

/// The transcripts that go where a recording goes: those of its class that belong to it, or, if it is the only
/// recording left outside the bin, all of them.
pub async fn transcripts_of(db: &impl Read, recording: ArtifactId) -> Result<Vec<ArtifactId>> {
    let rows = db
        .rows(
            "SELECT t.id FROM artifact r JOIN artifact t ON t.meeting_id = r.meeting_id AND t.kind = 'transcript'
             WHERE r.id = $1 AND r.kind = 'recording' AND (
                 t.correlation_id = r.correlation_id OR (t.call_id = r.call_id AND t.part = r.part)
                 OR NOT EXISTS (SELECT 1 FROM artifact o WHERE o.meeting_id = r.meeting_id AND o.kind = 'recording'
                     AND o.id <> r.id AND (o.binned_at IS NULL OR o.restored_at >= o.binned_at)))
             ORDER BY t.id",
            params![recording],
        )
        .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// The same of those that went into the bin at the same moment and for the same reason.
pub async fn binned_with(db: &impl Read, recording: ArtifactId) -> Result<Vec<ArtifactId>> {
    let rows = db
        .rows(
            "SELECT t.id FROM artifact r JOIN artifact t ON t.meeting_id = r.meeting_id AND t.kind = 'transcript'
             WHERE r.id = $1 AND t.binned_at = r.binned_at AND t.bin_reason = r.bin_reason AND t.purged_at IS NULL
             ORDER BY t.id",
            params![recording],
        )
        .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Marks an artifact as purged, dooms its bytes in the archive, and removes what was said in it. The row stays.
pub async fn purge(tx: &Tx, id: ArtifactId, at: DateTime<Utc>) -> Result<()> {
    let row = tx.row("SELECT archive_key FROM artifact WHERE id = $1", params![id]).await?;
    let key: Option<String> = row.map(|row| row.get("archive_key")).transpose()?.flatten();
    if let Some(key) = key {
        for key in beside(&key) {
            doom(tx, &key, at).await?;
        }
    }
    tx.execute("DELETE FROM archive_sidecar WHERE artifact_id = $1", params![id]).await?;
    tx.execute("DELETE FROM transcript_cue WHERE artifact_id = $1", params![id]).await?;
    tx.execute(
        "UPDATE artifact SET purged_at = $2, purge_at = NULL, archive_key = NULL, updated_at = $2
         WHERE id = $1",
        params![id, at],
    )
    .await?;
    Ok(())
}

/// An object and what is written beside it.
pub fn beside(key: &str) -> Vec<String> {
    let mut keys = vec![key.to_owned()];
    if key.ends_with(VIDEO) {
        keys.extend([transcript_beside(key), chat_beside(key)]);
    }
    keys
}

/// Notes that an object of the archive is to be deleted.
pub async fn doom(tx: &Tx, key: &str, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "INSERT INTO doomed_object (key, doomed_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
        params![key, at],
    )
    .await?;
    Ok(())
}

/// Objects to be deleted, at most `limit`; never one that a row names.
pub async fn doomed(db: &impl Read, limit: i64) -> Result<Vec<String>> {
    let sql = "SELECT d.key FROM doomed_object d
               WHERE NOT EXISTS (SELECT 1 FROM artifact a WHERE a.archive_key = d.key) ORDER BY d.key LIMIT $1";
    db.rows(sql, params![limit]).await?.iter().map(|row| row.get("key")).collect()
}

/// The object is deleted.
pub async fn deleted(tx: &Tx, key: &str) -> Result<()> {
    tx.execute("DELETE FROM doomed_object WHERE key = $1", params![key]).await?;
    Ok(())
}

/// What lies in the bin, or was purged out of it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The row.
    pub id: ArtifactId,
    /// What it is.
    pub kind: ArtifactKind,
    /// Its class.
    pub meeting: MeetingId,
    /// Its conference.
    pub conference: ConferenceId,
    /// Title of the conference.
    pub title: String,
    /// Short name of the course.
    pub course_code: String,
    /// The conference's zone.
    pub time_zone: String,
    /// When the class began.
    pub starts_at: DateTime<Utc>,
    /// 1, 2, … within the class.
    pub part: i64,
    /// File name.
    pub name: String,
    /// Length.
    pub size_bytes: Option<i64>,
    /// SHA-256, hex, if our copy had one.
    pub sha256: Option<String>,
    /// Microsoft's hash.
    pub quick_xor_hash: Option<String>,
    /// When it was binned and restored.
    pub facts: SafetyFacts,
    /// Why it was binned.
    pub reason: String,
    /// The name of who binned it.
    pub by: Option<String>,
    /// When its bytes are deleted.
    pub purge_at: Option<DateTime<Utc>>,
    /// When they were.
    pub purged_at: Option<DateTime<Utc>>,
    /// Whether Microsoft still has the file, as far as we know.
    pub is_at_microsoft: bool,
}

const ENTRY: &str =
    "SELECT a.id, a.kind, m.id AS meeting_id, m.starts_at, c.id AS conference_id, c.title, c.time_zone, k.code,
         a.part, a.name, a.size_bytes, a.sha256, a.quick_xor_hash, a.verified_at, a.damaged_at, a.source_removed_at,
         a.gone_at, a.binned_at, a.restored_at, a.bin_reason, b.name AS binned_by, a.purge_at, a.purged_at,
         (a.item_id IS NOT NULL OR a.graph_id IS NOT NULL) AND a.gone_at IS NULL AND a.source_removed_at IS NULL
             AS is_at_microsoft
     FROM artifact a JOIN meeting m ON m.id = a.meeting_id JOIN conference c ON c.id = m.conference_id
     JOIN course k ON k.id = c.course_id LEFT JOIN \"user\" b ON b.id = a.binned_by";

fn entry(row: &Row) -> Result<Entry> {
    Ok(Entry {
        id: row.id("id")?,
        kind: row.get("kind")?,
        meeting: row.id("meeting_id")?,
        conference: row.id("conference_id")?,
        title: row.get("title")?,
        course_code: row.get("code")?,
        time_zone: row.get("time_zone")?,
        starts_at: row.get("starts_at")?,
        part: row.get("part")?,
        name: row.get("name")?,
        size_bytes: row.get("size_bytes")?,
        sha256: row.get("sha256")?,
        quick_xor_hash: row.get("quick_xor_hash")?,
        facts: safety_facts(row)?,
        reason: row.get("bin_reason")?,
        by: row.get("binned_by")?,
        purge_at: row.get("purge_at")?,
        purged_at: row.get("purged_at")?,
        is_at_microsoft: row.get("is_at_microsoft")?,
    })
}

/// Which part of the bin is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// What can be restored.
    Restorable,
    /// What was purged.
    Purged,
}

/// What lies on a shelf, the newest rows first; at most `limit`, before `before`. Transcripts go with their recording
/// and are listed only where they were removed alone.
pub async fn list(
    db: &impl Read,
    shelf: Shelf,
    before: Option<ArtifactId>,
    limit: i64,
) -> Result<Vec<Entry>> {
    let lies = match shelf {
        Shelf::Restorable => "a.purge_at IS NOT NULL AND a.purged_at IS NULL",
        Shelf::Purged => "a.purged_at IS NOT NULL",
    };
    let sql = format!(
        "{ENTRY} WHERE {lies} AND a.id < $1 AND NOT (a.kind = 'transcript' AND EXISTS
             (SELECT 1 FROM artifact r WHERE r.meeting_id = a.meeting_id AND r.kind = 'recording'
                AND r.binned_at = a.binned_at AND r.bin_reason = a.bin_reason))
         ORDER BY a.id DESC LIMIT $2"
    );
    let rows = db.rows(&sql, params![before.map_or(i64::MAX, |id| id.0), limit]).await?;
    rows.iter().map(entry).collect()
}

/// What lies in the bin or was purged of one class, recordings only, by part.
pub async fn of_meeting(db: &impl Read, meeting: MeetingId) -> Result<Vec<Entry>> {
    let sql = format!(
        "{ENTRY} WHERE a.meeting_id = $1 AND a.kind = 'recording' AND a.binned_at IS NOT NULL
           AND (a.restored_at IS NULL OR a.restored_at < a.binned_at) ORDER BY a.part, a.id"
    );
    db.rows(&sql, params![meeting]).await?.iter().map(entry).collect()
}

/// One entry.
pub async fn find(db: &impl Read, id: ArtifactId) -> Result<Option<Entry>> {
    db.row(&format!("{ENTRY} WHERE a.id = $1"), params![id]).await?.as_ref().map(entry).transpose()
}
