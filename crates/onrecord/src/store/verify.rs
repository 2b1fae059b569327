//! What `onrecord verify` reads of the database: every object that rows name, and rows that contradict the audit.

use std::collections::HashSet;

use super::expiry::VERIFIED;
use super::many::where_in;
use super::{Dialect, Read, Result, Row};
use crate::model::id::{ArtifactId, UserId};
use crate::params;

/// An object of the archive that a row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The artifact's row.
    pub id: ArtifactId,
    /// Its key in the archive.
    pub key: String,
    /// Its length, where the row knows it.
    pub size_bytes: Option<i64>,
}

fn named(row: &Row) -> Result<Named> {
    Ok(Named { id: row.id("id")?, key: row.get("key")?, size_bytes: row.get("size_bytes")? })
}

/// Verified copies and transcripts after `after`, by id; at most `limit`.
pub async fn objects_after(db: &impl Read, after: ArtifactId, limit: i64) -> Result<Vec<Named>> {
    let sql = format!(
        "SELECT a.id, a.archive_key AS key, a.size_bytes FROM artifact a
         WHERE a.archive_key IS NOT NULL AND (a.kind <> 'recording' OR {VERIFIED}) AND a.id > $1
         ORDER BY a.id LIMIT $2"
    );
    db.rows(&sql, params![after, limit]).await?.iter().map(named).collect()
}

/// Texts beside recordings after the key `after`, by key; at most `limit`.
pub async fn texts_after(db: &impl Read, after: &str, limit: i64) -> Result<Vec<Named>> {
    let sql = "SELECT s.artifact_id AS id, s.key, s.size_bytes FROM archive_sidecar s WHERE s.key > $1
               ORDER BY s.key LIMIT $2";
    db.rows(sql, params![after, limit]).await?.iter().map(named).collect()
}

/// Of these keys, those that some row names: as a copy, as a text beside one, as a draft, or as what is to be deleted.
pub async fn known_keys(db: &impl Read, keys: &[String]) -> Result<HashSet<String>> {
    let mut known = HashSet::new();
    for (select, column) in [
        ("SELECT a.archive_key AS key FROM artifact a", "a.archive_key"),
        ("SELECT s.key FROM archive_sidecar s", "s.key"),
        ("SELECT d.key FROM archive_draft d", "d.key"),
        ("SELECT o.key FROM doomed_object o", "o.key"),
    ] {
        for row in where_in(db, select, column, keys).await? {
            known.insert(row.get("key")?);
        }
    }
    Ok(known)
}

/// Artifacts that the audit says were purged, and whose rows are not.
pub async fn purged_yet_there(db: &impl Read, limit: i64) -> Result<Vec<ArtifactId>> {
    let sql = "SELECT a.id FROM artifact a
               WHERE a.purged_at IS NULL AND EXISTS (SELECT 1 FROM audit_entry e
                   WHERE e.subject = a.kind || ':' || CAST(a.id AS TEXT) AND e.action = 'recording.purged')
               ORDER BY a.id LIMIT $1";
    db.rows(sql, params![limit]).await?.iter().map(|row| row.id("id")).collect()
}

/// People whom the audit says were erased, and whose rows are not.
pub async fn erased_yet_named(db: &impl Read, limit: i64) -> Result<Vec<UserId>> {
    let sql = "SELECT u.id FROM \"user\" u
               WHERE u.erased_at IS NULL AND EXISTS (SELECT 1 FROM audit_entry e
                   WHERE e.subject = 'user:' || CAST(u.id AS TEXT) AND e.action = 'erasure.carried_out')
               ORDER BY u.id LIMIT $1";
    db.rows(sql, params![limit]).await?.iter().map(|row| row.id("id")).collect()
}

/// What the database itself finds wrong with its file; nothing on PostgreSQL, whose own tools look.
pub async fn damage(db: &impl Read) -> Result<Vec<String>> {
    if db.dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for row in db.rows("SELECT integrity_check AS said FROM pragma_integrity_check", params![]).await? {
        found.push(row.get::<String>("said")?);
    }
    found.retain(|said| said != "ok");
    let broken = "SELECT \"table\" AS said, COUNT(*) AS n FROM pragma_foreign_key_check GROUP BY 1";
    for row in db.rows(broken, params![]).await? {
        let (table, rows): (String, i64) = (row.get("said")?, row.get("n")?);
        found.push(format!("{rows} rows of {table} refer to rows that are not there"));
    }
    Ok(found)
}
