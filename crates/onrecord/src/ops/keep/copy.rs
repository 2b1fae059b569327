//! Copies one recording out of Microsoft 365 into the archive: from its file, else by way of Teams. Compared with what
//! Microsoft says of it before it counts.

use futures::StreamExt as _;
use msgraph::{Client, DownloadHandle};
use serde_json::json;

use super::{Limit, discard, settle, write};
use crate::app::App;
use crate::model::artifact::Artifact;
use crate::model::id::ArtifactId;
use crate::ops::turn::Turn;
use crate::ops::{Error, Result, audit, integration, sync};
use crate::store::keep::{self, Kept};
use crate::store::{artifacts, meetings};

/// No recording of Teams is larger; what is larger is not what was asked for.
const MOST: Limit = Limit { bytes: 64 * 1024 * 1024 * 1024 };

/// The subject of a recording's copy job.
pub fn subject(id: ArtifactId) -> String {
    format!("artifact:{id}")
}

/// Copies a recording, unless it is there already or there is nothing to copy any more.
pub async fn copy(app: &App, id: ArtifactId) -> Result<Turn> {
    let Some(row) = artifacts::find(&app.store, id).await? else { return Ok(Turn::Done) };
    let (Some(meeting), None, None) = (row.meeting_id, row.verified_at, row.gone_at) else {
        return Ok(Turn::Done);
    };
    let client = integration::client(app, row.integration_id).await?;
    let Some((handle, told)) = source(app, &client, &row).await? else { return Ok(Turn::Done) };
    let content = handle.open(0, None).await?;
    let promised = told.size_bytes.or(content.length.and_then(|length| i64::try_from(length).ok()));
    let kept = write(app, meeting, MOST, content.stream.map(|next| next.map_err(Error::Graph))).await?;
    let is_same = promised.is_none_or(|size| size == kept.size_bytes)
        && told.quick_xor_hash.as_ref().is_none_or(|hash| *hash == kept.quick_xor_hash);
    if !is_same {
        discard(app, &kept.key).await?;
        return Err(Error::Corrupt(
            "What Microsoft sent is not what it says the recording is. OnRecord copies it again.".to_owned(),
        ));
    }
    conclude(app, id, &kept).await?;
    sync::judge_again(app, meeting).await?;
    Ok(Turn::Done)
}

/// What Microsoft says of the bytes.
struct Told {
    size_bytes: Option<i64>,
    quick_xor_hash: Option<String>,
}

/// Where the bytes are, and what is said of them.
async fn source(app: &App, client: &Client, row: &Artifact) -> Result<Option<(DownloadHandle, Told)>> {
    if let (Some(drive), Some(item)) = (&row.drive_id, &row.item_id) {
        let now = client.drive_item(drive, item).await?;
        let told = Told { size_bytes: now.size, quick_xor_hash: now.quick_xor_hash().map(str::to_owned) };
        return Ok(Some((client.drive_download(drive, item), told)));
    }
    let Some(meeting) = row.meeting_id else { return Ok(None) };
    let Some(meeting) = meetings::find(&app.store, meeting).await? else { return Ok(None) };
    let (Some(organizer), Some(online_meeting), Some(recording)) =
        (&meeting.organizer_id, &meeting.online_meeting_id, &row.graph_id)
    else {
        return Ok(None);
    };
    let told = Told { size_bytes: None, quick_xor_hash: None };
    Ok(Some((client.recording_content(organizer, online_meeting, recording), told)))
}

async fn conclude(app: &App, id: ArtifactId, kept: &Kept) -> Result<()> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let row = artifacts::lock(&tx, id).await?.filter(|row| row.verified_at.is_none());
    let Some(row) = row else {
        drop(tx);
        // It was joined with another row, or copied by somebody else meanwhile.
        return discard(app, &kept.key).await;
    };
    keep::verified(&tx, id, kept, now).await?;
    settle(&tx, kept).await?;
    let detail = json!({
        "size_bytes": kept.size_bytes, "sha256": kept.sha256, "quick_xor_hash": kept.quick_xor_hash,
        "from": if row.item_id.is_some() { "onedrive" } else { "teams" },
    });
    audit::record(app, &tx, None, "recording.archived", (format!("recording:{id}"), detail)).await?;
    for drive in keep::drives_with_waiting(&tx, row.integration_id).await? {
        sync::join_same_bytes(app, &tx, &drive).await?;
    }
    tx.commit().await?;
    tracing::info!(recording = %id, "a recording was copied from onedrive or Teams into the archive");
    Ok(())
}
