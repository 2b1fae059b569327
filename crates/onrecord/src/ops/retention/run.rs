//! Runs of the policies. A dry run stores its plan; a real run stores its own, says what changed since, and does it act
//! by act: each is one transaction that asks again whether it is still to be done. A run that was broken off is gone on
//! with; repeating one does nothing twice.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::plan::{Fate, fate, plan};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{ArtifactId, MeetingId, RetentionRunId};
use crate::model::job::JobKind;
use crate::model::retention::{ItemState, Policy, RetentionAct, RunMode};
use crate::ops::actor::Actor;
use crate::ops::{Error, Result, audit, bin, keep, say};
use crate::store::bin::Binning;
use crate::store::retention::runs::{self, Item, NewRun, Run};
use crate::store::retention::{self, things};
use crate::store::{self, Tx, artifacts, holds, jobs, journal};

/// Acts read at a time.
const BATCH: i64 = 200;

/// Acts shown of a run.
const MOST_SHOWN: i64 = 100_000;

/// How long plans are kept that removed nothing.
const PLANS_KEPT: TimeDelta = TimeDelta::days(90);

/// What became of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The run.
    pub run: Run,
    /// Its acts, as planned and as they ended.
    pub items: Vec<Item>,
    /// What changed since the dry run it was compared with; `None` without one.
    pub changes: Option<Changes>,
    /// True if it went on with a run that was broken off.
    pub resumed: bool,
}

/// The difference between two plans.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// When the dry run was made.
    pub since: Option<DateTime<Utc>>,
    /// What was not planned then.
    pub added: Vec<Item>,
    /// What was planned then and is not now.
    pub dropped: Vec<Item>,
}

/// Stores and returns what a run would do now. Changes nothing else.
pub async fn dry_run(app: &App, actor: Actor<'_>) -> Result<Report> {
    actor.must(app, GlobalAct::Oversee).await?;
    let now = app.clock.now();
    let policies = retention::in_force(&app.store).await?;
    let items = plan(app, &policies).await?;
    let tx = app.store.write().await?;
    let new = NewRun { mode: RunMode::Dry, by: actor.id(), compared_with: None };
    let id = runs::insert(&tx, new, &items, now).await?;
    runs::forget(&tx, now - PLANS_KEPT).await?;
    tx.commit().await?;
    report(app, id, false).await
}

/// Applies the policies.
pub async fn run(app: &App, actor: Actor<'_>) -> Result<Report> {
    actor.must(app, GlobalAct::Retain).await?;
    let open = runs::open(&app.store).await?;
    let resumed = open.is_some();
    let run = match open {
        Some(run) => run,
        None => begin(app, actor).await?,
    };
    loop {
        let batch = runs::items(&app.store, run.id, Some(ItemState::Planned), BATCH).await?;
        for item in &batch {
            perform(app, &run, item).await?;
        }
        if (batch.len() as i64) < BATCH {
            break;
        }
    }
    let tx = app.store.write().await?;
    runs::finish(&tx, run.id, app.clock.now()).await?;
    runs::forget(&tx, app.clock.now() - PLANS_KEPT).await?;
    tx.commit().await?;
    bin::clear_doomed(app).await?;
    app.work.notify_one();
    report(app, run.id, resumed).await
}

