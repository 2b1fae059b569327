//! Bringing bytes into the archive: hashed and probed as they pass, in constant memory. Nothing of it can be seen
//! before the last byte was written; nothing counts before it was read back and compared. What breaks off goes on where
//! it stood, or leaves a draft that is removed later.

mod ask;
mod cleanup;
mod copy;
mod original;
mod passed;
mod place;
mod pour;
mod proof;
mod sidecars;
mod source;
mod verify;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::{Stream, StreamExt as _};

use super::{Error, Result};
use crate::app::App;
use crate::bucket::{Draft, Upload};
use crate::model::id::MeetingId;
use crate::store::Tx;
use crate::store::drafts::{self, DraftRow, Hold};
use crate::store::keep::Kept;
use passed::Passed;
use proof::Seen;

pub use ask::ask;
pub use cleanup::{Asked, CleanupReport, Line, Outcome, Plan, plan, run};
pub use copy::{copy, subject};
pub(crate) use original::remove_due;
pub use original::{Removal, remove};
pub use sidecars::beside;
pub use verify::{Checked, Damage, VerifyReport, verify};

/// A draft without progress for so long has no writer any more.
const ABANDONED: TimeDelta = TimeDelta::hours(24);

/// A writer that gives no sign of life for so long has lost its draft.
const HELD: TimeDelta = TimeDelta::seconds(60);

/// Drafts removed in one go.
const BATCH: i64 = 200;

/// How much may come.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// In bytes.
    pub bytes: u64,
}

/// What a recording that is brought is named after.
#[derive(Debug, Clone, Copy)]
pub struct Naming {
    /// Its class.
    pub meeting: MeetingId,
    /// When it began; `None` takes the class's own time.
    pub began: Option<DateTime<Utc>>,
}

/// Writes a stream into the archive, reads it back and returns what came of it. The caller writes its row and ends the
/// draft in one transaction by [`settle`], or gives it up by [`discard`].
pub async fn write(
    app: &App,
    naming: Naming,
    limit: Limit,
    body: impl Stream<Item = Result<Bytes>> + Send,
) -> Result<Kept> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let key = place::free_key(&tx, naming.meeting, naming.began).await?;
    let hold = Hold { holder: "upload", until: now };
    drafts::begin(&tx, (&key, None), "", hold, now).await?;
    tx.commit().await?;
    let mut upload = app.bucket.begin(&key).await?;
    let written = take_in(&mut upload, limit, body).await;
    let kept = match written {
        Ok(passed) => finish(app, upload, key.clone(), passed).await,
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

async fn take_in(
    upload: &mut Upload,
    limit: Limit,
    body: impl Stream<Item = Result<Bytes>> + Send,
) -> Result<Passed> {
    let mut passed = Passed::new();
    let mut body = std::pin::pin!(body);
    while let Some(next) = body.next().await {
        let bytes = next?;
        if passed.size_bytes() + bytes.len() as u64 > limit.bytes {
            return Err(too_large(limit));
        }
        passed.update(&bytes).map_err(refused)?;
        upload.write(bytes).await?;
    }
    Ok(passed)
}

async fn finish(app: &App, upload: Upload, key: String, passed: Passed) -> Result<Kept> {
    let (sent, duration_ms) = match passed.finish() {
        Ok(film) => film,
        Err(fault) => {
            upload.abort().await?;
            return Err(refused(fault));
        }
    };
    upload.finish().await?;
    let seen = proof::read(app, &key, None, None).await?;
    match seen {
        Seen::Film { sum, .. } if sum == sent => Ok(Kept {
            key,
            sha256: sum.sha256,
            quick_xor_hash: sum.quick_xor_hash,
            size_bytes: sum.size_bytes as i64,
            duration_ms: duration_ms.unwrap_or_default(),
        }),
        _ => Err(Error::Corrupt("The archive did not keep what was written. Try again.".to_owned())),
    }
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
    Ok(drafts::end(tx, &kept.key).await?)
}

/// Removes an object that no row will name.
pub async fn discard(app: &App, key: &str) -> Result<()> {
    app.bucket.delete(key).await?;
    let tx = app.store.write().await?;
    drafts::end(&tx, key).await?;
    Ok(tx.commit().await?)
}

/// Removes everything that came of a draft: its parts, the object if it was put together, and its row.
async fn drop_draft(app: &App, draft: &DraftRow) -> Result<()> {
    if draft.finished_at.is_none() {
        let begun = Draft { key: draft.key.clone(), upload: draft.upload.clone() };
        // An upload that the storage does not know any more must not keep the recording from being copied anew; what
        // cannot be removed now is what the storage's own rule for unfinished uploads is for.
        if let Err(error) = app.bucket.forget(&begun).await {
            tracing::warn!(key = draft.key, %error, "an unfinished upload could not be removed from the archive");
        }
    }
    discard(app, &draft.key).await
}

/// Removes what writers left behind that died.
pub async fn clear_drafts(app: &App) -> Result<()> {
    let now = app.clock.now();
    for draft in drafts::stale(&app.store, (now - ABANDONED, now), BATCH).await? {
        tracing::warn!(key = draft.key, "an unfinished copy of a recording is removed from the archive");
        drop_draft(app, &draft).await?;
    }
    Ok(())
}
