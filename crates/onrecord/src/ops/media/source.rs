//! Reading a medium at Microsoft: its file in OneDrive, else the recording by way of Teams. What goes wrong is
//! said in words that people search for, and never with an address.

use std::ops::Range;

use futures::StreamExt as _;
use msgraph::DownloadHandle;

use super::{Opened, Opening};
use crate::app::App;
use crate::delivery::Source;
use crate::model::artifact::ArtifactKind;
use crate::model::job::JobKind;
use crate::ops::{Error, Result, integration, say, say_with};
use crate::store::jobs;
use crate::store::media::{self, Medium, PlacedMedium, Refreshed};

/// The length of a medium in bytes; `None` if not even Microsoft tells before the last byte.
pub async fn measure(app: &App, placed: &PlacedMedium) -> Result<Option<u64>> {
    let medium = &placed.medium;
    if let Some(size) = medium.size_bytes {
        return Ok(Some(size.max(0) as u64));
    }
    if let (Some(key), true) = (&medium.archive_key, medium.facts.is_verified()) {
        return Ok(app.bucket.head(key).await?.map(|stored| stored.size_bytes));
    }
    if medium.item_id.is_some() {
        return Ok(Some(ask_again(app, medium).await?));
    }
    let mut source = source(app, placed).await?;
    if source.size_bytes.is_none() {
        let content = source.handle.open(0, None).await;
        source.size_bytes = content.map_err(|error| told(medium, error))?.total_size;
        app.delivery.keep_source(medium.id, source.clone());
    }
    Ok(source.size_bytes)
}

/// Opens `range` at Microsoft, or all of it.
pub(super) async fn open(
    app: &App,
    placed: &PlacedMedium,
    range: Option<Range<u64>>,
    size: Option<u64>,
) -> Result<Opening> {
    let medium = &placed.medium;
    let source = source(app, placed).await?;
    let (from, length) = range.map_or((0, None), |range| (range.start, Some(range.end - range.start)));
    let content = match source.handle.open(from, length).await {
        Ok(content) => content,
        Err(msgraph::Error::Unsatisfiable { .. }) if medium.item_id.is_some() => {
            return changed(app, medium).await;
        }
        Err(error) => {
            app.delivery.forget_source(medium.id);
            return Err(missed(app, medium, error).await?);
        }
    };
    if let (Some(promised), Some(total)) = (size, content.total_size)
        && promised != total
    {
        return changed(app, medium).await;
    }
    let (id, kind) = (medium.id, medium.kind);
    let bytes = content.stream.map(move |next| {
        next.map_err(|error| {
            tracing::warn!(artifact = %id, %kind, %error, "Download failed: the {kind} broke off and could not be resumed from onedrive");
            Error::Graph(error)
        })
    });
    Ok(Opening::Ready(Opened { bytes: bytes.boxed(), length: content.length.or(length) }))
}

/// The row is brought up to date, so that asking again promises the right length.
async fn changed(app: &App, medium: &Medium) -> Result<Opening> {
    tracing::info!(artifact = %medium.id, "the recording in onedrive is another than when it was last read");
    app.delivery.forget_source(medium.id);
    if medium.item_id.is_some() {
        ask_again(app, medium).await?;
    }
    Ok(Opening::Changed)
}

/// Asks Microsoft what the file is now, and keeps it.
async fn ask_again(app: &App, medium: &Medium) -> Result<u64> {
    let (Some(drive), Some(item)) = (&medium.drive_id, &medium.item_id) else {
        return Err(nowhere(medium));
    };
    let client = integration::client(app, medium.integration_id).await?;
    let item = match client.drive_item(drive, item).await {
        Ok(item) => item,
        Err(error) => return Err(missed(app, medium, error).await?),
    };
    let Some(size_bytes) = item.size else {
        return Err(Error::NotReady(say("op-not-finished")));
    };
    let now_is =
        Refreshed { size_bytes, quick_xor_hash: item.quick_xor_hash().map(str::to_owned), e_tag: item.e_tag };
    let tx = app.store.write().await?;
    media::refresh(&tx, medium.id, &now_is, app.clock.now()).await?;
    tx.commit().await?;
    Ok(size_bytes.max(0) as u64)
}

