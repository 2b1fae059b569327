//! The one room in which a conference is read. A run is a row with a lease: a second caller waits for the first and
//! gets its report; a run whose process died is taken over when its lease has run out.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use tracing::Instrument as _;

use super::super::{Error, Result};
use super::context::Context;
use super::meeting::{self, Drives};
use super::{SyncRequest, read_conference};
use crate::app::App;
use crate::clock::Clock;
use crate::model::id::{MeetingId, SyncRunId};
use crate::model::sync::{SyncCause, SyncReport, SyncRun};
use crate::ops::turn::Turn;
use crate::store;
use crate::store::sync::NewRun;

/// A run is held this long without a sign of life.
const LEASE: Duration = Duration::seconds(40);

/// A sign of life is given this often.
const HEARTBEAT: StdDuration = StdDuration::from_secs(12);

/// Whoever waits for another's run looks this often.
const GLANCE: StdDuration = StdDuration::from_millis(150);

/// A meeting's job that finds its conference being read comes again after this time.
const COME_AGAIN: Duration = Duration::seconds(10);

/// How a sync ended for its caller.
#[derive(Debug, Clone)]
pub struct SyncOutcome {
    /// The run that did the work, by whomever it was begun.
    pub run_id: SyncRunId,
    /// What it did; `None` while it still runs.
    pub report: Option<SyncReport>,
}

/// Brings everything of a conference and returns when that is done. While another caller is at it, waits for that
/// run and returns its report.
pub async fn sync_conference(app: &App, request: &SyncRequest) -> Result<SyncOutcome> {
    share(app, request, Drives::ToRead).await
}

/// As [`sync_conference`], with the drives of all organizers read before or not.
pub(super) async fn share(app: &App, request: &SyncRequest, drives: Drives) -> Result<SyncOutcome> {
    loop {
        let new = NewRun {
            conference: request.conference,
            meeting: None,
            cause: request.cause,
            requested_by: request.requested_by,
        };
        match enter(app, &new).await? {
            Entered::Begun(run_id) => {
                let report =
                    hold(app, run_id, Box::pin(read_conference(app, request, (run_id, drives)))).await?;
                return Ok(SyncOutcome { run_id, report: Some(report) });
            }
            Entered::Occupied(run) => {
                let covers = run.meeting_id.is_none()
                    && (request.cause != SyncCause::Force || run.cause == SyncCause::Force);
                let ended = wait_for(app, &run).await?;
                if let (true, Some(report)) = (covers, ended.and_then(|ended| ended.report)) {
                    return Ok(SyncOutcome { run_id: run.id, report: Some(report) });
                }
            }
        }
    }
}

/// As [`sync_conference`], but comes back after `patience` at the latest, with the run's id while it goes on.
pub async fn sync_within(app: Arc<App>, request: SyncRequest, patience: StdDuration) -> Result<SyncOutcome> {
    let runner = Arc::clone(&app);
    let run = async move { sync_conference(&runner, &request).await }.in_current_span();
    #[expect(
        clippy::disallowed_methods,
        reason = "the run outlives its request on purpose; its lease lets another take over if this process dies"
    )]
    let mut run = tokio::spawn(run);
    match tokio::time::timeout(patience, &mut run).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(Error::NotReady("The sync broke off. Press Sync Data again.".to_owned())),
        Err(_) => {
            let tx = app.store.write().await?;
            let open = store::sync::open_run(&tx, request.conference, lease_now(&app).await?).await?;
            let run = open.map(|run| run.id).ok_or(Error::NotFound)?;
            Ok(SyncOutcome { run_id: run, report: None })
        }
    }
}

