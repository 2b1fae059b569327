//! The journal of removals. Purges and erasures are noted in the transaction that removes, and written to the archive
//! before a byte is deleted, so that a database that is put back from a backup learns what was removed since. Nothing
//! here ever removes what no sheet of the journal names.

use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Error, Result, audit, bin, erasure, say};
use crate::app::App;
use crate::model::hex::hex;
use crate::model::id::{MeetingId, RetentionPolicyId};
use crate::model::journal::{Removed, removals, sheet, sheet_key};
use crate::model::retention::Kept;
use crate::store::bin::Binning;
use crate::store::journal::{self, AtMicrosoft};
use crate::store::{self, Tx, erasures, forgotten, retention::things};

/// How often sheets are numbered anew when the archive has others of their numbers.
const TRIES: usize = 3;

/// Writes what was noted to the archive. May be broken off anywhere, and repeated by several processes at once: a sheet
/// that is numbered never changes.
pub async fn write(app: &App) -> Result<()> {
    if !journal::has_unwritten(&app.store).await? {
        return Ok(());
    }
    for _ in 0..TRIES {
        catch_up(app).await?;
        let tx = app.store.write().await?;
        journal::open_sheet(&tx, app.clock.now()).await?;
        tx.commit().await?;
        if write_sheets(app).await? {
            return Ok(());
        }
    }
    Err(Error::Conflict(
        "Sheets of the journal of removals appear in the archive while this program writes them: another installation \
         uses the same archive. Give each its own ONRECORD_ARCHIVE_URL."
            .to_owned(),
    ))
}

