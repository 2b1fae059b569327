//! Tables `audit_entry` and `audit_detail`: append only. An entry is written in the transaction of its cause;
//! a sealer later gives it its place and hash in the chain. Hashed content holds ids only.

use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};

use super::{Read, Result, Row, Tx};
use crate::model::audit::{AuditEntry, NewAuditEntry};
use crate::model::audit_head::SignedHead;
use crate::model::hex::hex;
use crate::model::id::{AuditEntryId, UserId};
use crate::params;

/// Writes an entry in the transaction of its cause. `salt` is random; it keeps erased details from being guessed.
pub async fn append(tx: &Tx, entry: NewAuditEntry, salt: &str, at: DateTime<Utc>) -> Result<AuditEntryId> {
    let detail = entry.detail.to_string();
    let id: AuditEntryId = tx
        .insert(
            "INSERT INTO audit_entry (at, actor_id, action, subject, detail_hash)
             VALUES ($1, $2, $3, $4, $5) RETURNING id",
            params![at, entry.actor, entry.action, entry.subject, detail_hash(salt, &detail)],
        )
        .await?;
    tx.execute(
        "INSERT INTO audit_detail (entry_id, user_id, visit_id, salt, detail) VALUES ($1, $2, $3, $4, $5)",
        params![
            id,
            entry.visit.and_then(|(_, user)| user),
            entry.visit.map(|(visit, _)| visit),
            salt,
            detail
        ],
    )
    .await?;
    Ok(id)
}

/// Salted SHA-256 of a detail, hex.
pub fn detail_hash(salt: &str, detail: &str) -> String {
    hex(&Sha256::new().chain_update(salt).chain_update("\n").chain_update(detail).finalize())
}

/// The chain hash of an entry at place `seq` after `previous`: SHA-256 over one line per field, the same bytes
/// on both databases.
pub fn chain_hash(previous: &str, seq: i64, entry: &AuditEntry) -> String {
    let canonical = format!(
        "onrecord-audit-1\n{previous}\n{seq}\n{}\n{}\n{}\n{}\n{}\n",
        entry.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        entry.actor.map_or(String::new(), |actor| actor.to_string()),
        entry.action,
        entry.subject,
        entry.detail_hash,
    );
    hex(&Sha256::digest(canonical))
}

pub(super) fn entry(row: &Row) -> Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.id("id")?,
        seq: row.get("seq")?,
        at: row.get("at")?,
        actor: row.id_opt::<UserId>("actor_id")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        detail_hash: row.get("detail_hash")?,
        hash: row.get("hash")?,
        detail: row.get("detail")?,
    })
}

const SELECT: &str =
    "SELECT e.id, e.seq, e.at, e.actor_id, e.action, e.subject, e.detail_hash, e.hash, d.detail
     FROM audit_entry e LEFT JOIN audit_detail d ON d.entry_id = e.id";

/// Key of the advisory lock that only the sealer takes.
const SEALER_LOCK: i64 = 658_711;

/// Seals up to `limit` unsealed entries in order of id and returns how many. One sealer at a time: on
/// PostgreSQL an advisory lock holds until the transaction ends; SQLite has one writer anyway.
pub async fn seal(tx: &Tx, limit: i64) -> Result<u64> {
    if tx.dialect() == super::Dialect::Postgres {
        tx.row("SELECT pg_advisory_xact_lock($1)", params![SEALER_LOCK]).await?;
    }
    let (mut seq, mut previous) = head(tx).await?.unwrap_or_default();
    let sql = format!("{SELECT} WHERE e.seq IS NULL ORDER BY e.id LIMIT $1");
    let mut sealed = 0;
    for row in tx.rows(&sql, params![limit]).await? {
        let entry = entry(&row)?;
        seq += 1;
        previous = chain_hash(&previous, seq, &entry);
        sealed += tx
            .execute(
                "UPDATE audit_entry SET seq = $2, hash = $3 WHERE id = $1",
                params![entry.id, seq, previous],
            )
            .await?;
    }
    Ok(sealed)
}

