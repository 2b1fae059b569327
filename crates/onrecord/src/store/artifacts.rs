//! Table `artifact`: recordings, transcripts and shared files. Nothing is ever deleted here because it vanished at
//! Microsoft; two rows that prove to be one recording become one, and the older id stays.

use chrono::{DateTime, Utc};

use super::decisions::WAITS;
use super::{Read, Result, Row, Tx};
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::id::{ArtifactId, IntegrationId, MeetingId};
use crate::params;

/// Columns of `artifact a`, for queries that join it.
pub(super) const COLUMNS: &str = "a.id, a.integration_id, a.meeting_id, a.kind, a.graph_id, a.call_id,
     a.correlation_id, a.organizer_id, a.drive_id, a.item_id, a.web_url, a.e_tag, a.name, a.mime_type,
     a.size_bytes, a.duration_ms, a.quick_xor_hash, a.sha256, a.part, a.started_at, a.ended_at, a.match_basis,
     a.confidence, a.decided_by, a.decided_reason, a.dismissed_at, a.shift_ms, a.offered_at, a.verified_at, a.damaged_at,
     a.source_removed_at, a.gone_at, a.hidden_at, a.hidden_by, a.hidden_reason, a.binned_at, a.restored_at,
     a.purged_at, a.expected_expiry_at, a.expiry_set_at, a.archive_key, a.download_count, a.view_count, a.last_downloaded_at,
     a.created_at";

pub(super) fn artifact(row: &Row) -> Result<Artifact> {
    Ok(Artifact {
        id: row.id("id")?,
        integration_id: row.id("integration_id")?,
        meeting_id: row.id_opt("meeting_id")?,
        kind: row.get("kind")?,
        graph_id: row.get("graph_id")?,
        call_id: row.get("call_id")?,
        correlation_id: row.get("correlation_id")?,
        organizer_id: row.get("organizer_id")?,
        drive_id: row.get("drive_id")?,
        item_id: row.get("item_id")?,
        web_url: row.get("web_url")?,
        e_tag: row.get("e_tag")?,
        name: row.get("name")?,
        mime_type: row.get("mime_type")?,
        size_bytes: row.get("size_bytes")?,
        duration_ms: row.get("duration_ms")?,
        quick_xor_hash: row.get("quick_xor_hash")?,
        sha256: row.get("sha256")?,
        part: row.get("part")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        match_basis: row.get("match_basis")?,
        confidence: row.get("confidence")?,
        decided_by: row.id_opt("decided_by")?,
        decided_reason: row.get("decided_reason")?,
        dismissed_at: row.get("dismissed_at")?,
        shift_ms: row.get("shift_ms")?,
        offered_at: row.get("offered_at")?,
        verified_at: row.get("verified_at")?,
        damaged_at: row.get("damaged_at")?,
        source_removed_at: row.get("source_removed_at")?,
        gone_at: row.get("gone_at")?,
        hidden_at: row.get("hidden_at")?,
        hidden_by: row.id_opt("hidden_by")?,
        hidden_reason: row.get("hidden_reason")?,
        binned_at: row.get("binned_at")?,
        restored_at: row.get("restored_at")?,
        purged_at: row.get("purged_at")?,
        expected_expiry_at: row.get("expected_expiry_at")?,
        expiry_set_at: row.get("expiry_set_at")?,
        archive_key: row.get("archive_key")?,
        download_count: row.get("download_count")?,
        view_count: row.get("view_count")?,
        last_downloaded_at: row.get("last_downloaded_at")?,
        created_at: row.get("created_at")?,
    })
}

fn all(rows: &[Row]) -> Result<Vec<Artifact>> {
    rows.iter().map(artifact).collect()
}

/// The artifact, if there is one.
pub async fn find(db: &impl Read, id: ArtifactId) -> Result<Option<Artifact>> {
    let sql = format!("SELECT {COLUMNS} FROM artifact a WHERE a.id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(artifact).transpose()
}

/// The artifact, locked until the transaction ends, for read-then-write.
pub async fn lock(tx: &Tx, id: ArtifactId) -> Result<Option<Artifact>> {
    let sql = format!("SELECT {COLUMNS} FROM artifact a WHERE a.id = $1{}", tx.for_update());
    tx.row(&sql, params![id]).await?.as_ref().map(artifact).transpose()
}

/// The artifact that Microsoft knows by `graph_id`, locked.
pub async fn lock_by_graph_id(
    tx: &Tx,
    integration: IntegrationId,
    kind: ArtifactKind,
    graph_id: &str,
) -> Result<Option<Artifact>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM artifact a WHERE a.integration_id = $1 AND a.kind = $2 AND a.graph_id = $3{}",
        tx.for_update()
    );
    tx.row(&sql, params![integration, kind, graph_id]).await?.as_ref().map(artifact).transpose()
}

