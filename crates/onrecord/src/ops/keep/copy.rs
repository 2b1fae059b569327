//! Copies one recording out of Microsoft 365 into the archive: from its file, else by way of Teams. It counts only after
//! it was read back and its size and hash are those that Microsoft says at that moment; whatever differs is thrown away.

use futures::StreamExt as _;
use serde_json::json;
use uuid::Uuid;

use super::passed::{Passed, Sum};
use super::pour::{Pouring, TAKEN_OVER};
use super::proof::{self, Seen};
use super::source::{self, Found, Source};
use super::{HELD, discard, drop_draft, place, settle, sidecars};
use crate::app::App;
use crate::bucket::BucketError;
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::id::{ArtifactId, MeetingId};
use crate::ops::turn::Turn;
use crate::ops::{Error, Result, alerts, audit, integration, sync};
use crate::store::artifacts;
use crate::store::drafts::{self, DraftRow, Hold};
use crate::store::keep::{self, Kept};

/// Microsoft computes the hash of a new file within minutes.
const HASH_WAIT: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

/// The subject of a recording's copy job.
pub fn subject(id: ArtifactId) -> String {
    format!("artifact:{id}")
}

/// Copies a recording, unless a verified copy is there already or there is nothing to copy any more. Goes on where an
/// earlier try stood.
pub async fn copy(app: &App, id: ArtifactId) -> Result<Turn> {
    let Some(row) = artifacts::find(&app.store, id).await? else { return Ok(Turn::Done) };
    let (Some(meeting), None, None) = (row.meeting_id, row.gone_at, row.purged_at) else {
        return Ok(Turn::Done);
    };
    if row.kind != ArtifactKind::Recording || row.facts().is_binned() {
        return Ok(Turn::Done);
    }
    if row.facts().is_verified() {
        sidecars::write(app, id).await?;
        return Ok(Turn::Done);
    }
    let client = integration::client(app, row.integration_id).await?;
    let source = match source::find(app, client, &row).await? {
        Found::Here(source) => source,
        Found::Nowhere => return Ok(Turn::Done),
        Found::NotYet => {
            let text = "Microsoft has not computed the hash of this file yet.";
            return Ok(Turn::Again(app.clock.now() + HASH_WAIT, text.to_owned()));
        }
    };
    let holder = Uuid::new_v4().simple().to_string();
    let draft = match claim(app, &row, &source, &holder).await? {
        Claimed::Ours(draft) => draft,
        Claimed::Others(until) => return Ok(Turn::Again(until, TAKEN_OVER.to_owned())),
    };
    let brought = bring(app, (&row, &source), draft, &holder).await;
    if let Err(error) = brought {
        after_failure(app, id, &holder, &error).await?;
        return Err(error);
    }
    sidecars::write(app, id).await?;
    sync::judge_again(app, meeting).await?;
    Ok(Turn::Done)
}

enum Claimed {
    Ours(DraftRow),
    Others(chrono::DateTime<chrono::Utc>),
}

/// Makes the recording's draft, or takes up the one that is there. One of another content is thrown away first.
async fn claim(app: &App, row: &Artifact, source: &Source, holder: &str) -> Result<Claimed> {
    let meeting = row.meeting_id.ok_or(Error::NotFound)?;
    let content = source.told.content();
    let now = app.clock.now();
    let hold = Hold { holder, until: now + HELD };
    let tx = app.store.write().await?;
    artifacts::lock(&tx, row.id).await?.ok_or(Error::NotFound)?;
    let found = drafts::of_artifact(&tx, row.id).await?;
    if let Some(draft) = &found {
        if !drafts::hold(&tx, &draft.key, hold, now).await? {
            return Ok(Claimed::Others(draft.held_until.unwrap_or(now) + chrono::TimeDelta::seconds(1)));
        }
        if draft.source == content {
            tx.commit().await?;
            return Ok(Claimed::Ours(draft.clone()));
        }
    }
    if let Some(other) = found {
        tx.commit().await?;
        tracing::info!(recording = %row.id, "a recording in onedrive changed since its copy was begun; the copy begins anew");
        drop_draft(app, &other).await?;
        return begin(app, (row.id, meeting, row.started_at), &content, holder).await;
    }
    drop(tx);
    begin(app, (row.id, meeting, row.started_at), &content, holder).await
}

async fn begin(
    app: &App,
    (id, meeting, began): (ArtifactId, MeetingId, Option<chrono::DateTime<chrono::Utc>>),
    content: &str,
    holder: &str,
) -> Result<Claimed> {
    let now = app.clock.now();
    let hold = Hold { holder, until: now + HELD };
    let tx = app.store.write().await?;
    artifacts::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    if let Some(other) = drafts::of_artifact(&tx, id).await? {
        return Ok(Claimed::Others(other.held_until.unwrap_or(now) + chrono::TimeDelta::seconds(1)));
    }
    let key = place::free_key(&tx, meeting, began).await?;
    drafts::begin(&tx, (&key, Some(id)), content, hold, now).await?;
    let draft = drafts::of_artifact(&tx, id).await?.expect("the draft was inserted in this transaction");
    tx.commit().await?;
    Ok(Claimed::Ours(draft))
}

/// Brings the bytes, proves them and writes the row.
async fn bring(app: &App, (row, source): (&Artifact, &Source), draft: DraftRow, holder: &str) -> Result<()> {
    let mut pouring = Pouring::new(app, draft, holder);
    pouring.pour(source).await?;
    pouring.complete().await?;
    let kept = prove(app, source, &pouring).await?;
    pouring.renew().await?;
    conclude(app, row.id, &kept, source.kind()).await
}