async fn begin(app: &App, actor: Actor<'_>) -> Result<Run> {
    let now = app.clock.now();
    let policies = retention::in_force(&app.store).await?;
    let items = plan(app, &policies).await?;
    let dry = runs::latest(&app.store, RunMode::Dry).await?;
    let tx = app.store.write().await?;
    let new = NewRun { mode: RunMode::Real, by: actor.id(), compared_with: dry.map(|run| run.id) };
    let id = runs::insert(&tx, new, &items, now).await.map_err(|error| match error {
        store::Error::Conflict => Error::Conflict(say("op-run-under-way")),
        other => other.into(),
    })?;
    if !items.is_empty() {
        let about = (format!("retention_run:{id}"), json!({ "planned": items.len() }));
        audit::record(app, &tx, actor.id(), "retention.run", about).await?;
    }
    let run = runs::find(&tx, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(run)
}

/// A run with its acts, and what changed since the dry run before it.
pub async fn report(app: &App, id: RetentionRunId, resumed: bool) -> Result<Report> {
    let run = runs::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    let items = runs::items(&app.store, id, None, MOST_SHOWN).await?;
    let changes = match run.compared_with {
        Some(dry) => {
            let since = runs::find(&app.store, dry).await?.map(|run| run.started_at);
            let before = runs::items(&app.store, dry, None, MOST_SHOWN).await?;
            Some(compare(since, &before, &items))
        }
        None => None,
    };
    Ok(Report { run, items, changes, resumed })
}

fn compare(since: Option<DateTime<Utc>>, before: &[Item], now: &[Item]) -> Changes {
    let names = |items: &[Item]| -> HashSet<_> {
        items.iter().map(|item| (item.act, item.kind, item.subject_id)).collect()
    };
    let (then, planned) = (names(before), names(now));
    let without = |items: &[Item], others: &HashSet<_>| -> Vec<Item> {
        items.iter().filter(|i| !others.contains(&(i.act, i.kind, i.subject_id))).cloned().collect()
    };
    Changes { since, added: without(now, &then), dropped: without(before, &planned) }
}

/// One act in one transaction. What is not to be done any more is skipped and says why.
async fn perform(app: &App, run: &Run, item: &Item) -> Result<()> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    holds::stand_still(&tx).await?;
    let found = if item.kind.is_artifact() {
        let id = ArtifactId(item.subject_id);
        artifacts::lock(&tx, id).await?;
        things::one(&tx, id, bin::time(app)).await?
    } else {
        things::lock_class(&tx, item.kind, MeetingId(item.subject_id)).await?
    };
    let policies = retention::in_force(&tx).await?;
    let fate = match &found {
        Some(placed) => fate(&tx, placed, &policies, now).await?,
        None => Fate::Leave(say("keeping-not-there")),
    };
    let (state, said) = match fate {
        Fate::Do { act, policy, why, .. } if act == item.act => {
            // The rule of this moment, which may be another than when the plan was made.
            let item = Item { policy, why, ..item.clone() };
            act_on(app, &tx, (run, &item), &policies).await?;
            (ItemState::Done, String::new())
        }
        Fate::Do { why, .. } | Fate::Leave(why) => (ItemState::Skipped, why),
    };
    runs::settle(&tx, run.id, item, (state, &said)).await?;
    tx.commit().await?;
    Ok(())
}

async fn act_on(app: &App, tx: &Tx, (run, item): (&Run, &Item), policies: &[Policy]) -> Result<()> {
    let now = app.clock.now();
    let id = ArtifactId(item.subject_id);
    let rule = policies.iter().find(|policy| Some(policy.id) == item.policy).map(|policy| &policy.name);
    let named = json!({ "policy": item.policy, "rule": rule, "why": item.why, "run": run.id });
    match item.act {
        RetentionAct::Copy => {
            jobs::enqueue(tx, JobKind::Copy, &keep::subject(id), now, now).await?;
        }
        RetentionAct::Bin => {
            let purge_at = bin::purge_at(app, now);
            // One moment for all of a run, so that what went together comes back together.
            let how = Binning { by: None, reason: &item.why, policy: item.policy, purge_at };
            store::bin::put(tx, id, how, run.started_at).await?;
            let about = (format!("{}:{id}", item.kind), named);
            audit::record(app, tx, None, "recording.binned", about).await?;
        }
        RetentionAct::Remove => {
            let meeting = MeetingId(item.subject_id);
            let Some(policy) = item.policy else { return Ok(()) };
            let how = (policy, item.why.as_str());
            let rows = things::remove_rows(tx, (item.kind, meeting), how, now).await?;
            journal::note_class_data(tx, item.kind, meeting, now).await?;
            let detail = json!({ "kind": item.kind, "rows": rows, "by": named });
            let about = (format!("meeting:{meeting}"), detail);
            audit::record(app, tx, None, "class_data.removed", about).await?;
        }
        RetentionAct::Purge => {
            let entry = store::bin::find(tx, id).await?.ok_or(Error::NotFound)?;
            store::bin::purge(tx, id, now).await?;
            journal::note_purge(tx, id, now).await?;
            let detail = json!({
                "name": entry.name, "size_bytes": entry.size_bytes, "sha256": entry.sha256,
                "quick_xor_hash": entry.quick_xor_hash, "binned_at": entry.facts.binned_at,
                "rule": entry.reason, "by": named,
            });
            let about = (format!("{}:{id}", entry.kind), detail);
            audit::record(app, tx, None, "recording.purged", about).await?;
        }
    }
    Ok(())
}

/// The timetable's run: nothing happens without a policy or something in the bin.
pub async fn daily(app: &App) -> Result<()> {
    let policies = retention::in_force(&app.store).await?;
    if runs::open(&app.store).await?.is_none() && plan(app, &policies).await?.is_empty() {
        return Ok(());
    }
    let report = run(app, Actor::Operator).await?;
    if report.run.done > 0 {
        tracing::info!(run = %report.run.id, done = report.run.done, skipped = report.run.skipped,
            "the retention policies were applied");
    }
    Ok(())
}
