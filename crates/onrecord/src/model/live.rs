//! Whether a class that runs is being recorded, as the events of its chat tell: Teams writes there when a call begins
//! and ends, and when a recording begins, is saved or fails. It says nothing about what becomes of the recording.

use chrono::{DateTime, TimeDelta, Utc};

use super::chat::{CallEvent, CallEventKind};
use crate::words;

/// A call without recording is no alarm for so long: Teams needs a moment to begin.
const GRACE: TimeDelta = TimeDelta::seconds(45);

words! {
    /// Why a call that goes on is not being recorded.
    pub enum Silence {
        /// No recording has begun.
        NeverBegun = "never_begun",
        /// A recording ended.
        Stopped = "stopped",
        /// A recording failed.
        Failed = "failed",
        /// Whoever teaches says so.
        Said = "said",
    }
}

words! {
    /// What whoever teaches says when OnRecord cannot see for itself.
    pub enum Answer {
        /// Teams is recording.
        Recording = "recording",
        /// Teams is not recording.
        NotRecording = "not_recording",
    }
}

/// How a class stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// No call has begun.
    NoCall,
    /// The call goes on and is being recorded.
    Recording,
    /// The call goes on and is not being recorded.
    Silent {
        /// Since when, as far as the chat tells.
        since: DateTime<Utc>,
        /// Why.
        why: Silence,
    },
    /// Every call has ended.
    Over,
}

/// How a class stands by the events of its chat, in any order.
pub fn live(events: &[CallEvent]) -> Live {
    let mut events: Vec<&CallEvent> = events.iter().collect();
    events.sort_by_key(|event| event.at);
    let mut open: Vec<&CallEvent> = Vec::new();
    let mut any = false;
    for event in &events {
        match event.kind {
            CallEventKind::Started => {
                any = true;
                open.push(event);
            }
            CallEventKind::Ended => open.retain(|start| start.call_id != event.call_id),
            _ => {}
        }
    }
    match open.last() {
        None if any => Live::Over,
        None => Live::NoCall,
        Some(call) => of_call(call, &events),
    }
}

/// A recording that was saved or failed ends one that began before it. Teams may write that into the message in
/// which it told of the beginning, or into a new one: in the first case it ends nothing that began later.
fn of_call(call: &CallEvent, events: &[&CallEvent]) -> Live {
    let mut running = 0_i32;
    let mut silence = Live::Silent { since: call.at, why: Silence::NeverBegun };
    let own = |event: &&&CallEvent| event.at >= call.at && event.call_id == call.call_id;
    for event in events.iter().filter(own) {
        match event.kind {
            CallEventKind::RecordingStarted => running += 1,
            CallEventKind::Recorded => {
                running = (running - 1).max(0);
                silence = Live::Silent { since: event.at, why: Silence::Stopped };
            }
            CallEventKind::RecordingFailed => {
                running = (running - 1).max(0);
                silence = Live::Silent { since: event.at, why: Silence::Failed };
            }
            CallEventKind::Started | CallEventKind::Ended => {}
        }
    }
    if running > 0 { Live::Recording } else { silence }
}

/// When somebody has to be told of a silence that began then.
pub fn alarm_at(since: DateTime<Utc>) -> DateTime<Utc> {
    since + GRACE
}

#[cfg(test)]
mod tests {
    use CallEventKind::{Ended, Recorded, RecordingFailed, RecordingStarted, Started};

    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-09-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
    }

    fn after(told: &[(i64, CallEventKind)]) -> Live {
        let event = |(minute, kind): &(i64, CallEventKind)| CallEvent {
            graph_id: format!("{minute}{kind}"),
            kind: *kind,
            call_id: Some("c".to_owned()),
            file_url: None,
            at: at(*minute),
        };
        live(&told.iter().map(event).collect::<Vec<_>>())
    }

    fn silent(minute: i64, why: Silence) -> Live {
        Live::Silent { since: at(minute), why }
    }

    #[test]
    fn a_class_is_recorded_while_a_recording_that_began_has_not_ended() {
        assert_eq!(after(&[]), Live::NoCall);
        assert_eq!(after(&[(0, Started)]), silent(0, Silence::NeverBegun));
        assert_eq!(after(&[(0, Started), (1, RecordingStarted)]), Live::Recording);
        assert_eq!(after(&[(0, Started), (1, RecordingStarted), (9, Recorded)]), silent(9, Silence::Stopped));
        assert_eq!(
            after(&[(0, Started), (1, RecordingStarted), (2, RecordingFailed)]),
            silent(2, Silence::Failed)
        );
        assert_eq!(after(&[(0, Started), (1, RecordingStarted), (40, Ended)]), Live::Over);
    }

    #[test]
    fn a_second_recording_counts_whether_the_first_is_saved_before_or_after_it_begins() {
        let begun = [(0, Started), (1, RecordingStarted), (20, RecordingStarted)];
        assert_eq!(after(&[&begun[..], &[(25, Recorded)]].concat()), Live::Recording, "saved late");
        assert_eq!(after(&[&begun[..], &[(19, Recorded)]].concat()), Live::Recording, "saved before");
        // The first message now says that it was saved; it stands where it told of the beginning.
        assert_eq!(after(&[(0, Started), (1, Recorded), (20, RecordingStarted)]), Live::Recording);
        assert_eq!(after(&[(0, Started), (1, Recorded)]), silent(1, Silence::Stopped));
    }

    #[test]
    fn a_call_that_is_held_again_is_judged_by_itself() {
        let first = [(0, Started), (1, RecordingStarted), (20, Ended)];
        let again = CallEvent {
            graph_id: "again".to_owned(),
            kind: Started,
            call_id: Some("d".to_owned()),
            file_url: None,
            at: at(30),
        };
        let mut events: Vec<CallEvent> = first
            .iter()
            .map(|(minute, kind)| CallEvent {
                graph_id: minute.to_string(),
                kind: *kind,
                call_id: Some("c".to_owned()),
                ..again.clone()
            })
            .collect();
        for (event, (minute, _)) in events.iter_mut().zip(first) {
            event.at = at(minute);
        }
        events.push(again);
        assert_eq!(live(&events), silent(30, Silence::NeverBegun));
    }
}