/// The way to the bytes: remembered, or made from the ids of the row.
async fn source(app: &App, placed: &PlacedMedium) -> Result<Source> {
    let medium = &placed.medium;
    let made_from = format!("{:?} {:?} {:?}", medium.drive_id, medium.item_id, medium.graph_id);
    let now = app.clock.now();
    if let Some(source) = app.delivery.source(medium.id, &made_from, now) {
        return Ok(source);
    }
    let client = integration::client(app, medium.integration_id).await?;
    let handle = way(&client, placed).ok_or_else(|| nowhere(medium))?;
    let source = Source { handle, made_from, size_bytes: None, made_at: now };
    app.delivery.keep_source(medium.id, source.clone());
    Ok(source)
}

/// The file in OneDrive knows ranges and a hash; by way of Teams there may be neither.
fn way(client: &msgraph::Client, placed: &PlacedMedium) -> Option<DownloadHandle> {
    let medium = &placed.medium;
    if let (Some(drive), Some(item)) = (&medium.drive_id, &medium.item_id) {
        return Some(client.drive_download(drive, item));
    }
    let place = placed.place.as_ref()?;
    let (organizer, meeting) = (place.organizer_id.as_ref()?, place.online_meeting_id.as_ref()?);
    let recording = medium.graph_id.as_ref().filter(|_| medium.kind == ArtifactKind::Recording)?;
    Some(client.recording_content(organizer, meeting, recording))
}

fn nowhere(medium: &Medium) -> Error {
    tracing::warn!(artifact = %medium.id, "Recording not found: the row names no file in onedrive and no recording in Teams");
    Error::Lost(say_with("op-nowhere", &[("what", not_found(medium).into())]))
}

fn not_found(medium: &Medium) -> String {
    say(if medium.kind == ArtifactKind::File { "op-file-not-found" } else { "op-recording-not-found" })
}

/// An error on the way to the first byte. What vanished is looked for by a sync.
async fn missed(app: &App, medium: &Medium, error: msgraph::Error) -> Result<Error> {
    let vanished = matches!(error, msgraph::Error::NotFound { .. } | msgraph::Error::Gone { .. });
    if let (true, Some(meeting)) = (vanished, medium.meeting_id) {
        let now = app.clock.now();
        let tx = app.store.write().await?;
        jobs::enqueue(&tx, JobKind::Sync, &format!("meeting:{meeting}"), now, now).await?;
        tx.commit().await?;
        app.work.notify_one();
    }
    Ok(told(medium, error))
}

fn told(medium: &Medium, error: msgraph::Error) -> Error {
    let (id, kind) = (medium.id, medium.kind);
    match error {
        msgraph::Error::NotFound { .. } | msgraph::Error::Gone { .. } => {
            tracing::warn!(artifact = %id, %kind, %error, "Recording not found: onedrive does not have the {kind} any more");
            Error::Lost(say_with("op-vanished", &[("what", not_found(medium).into())]))
        }
        msgraph::Error::Throttled { .. } => {
            tracing::warn!(artifact = %id, %kind, %error, "Download failed: Microsoft asks to wait with this {kind} from onedrive");
            Error::Graph(error)
        }
        msgraph::Error::Forbidden { .. }
        | msgraph::Error::Unauthorized { .. }
        | msgraph::Error::Token { .. } => {
            tracing::warn!(artifact = %id, %kind, %error, "Download failed: Microsoft does not let OnRecord read the {kind} from onedrive");
            Error::NotReady(say("op-not-let"))
        }
        other => {
            tracing::warn!(artifact = %id, %kind, error = %other, "Download failed: the {kind} could not be read from onedrive");
            Error::NotReady(say("op-not-delivered"))
        }
    }
}
