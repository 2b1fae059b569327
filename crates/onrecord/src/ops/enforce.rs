//! The sweep: every meeting that is still to come is looked at in Teams and told to record, those that existed before
//! OnRecord included; of classes that are over, the missing ids are found, so that their recordings can be.

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt as _, stream};
use serde::Serialize;
use serde_json::json;

use super::provision::{self, Case};
use super::turn::Turn;
use super::{Result, audit, integration};
use crate::app::App;
use crate::model::conference::{AutoRecordingStatus as Status, Meeting};
use crate::model::id::MeetingId;
use crate::store::{meeting_steps, meetings};
use crate::words;

/// Teams forgets a meeting about 60 days after its end.
const REMEMBERED: TimeDelta = TimeDelta::days(60);

/// Rows read at a time.
const PAGE: i64 = 500;

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
    /// Each of them, by id.
    pub meetings: Vec<Line>,
}

/// Sweeps all meetings.
pub async fn sweep(app: &App, mode: Mode) -> Result<Report> {
    let now = app.clock.now();
    let mut lines: Vec<Line> = Vec::new();
    let mut after = MeetingId(0);
    loop {
        let page = meetings::to_enforce(&app.store, after, (now - REMEMBERED, now), PAGE).await?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.id;
        let mut swept =
            stream::iter(page).map(|meeting| sweep_one(app, meeting, mode)).buffered(SIDE_BY_SIDE);
        while let Some(line) = swept.next().await {
            lines.push(line?);
        }
    }
    let failed = lines.iter().filter(|line| line.outcome == Swept::Failed).count();
    Ok(Report { success: failed == 0, checked: lines.len(), failed, meetings: lines })
}

async fn sweep_one(app: &App, meeting: Meeting, mode: Mode) -> Result<Line> {
    let outcome = match look(app, &meeting).await {
        Ok(Some(outcome)) => outcome,
        Ok(None) if mode == Mode::DryRun => would(&meeting, app.clock.now()),
        Ok(None) => return act(app, &meeting).await,
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
async fn look(app: &App, meeting: &Meeting) -> Result<Option<Swept>> {
    let (Some(organizer), Some(online_meeting)) = (&meeting.organizer_id, &meeting.online_meeting_id) else {
        return Ok(None);
    };
    if meeting.auto_recording_status != Status::Enabled {
        return Ok(None);
    }
    let Some(case) = Case::load(app, meeting.id).await? else {
        return Ok(None);
    };
    let client = integration::connect(app, &case.integration)?;
    let read = client.online_meeting(organizer, online_meeting).await?;
    Ok(read.is_recording_enforced().then_some(Swept::Already))
}

async fn act(app: &App, meeting: &Meeting) -> Result<Line> {
    let was = meeting.auto_recording_status;
    if was == Status::Enabled {
        note_drift(app, meeting).await?;
    }
    let turn = match provision::provision(app, meeting.id, 1).await {
        Ok(turn) => turn,
        Err(error) => return Ok(line(meeting, Swept::Failed, error.to_string())),
    };
    let meeting = meetings::find(&app.store, meeting.id).await?.unwrap_or_else(|| meeting.clone());
    let outcome = match (meeting.auto_recording_status, &turn) {
        (Status::Enabled, _) if was == Status::Enabled => Swept::Repaired,
        (Status::Enabled, _) => Swept::Enabled,
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

/// Somebody switched recording off. Until it is on again the meeting says so.
async fn note_drift(app: &App, meeting: &Meeting) -> Result<()> {
    let now = app.clock.now();
    tracing::warn!(meeting = %meeting.id, "recording was switched off in Teams; it is switched on again");
    let text = "Recording was switched off in Teams by somebody.";
    let tx = app.store.write().await?;
    meeting_steps::save_status(&tx, meeting.id, Status::FailedDrift, text, now).await?;
    let about =
        (super::schedule::meeting_subject(meeting.id), json!({ "read_back_at": meeting.read_back_at }));
    audit::record(app, &tx, None, "recording.drift_found", about).await?;
    tx.commit().await?;
    Ok(())
}