/// Entries of the chain with `seq` above `after`, in order, with the salts of their details; at most `limit`.
pub async fn chain_after(
    db: &impl Read,
    after: i64,
    limit: i64,
) -> Result<Vec<(AuditEntry, Option<String>)>> {
    let rows = db
        .rows(
            "SELECT e.id, e.seq, e.at, e.actor_id, e.action, e.subject, e.detail_hash, e.hash, d.detail, d.salt
             FROM audit_entry e LEFT JOIN audit_detail d ON d.entry_id = e.id
             WHERE e.seq > $1 ORDER BY e.seq LIMIT $2",
            params![after, limit],
        )
        .await?;
    rows.iter().map(|row| Ok((entry(row)?, row.get("salt")?))).collect()
}

/// The newest sealed entry: place and hash; `None` while there is none.
pub async fn head(db: &impl Read) -> Result<Option<(i64, String)>> {
    let sql = "SELECT seq, hash FROM audit_entry WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1";
    db.row(sql, params![]).await?.map(|row| Ok((row.get("seq")?, row.get("hash")?))).transpose()
}

/// How many entries wait for the sealer.
pub async fn unsealed(db: &impl Read) -> Result<i64> {
    let row = db.row("SELECT COUNT(*) AS n FROM audit_entry WHERE seq IS NULL", params![]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

/// Notes that `user` was refused `subject` in this hour. False if that was noted already.
pub async fn first_refusal(tx: &Tx, user: UserId, subject: &str, hour: DateTime<Utc>) -> Result<bool> {
    let new = tx
        .execute(
            "INSERT INTO audit_refusal (user_id, subject, hour) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            params![user, subject, hour],
        )
        .await?;
    Ok(new == 1)
}

/// Where the audit was cut off last: everything up to `seq` is gone, and the chain goes on from `hash`.
pub async fn checkpoint(db: &impl Read) -> Result<Option<SignedHead>> {
    let sql =
        "SELECT seq, hash, cut_at, public_key, signature FROM audit_checkpoint ORDER BY seq DESC LIMIT 1";
    let head = |row: Row| {
        Ok(SignedHead {
            seq: row.get("seq")?,
            hash: row.get("hash")?,
            at: row.get("cut_at")?,
            public_key: row.get("public_key")?,
            signature: row.get("signature")?,
        })
    };
    db.row(sql, params![]).await?.map(head).transpose()
}

/// Writes where the audit is cut off.
pub async fn set_checkpoint(tx: &Tx, at: &SignedHead) -> Result<()> {
    tx.execute(
        "INSERT INTO audit_checkpoint (seq, hash, cut_at, public_key, signature) VALUES ($1, $2, $3, $4, $5)",
        params![at.seq, at.hash, at.at, at.public_key, at.signature],
    )
    .await?;
    Ok(())
}

/// The last sealed entry of an unbroken run of entries from the beginning that are all older than `before`: place and
/// hash. Never the newest entry: the chain goes on from it.
pub async fn last_before(db: &impl Read, before: DateTime<Utc>) -> Result<Option<(i64, String)>> {
    // Written so that it walks from the oldest entry and stops, instead of gathering all that are newer.
    let sql = "SELECT seq, hash FROM audit_entry
               WHERE seq < COALESCE(
                   (SELECT y.seq FROM audit_entry y
                    WHERE y.seq IS NOT NULL AND CASE WHEN y.at >= $1 THEN 1 ELSE 0 END = 1 ORDER BY y.seq LIMIT 1),
                   (SELECT MAX(z.seq) FROM audit_entry z))
               ORDER BY seq DESC LIMIT 1";
    db.row(sql, params![before]).await?.map(|row| Ok((row.get("seq")?, row.get("hash")?))).transpose()
}

/// How many entries have a place up to `seq`.
pub async fn up_to(db: &impl Read, seq: i64) -> Result<i64> {
    let row = db.row("SELECT COUNT(*) AS n FROM audit_entry WHERE seq <= $1", params![seq]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

/// Deletes the oldest entries up to `seq` with their details, at most `limit`, and returns how many.
pub async fn delete_up_to(tx: &Tx, seq: i64, limit: i64) -> Result<u64> {
    let oldest = "SELECT id FROM audit_entry WHERE seq <= $1 ORDER BY seq LIMIT $2";
    let sql = format!("DELETE FROM audit_detail WHERE entry_id IN ({oldest})");
    tx.execute(&sql, params![seq, limit]).await?;
    let sql = format!("DELETE FROM audit_entry WHERE id IN ({oldest})");
    tx.execute(&sql, params![seq, limit]).await
}
