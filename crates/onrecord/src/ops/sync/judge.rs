//! Gathers the evidence about a meeting from the database, lets `model/verdict.rs` judge it, writes what changed,
//! and plans the next look. Asks Microsoft nothing.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::super::{Result, audit};
use super::context::patience;
use crate::app::App;
use crate::model::artifact::{Artifact, ArtifactKind, Confidence, Safety};
use crate::model::chat::{CallEvent, CallEventKind};
use crate::model::conference::{Meeting, Verdict};
use crate::model::id::MeetingId;
use crate::model::integration::SyncKind;
use crate::model::looking::{self, Next, SECOND_READING, Standing};
use crate::model::sync::{KindState, SyncState};
use crate::model::verdict::{self, Call, Chat, Evidence, Fact, Judgement, Part};
use crate::model::words::Word;
use crate::store::sync::Conclusion;
use crate::store::{self, Read, Tx};

/// A file may have begun this long before or after the scheduled time.
const MARGIN: Duration = Duration::hours(1);

/// A file may be gone so long before the day on which we expected it.
const EARLY_EXPIRY: Duration = Duration::days(1);

/// Meetings judged in one go because time has passed.
const BATCH: i64 = 200;

/// What made the judge look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The meeting was just read; `asked_to_wait` if Microsoft wanted it.
    Read {
        /// As long as this.
        asked_to_wait: Option<Duration>,
    },
    /// Only time has passed, or a person decided.
    Passed,
}

/// The call as far as any source shows it.
pub(super) async fn call(db: &impl Read, meeting: &Meeting, now: DateTime<Utc>) -> Result<Option<Call>> {
    let sessions = store::attendance::sessions(db, meeting.id).await?;
    let began = sessions.iter().filter_map(|s| s.started_at).min();
    if let Some(started_at) = began {
        let ends: Option<Vec<_>> = sessions.iter().map(|s| s.ended_at).collect();
        let ended_at = ends.and_then(|ends| ends.into_iter().max());
        let length = sessions
            .iter()
            .try_fold(0, |sum, s| Some(sum + (s.ended_at? - s.started_at?).num_milliseconds()));
        return Ok(Some(Call { started_at, ended_at, length_ms: length }));
    }
    if let Some(call) = call_of_events(&store::chat::events(db, meeting.id).await?) {
        return Ok(Some(call));
    }
    let parts = store::artifacts::of_meeting(db, meeting.id, ArtifactKind::Recording).await?;
    let Some(started_at) = parts.iter().filter_map(|part| part.started_at).min() else {
        return Ok(None);
    };
    let ends: Option<Vec<_>> = parts.iter().map(|part| part.ended_at).collect();
    // A part that ended within the scheduled time may be followed by another.
    let going_on = meeting.starts_at <= now && now < meeting.ends_at;
    let ended_at = ends.and_then(|ends| ends.into_iter().max()).filter(|_| !going_on);
    Ok(Some(Call { started_at, ended_at, length_ms: None }))
}

/// The call as the chat's events tell it.
fn call_of_events(events: &[CallEvent]) -> Option<Call> {
    let started: Vec<_> = events.iter().filter(|event| event.kind == CallEventKind::Started).collect();
    let started_at = started.iter().map(|event| event.at).min()?;
    let end_of = |start: &CallEvent| {
        let ended = events.iter().filter(|event| event.kind == CallEventKind::Ended && event.at >= start.at);
        ended.filter(|event| event.call_id == start.call_id).map(|event| event.at).min()
    };
    let ends: Option<Vec<_>> = started.iter().map(|start| end_of(start)).collect();
    let length =
        started.iter().try_fold(0, |sum, start| Some(sum + (end_of(start)? - start.at).num_milliseconds()));
    Some(Call { started_at, ended_at: ends.and_then(|ends| ends.into_iter().max()), length_ms: length })
}

