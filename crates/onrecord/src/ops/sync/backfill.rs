//! Reading everything anew, as when OnRecord takes over what existed before. A run that was killed goes on where it
//! stood; at the end stands a count that reconciles: what was found, to what it belongs, and what waits and why.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::super::Result;
use super::context::FORGOTTEN;
use super::whole::Asked;
use crate::app::App;
use crate::model::id::ArtifactId;
use crate::model::sync::SyncCause;
use crate::ops::{inbox, monitor::Tally};
use crate::store;
use crate::store::backfill::{self, Backfill};
use crate::store::delta::Organizer;
use crate::store::sync::{Scope, Settled};

/// A run that was broken off this long ago is not gone on with: what it had read is old by now.
const STALE: Duration = Duration::hours(24);

/// Stands where all organizers are done; no organizer's name comes after it.
const ALL: &str = "~";

/// Things of the inbox looked at in one go.
const BATCH: i64 = 200;

/// What a run over everything will look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Organizers whose drives and deltas are read.
    pub organizers: usize,
    /// Conferences that are read.
    pub conferences: i64,
    /// Their meetings.
    pub meetings: i64,
    /// Of them, those that ended about 60 days ago or earlier: only their file is still to be had.
    pub file_only: i64,
    /// When the run began that is gone on with; `None` if it begins now.
    pub resumed_from: Option<DateTime<Utc>>,
    /// Conferences that it has done.
    pub done: i64,
}

/// What a run will look at, without asking Microsoft and without changing anything.
pub async fn plan(app: &App, asked: Asked) -> Result<Plan> {
    let now = app.clock.now();
    let extent = backfill::extent(&app.store, (asked.scope, settled(asked)), (now, now - FORGOTTEN)).await?;
    let run = unfinished(app, asked).await?;
    Ok(Plan {
        organizers: store::delta::organizers_ever(&app.store).await?.len(),
        conferences: extent.conferences,
        meetings: extent.meetings,
        file_only: extent.old,
        resumed_from: run.as_ref().map(|run| run.begun_at),
        done: run.map_or(0, |run| run.done),
    })
}

/// Settled meetings are read again only by force.
pub(super) fn settled(asked: Asked) -> Settled {
    if asked.cause == SyncCause::Force { Settled::Included } else { Settled::LeftOut }
}

async fn unfinished(app: &App, asked: Asked) -> Result<Option<Backfill>> {
    if asked.cause != SyncCause::Force {
        return Ok(None);
    }
    let since = app.clock.now() - STALE;
    Ok(backfill::unfinished(&app.store, kind(asked), since).await?)
}

fn kind(asked: Asked) -> &'static str {
    if asked.scope == Scope::Ended { "sync_ended" } else { "sync_all" }
}

/// How far a run has come. Only one by force is kept: any other goes by what is not settled, and repeats nothing.
pub(super) struct Progress {
    run: Backfill,
    is_kept: bool,
}

impl Progress {
    /// Goes on with the run that was broken off, or begins one.
    pub(super) async fn begin(app: &App, asked: Asked) -> Result<Self> {
        let new = || Backfill {
            kind: kind(asked).to_owned(),
            begun_at: app.clock.now(),
            organizer: String::new(),
            after_id: 0,
            done: 0,
            failed: 0,
        };
        let run = unfinished(app, asked).await?.unwrap_or_else(new);
        let progress = Self { run, is_kept: asked.cause == SyncCause::Force };
        progress.keep(app).await?;
        Ok(progress)
    }

    async fn keep(&self, app: &App) -> Result<()> {
        if !self.is_kept {
            return Ok(());
        }
        let tx = app.store.write().await?;
        backfill::reach(&tx, &self.run, app.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Whether an organizer's drive and deltas were read to their end.
    pub(super) fn has_read(&self, organizer: &Organizer) -> bool {
        self.run.organizer.as_str() > key(organizer).as_str()
    }

    /// Whether an organizer's cursors were forgotten already: reading goes on with them.
    pub(super) fn has_forgotten(&self, organizer: &Organizer) -> bool {
        self.run.organizer.as_str() >= key(organizer).as_str()
    }

    /// An organizer's cursors are forgotten now.
    pub(super) async fn forgot(&mut self, app: &App, organizer: &Organizer) -> Result<()> {
        self.run.organizer = key(organizer);
        self.keep(app).await
    }

    /// All organizers are read.
    pub(super) async fn read_all(&mut self, app: &App) -> Result<()> {
        ALL.clone_into(&mut self.run.organizer);
        self.keep(app).await
    }

    /// The conference after which to go on.
    pub(super) fn after(&self) -> i64 {
        self.run.after_id
    }

    /// A conference is done.
    pub(super) async fn reached(&mut self, app: &App, conference: i64) -> Result<()> {
        self.run.after_id = conference;
        self.run.done += 1;
        self.keep(app).await
    }

    /// Everything is done.
    pub(super) async fn end(self, app: &App) -> Result<()> {
        if !self.is_kept {
            return Ok(());
        }
        let tx = app.store.write().await?;
        backfill::end(&tx, &self.run.kind).await?;
        Ok(tx.commit().await?)
    }
}

/// Organizers are read in the order of this.
pub(super) fn key(organizer: &Organizer) -> String {
    format!("{:012}/{}", organizer.integration.0, organizer.entra_object_id)
}

/// What is known of all recordings: `found` is the sum of what follows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// Recordings that were ever found.
    pub found: i64,
    /// Those that belong to a class.
    pub matched: i64,
    /// Those that wait in the inbox.
    pub inbox: i64,
    /// Those that a person decided to be of no class.
    pub no_class: i64,
    /// Those that vanished before they could be given to a class.
    pub gone: i64,
    /// How those of classes were matched.
    pub matched_by: Vec<Tally>,
    /// Why those in the inbox wait.
    pub inbox_why: Vec<Tally>,
    /// Meetings by verdict.
    pub verdicts: Vec<Tally>,
    /// Per kind, the meetings of which Microsoft no longer offers it.
    pub no_longer_offered: Vec<Tally>,
}

/// The count that a run ends with.
pub async fn reconcile(app: &App) -> Result<Reconciliation> {
    let db = &app.store;
    let places: BTreeMap<String, i64> = backfill::recordings_by_place(db).await?.into_iter().collect();
    let of = |place: &str| places.get(place).copied().unwrap_or_default();
    Ok(Reconciliation {
        found: places.values().sum(),
        matched: of("class"),
        inbox: of("inbox"),
        no_class: of("no_class"),
        gone: of("gone"),
        matched_by: tallies(backfill::matched_by_basis(db).await?),
        inbox_why: inbox_why(app).await?,
        verdicts: tallies(store::monitor::verdicts(db).await?),
        no_longer_offered: tallies(backfill::no_longer_offered(db).await?),
    })
}

fn tallies(counts: impl IntoIterator<Item = (String, i64)>) -> Vec<Tally> {
    counts.into_iter().map(|(status, count)| Tally { status, count }).collect()
}

async fn inbox_why(app: &App) -> Result<Vec<Tally>> {
    let mut whys: BTreeMap<String, i64> = BTreeMap::new();
    let mut after: Option<ArtifactId> = None;
    loop {
        let waiting = store::pages::inbox::waiting(&app.store, after, BATCH).await?;
        let Some(last) = waiting.last() else { break };
        after = Some(last.id);
        for item in inbox::items(app, waiting).await? {
            *whys.entry(item.why.to_string()).or_default() += 1;
        }
    }
    Ok(tallies(whys))
}
