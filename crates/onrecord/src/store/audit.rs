//! Tables `audit_entry` and `audit_detail`: append only. An entry is written in the transaction of its cause;
//! a sealer later gives it its place and hash in the chain. Hashed content holds ids only.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};

use super::{Param, Read, Result, Row, Tx};
use crate::model::audit::{AuditEntry, NewAuditEntry};
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

fn entry(row: &Row) -> Result<AuditEntry> {
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
    let head = tx
        .row("SELECT seq, hash FROM audit_entry WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1", params![])
        .await?;
    let (mut seq, mut previous) = match head {
        Some(row) => (row.get::<i64>("seq")?, row.get::<String>("hash")?),
        None => (0, String::new()),
    };
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

/// How many entries wait for the sealer.
pub async fn unsealed(db: &impl Read) -> Result<i64> {
    let row = db.row("SELECT COUNT(*) AS n FROM audit_entry WHERE seq IS NULL", params![]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

/// What a list of the audit is narrowed to; empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only entries of this person.
    pub actor: Option<UserId>,
    /// Only entries on this `word:id`.
    pub subject: Option<String>,
    /// Only entries with this action.
    pub action: Option<String>,
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

/// The newest entries first, at most `limit`.
pub async fn list(db: &impl Read, filter: &Filter, limit: i64) -> Result<Vec<Line>> {
    let before = filter.before.map_or(i64::MAX, |id| id.0);
    let mut sql =
        "SELECT e.id, e.seq, e.at, e.actor_id, e.action, e.subject, e.detail_hash, e.hash, d.detail,
             COALESCE(e.actor_id, d.user_id) AS person_id, u.name AS actor_name
         FROM audit_entry e LEFT JOIN audit_detail d ON d.entry_id = e.id
         LEFT JOIN \"user\" u ON u.id = COALESCE(e.actor_id, d.user_id)
         WHERE e.id < $1"
            .to_owned();
    let mut params = params![before, limit];
    if let Some(actor) = filter.actor {
        params.push(actor.param());
        let place = params.len();
        write!(sql, " AND (e.actor_id = ${place} OR e.id IN (SELECT x.entry_id FROM audit_detail x WHERE x.user_id = ${place}))")
            .expect("writing to a string does not fail");
    }
    let mut narrow = |condition: &str, value: Option<sea_orm::Value>| {
        if let Some(value) = value {
            params.push(value);
            write!(sql, " AND e.{condition} ${}", params.len()).expect("writing to a string does not fail");
        }
    };
    narrow("subject =", filter.subject.as_ref().map(Param::param));
    narrow("action =", filter.action.as_ref().map(Param::param));
    narrow("at >=", filter.from.map(|at| at.param()));
    narrow("at <", filter.until.map(|at| at.param()));
    sql.push_str(" ORDER BY e.id DESC LIMIT $2");
    let rows = db.rows(&sql, params).await?;
    rows.iter()
        .map(|row| {
            Ok(Line {
                entry: entry(row)?,
                person: row.id_opt("person_id")?,
                actor_name: row.get("actor_name")?,
            })
        })
        .collect()
}

/// How many entries there are, and every action that occurs, in alphabetical order.
pub async fn overview(db: &impl Read) -> Result<(i64, Vec<String>)> {
    let count = db.row("SELECT COALESCE(MAX(seq), 0) AS n FROM audit_entry", params![]).await?;
    let actions = db.rows("SELECT DISTINCT action FROM audit_entry ORDER BY action", params![]).await?;
    let actions = actions.iter().map(|row| row.get("action")).collect::<Result<_>>()?;
    Ok((count.map_or(Ok(0), |row| row.get("n"))?, actions))
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