async fn evidence(
    db: &impl Read,
    meeting: &Meeting,
    states: &[SyncState],
    now: DateTime<Utc>,
) -> Result<Evidence> {
    let parts = store::artifacts::of_meeting(db, meeting.id, ArtifactKind::Recording).await?;
    let events = store::chat::events(db, meeting.id).await?;
    let organizer = meeting.organizer_id.as_deref().unwrap_or_default();
    let around = (meeting.starts_at - MARGIN, meeting.ends_at + MARGIN);
    let read_after_end = |kind| {
        states.iter().any(|s| s.kind == kind && s.state != KindState::Failed && s.read_at >= meeting.ends_at)
    };
    let attendance_tells = read_after_end(SyncKind::Attendance)
        && store::attendance::organizer_has_reports(db, organizer).await?;
    let told = |kind| events.iter().any(|event| event.kind == kind);
    let saved = told(CallEventKind::Recorded);
    let chat = Chat {
        read: read_after_end(SyncKind::Chat),
        call: told(CallEventKind::Started),
        began: told(CallEventKind::RecordingStarted),
        saved,
        failed: !saved && told(CallEventKind::RecordingFailed),
    };
    Ok(Evidence {
        starts_at: meeting.starts_at,
        ends_at: meeting.ends_at,
        cancelled: meeting.cancelled_at.is_some(),
        exempted: store::exceptions::of_meeting(db, meeting.id)
            .await?
            .iter()
            .any(|one| one.covers(meeting.id, meeting.starts_at)),
        has_teams_meeting: meeting.join_url.is_some() || meeting.online_meeting_id.is_some(),
        auto_recording_status: meeting.auto_recording_status,
        storage_full: store::sync::storage_full(db, organizer).await?,
        parts: parts
            .iter()
            .filter(|part| part.safety() != Safety::Binned)
            .map(|part| Part {
                duration_ms: part.duration_ms,
                certain: part.confidence == Confidence::Certain,
                lost: part.safety() == Safety::Gone,
                expired: has_expired(part),
            })
            .collect(),
        call: call(db, meeting, now).await?,
        chat,
        came: store::attendance::came(db, meeting.id).await?,
        organizer_gone: meeting.organizer_gone_at.is_some(),
        answer: store::alerts::last_answer(db, meeting.id).await?.map(|answer| answer.answer),
        source_readable: read_after_end(SyncKind::Chat) || attendance_tells,
        recordings_read: states.iter().find(|s| s.kind == SyncKind::Recordings).map(|s| s.state),
        candidate_in_inbox: store::artifacts::candidate_in_inbox(db, meeting.id, organizer, around).await?,
    })
}

/// Whether a file that is gone vanished about when it was expected to expire; the expectation is an estimate.
fn has_expired(part: &Artifact) -> bool {
    part.gone_at.zip(part.expected_expiry_at).is_some_and(|(gone, expected)| gone >= expected - EARLY_EXPIRY)
}

/// Judges a meeting and writes what follows. `off` are the kinds that are not read.
pub(super) async fn conclude(
    app: &App,
    id: MeetingId,
    occasion: Occasion,
    off: &[SyncKind],
) -> Result<Option<Verdict>> {
    let tx = app.store.write().await?;
    let Some(meeting) = store::meetings::lock(&tx, id).await? else {
        return Ok(None);
    };
    let now = app.clock.now();
    let states = store::sync::states(&tx, id).await?;
    let evidence = evidence(&tx, &meeting, &states, now).await?;
    let patience = patience(app);
    let judgement = verdict::judge(&evidence, patience, now);
    let mut conclusion = Conclusion {
        verdict: judgement.verdict,
        cause: judgement.cause.map_or("", Word::as_str),
        basis: judgement.basis.map_or("", Word::as_str),
        evidence: evidence.facts(),
        verdict_at: meeting.verdict_at,
        call_started_at: evidence.call.map(|call| call.started_at),
        call_ended_at: evidence.call.and_then(|call| call.ended_at),
        next_sync_at: meeting.next_sync_at,
        synced_at: meeting.synced_at,
        settled_at: meeting.settled_at,
    };
    if let Occasion::Read { asked_to_wait } = occasion {
        conclusion.synced_at = Some(now);
        let mut standing = standing(&evidence, &states, off);
        let parts = store::artifacts::of_meeting(&tx, id, ArtifactKind::Recording).await?;
        let is_whole = |part: &Artifact| {
            part.gone_at.is_some() || (part.quick_xor_hash.is_some() && part.size_bytes.is_some())
        };
        standing.files_complete = parts.iter().all(is_whole);
        standing.verdict_final = verdict::is_final(judgement, &evidence, patience, now);
        standing.asked_to_wait = asked_to_wait;
        match looking::next(standing, patience, now) {
            Next::At(at) => (conclusion.next_sync_at, conclusion.settled_at) = (Some(at), None),
            Next::Settled => {
                (conclusion.next_sync_at, conclusion.settled_at) = (None, meeting.settled_at.or(Some(now)));
            }
        }
    }
    if conclusion.verdict != meeting.verdict || conclusion.cause != meeting.verdict_cause {
        conclusion.verdict_at = Some(now);
        note_change(app, &tx, &meeting, (judgement, &conclusion.evidence)).await?;
        if conclusion.verdict != meeting.verdict && is_news(conclusion.verdict) {
            store::mail::sources::note_news(&tx, id, now).await?;
        }
    }
    match judgement.verdict {
        Verdict::NotHeld => nothing_to_wait_for(&tx, &meeting, (&states, SyncKind::ALL)).await?,
        Verdict::Exempted => {
            let of_recording = [SyncKind::Recordings, SyncKind::Transcripts];
            nothing_to_wait_for(&tx, &meeting, (&states, &of_recording)).await?;
        }
        _ => {}
    }
    store::sync::conclude(&tx, id, &conclusion, now).await?;
    tx.commit().await?;
    Ok(Some(judgement.verdict))
}

