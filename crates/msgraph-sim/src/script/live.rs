//! A class that is on: it begins, somebody presses Record or Stop, it ends. The chat hears of each at once, as in
//! Teams; what the class leaves behind is offered when a recording stops and when the call ends.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::aftermath::{self, Stretch};
use super::chat::{self, Spoken};
use super::{HoldError, HoldOutcome, HoldRequest, Lesson, Told, check, find, story};
use crate::world::{Meeting, World};

/// A class that was begun and not ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Live {
    pub(crate) call_id: String,
    pub(crate) started_at: DateTime<Utc>,
    /// Since when it is being recorded.
    pub(crate) recording_since: Option<DateTime<Utc>>,
    /// How it was begun; its end leaves what this asks for.
    pub(crate) request: HoldRequest,
    /// What was left so far.
    pub(crate) outcome: HoldOutcome,
}

/// What `POST /sim/record` takes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordRequest {
    /// The Teams join link of a class that is on.
    pub join_url: String,
    /// True presses Record, false presses Stop.
    pub on: bool,
}

/// How a class that is on stands.
#[derive(Debug, Clone, Serialize)]
pub struct LiveState {
    pub meeting_id: String,
    pub call_id: String,
    pub started_at: DateTime<Utc>,
    pub recording: bool,
    /// Why it does not record, if it does not.
    pub not_recorded_because: Option<String>,
}

fn invalid<T>(text: &str) -> Result<T, HoldError> {
    Err(HoldError::Invalid(text.to_owned()))
}

fn lesson(world: &World, meeting: &Meeting, live: &Live, now: DateTime<Utc>) -> Lesson {
    let ended_at = now.max(live.started_at + TimeDelta::seconds(1));
    let length = (ended_at - live.started_at).num_seconds();
    Lesson {
        meeting: meeting.clone(),
        call_id: live.call_id.clone(),
        started_at: live.started_at,
        ended_at,
        people: story::present(world, meeting, &live.request, length),
        now: ended_at,
        told: Told::Beginnings,
    }
}

fn state(meeting: &Meeting, live: &Live, because: Option<String>) -> LiveState {
    LiveState {
        meeting_id: meeting.id.clone(),
        call_id: live.call_id.clone(),
        started_at: live.started_at,
        recording: live.recording_since.is_some(),
        not_recorded_because: because,
    }
}

fn keep(world: &mut World, meeting: &str, live: Option<Live>, now: DateTime<Utc>) {
    if let Some(known) = world.meetings.get_mut(meeting) {
        known.used_at = known.used_at.max(now);
        known.live = live;
    }
    world.touch();
}

/// The call begins now; it records by itself if it is set to and somebody who may record is there.
pub(crate) fn begin(
    world: &mut World,
    request: &HoldRequest,
    now: DateTime<Utc>,
) -> Result<LiveState, HoldError> {
    let meeting = find(world, request)?.clone();
    check(request)?;
    if meeting.live.is_some() {
        return invalid("join_url: this class is on already; end it first");
    }
    if request.started_at.is_some() || request.length_s.is_some() || request.parts.is_some() {
        return invalid(
            "started_at, length_s, parts: a class that is begun starts now and lasts until it is ended",
        );
    }
    let call_id = world.random.guid();
    let outcome = HoldOutcome {
        meeting_id: meeting.id.clone(),
        join_url: meeting.join_url.clone(),
        thread_id: meeting.thread_id.clone(),
        call_id: Some(call_id.clone()),
        started_at: now,
        ..HoldOutcome::default()
    };
    let mut live =
        Live { call_id, started_at: now, recording_since: None, request: request.clone(), outcome };
    let lesson = Lesson { ended_at: now, now, ..lesson(world, &meeting, &live, now) };
    chat::say(world, &lesson, (now, now), Spoken::Event(chat::call_event(&lesson, "callStarted")));
    let because = aftermath::reason_against(world, &lesson, request);
    if because.is_none() {
        start(world, &lesson, &mut live, now);
    }
    let state = state(&meeting, &live, because);
    keep(world, &meeting.id, Some(live), now);
    Ok(state)
}

fn start(world: &mut World, lesson: &Lesson, live: &mut Live, now: DateTime<Utc>) {
    let name = aftermath::file_name(lesson, now - TimeDelta::seconds(2), "Meeting Recording");
    aftermath::tell_recording(world, lesson, (now, now), (&name, "initial", None));
    live.recording_since = Some(now);
}

/// What was recorded until now is left behind, as when Stop was pressed.
fn stop(world: &mut World, lesson: &Lesson, live: &mut Live) {
    if let Some(from) = live.recording_since.take() {
        let stretch = Stretch { from, to: lesson.ended_at.max(from + TimeDelta::seconds(1)) };
        aftermath::leave_stretch(world, lesson, &live.request.clone(), &stretch, &mut live.outcome);
    }
}

/// Somebody presses Record or Stop.
pub(crate) fn record(
    world: &mut World,
    request: &RecordRequest,
    now: DateTime<Utc>,
) -> Result<LiveState, HoldError> {
    let named = HoldRequest { join_url: Some(request.join_url.clone()), ..HoldRequest::default() };
    let meeting = find(world, &named)?.clone();
    let Some(mut live) = meeting.live.clone() else {
        return invalid("join_url: this class is not on; begin it first");
    };
    let lesson = lesson(world, &meeting, &live, now);
    let mut because = None;
    match (request.on, live.recording_since) {
        (true, None) => {
            because = aftermath::forbidden(world, &lesson);
            if because.is_none() {
                start(world, &lesson, &mut live, now);
            }
        }
        (false, Some(_)) => stop(world, &lesson, &mut live),
        (true, Some(_)) | (false, None) => {}
    }
    let state = state(&meeting, &live, because);
    keep(world, &meeting.id, Some(live), now);
    Ok(state)
}

/// The call ends now and leaves everything behind.
pub(crate) fn end(
    world: &mut World,
    request: &HoldRequest,
    now: DateTime<Utc>,
) -> Result<HoldOutcome, HoldError> {
    let meeting = find(world, request)?.clone();
    let Some(mut live) = meeting.live.clone() else {
        return invalid("join_url: this class is not on; begin it first");
    };
    let lesson = lesson(world, &meeting, &live, now);
    stop(world, &lesson, &mut live);
    let mut outcome = std::mem::take(&mut live.outcome);
    outcome.ended_at = lesson.ended_at;
    if let Some(known) = world.meetings.get_mut(&meeting.id) {
        known.held.push((lesson.started_at, lesson.ended_at));
    }
    aftermath::leave_attendance(world, &lesson, &live.request, &mut outcome);
    chat::leave_chat(world, &lesson, &live.request, &mut outcome);
    keep(world, &meeting.id, None, now);
    Ok(outcome)
}
