//! Writing, sealing and verifying the audit.

use chrono::DurationRound;
use serde_json::Value;

use super::Result;
use crate::app::App;
use crate::model::access::Viewer;
use crate::model::audit::NewAuditEntry;
use crate::model::id::{UserId, VisitId};
use crate::secrets;
use crate::store::{Tx, audit};

/// Entries sealed in one transaction.
const SEAL_BATCH: i64 = 500;

/// Entries read at a time while verifying.
const VERIFY_BATCH: i64 = 2_000;

/// Writes an entry in the transaction of its cause. `subject` is `word:id`.
pub async fn record(
    app: &App,
    tx: &Tx,
    actor: Option<UserId>,
    action: &'static str,
    about: (String, Value),
) -> Result<()> {
    let (subject, detail) = about;
    let entry = NewAuditEntry { actor, action, subject, detail, visit: None };
    audit::append(tx, entry, &secrets::random_token()?, app.clock.now()).await?;
    Ok(())
}

/// Writes the entry of a visit. Who came stands in the detail, which can be forgotten without breaking the chain.
pub async fn record_visit(
    app: &App,
    tx: &Tx,
    (visit, user): (VisitId, Option<UserId>),
    action: &'static str,
    about: (String, Value),
) -> Result<()> {
    let (subject, detail) = about;
    let entry = NewAuditEntry { actor: None, action, subject, detail, visit: Some((visit, user)) };
    audit::append(tx, entry, &secrets::random_token()?, app.clock.now()).await?;
    Ok(())
}

/// Notes that `viewer` was refused `subject`, once per thing and hour.
pub async fn refused(app: &App, viewer: &Viewer, subject: &str) -> Result<()> {
    let now = app.clock.now();
    let hour = now.duration_trunc(chrono::Duration::hours(1)).unwrap_or(now);
    let tx = app.store.write().await?;
    if audit::first_refusal(&tx, viewer.user_id, subject, hour).await? {
        let about = (subject.to_owned(), Value::Object(serde_json::Map::new()));
        record(app, &tx, Some(viewer.user_id), "access.refused", about).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Gives every unsealed entry its place in the chain and returns how many. Safe beside another sealer.
pub async fn seal(app: &App) -> Result<u64> {
    if audit::unsealed(&app.store).await? == 0 {
        return Ok(0);
    }
    let mut total = 0;
    loop {
        let tx = app.store.write().await?;
        let sealed = audit::seal(&tx, SEAL_BATCH).await?;
        tx.commit().await?;
        total += sealed;
        if sealed < SEAL_BATCH as u64 {
            return Ok(total);
        }
    }
}

/// What `audit verify` found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verification {
    /// True if the chain is whole.
    pub ok: bool,
    /// Sealed entries read.
    pub entries: u64,
    /// Entries that still wait for the sealer.
    pub unsealed: i64,
    /// Hash of the newest sealed entry: note it elsewhere to prove later that nothing was cut off.
    pub head: String,
    /// What is wrong and where, in words; empty when all is well.
    pub problems: Vec<String>,
}

/// Reads the whole chain and finds any altered, dropped, inserted or reordered entry. A detail that was erased
/// is no problem; one that was altered is.
pub async fn verify(app: &App) -> Result<Verification> {
    let mut problems = Vec::new();
    let mut previous = String::new();
    let mut last_seq = 0;
    let mut entries = 0;
    loop {
        let page = audit::chain_after(&app.store, last_seq, VERIFY_BATCH).await?;
        let full = page.len() as i64 == VERIFY_BATCH;
        for (entry, salt) in page {
            entries += 1;
            let seq = entry.seq.unwrap_or_default();
            if seq != last_seq + 1 {
                problems.push(format!("Entries {} to {} are missing.", last_seq + 1, seq - 1));
            }
            let expected = audit::chain_hash(&previous, seq, &entry);
            let stored = entry.hash.clone().unwrap_or_default();
            if expected != stored {
                problems.push(format!(
                    "Entry {seq} ({} on {}, written {}) was altered, or the entry before it was.",
                    entry.action, entry.subject, entry.at
                ));
            }
            if let (Some(detail), Some(salt)) = (&entry.detail, &salt)
                && audit::detail_hash(salt, detail) != entry.detail_hash
            {
                problems.push(format!("The detail of entry {seq} was altered."));
            }
            previous = stored;
            last_seq = seq;
        }
        if !full {
            break;
        }
    }
    let unsealed = audit::unsealed(&app.store).await?;
    Ok(Verification { ok: problems.is_empty(), entries, unsealed, head: previous, problems })
}
