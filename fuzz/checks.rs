//! What must hold of every body from outside, whatever is in it. The fuzz targets ask it of whatever they find, the tests
//! of `crates/onrecord` of damaged samples (`tests/it/bodies.rs`): both ask the same.

use msgraph::{CallRecording, CallTranscript, ChatMessage, Drive, DriveItem, Event, OnlineMeeting, User};
use onrecord::model::chat::plain_text;
use onrecord::model::recording_name::RecordingName;
use onrecord::model::{captions, notification, transcript};

/// A transcript is read or refused, and what is written for players can be read back.
pub(crate) fn vtt(text: &str, shift_ms: i64) {
    let Ok(cues) = transcript::parse(text) else { return };
    let placed = transcript::place(cues, shift_ms);
    assert!(placed.iter().all(|cue| cue.start_ms >= 0 && cue.end_ms >= cue.start_ms));
    let written = captions::webvtt(&placed);
    let again = transcript::parse(&written).expect("what is written can be read");
    // A caption may hold blank lines and times of its own; it stays bounded all the same.
    assert!(again.len() <= placed.len() * 4, "{} captions became {}", placed.len(), again.len());
}

/// Graph's JSON is read or refused, also when it is asked for what the product asks of it.
pub(crate) fn graph_json(body: &[u8]) {
    if let Ok(event) = serde_json::from_slice::<Event>(body) {
        let _ = (event.join_url(), event.body_html());
    }
    if let Ok(meeting) = serde_json::from_slice::<OnlineMeeting>(body) {
        let _ = (meeting.is_recording_enforced(), meeting.thread_id(), meeting.attendees());
    }
    if let Ok(item) = serde_json::from_slice::<DriveItem>(body) {
        let _ = (item.duration_ms(), item.quick_xor_hash(), item.folder_id(), item.is_deleted());
        let _ = item.name.as_deref().and_then(RecordingName::parse).map(|name| name.may_be("Algebra"));
    }
    if let Ok(message) = serde_json::from_slice::<ChatMessage>(body) {
        let _ = message.body.map(|body| plain_text(&body.content));
    }
    let _ = serde_json::from_slice::<CallRecording>(body);
    let _ = serde_json::from_slice::<CallTranscript>(body);
    let _ = serde_json::from_slice::<Drive>(body);
    let _ = serde_json::from_slice::<User>(body);
}

/// What anybody posts as a change notification is read or refused; nothing is taken that has no secret to check.
pub(crate) fn webhook(body: &[u8]) {
    let Ok(items) = notification::read(body) else { return };
    assert!(items.len() <= 1_000, "{} items of one post", items.len());
    for item in items {
        assert!(!item.client_state.is_empty() && item.client_state.len() <= 128);
        assert!(!item.subscription.is_empty() && item.subscription.len() <= 128);
        assert!(item.meeting.as_deref() != Some("") && item.artifact.as_deref() != Some(""));
    }
}
