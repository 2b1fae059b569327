//! Bodies as Graph may send them: unknown fields, unknown words, wrong shapes. Nothing panics, neither while reading nor
//! when what was read is asked for what the product asks it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msgraph::{CallRecording, CallTranscript, ChatMessage, Drive, DriveItem, Event, OnlineMeeting, User};
use onrecord::model::chat::plain_text;
use onrecord::model::recording_name::RecordingName;

fuzz_target!(|body: &[u8]| {
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
});
