//! The sweep: every meeting that is still to come is looked at in Teams and told to record, those that existed before
//! OnRecord included; of classes that are over, the missing ids are found, so that their recordings can be.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt as _, stream};
use serde::Serialize;

use super::monitor::Tally;
use super::provision::{self, Case};
use super::turn::Turn;
use super::{Result, drift, integration};
use crate::app::App;
use crate::model::conference::{AutoRecordingStatus as Status, Meeting};
use crate::model::id::MeetingId;
use crate::store::backfill::{self, Backfill};
use crate::store::meetings;
use crate::words;

/// Teams forgets a meeting about 60 days after its end.
const REMEMBERED: TimeDelta = TimeDelta::days(60);

/// Rows read at a time.
const PAGE: i64 = 500;

/// Meetings after which it is written how far the sweep has come.
const AT_ONCE: usize = 2 * SIDE_BY_SIDE;

/// Meetings looked at side by side; the lanes bound it further.
const SIDE_BY_SIDE: usize = 4;

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only say what would be done. Nothing is written, here or in Teams.
    DryRun,
    /// Do it.
    Apply,
}

words! {
    /// What the sweep found or did.
    pub enum Swept {
        /// Teams says that it will record.
        Already = "already_enabled",
        /// Recording was switched on now.
        Enabled = "enabled",
        /// It had been switched off by somebody, and was switched on again.
        Repaired = "repaired",
        /// The id of a class that is over was found.
        Identified = "identified",
        /// It would be made or told to record.
        WouldEnable = "would_enable",
        /// Its id would be looked for.
        WouldIdentify = "would_identify",
        /// Teams needs a moment; the worker goes on.
        Waiting = "waiting",
        /// An approved exception is in force: recording is off.
        Exempted = "exempted",
        /// It did not work; the detail says why.
        Failed = "failed",
    }
}

/// One meeting of the sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The meeting.
    pub meeting_id: MeetingId,
    /// Its start.
    pub starts_at: DateTime<Utc>,
    /// What was found or done.
    pub outcome: Swept,
    /// Recording as it is known now.
    pub auto_recording_status: Status,
    /// Why it failed, in short; empty otherwise.
    pub detail: String,
}

/// What the sweep came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// True if nothing failed.
    pub success: bool,
    /// Meetings looked at.
    pub checked: usize,
    /// Of them, those that failed.
    pub failed: usize,
    /// When the sweep began that this one went on with; `None` if it began itself.
    pub resumed_from: Option<DateTime<Utc>>,
    /// How many had which outcome.
    pub by_outcome: Vec<Tally>,
    /// Why those that failed did, each reason once.
    pub reasons: Vec<Tally>,
    /// Each of them, by id; of a sweep that was gone on with, those looked at now.
    pub meetings: Vec<Line>,
}

/// A sweep that was broken off this long ago is not gone on with: somebody may have switched recording off since.
const STALE: TimeDelta = TimeDelta::hours(1);

/// What the sweep is called where it is kept how far it has come.
const KIND: &str = "enforce";

/// How much there is to sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Meetings in all.
    pub meetings: i64,
    /// Of them, those that a sweep that was broken off has looked at.
    pub done: i64,
}

/// How many meetings a sweep looks at, and how many of them are done.
pub async fn extent(app: &App, mode: Mode) -> Result<Extent> {
    let now = app.clock.now();
    let meetings = meetings::count_to_enforce(&app.store, (now - REMEMBERED, now)).await?;
    let done = unfinished(app, mode).await?.map_or(0, |run| run.done);
    Ok(Extent { meetings, done })
}

/// The sweep that was broken off and is gone on with. A dry run looks at everything.
async fn unfinished(app: &App, mode: Mode) -> Result<Option<Backfill>> {
    match mode {
        Mode::Apply => Ok(backfill::unfinished(&app.store, KIND, app.clock.now() - STALE).await?),
        Mode::DryRun => Ok(None),
    }
}

/// Sweeps all meetings.
pub async fn sweep(app: &App, mode: Mode) -> Result<Report> {
    sweep_telling(app, mode, |_| {}).await
}

