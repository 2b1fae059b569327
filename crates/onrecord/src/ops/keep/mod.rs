//! Bringing bytes into the archive: hashed and probed as they pass, in constant memory. Nothing of it can be seen
//! before the last byte was written and compared; what breaks off leaves nothing behind, or a draft that is removed
//! later.

mod copy;

use bytes::Bytes;
use chrono::TimeDelta;
use futures::{Stream, StreamExt as _};
use msgraph::QuickXorHash;
use sha2::{Digest as _, Sha256};

use super::{Error, Result};
use crate::app::App;
use crate::bucket::Upload;
use crate::model::id::MeetingId;
use crate::model::mp4::Probe;
use crate::store::Tx;
use crate::store::keep::{self, Kept};

pub use copy::{copy, subject};

/// A draft this old has no writer any more.
const ABANDONED: TimeDelta = TimeDelta::hours(24);

/// Drafts removed in one go.
const BATCH: i64 = 200;

/// How much may come.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// In bytes.
    pub bytes: u64,
}

/// Writes a stream into the archive and returns what came of it. The caller writes its row and ends the draft in one
/// transaction by [`settle`], or gives it up by [`discard`].
pub async fn write(
    app: &App,
    meeting: MeetingId,
    limit: Limit,
    body: impl Stream<Item = Result<Bytes>> + Send,
) -> Result<Kept> {
    let key = format!("recordings/{meeting}/{}.mp4", uuid::Uuid::new_v4());
    let tx = app.store.write().await?;
    keep::begin_draft(&tx, &key, app.clock.now()).await?;
    tx.commit().await?;
    let mut upload = app.bucket.begin(&key).await?;
    let written = pour(&mut upload, limit, body).await;
    let kept = match written {
        Ok(looked_at) => finish(upload, key.clone(), looked_at).await,
        Err(error) => {
            upload.abort().await?;
            Err(error)
        }
    };
    if kept.is_err() {
        discard(app, &key).await?;
    }
    kept
}

/// What was learnt of the bytes as they passed.
struct Passed {
    probe: Probe,
    sha: Sha256,
    xor: QuickXorHash,
}

async fn pour(
    upload: &mut Upload,
    limit: Limit,
    body: impl Stream<Item = Result<Bytes>> + Send,
) -> Result<Passed> {
    let mut passed = Passed { probe: Probe::default(), sha: Sha256::new(), xor: QuickXorHash::new() };
    let mut body = std::pin::pin!(body);
    while let Some(next) = body.next().await {
        let bytes = next?;
        if passed.xor.length() + bytes.len() as u64 > limit.bytes {
            return Err(too_large(limit));
        }
        passed.probe.push(&bytes).map_err(refused)?;
        passed.sha.update(&bytes);
        passed.xor.update(&bytes);
        upload.write(bytes).await?;
    }
    Ok(passed)
}

async fn finish(upload: Upload, key: String, passed: Passed) -> Result<Kept> {
    let size = passed.xor.length();
    let film = match passed.probe.finish(size) {
        Ok(film) => film,
        Err(fault) => {
            upload.abort().await?;
            return Err(refused(fault));
        }
    };
    let written = upload.finish().await?;
    if written != size {
        return Err(Error::Corrupt("The archive did not keep what was written. Try again.".to_owned()));
    }
    Ok(Kept {
        key,
        sha256: crate::model::hex::hex(&passed.sha.finalize()),
        quick_xor_hash: passed.xor.finish(),
        size_bytes: size as i64,
        duration_ms: film.duration_ms,
    })
}

/// The sentence for a file that is larger than may come.
pub fn too_large(limit: Limit) -> Error {
    let mib = limit.bytes / (1024 * 1024);
    Error::TooLarge(format!(
        "The recording is larger than {mib} MiB, the most that may be uploaded here (ONRECORD_LIMIT_RECORDING_MIB). Cut \
         it into parts and upload them one by one, or ask the operator for a higher limit."
    ))
}

fn refused(fault: crate::model::mp4::Fault) -> Error {
    Error::invalid("file", fault.to_string())
}

/// The object belongs to a row that is written in the same transaction.
pub async fn settle(tx: &Tx, kept: &Kept) -> Result<()> {
    Ok(keep::end_draft(tx, &kept.key).await?)
}

/// Removes an object that no row will name.
pub async fn discard(app: &App, key: &str) -> Result<()> {
    app.bucket.delete(key).await?;
    let tx = app.store.write().await?;
    keep::end_draft(&tx, key).await?;
    Ok(tx.commit().await?)
}

/// Removes what writers left behind that died.
pub async fn clear_drafts(app: &App) -> Result<()> {
    for key in keep::stale_drafts(&app.store, app.clock.now() - ABANDONED, BATCH).await? {
        tracing::warn!(key, "an unfinished copy of a recording is removed from the archive");
        discard(app, &key).await?;
    }
    Ok(())
}