/// Reads the object back, asks Microsoft once more, and compares.
async fn prove(app: &App, source: &Source, pouring: &Pouring<'_>) -> Result<Kept> {
    let draft = &pouring.row;
    let seen = proof::read(app, &draft.key, None, Some(pouring)).await?;
    let (sum, duration_ms) = match seen {
        Seen::Film { sum, duration_ms } => (sum, duration_ms),
        Seen::NoFilm(why) => {
            return Err(Error::Corrupt(format!("What lies in the archive is no recording: {why}")));
        }
        Seen::Nothing => return Err(Error::Corrupt("The copy vanished from the archive.".to_owned())),
    };
    let came = Passed::restore(&draft.state).map(|passed| passed.sum());
    if came.as_ref() != Some(&sum) {
        return Err(Error::Corrupt(
            "The archive did not keep what was written. OnRecord copies it again.".to_owned(),
        ));
    }
    let now = source.ask_again().await?;
    if now.content() != draft.source {
        return Err(Error::Corrupt(
            "The recording was changed at Microsoft while it was copied. OnRecord copies it again."
                .to_owned(),
        ));
    }
    let is_same = match &now.quick_xor_hash {
        Some(hash) => *hash == sum.quick_xor_hash,
        None => read_twice(source, pouring).await? == sum,
    };
    if !is_same || now.size_bytes.is_some_and(|size| size != sum.size_bytes) {
        return Err(Error::Corrupt(
            "What Microsoft sent is not what it says the recording is. OnRecord copies it again.".to_owned(),
        ));
    }
    Ok(Kept {
        key: draft.key.clone(),
        sha256: sum.sha256,
        quick_xor_hash: sum.quick_xor_hash,
        size_bytes: sum.size_bytes as i64,
        duration_ms,
    })
}

/// Where Microsoft tells no hash the bytes are fetched a second time: damage on the way hardly comes twice.
async fn read_twice(source: &Source, pouring: &Pouring<'_>) -> Result<Sum> {
    const ALIVE_EVERY: u64 = 64 * 1024 * 1024;
    let mut passed = Passed::new();
    let mut shown = 0;
    let mut stream = source.handle.open(0, None).await?.stream;
    while let Some(next) = stream.next().await {
        passed.update(&next?).map_err(|fault| Error::Corrupt(fault.to_string()))?;
        if passed.size_bytes() - shown >= ALIVE_EVERY {
            shown = passed.size_bytes();
            pouring.renew().await?;
        }
    }
    Ok(passed.sum())
}

/// Leaves what a later try can go on from; throws away what none can.
async fn after_failure(app: &App, id: ArtifactId, holder: &str, error: &Error) -> Result<()> {
    let Some(draft) = drafts::of_artifact(&app.store, id).await?.filter(|draft| draft.holder == holder)
    else {
        return Ok(());
    };
    let is_lost = matches!(
        error,
        Error::Corrupt(_)
            | Error::TooLarge(_)
            | Error::Bucket(BucketError::Missing(_))
            | Error::Graph(msgraph::Error::Changed { .. } | msgraph::Error::Unsatisfiable { .. })
    );
    // Parts that the storage cannot put together will not fit together later either.
    let is_stuck = draft.whole_at.is_some()
        && draft.finished_at.is_none()
        && matches!(error, Error::Bucket(BucketError::Storage(_)));
    if is_lost || is_stuck {
        tracing::warn!(recording = %id, %error, "Download failed: a copy of a recording is thrown away and begun anew");
        return drop_draft(app, &draft).await;
    }
    tracing::warn!(recording = %id, %error, bytes = draft.size_bytes, "a copy of a recording broke off; it goes on where it stood");
    let tx = app.store.write().await?;
    drafts::release(&tx, &draft.key, holder).await?;
    Ok(tx.commit().await?)
}

async fn conclude(app: &App, id: ArtifactId, kept: &Kept, from: &str) -> Result<()> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let row = artifacts::lock(&tx, id).await?;
    let Some(row) = row.filter(|row| !row.facts().is_verified() && row.purged_at.is_none()) else {
        drop(tx);
        let kept_already = artifacts::find(&app.store, id).await?.and_then(|row| row.archive_key);
        if kept_already.as_deref() == Some(&kept.key) {
            return Ok(());
        }
        // It was joined with another row, or copied by somebody else meanwhile.
        return discard(app, &kept.key).await;
    };
    keep::verified(&tx, id, kept, now).await?;
    settle(&tx, kept).await?;
    let detail = json!({
        "size_bytes": kept.size_bytes, "sha256": kept.sha256, "quick_xor_hash": kept.quick_xor_hash, "from": from,
        "key": kept.key,
    });
    audit::record(app, &tx, None, "recording.archived", (format!("recording:{id}"), detail)).await?;
    if let Some(meeting) = row.meeting_id {
        alerts::settle_expiring(app, &tx, meeting).await?;
    }
    for drive in keep::drives_with_waiting(&tx, row.integration_id).await? {
        sync::join_same_bytes(app, &tx, &drive).await?;
    }
    tx.commit().await?;
    tracing::info!(recording = %id, "a recording was copied from onedrive or Teams into the archive");
    forget_damaged(app, &row, kept).await
}

/// The damaged copy that this one takes the place of.
async fn forget_damaged(app: &App, before: &Artifact, kept: &Kept) -> Result<()> {
    match &before.archive_key {
        Some(old) if *old != kept.key => Ok(app.bucket.delete(old).await?),
        _ => Ok(()),
    }
}