/// Writes the numbered sheets in order. False if the archive has another sheet of such a number; ours is loose again.
async fn write_sheets(app: &App) -> Result<bool> {
    for number in journal::unwritten(&app.store).await? {
        let text = sheet(&journal::lines(&app.store, number).await?);
        let key = sheet_key(number);
        match app.bucket.read_if_there(&key).await? {
            Some(there) if there == text.as_bytes() => {}
            Some(_) => {
                let tx = app.store.write().await?;
                journal::release(&tx, number).await?;
                tx.commit().await?;
                return Ok(false);
            }
            None => app.bucket.put(&key, text.clone().into()).await?,
        }
        let tx = app.store.write().await?;
        journal::written(&tx, number, &hash(text.as_bytes()), app.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(true)
}

/// SHA-256 of a sheet, hex.
pub(super) fn hash(sheet: &[u8]) -> String {
    hex(&Sha256::digest(sheet))
}

/// What was applied of sheets that this database did not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Applied {
    /// Sheets read.
    pub sheets: u64,
    /// Recordings, transcripts and files purged again.
    pub purged: u64,
    /// Classes whose attendance or chat was removed again.
    pub removed: u64,
    /// People erased again.
    pub erased: u64,
}

/// Applies the sheets of the archive that this database does not know: it was put back from a backup that is older than
/// they are. May be broken off anywhere, and repeated.
pub async fn catch_up(app: &App) -> Result<Applied> {
    let mut applied = Applied::default();
    let mut number = journal::last_sheet(&app.store).await? + 1;
    while let Some(bytes) = app.bucket.read_if_there(&sheet_key(number)).await? {
        let removals = std::str::from_utf8(&bytes).ok().and_then(removals).ok_or_else(|| {
            Error::Corrupt(format!(
                "{} in the archive cannot be read: it is damaged, or a newer version of OnRecord wrote it. Restore \
                 that file from a copy of the archive, or update OnRecord.",
                sheet_key(number)
            ))
        })?;
        for (_, removed) in &removals {
            apply(app, removed, number, &mut applied).await?;
        }
        let lines: Vec<String> = removals.into_iter().map(|(line, _)| line).collect();
        let tx = app.store.write().await?;
        journal::take_over(&tx, (number, &hash(&bytes)), &lines, app.clock.now()).await?;
        tx.commit().await?;
        applied.sheets += 1;
        number += 1;
    }
    if applied.sheets > 0 {
        tracing::warn!(
            sheets = applied.sheets,
            purged = applied.purged,
            removed = applied.removed,
            erased = applied.erased,
            "the database is older than the archive: what was removed since was removed again"
        );
    }
    Ok(applied)
}

async fn apply(app: &App, removed: &Removed, number: i64, applied: &mut Applied) -> Result<()> {
    match removed {
        Removed::Purged { id, created_at, kind, integration_id, graph_id, drive_id, item_id, .. } => {
            let is = AtMicrosoft {
                integration_id: *integration_id,
                kind: *kind,
                graph_id: graph_id.as_deref(),
                drive_id: drive_id.as_deref(),
                item_id: item_id.as_deref(),
            };
            applied.purged += purge(app, (*id, *created_at), is, number).await?;
        }
        Removed::ClassData { id, created_at, kind, .. } => {
            if journal::is_meeting(&app.store, (*id, *created_at)).await? {
                applied.removed += remove(app, *kind, MeetingId(*id), number).await?;
            }
        }
        Removed::Erased { id, created_at, pseudonym, fingerprints, .. } => {
            let row = (*id, *created_at);
            applied.erased += erase(app, row, (pseudonym, fingerprints), number).await?;
        }
    }
    Ok(())
}

/// Purges what was purged. No hold is asked: its bytes are gone.
async fn purge(app: &App, row: (i64, DateTime<Utc>), is: AtMicrosoft<'_>, number: i64) -> Result<u64> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let rows = journal::purged_rows(&tx, row, is).await?;
    let mut purged = Vec::new();
    if rows.is_empty() {
        purged.extend(journal::tombstone(&tx, is, now).await?);
    }
    for (id, _) in rows.into_iter().filter(|(_, is_purged)| !is_purged) {
        let reason = say("journal-purged-again");
        let how = Binning { by: None, reason: &reason, policy: None, purge_at: now };
        store::bin::put(&tx, id, how, now).await?;
        store::bin::purge(&tx, id, now).await?;
        purged.push(id);
    }
    for id in &purged {
        audit_again(app, &tx, ("recording.purged", format!("{}:{id}", is.kind)), number).await?;
    }
    tx.commit().await?;
    Ok(purged.len() as u64)
}

async fn audit_again(
    app: &App,
    tx: &Tx,
    (action, subject): (&'static str, String),
    number: i64,
) -> Result<()> {
    audit::record(app, tx, None, action, (subject, json!({ "again_from_journal_sheet": number }))).await
}

async fn remove(app: &App, kind: Kept, meeting: MeetingId, number: i64) -> Result<u64> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let found = things::lock_class(&tx, kind, meeting).await?;
    let was_removed = things::is_removed(&tx, kind, meeting).await?;
    if found.is_none() && was_removed {
        return Ok(0);
    }
    let why = say("journal-removed-again");
    things::remove_rows(&tx, (kind, meeting), (RetentionPolicyId(0), &why), now).await?;
    audit_again(app, &tx, ("class_data.removed", format!("meeting:{meeting}")), number).await?;
    tx.commit().await?;
    Ok(1)
}

/// Erases who was erased, under the same pseudonym, whatever held it up then.
async fn erase(
    app: &App,
    row: (i64, DateTime<Utc>),
    (pseudonym, fingerprints): (&str, &[String]),
    number: i64,
) -> Result<u64> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    forgotten::no_reading(&tx).await?;
    let person = journal::person(&tx, row, pseudonym).await?;
    let (user, open) = match person {
        Some((user, true)) => (user, None),
        Some((user, false)) => {
            let reason = say("journal-erased-again");
            let id = journal::erasure_of(&tx, (user, pseudonym), &reason, now).await?;
            let erasure = erasures::find(&tx, id).await?.ok_or(Error::NotFound)?;
            if erasure.report.is_none() {
                erasure::erase_rows(app, &tx, &erasure).await?;
            }
            (user, Some(id))
        }
        None => {
            let user = journal::erased_person(&tx, pseudonym, now).await?;
            audit_again(app, &tx, ("erasure.carried_out", format!("user:{user}")), number).await?;
            (user, None)
        }
    };
    forgotten::remember(&tx, user, fingerprints).await?;
    tx.commit().await?;
    if let Some(id) = open {
        erasure::erase_bytes(app, id).await?;
    }
    Ok(u64::from(!matches!(person, Some((_, true)))))
}

/// Applies what this database does not know, and deletes the bytes that it still names.
pub async fn settle(app: &App) -> Result<Applied> {
    let applied = catch_up(app).await?;
    if applied.purged > 0 {
        bin::clear_doomed(app).await?;
    }
    Ok(applied)
}
