//! The bin: what is removed by hand goes here with everything that belongs to it, and comes back whole until it is
//! purged. Holds and legal retention are asked in the transaction that removes; bytes are deleted after it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::actor::Actor;
use super::retention::words;
use super::{Error, Result, audit, holds as ops_holds, journal, say};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::ArtifactId;
use crate::model::retention::{self as rules, Because, Ruling};
use crate::store::bin::{self, Binning, Entry, Shelf};
use crate::store::retention::{self, things};
use crate::store::{artifacts, holds};
use crate::text;

/// Objects deleted in one go.
const BATCH: i64 = 200;

/// How long something lies in the bin.
pub fn time(app: &App) -> TimeDelta {
    TimeDelta::days(i64::from(app.config.retention.bin_days.get()))
}

/// Puts a recording into the bin with its captions. Lists do not show it any more; bytes under way stop. `Conflict` if
/// a hold or a legal retention keeps it, or it lies there already.
pub async fn remove(app: &App, actor: Actor<'_>, id: ArtifactId, reason: &str) -> Result<Entry> {
    actor.must(app, GlobalAct::Retain).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    holds::stand_still(&tx).await?;
    artifacts::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    let placed = things::one(&tx, id, time(app)).await?.ok_or(Error::NotFound)?;
    let reason = ops_holds::sound_reason(reason)?;
    if placed.facts.is_binned() {
        return Err(Error::Conflict(say("op-binned-already")));
    }
    let policies = retention::in_force(&tx).await?;
    let hold = holds::on(&tx, placed.target(), now).await?;
    let kept = match (hold, rules::legal(&policies, &placed.thing, now)) {
        (Some(hold), _) => Some(Ruling::Kept(hold.ends_at, Because::Hold(hold.id, hold.reason))),
        (None, Some((policy, until))) => Some(Ruling::Kept(until, Because::Legal(policy.id))),
        (None, None) => None,
    };
    if let Some(ruling) = kept {
        let mut why = words::sentence(text::english(), &ruling, &policies);
        if matches!(ruling, Ruling::Kept(_, Because::Hold(..))) {
            why = format!("{}. {}", why.trim_end_matches('.'), say("op-release-first"));
        }
        return Err(Error::Conflict(why));
    }
    let purge_at = now + time(app);
    let how = Binning { by: actor.id(), reason, policy: None, purge_at };
    let with = bin::transcripts_of(&tx, id).await?;
    for artifact in std::iter::once(id).chain(with.iter().copied()) {
        bin::put(&tx, artifact, how, now).await?;
    }
    let detail = json!({ "reason": reason, "purge_at": purge_at, "with": with });
    let subject = format!("{}:{id}", placed.thing.kind);
    audit::record(app, &tx, actor.id(), "recording.binned", (subject, detail)).await?;
    let entry = bin::find(&tx, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(entry)
}

/// Takes something out of the bin, with what went there with it: file, captions, counters and rights are as before.
/// `Conflict` if it is not there, or was purged.
pub async fn restore(app: &App, actor: Actor<'_>, id: ArtifactId) -> Result<Entry> {
    actor.must(app, GlobalAct::Retain).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    artifacts::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    let entry = bin::find(&tx, id).await?.ok_or(Error::NotFound)?;
    if entry.purged_at.is_some() {
        return Err(Error::Conflict(say("op-purged-already")));
    }
    let with = bin::binned_with(&tx, id).await?;
    if !bin::restore(&tx, id, now).await? {
        return Err(Error::Conflict(say("op-not-binned")));
    }
    for transcript in &with {
        bin::restore(&tx, *transcript, now).await?;
    }
    let about = (format!("{}:{id}", entry.kind), json!({ "with": with, "was": entry.reason }));
    audit::record(app, &tx, actor.id(), "recording.restored", about).await?;
    let entry = bin::find(&tx, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(entry)
}

/// What lies on a shelf of the bin, for those who oversee the installation.
pub async fn list(
    app: &App,
    actor: Actor<'_>,
    shelf: Shelf,
    (before, limit): (Option<ArtifactId>, i64),
) -> Result<Vec<Entry>> {
    actor.must(app, GlobalAct::Oversee).await?;
    Ok(bin::list(&app.store, shelf, before, limit).await?)
}

/// Deletes the bytes of what was purged. May be repeated and broken off anywhere: an object is forgotten only when it is
/// gone, and only when the archive's journal says that it was purged.
pub async fn clear_doomed(app: &App) -> Result<()> {
    journal::write(app).await?;
    loop {
        let keys = bin::doomed(&app.store, BATCH).await?;
        for key in &keys {
            app.bucket.delete(key).await?;
            let tx = app.store.write().await?;
            bin::deleted(&tx, key).await?;
            tx.commit().await?;
        }
        if (keys.len() as i64) < BATCH {
            return Ok(());
        }
    }
}

/// When something that is binned now is purged.
pub fn purge_at(app: &App, now: DateTime<Utc>) -> DateTime<Utc> {
    now + time(app)
}
