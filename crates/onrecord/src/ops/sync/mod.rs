//! Bringing what a class left behind out of Microsoft 365. Button, API, command, timetable and news all come in here.
//!
//! A sync may be repeated at any time and killed at any point: each kind is fetched, mapped and written in one
//! transaction with its cursor; nothing is deleted first; a kind that fails is reported as failed and the others go
//! on. Callers share a run: whoever comes second waits for the first.

mod attendance;
mod backfill;
mod chat;
mod context;
mod delta;
mod drive;
mod elsewhere;
mod files;
mod follow;
mod join;
mod judge;
mod leavers;
mod meeting;
mod options;
mod people;
mod recordings;
mod room;
mod timetable;
mod transcripts;
mod trouble;
mod watch;
mod whole;

use std::collections::HashSet;

use chrono::TimeDelta;

use super::Result;
use crate::app::App;
use crate::model::conference::Meeting;
use crate::model::id::{ConferenceId, SyncRunId, UserId};
use crate::model::integration::SyncKind;
use crate::model::sync::{KindReport, KindState, SyncCause, SyncReport};
use crate::store::sync::Whose;
use crate::store::{self, Tx};

pub use backfill::{Plan, Reconciliation, plan, reconcile};
pub use delta::delta_round;
pub(crate) use delta::organizer_subject;
pub(crate) use elsewhere::join_same_bytes;
pub(crate) use follow::follow;
pub(crate) use join::within as join_within;
pub use judge::judge_by_time;
pub use room::{SyncOutcome, sync_conference, sync_meeting, sync_within};
pub use timetable::plan_work;
pub use transcripts::recording_of;
pub use watch::watch;
pub use whole::{Asked, Synced, sync_whole};

use context::Context;
use meeting::Drives;

/// Future meetings that are asked for all the same, because a class may be held early.
const NEXT_TO_COME: usize = 2;

/// What is asked of a conference's sync.
#[derive(Debug, Clone, Copy)]
pub struct SyncRequest {
    /// The conference.
    pub conference: ConferenceId,
    /// What makes it begin.
    pub cause: SyncCause,
    /// Who asked, if a person did.
    pub requested_by: Option<UserId>,
}

/// Writes a person's later decision about one of the meeting's recordings into the verdict.
pub(crate) async fn judge_again(app: &App, meeting: crate::model::id::MeetingId) -> Result<()> {
    judge::conclude(app, meeting, judge::Occasion::Passed, &[]).await.map(|_| ())
}

/// Reads a conference: every meeting that has begun or left anything, and the next to come.
async fn read_conference(
    app: &App,
    request: &SyncRequest,
    (run, drives): (SyncRunId, Drives),
) -> Result<SyncReport> {
    let Some(conference) = store::conferences::find(&app.store, request.conference).await? else {
        return Err(super::Error::NotFound);
    };
    let meetings = store::meetings::of_conference(&app.store, conference.id).await?;
    let ctx = match Context::of_conference(app, &conference, request.cause).await {
        Ok(ctx) => ctx,
        Err(error) => return no_way_to_microsoft(app, &conference, &error).await,
    };
    let chosen = choose(&ctx, meetings);
    let troubles = meeting::read_drives(&ctx, chosen.iter().map(|(meeting, _)| meeting), drives).await?;
    let mut begun: Option<SyncReport> = None;
    let mut to_come: Option<SyncReport> = None;
    let join = |sum: Option<SyncReport>, one: &SyncReport| Some(sum.map_or(one.clone(), |sum| sum.join(one)));
    for (meeting, is_expected) in chosen {
        let report = meeting::read(&ctx, &meeting, &troubles).await?;
        if is_expected || report.items_processed > 0 {
            begun = join(begun, &report);
        } else {
            to_come = join(to_come, &report);
        }
    }
    let report = begun.or(to_come).unwrap_or_else(|| nothing_to_read(&ctx));
    tracing::info!(
        conference = %conference.id, run = %run, cause = %request.cause, success = report.success,
        items = report.items_processed, "sync of recordings, transcripts, attendance, chat and files finished"
    );
    Ok(report)
}

/// The meetings to read, and for each whether something is expected of it.
fn choose(ctx: &Context<'_>, meetings: Vec<Meeting>) -> Vec<(Meeting, bool)> {
    let now = ctx.now();
    let mut next = 0;
    let live = meetings.into_iter().filter(|meeting| meeting.cancelled_at.is_none());
    live.filter_map(|meeting| {
        let is_expected = meeting.has_started(now) || meeting.call_started_at.is_some();
        if !is_expected {
            next += 1;
        }
        let left_alone = meeting.settled_at.is_some() && ctx.cause != SyncCause::Person && !ctx.is_forced();
        let is_read = !left_alone && (is_expected || next <= NEXT_TO_COME);
        is_read.then_some((meeting, is_expected))
    })
    .collect()
}

/// Teams forgets a meeting, and with it everything but the files, about this long after its last use.
const REMEMBERED: TimeDelta = TimeDelta::days(60);

/// What follows when kinds are fetched again that were off: classes that Teams still knows, and that were settled
/// without them, are looked at once more.
pub(super) async fn kinds_are_on_again(
    app: &App,
    tx: &Tx,
    whose: Whose,
    (were_off, are_off): (&[SyncKind], &[SyncKind]),
) -> Result<()> {
    let on: Vec<SyncKind> = were_off.iter().filter(|kind| !are_off.contains(kind)).copied().collect();
    let now = app.clock.now();
    let reopened = store::sync::reopen_unread(tx, whose, &on, (now - REMEMBERED, now)).await?;
    if reopened > 0 {
        tracing::info!(reopened, "settled classes are looked at once more for kinds that are on again");
    }
    Ok(())
}

/// The report when no meeting is to be read: all settled or cancelled.
fn nothing_to_read(ctx: &Context<'_>) -> SyncReport {
    SyncReport::of(|kind| KindReport::new(if ctx.is_off(kind) { KindState::Off } else { KindState::Ok }))
}

/// The report when not even a client can be made: every kind that is on has failed, and says why.
async fn no_way_to_microsoft(
    app: &App,
    conference: &crate::model::conference::Conference,
    error: &super::Error,
) -> Result<SyncReport> {
    if let super::Error::Store(_) = error {
        tracing::error!(%error, "the database failed during a sync of recordings");
    }
    let mut off: HashSet<SyncKind> =
        store::sync::kinds_off_of_course(&app.store, conference.id).await?.into_iter().collect();
    let reading = store::sync::reading(&app.store, conference.integration_id).await?;
    off.extend(reading.map(|reading| reading.kinds_off).unwrap_or_default());
    Ok(SyncReport::of(|kind| {
        if off.contains(&kind) {
            KindReport::new(KindState::Off)
        } else {
            KindReport::failed(trouble::sentence(kind, error))
        }
    }))
}
