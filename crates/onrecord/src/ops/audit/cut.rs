//! How long the audit itself is kept. What is older is cut off its beginning: first that part is proved, then a signed
//! checkpoint says from where the chain goes on, then the entries are deleted.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::proof::{Walk, sign};
use crate::app::App;
use crate::ops::{Error, Result};
use crate::store::audit;

/// Entries deleted in one transaction.
const BATCH: i64 = 2_000;

/// What was, or would be, cut off.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Cut {
    /// Entries older than this.
    pub before: DateTime<Utc>,
    /// How many they are.
    pub entries: i64,
    /// Place of the last of them.
    pub last_seq: i64,
}

/// What a cut before this moment would take; nothing is changed.
pub async fn plan(app: &App, before: DateTime<Utc>) -> Result<Cut> {
    let last = audit::last_before(&app.store, before).await?;
    let checkpoint = audit::checkpoint(&app.store).await?.map_or(0, |at| at.seq);
    let last_seq = last.map_or(0, |(seq, _)| seq).max(checkpoint);
    Ok(Cut { before, entries: audit::up_to(&app.store, last_seq).await?, last_seq })
}

/// Cuts off what is older than `before`. `Conflict` if the part to be cut off does not prove whole: then it is evidence. A
/// cut that was broken off is gone on with.
pub async fn cut(app: &App, before: DateTime<Utc>) -> Result<Cut> {
    super::seal(app).await?;
    let planned = plan(app, before).await?;
    let known = audit::checkpoint(&app.store).await?.map_or(0, |at| at.seq);
    if planned.last_seq > known {
        prove(app, planned.last_seq).await?;
        set_checkpoint(app, &planned).await?;
    }
    loop {
        let tx = app.store.write().await?;
        let deleted = audit::delete_up_to(&tx, planned.last_seq, BATCH).await?;
        tx.commit().await?;
        if deleted < BATCH as u64 {
            return Ok(planned);
        }
    }
}

async fn prove(app: &App, last: i64) -> Result<()> {
    let mut walk = Walk::begin(app, &[]).await?;
    walk.go_on(app, last).await?;
    match walk.problems.first() {
        None => Ok(()),
        Some(problem) => Err(Error::Conflict(format!(
            "Nothing was cut off: the audit is not whole there, and what shows that is kept. {problem} `onrecord audit \
             verify` tells everything that was found."
        ))),
    }
}

async fn set_checkpoint(app: &App, planned: &Cut) -> Result<()> {
    let tx = app.store.write().await?;
    let Some((seq, hash)) = audit::last_before(&tx, planned.before).await? else { return Ok(()) };
    if seq != planned.last_seq {
        return Err(Error::Conflict("The audit changed meanwhile. Run it again.".to_owned()));
    }
    let checkpoint = sign(app, seq, hash)?;
    audit::set_checkpoint(&tx, &checkpoint).await?;
    let detail =
        json!({ "before": planned.before, "entries": planned.entries, "checkpoint": checkpoint.line() });
    super::record(app, &tx, None, "audit.cut", (format!("audit:{seq}"), detail)).await?;
    Ok(tx.commit().await?)
}

/// Cuts off what is older than the settings say. Without such a setting nothing is ever cut off.
pub async fn keep_days(app: &App) -> Result<()> {
    let Some(days) = app.config.retention.audit_days else { return Ok(()) };
    let before = app.clock.now() - TimeDelta::days(i64::from(days.get()));
    // Once a day is enough: each cut is an entry itself.
    if plan(app, before - TimeDelta::days(1)).await?.entries == 0 {
        return Ok(());
    }
    let cut = cut(app, before).await?;
    tracing::info!(entries = cut.entries, last = cut.last_seq, "the audit was cut off before {before}");
    Ok(())
}