/// Sweeps all meetings and tells `each` as it goes. One that was broken off goes on where it stood.
pub async fn sweep_telling(app: &App, mode: Mode, mut each: impl FnMut(&Line)) -> Result<Report> {
    let now = app.clock.now();
    let known = unfinished(app, mode).await?;
    let resumed_from = known.as_ref().map(|run| run.begun_at);
    let mut run = known.unwrap_or_else(|| Backfill {
        kind: KIND.to_owned(),
        begun_at: now,
        organizer: String::new(),
        after_id: 0,
        done: 0,
        failed: 0,
    });
    let mut lines: Vec<Line> = Vec::new();
    let mut after = MeetingId(run.after_id);
    loop {
        let page = meetings::to_enforce(&app.store, after, (now - REMEMBERED, now), PAGE).await?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.id;
        for few in page.chunks(AT_ONCE) {
            let mut swept = stream::iter(few.to_vec())
                .map(|meeting| sweep_one(app, meeting, mode))
                .buffered(SIDE_BY_SIDE);
            while let Some(line) = swept.next().await {
                let line = line?;
                each(&line);
                run.after_id = line.meeting_id.0;
                run.done += 1;
                run.failed += i64::from(line.outcome == Swept::Failed);
                lines.push(line);
            }
            if mode == Mode::Apply {
                // Only now: those that are looked at side by side may hold the writer.
                let tx = app.store.write().await?;
                backfill::reach(&tx, &run, app.clock.now()).await?;
                tx.commit().await?;
            }
        }
    }
    if mode == Mode::Apply {
        let tx = app.store.write().await?;
        backfill::end(&tx, KIND).await?;
        tx.commit().await?;
    }
    Ok(Report {
        success: run.failed == 0,
        checked: run.done.max(0) as usize,
        failed: run.failed.max(0) as usize,
        resumed_from,
        by_outcome: tallies(lines.iter().map(|line| line.outcome.to_string())),
        reasons: tallies(lines.iter().map(|line| reason(&line.detail)).filter(|reason| !reason.is_empty())),
        meetings: lines,
    })
}

/// A detail without the ids of its request, by which every failure would be a reason of its own.
fn reason(detail: &str) -> String {
    detail.split(" (request-id ").next().unwrap_or(detail).to_owned()
}

fn tallies(words: impl Iterator<Item = String>) -> Vec<Tally> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts.into_iter().map(|(status, count)| Tally { status, count }).collect()
}

async fn sweep_one(app: &App, meeting: Meeting, mode: Mode) -> Result<Line> {
    let outcome = match look(app, &meeting, mode).await {
        Ok(Some(outcome)) => outcome,
        Ok(None) if mode == Mode::DryRun => would(&meeting, app.clock.now()),
        Ok(None) => {
            // What was found meanwhile stands in the row.
            let meeting = meetings::find(&app.store, meeting.id).await?.unwrap_or(meeting);
            return act(app, &meeting).await;
        }
        Err(error) => return Ok(line(&meeting, Swept::Failed, error.to_string())),
    };
    Ok(line(&meeting, outcome, String::new()))
}

fn line(meeting: &Meeting, outcome: Swept, detail: String) -> Line {
    Line {
        meeting_id: meeting.id,
        starts_at: meeting.starts_at,
        outcome,
        auto_recording_status: meeting.auto_recording_status,
        detail,
    }
}

fn would(meeting: &Meeting, now: DateTime<Utc>) -> Swept {
    if meeting.has_ended(now) { Swept::WouldIdentify } else { Swept::WouldEnable }
}

/// Reads a meeting that is known to Teams. `None` if something is to be done.
async fn look(app: &App, meeting: &Meeting, mode: Mode) -> Result<Option<Swept>> {
    let (Some(organizer), Some(online_meeting)) = (&meeting.organizer_id, &meeting.online_meeting_id) else {
        return Ok(None);
    };
    if !matches!(meeting.auto_recording_status, Status::Enabled | Status::Exempted) {
        return Ok(None);
    }
    let Some(mut case) = Case::load(app, meeting.id).await? else {
        return Ok(None);
    };
    let is_exempt = case.is_exempt(app.clock.now());
    if is_exempt != (meeting.auto_recording_status == Status::Exempted) {
        // An exception begins or ends; provisioning knows which.
        return Ok((is_exempt && mode == Mode::DryRun).then_some(Swept::Exempted));
    }
    let client = integration::connect(app, &case.integration)?;
    let read = client.online_meeting(organizer, online_meeting).await?;
    if is_exempt {
        if !read.is_recording_off() && mode == Mode::Apply {
            provision::note_found_on(app, &mut case).await?;
            return Ok(None);
        }
        return Ok(Some(Swept::Exempted));
    }
    if !read.is_recording_enforced() && mode == Mode::Apply {
        drift::note(app, meeting, &read).await?;
    }
    Ok(read.is_recording_enforced().then_some(Swept::Already))
}

async fn act(app: &App, meeting: &Meeting) -> Result<Line> {
    let was = meeting.auto_recording_status;
    let turn = match provision::provision(app, meeting.id, 1).await {
        Ok(turn) => turn,
        Err(error) => return Ok(line(meeting, Swept::Failed, error.to_string())),
    };
    let meeting = meetings::find(&app.store, meeting.id).await?.unwrap_or_else(|| meeting.clone());
    let outcome = match (meeting.auto_recording_status, &turn) {
        (Status::Enabled, _) if was == Status::FailedDrift => Swept::Repaired,
        (Status::Enabled, _) => Swept::Enabled,
        (Status::Exempted, _) => Swept::Exempted,
        _ if meeting.has_ended(app.clock.now()) && meeting.online_meeting_id.is_some() => Swept::Identified,
        (Status::Pending, Turn::Again(..)) => Swept::Waiting,
        _ => Swept::Failed,
    };
    let detail = if outcome == Swept::Failed || outcome == Swept::Waiting {
        meeting.auto_recording_detail.clone()
    } else {
        String::new()
    };
    Ok(line(&meeting, outcome, detail))
}
