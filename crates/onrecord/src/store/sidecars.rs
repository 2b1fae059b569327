//! Table `archive_sidecar`: the texts that lie beside recordings in the archive.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::id::ArtifactId;
use crate::{params, words};

words! {
    /// What a text beside a recording holds.
    pub enum SidecarKind {
        /// What was said, as WebVTT.
        Transcript = "transcript",
        /// What was written, as plain text.
        Chat = "chat",
    }
}

/// A text beside a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sidecar {
    /// Its key in the archive.
    pub key: String,
    /// The recording.
    pub artifact_id: ArtifactId,
    /// What it holds.
    pub kind: SidecarKind,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
    /// Its length.
    pub size_bytes: i64,
}

fn sidecar(row: &Row) -> Result<Sidecar> {
    Ok(Sidecar {
        key: row.get("key")?,
        artifact_id: row.id("artifact_id")?,
        kind: row.get("kind")?,
        sha256: row.get("sha256")?,
        size_bytes: row.get("size_bytes")?,
    })
}

const COLUMNS: &str = "s.key, s.artifact_id, s.kind, s.sha256, s.size_bytes";

/// The texts beside a recording.
pub async fn of_recording(db: &impl Read, id: ArtifactId) -> Result<Vec<Sidecar>> {
    let sql = format!("SELECT {COLUMNS} FROM archive_sidecar s WHERE s.artifact_id = $1 ORDER BY s.kind");
    db.rows(&sql, params![id]).await?.iter().map(sidecar).collect()
}

/// Writes a text's row in place of the recording's earlier one of this kind.
pub async fn put(tx: &Tx, new: &Sidecar, at: DateTime<Utc>) -> Result<()> {
    remove(tx, new.artifact_id, new.kind).await?;
    tx.execute(
        "INSERT INTO archive_sidecar (key, artifact_id, kind, sha256, size_bytes, written_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (key) DO UPDATE SET artifact_id = excluded.artifact_id, sha256 = excluded.sha256,
             size_bytes = excluded.size_bytes, written_at = excluded.written_at",
        params![new.key, new.artifact_id, new.kind, new.sha256, new.size_bytes, at],
    )
    .await?;
    Ok(())
}

/// The bytes of a text were rewritten.
pub async fn rewritten(tx: &Tx, key: &str, (sha256, size_bytes): (&str, i64)) -> Result<()> {
    let sql = "UPDATE archive_sidecar SET sha256 = $2, size_bytes = $3 WHERE key = $1";
    tx.execute(sql, params![key, sha256, size_bytes]).await?;
    Ok(())
}

/// Removes the row of a text that is gone.
pub async fn remove(tx: &Tx, id: ArtifactId, kind: SidecarKind) -> Result<()> {
    tx.execute("DELETE FROM archive_sidecar WHERE artifact_id = $1 AND kind = $2", params![id, kind]).await?;
    Ok(())
}