/// Reads one meeting because it was time or news came: the work of a sync job. While its conference is being read
/// by somebody else, the job is put back for a moment.
pub async fn sync_meeting(app: &App, id: MeetingId) -> Result<Turn> {
    let Some(row) = store::meetings::find(&app.store, id).await? else { return Ok(Turn::Done) };
    if row.cancelled_at.is_some() || row.settled_at.is_some() {
        return Ok(Turn::Done);
    }
    let new = NewRun {
        conference: row.conference_id,
        meeting: Some(id),
        cause: SyncCause::Timetable,
        requested_by: None,
    };
    match enter(app, &new).await? {
        Entered::Begun(run) => match hold(app, run, Box::pin(read_meeting(app, id))).await {
            Ok(_) => Ok(Turn::Done),
            Err(error @ (Error::Store(_) | Error::NotFound)) => Err(error),
            Err(error) => {
                // Whoever connects Teams again has the timetable come back to it.
                tracing::warn!(%error, meeting = %id, "a class could not be read for its recording");
                Ok(Turn::Done)
            }
        },
        Entered::Occupied(_) => {
            Ok(Turn::Again(app.clock.now() + COME_AGAIN, "its conference is being read".to_owned()))
        }
    }
}

async fn read_meeting(app: &App, id: MeetingId) -> Result<SyncReport> {
    let row = store::meetings::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    let conference = store::conferences::find(&app.store, row.conference_id).await?.ok_or(Error::NotFound)?;
    let ctx = Context::of_conference(app, &conference, SyncCause::Timetable).await?;
    let troubles = meeting::read_drives(&ctx, std::iter::once(&row), Drives::ToRead).await?;
    meeting::read(&ctx, &row, &troubles).await
}

enum Entered {
    Begun(SyncRunId),
    Occupied(Box<SyncRun>),
}

/// Begins a run, or finds the one that is open.
async fn enter(app: &App, new: &NewRun) -> Result<Entered> {
    loop {
        let now = lease_now(app).await?;
        let tx = app.store.write().await?;
        if let Some(run) = store::sync::open_run(&tx, new.conference, now).await? {
            return Ok(Entered::Occupied(Box::new(run)));
        }
        match store::sync::begin_run(&tx, new, now, now + LEASE).await {
            Ok(run) => {
                tx.commit().await?;
                return Ok(Entered::Begun(run));
            }
            // On PostgreSQL another may begin between the two statements.
            Err(store::Error::Conflict) => {
                if store::conferences::find(&app.store, new.conference).await?.is_none() {
                    return Err(Error::NotFound);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Gives signs of life of a run, for as long as it is polled.
async fn keep_lease(app: &App, run: SyncRunId) -> Result<Infallible> {
    loop {
        app.clock.passed(HEARTBEAT).await;
        let until = lease_now(app).await? + LEASE;
        let tx = app.store.write().await?;
        store::sync::renew_run(&tx, run, until).await?;
        tx.commit().await?;
    }
}

/// Does the work of a run under its lease and ends it with its report. Both go on side by side: a sign of life may
/// have to wait for a transaction that the work has open, and would wait for ever if the work stood still meanwhile.
async fn hold(
    app: &App,
    run: SyncRunId,
    work: impl Future<Output = Result<SyncReport>>,
) -> Result<SyncReport> {
    let ended = tokio::select! {
        ended = work => ended,
        Err(error) = keep_lease(app, run) => return Err(error),
    };
    let tx = app.store.write().await?;
    store::sync::finish_run(&tx, run, ended.as_ref().ok(), lease_now(app).await?).await?;
    tx.commit().await?;
    ended
}

/// Waits until a run has ended or its lease has run out; `None` if it left no trace.
async fn wait_for(app: &App, run: &SyncRun) -> Result<Option<SyncRun>> {
    loop {
        let seen = store::sync::find_run(&app.store, run.id).await?;
        match seen {
            Some(open) if open.finished_at.is_none() && open.lease_until > lease_now(app).await? => {
                tokio::time::sleep(GLANCE).await;
            }
            other => return Ok(other),
        }
    }
}

/// Leases are compared by the database's time, so that machines with skewed clocks agree; a test's clock is its own.
async fn lease_now(app: &App) -> Result<DateTime<Utc>> {
    let now = app.clock.now();
    match app.clock {
        Clock::System => Ok(app.store.database_now(now).await?),
        Clock::Manual(_) => Ok(now),
    }
}