/// The recording whose file this is, locked.
pub async fn lock_recording_by_item(tx: &Tx, drive: &str, item: &str) -> Result<Option<Artifact>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM artifact a WHERE a.kind = 'recording' AND a.drive_id = $1 AND a.item_id = $2{}",
        tx.for_update()
    );
    tx.row(&sql, params![drive, item]).await?.as_ref().map(artifact).transpose()
}

/// A meeting's artifacts of one kind by part.
pub async fn of_meeting(db: &impl Read, meeting: MeetingId, kind: ArtifactKind) -> Result<Vec<Artifact>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM artifact a WHERE a.meeting_id = $1 AND a.kind = $2 ORDER BY a.part, a.id"
    );
    all(&db.rows(&sql, params![meeting, kind]).await?)
}

/// The recordings in a drive that belong to no meeting and were not dismissed.
pub async fn unmatched_in_drive(db: &impl Read, drive: &str) -> Result<Vec<Artifact>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM artifact a
         WHERE a.drive_id = $1 AND a.kind = 'recording' AND a.meeting_id IS NULL
           AND a.dismissed_at IS NULL AND a.gone_at IS NULL ORDER BY a.id"
    );
    all(&db.rows(&sql, params![drive]).await?)
}

/// The recordings of an organizer that have a meeting and no file, and began between the two moments.
pub async fn unfiled_of_organizer(
    db: &impl Read,
    organizer: &str,
    between: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Artifact>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM artifact a JOIN meeting m ON m.id = a.meeting_id
         WHERE m.organizer_id = $1 AND a.kind = 'recording' AND a.item_id IS NULL AND a.graph_id IS NOT NULL
           AND a.started_at >= $2 AND a.started_at <= $3 ORDER BY a.id"
    );
    all(&db.rows(&sql, params![organizer, between.0, between.1]).await?)
}

/// A new row.
#[derive(Debug, Clone)]
pub struct NewArtifact {
    /// Its tenant connection.
    pub integration_id: IntegrationId,
    /// Its meeting; `None` puts it into the inbox.
    pub meeting_id: Option<MeetingId>,
    /// What it is.
    pub kind: ArtifactKind,
    /// Whose meeting or drive it was found in.
    pub organizer_id: Option<String>,
}

/// Writes a row that knows nothing yet but where it belongs; [`save`] fills it.
pub async fn insert(tx: &Tx, new: &NewArtifact, at: DateTime<Utc>) -> Result<ArtifactId> {
    tx.insert(
        "INSERT INTO artifact (integration_id, meeting_id, kind, organizer_id, offered_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5, $5) RETURNING id",
        params![new.integration_id, new.meeting_id, new.kind, new.organizer_id, at],
    )
    .await
}

/// Writes what a sync may change: what Microsoft says and where it belongs. Counters, hiding and our own copy
/// stay as they are in the table.
pub async fn save(tx: &Tx, artifact: &Artifact, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE artifact SET meeting_id = $2, graph_id = $3, call_id = $4, correlation_id = $5,
             organizer_id = $6, drive_id = $7, item_id = $8, web_url = $9, e_tag = $10, name = $11,
             mime_type = $12, size_bytes = $13, duration_ms = $14, quick_xor_hash = $15, started_at = $16,
             ended_at = $17, match_basis = $18, confidence = $19, gone_at = $20, archive_key = $21,
             expected_expiry_at = $22, shift_ms = $23, updated_at = $24, seen_at = $24
         WHERE id = $1",
        params![
            artifact.id,
            artifact.meeting_id,
            artifact.graph_id,
            artifact.call_id,
            artifact.correlation_id,
            artifact.organizer_id,
            artifact.drive_id,
            artifact.item_id,
            artifact.web_url,
            artifact.e_tag,
            artifact.name,
            artifact.mime_type,
            artifact.size_bytes,
            artifact.duration_ms,
            artifact.quick_xor_hash,
            artifact.started_at,
            artifact.ended_at,
            artifact.match_basis,
            artifact.confidence,
            artifact.gone_at,
            artifact.archive_key,
            artifact.expected_expiry_at,
            artifact.shift_ms,
            at
        ],
    )
    .await?;
    Ok(())
}

/// Notes that Microsoft still has it.
pub async fn seen(tx: &Tx, id: ArtifactId, at: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE artifact SET seen_at = $2 WHERE id = $1", params![id, at]).await?;
    Ok(())
}