/// Whether people are told by mail that a class ended so.
fn is_news(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Recorded | Verdict::Missing)
}

async fn note_change(
    app: &App,
    tx: &Tx,
    meeting: &Meeting,
    (judgement, evidence): (Judgement, &[Fact]),
) -> Result<()> {
    let detail = json!({
        "from": meeting.verdict,
        "to": judgement.verdict,
        "cause": judgement.cause,
        "basis": judgement.basis,
        "evidence": evidence,
    });
    if judgement.verdict == Verdict::Missing {
        let cause = judgement.cause.map_or("", Word::as_str);
        tracing::warn!(meeting = %meeting.id, cause, "Recording not found: the class has no recording");
    }
    audit::record(app, tx, None, "meeting.verdict_changed", (format!("meeting:{}", meeting.id), detail)).await
}

/// A class that was not held leaves nothing to wait for, one that was exempted no recording.
async fn nothing_to_wait_for(
    tx: &Tx,
    meeting: &Meeting,
    (states, kinds): (&[SyncState], &[SyncKind]),
) -> Result<()> {
    let waiting = |state: &&SyncState| state.state == KindState::Waiting && kinds.contains(&state.kind);
    for state in states.iter().filter(waiting) {
        let state = SyncState { state: KindState::Ok, ..state.clone() };
        store::sync::put_state(tx, meeting.id, &state).await?;
    }
    Ok(())
}

fn standing(evidence: &Evidence, states: &[SyncState], off: &[SyncKind]) -> Standing {
    let over_at = evidence.over_at();
    let find = |kind: SyncKind| states.iter().find(|state| state.kind == kind);
    let read_twice = |kind: SyncKind| {
        off.contains(&kind)
            || find(kind)
                .is_some_and(|s| s.read_at >= over_at + SECOND_READING && s.unchanged_since.is_some())
    };
    Standing {
        over_at,
        verdict_final: false,
        files_complete: true,
        transcript_read: off.contains(&SyncKind::Transcripts)
            || find(SyncKind::Transcripts).is_some_and(|s| s.state == KindState::Ok && s.items > 0),
        second_reading_unchanged: read_twice(SyncKind::Attendance) && read_twice(SyncKind::Chat),
        something_failed: states.iter().any(|s| s.state == KindState::Failed && !off.contains(&s.kind)),
        asked_to_wait: None,
    }
}

/// Judges the meetings whose verdict may have to change because time has passed, and returns how many it looked at.
pub async fn judge_by_time(app: &App) -> Result<usize> {
    let mut looked = 0;
    loop {
        let now = app.clock.now();
        let due = store::sync::verdict_due(&app.store, now, now - patience(app).waiting, BATCH).await?;
        let mut changed = 0;
        for id in &due {
            let before = store::meetings::find(&app.store, *id).await?.map(|meeting| meeting.verdict);
            changed += usize::from(conclude(app, *id, Occasion::Passed, &[]).await? != before);
        }
        looked += due.len();
        if (due.len() as i64) < BATCH || changed == 0 {
            return Ok(looked);
        }
    }
}
