//! Removing a recording from OneDrive after it was copied. It happens only if the setting says so, days after the copy was
//! verified, after the copy was read once more at that moment, and only if Microsoft's file is still the one that was
//! copied. It goes to the recycle bin of OneDrive, where Microsoft keeps it for some weeks. Nothing else removes anything.

use chrono::TimeDelta;
use serde_json::json;

use super::proof::{self, Seen};
use crate::app::App;
use crate::model::artifact::Artifact;
use crate::model::id::ArtifactId;
use crate::model::retention::Kept;
use crate::ops::{Error, Result, audit, integration};
use crate::store::holds::{self, Target};
use crate::store::{artifacts, expiry, keep};

/// Originals removed in one go.
const BATCH: i64 = 20;

/// Removes the originals whose time has come by the setting. Does nothing without it.
pub(crate) async fn remove_due(app: &App) -> Result<()> {
    let Some(days) = app.config.archive.remove_originals_after_days else { return Ok(()) };
    let before = app.clock.now() - TimeDelta::days(i64::from(days.get()));
    for id in expiry::verified_before(&app.store, before, BATCH).await? {
        match remove(app, id, "archive.remove_originals_after_days").await {
            Ok(Removal::Done) => {}
            Ok(Removal::Refused(why)) => {
                tracing::warn!(recording = %id, why, "a recording stays in onedrive");
            }
            Err(error) => {
                tracing::warn!(recording = %id, %error, "a recording could not be removed from onedrive");
            }
        }
    }
    Ok(())
}

/// What asking for a removal came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// The file is in the recycle bin of OneDrive.
    Done,
    /// It stays; why.
    Refused(String),
}

/// Removes one original under a rule, which is named in the audit. Everything that forbids it is asked here and now.
pub async fn remove(app: &App, id: ArtifactId, rule: &str) -> Result<Removal> {
    let row = artifacts::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    let (Some(drive), Some(item)) = (&row.drive_id, &row.item_id) else {
        return Ok(Removal::Refused("OnRecord knows no file of it in OneDrive.".to_owned()));
    };
    if let Some(why) = is_kept(app, &row).await? {
        return Ok(Removal::Refused(why));
    }
    let client = integration::client(app, row.integration_id).await?;
    let now_is = client.drive_item(drive, item).await?;
    let is_same = now_is.size == row.size_bytes
        && now_is.quick_xor_hash().is_some()
        && now_is.quick_xor_hash() == row.quick_xor_hash.as_deref();
    if !is_same {
        return Ok(Removal::Refused("The file in OneDrive is not the one that was copied.".to_owned()));
    }
    client.delete_drive_item(drive, item, now_is.e_tag.as_deref()).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    keep::source_removed(&tx, id, now).await?;
    let about = json!({ "rule": rule, "drive": drive, "item": item, "sha256": row.sha256, "name": row.name });
    audit::record(app, &tx, None, "recording.original_removed", (format!("recording:{id}"), about)).await?;
    tx.commit().await?;
    tracing::info!(recording = %id, rule, "a recording was removed from onedrive; its verified copy is in the archive");
    Ok(Removal::Done)
}

/// Why the original must stay; `None` if nothing forbids its removal. The copy is read whole once more.
async fn is_kept(app: &App, row: &Artifact) -> Result<Option<String>> {
    let (Some(key), true, Some(sha256)) = (&row.archive_key, row.facts().is_verified(), &row.sha256) else {
        return Ok(Some("There is no verified copy.".to_owned()));
    };
    if row.gone_at.is_some() || row.source_removed_at.is_some() {
        return Ok(Some("Microsoft has it no more.".to_owned()));
    }
    match proof::read(app, key, None, None).await? {
        Seen::Film { sum, .. } if sum.sha256 == *sha256 => {}
        _ => return Ok(Some("The copy is not what it was: run `onrecord archive --verify`.".to_owned())),
    }
    // Reading takes its time; a hold that was placed meanwhile counts.
    let target = Target { kind: Kept::Recording, artifact: Some(row.id), meeting: row.meeting_id };
    let hold = holds::on(&app.store, target, app.clock.now()).await?;
    Ok(hold.map(|hold| format!("Hold {} keeps it: {}", hold.id, hold.reason)))
}
