//! `onrecord archive --verify`: every copy is read again, from its first byte to its last, and compared with what it was
//! when it was verified. What differs is never served again, is told, and is copied anew while Microsoft has it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::proof::{self, Pace, Seen};
use super::{sidecars, subject};
use crate::app::App;
use crate::bucket::BucketError;
use crate::model::hex::hex;
use crate::model::id::ArtifactId;
use crate::model::job::JobKind;
use crate::ops::{Result, audit};
use crate::store::backfill::{self, Backfill};
use crate::store::cleanup::{self, KeptCopy};
use crate::store::{artifacts, jobs, keep, sidecars as texts};

/// The word for this run in the table of runs.
const RUN: &str = "archive_verify";

/// A run that was broken off goes on within so long.
const GOES_ON: TimeDelta = TimeDelta::days(7);

/// Rows read at a time.
const PAGE: i64 = 100;

/// A copy that is not what it was.
#[derive(Debug, Clone, Serialize)]
pub struct Damage {
    /// The recording.
    pub recording_id: i64,
    /// Its key in the archive.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// Whether it is copied anew from Microsoft.
    pub copied_anew: bool,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy)]
pub struct Checked {
    /// Copies read.
    pub done: i64,
    /// Copies there are.
    pub all: i64,
}

/// What a run found.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyReport {
    /// Whether every copy is what it was.
    pub ok: bool,
    /// Copies read, those of an earlier part of the run included.
    pub checked: i64,
    /// Bytes read in this part of the run.
    pub bytes: u64,
    /// Transcripts and chats beside recordings that were read.
    pub texts_checked: u64,
    /// Of them, those that were not what they should be and were written again.
    pub texts_mended: u64,
    /// Copies that are damaged now.
    pub damaged: Vec<Damage>,
    /// When the run began that this went on with; null if it began now.
    pub resumed_from: Option<DateTime<Utc>>,
}

/// Reads everything again, at the pace that is set. Goes on with a run that was broken off. `each` is told how far it is.
pub async fn verify(app: &App, mut each: impl FnMut(Checked)) -> Result<VerifyReport> {
    let now = app.clock.now();
    let unfinished = backfill::unfinished(&app.store, RUN, now - GOES_ON).await?;
    let resumed_from = unfinished.as_ref().map(|run| run.begun_at);
    let mut run = unfinished.unwrap_or_else(|| Backfill {
        kind: RUN.to_owned(),
        begun_at: now,
        organizer: String::new(),
        after_id: 0,
        done: 0,
        failed: 0,
    });
    let mut pace = Pace::of_mib(app.config.archive.verify_mib_per_second.get());
    let (mut bytes, mut texts_checked, mut texts_mended) = (0, 0, 0);
    loop {
        let copies = cleanup::copies_after(&app.store, ArtifactId(run.after_id), PAGE).await?;
        if copies.is_empty() {
            break;
        }
        let (all, _) = cleanup::copies(&app.store).await?;
        for kept in copies {
            bytes += kept.size_bytes.unwrap_or_default().max(0) as u64;
            run.failed += i64::from(look(app, &kept, &mut pace).await?);
            let (read, mended) = look_beside(app, kept.id).await?;
            texts_checked += read;
            texts_mended += mended;
            run.done += 1;
            run.after_id = kept.id.0;
            let tx = app.store.write().await?;
            backfill::reach(&tx, &run, app.clock.now()).await?;
            tx.commit().await?;
            each(Checked { done: run.done, all: all.max(run.done) });
        }
    }
    let damaged = damaged(app).await?;
    conclude(app, &run, damaged.len()).await?;
    Ok(VerifyReport {
        ok: damaged.is_empty(),
        checked: run.done,
        bytes,
        texts_checked,
        texts_mended,
        damaged,
        resumed_from,
    })
}

/// The copies that are damaged now, also those that were found earlier and could not be made good.
async fn damaged(app: &App) -> Result<Vec<Damage>> {
    let found = cleanup::damaged(&app.store, 10_000).await?;
    let each = found.into_iter().map(|copy| Damage {
        recording_id: copy.id.0,
        key: copy.key,
        problem: copy.damage,
        copied_anew: copy.has_original,
    });
    Ok(each.collect())
}

async fn conclude(app: &App, run: &Backfill, damaged: usize) -> Result<()> {
    let tx = app.store.write().await?;
    backfill::end(&tx, RUN).await?;
    let about = json!({ "checked": run.done, "damaged": damaged, "begun_at": run.begun_at });
    audit::record(app, &tx, None, "archive.verified", ("archive:all".to_owned(), about)).await?;
    Ok(tx.commit().await?)
}

/// Reads one copy. True if it is not what it was.
async fn look(app: &App, kept: &KeptCopy, pace: &mut Pace) -> Result<bool> {
    let seen = proof::read(app, &kept.key, Some(pace), None).await?;
    let problem = match &seen {
        Seen::Nothing => "The file is missing.".to_owned(),
        Seen::NoFilm(why) if kept.sha256.is_some() => format!("The file is damaged: {why}"),
        Seen::Film { sum, .. } if kept.sha256.as_ref().is_some_and(|hash| *hash != sum.sha256) => {
            "The file is not what it was: its SHA-256 differs.".to_owned()
        }
        Seen::Film { sum, .. } if kept.size_bytes.is_some_and(|size| size != sum.size_bytes as i64) => {
            format!(
                "The file has {} bytes instead of {}.",
                sum.size_bytes,
                kept.size_bytes.unwrap_or_default()
            )
        }
        Seen::NoFilm(_) | Seen::Film { .. } => return Ok(false),
    };
    condemn(app, kept, &problem).await
}

/// Writes that a copy is damaged, and has it made anew if that is possible. False if it was copied anew meanwhile.
async fn condemn(app: &App, kept: &KeptCopy, problem: &str) -> Result<bool> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let row = artifacts::lock(&tx, kept.id).await?;
    let is_same = |key: &Option<String>| key.as_deref() == Some(kept.key.as_str());
    let Some(row) = row.filter(|row| row.facts().is_verified() && is_same(&row.archive_key)) else {
        return Ok(false);
    };
    tracing::error!(recording = %kept.id, key = kept.key, problem, "the archived copy of a recording is damaged");
    keep::damaged(&tx, kept.id, problem, now).await?;
    if row.gone_at.is_none() && row.source_removed_at.is_none() {
        jobs::enqueue(&tx, JobKind::Copy, &subject(kept.id), now, now).await?;
    }
    let about = (format!("recording:{}", kept.id), json!({ "key": kept.key, "problem": problem }));
    audit::record(app, &tx, None, "recording.damaged", about).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(true)
}

/// Reads the texts beside a recording; those that are not what they should be are written again. How many were read,
/// and how many written.
async fn look_beside(app: &App, id: ArtifactId) -> Result<(u64, u64)> {
    let known = texts::of_recording(&app.store, id).await?;
    let read = known.len() as u64;
    for text in &known {
        let same = match app.bucket.read(&text.key).await {
            Ok(bytes) => hex(&Sha256::digest(&bytes)) == text.sha256,
            Err(BucketError::Missing(_)) => false,
            Err(error) => return Err(error.into()),
        };
        if !same {
            tracing::warn!(
                key = text.key,
                "a text beside a recording in the archive is damaged; it is written again"
            );
            let tx = app.store.write().await?;
            texts::remove(&tx, id, text.kind).await?;
            tx.commit().await?;
        }
    }
    Ok((read, sidecars::write(app, id).await?))
}
