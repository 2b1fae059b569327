//! Writing, sealing, proving, exporting and shortening the audit. Nothing here changes an entry.

mod asked;
mod cut;
mod export;
mod proof;

pub use asked::{Asked, VISITS, number};
pub use cut::{Cut, cut, keep_days, plan as plan_cut};
pub use export::{Form, Line, line_of, next_lines, note_export, viewers};
pub use proof::{Verification, head, sign, verify, verify_against};

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