/// Marks what a complete reading of a drive, begun at `since`, did not name. Returns the meetings concerned.
pub async fn mark_unseen_gone(
    tx: &Tx,
    drive: &str,
    since: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<Vec<MeetingId>> {
    let rows = tx
        .rows(
            "UPDATE artifact SET gone_at = $3, updated_at = $3
             WHERE drive_id = $1 AND kind = 'recording' AND gone_at IS NULL
               AND (seen_at IS NULL OR seen_at < $2) RETURNING meeting_id",
            params![drive, since, at],
        )
        .await?;
    let meetings: Result<Vec<Option<MeetingId>>> = rows.iter().map(|row| row.id_opt("meeting_id")).collect();
    Ok(meetings?.into_iter().flatten().collect())
}

/// Makes one row of two that are the same recording: what hung on `lost` hangs on `kept` afterwards. The caller
/// has chosen the older as `kept` and saves its fields next.
pub async fn merge(tx: &Tx, kept: ArtifactId, lost: ArtifactId) -> Result<()> {
    tx.execute("UPDATE visit SET artifact_id = $1 WHERE artifact_id = $2", params![kept, lost]).await?;
    super::holds::moved(tx, kept, lost).await?;
    super::bin::moved(tx, kept, lost).await?;
    tx.execute(
        "UPDATE artifact SET
             download_count = download_count + (SELECT o.download_count FROM artifact o WHERE o.id = $2),
             view_count = view_count + (SELECT o.view_count FROM artifact o WHERE o.id = $2),
             last_downloaded_at = COALESCE(last_downloaded_at,
                 (SELECT o.last_downloaded_at FROM artifact o WHERE o.id = $2)),
             hidden_at = COALESCE(hidden_at, (SELECT o.hidden_at FROM artifact o WHERE o.id = $2)),
             archive_key = COALESCE(archive_key, (SELECT o.archive_key FROM artifact o WHERE o.id = $2)),
             sha256 = COALESCE(sha256, (SELECT o.sha256 FROM artifact o WHERE o.id = $2)),
             verified_at = COALESCE(verified_at, (SELECT o.verified_at FROM artifact o WHERE o.id = $2)),
             damaged_at = COALESCE(damaged_at, (SELECT o.damaged_at FROM artifact o WHERE o.id = $2)),
             hidden_by = COALESCE(hidden_by, (SELECT o.hidden_by FROM artifact o WHERE o.id = $2)),
             hidden_reason = CASE WHEN hidden_reason <> '' THEN hidden_reason
                 ELSE (SELECT o.hidden_reason FROM artifact o WHERE o.id = $2) END
         WHERE id = $1",
        params![kept, lost],
    )
    .await?;
    tx.execute("DELETE FROM artifact WHERE id = $1", params![lost]).await?;
    Ok(())
}

/// Numbers a meeting's artifacts of one kind by their start.
pub async fn renumber(tx: &Tx, meeting: MeetingId, kind: ArtifactKind) -> Result<()> {
    let rows = tx
        .rows(
            "SELECT id, part FROM artifact WHERE meeting_id = $1 AND kind = $2
             ORDER BY CASE WHEN started_at IS NULL THEN 1 ELSE 0 END, started_at, id",
            params![meeting, kind],
        )
        .await?;
    for (part, row) in (1_i64..).zip(&rows) {
        if row.get::<i64>("part")? != part {
            tx.execute("UPDATE artifact SET part = $2 WHERE id = $1", params![row.get::<i64>("id")?, part])
                .await?;
        }
    }
    Ok(())
}

/// What waits for a person, oldest first; at most `limit`, after the row `after`.
pub async fn inbox(db: &impl Read, after: Option<ArtifactId>, limit: i64) -> Result<Vec<Artifact>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM artifact a
         WHERE {WAITS} AND a.id > $1 ORDER BY a.id LIMIT $2"
    );
    all(&db.rows(&sql, params![after.map_or(0, |id| id.0), limit]).await?)
}

/// Whether a file that waits in the inbox may be a recording of this meeting: of its organizer, between the two
/// moments, and not refused by a person.
pub async fn candidate_in_inbox(
    db: &impl Read,
    meeting: MeetingId,
    organizer: &str,
    between: (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool> {
    let sql = format!(
        "SELECT a.id FROM artifact a
         WHERE {WAITS} AND a.organizer_id = $1 AND a.started_at >= $2 AND a.started_at <= $3
           AND NOT EXISTS (SELECT 1 FROM match_refusal r WHERE r.artifact_id = a.id AND r.meeting_id = $4) LIMIT 1"
    );
    let row = db.row(&sql, params![organizer, between.0, between.1, meeting]).await?;
    Ok(row.is_some())
}
