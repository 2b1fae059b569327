//! Bodies from outside that nobody promised us: transcripts and Graph's JSON in any shape. Nothing panics, and what is
//! written for players can be read. The targets in `fuzz/` ask the same for longer.

use msgraph::{CallRecording, CallTranscript, ChatMessage, DriveItem, Event, OnlineMeeting};
use onrecord::model::chat::plain_text;
use onrecord::model::recording_name::RecordingName;
use onrecord::model::{captions, transcript};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Text that looks like a transcript, with everything that may be wrong in one.
fn vtt() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n\n".to_owned()),
        Just(" --> ".to_owned()),
        Just("<v Ada>".to_owned()),
        Just("</v>".to_owned()),
        "-?[0-9]{1,20}:[0-9]{1,12}:[0-9]{1,6}\\.[0-9]{0,12}",
        "0?[0-9]:[0-9]{2}:[0-9]{2}\\.[0-9]{3}",
        "[a-zé<>&-]{0,12}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| format!("WEBVTT\n\n{}", pieces.concat()))
}

/// JSON with the names that Graph uses and values that it does not.
fn graph_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z?".prop_map(Value::from),
        Just(json!("#microsoft.graph.callRecordingEventMessageDetail")),
    ];
    let name = prop::sample::select(vec![
        "id",
        "name",
        "size",
        "file",
        "hashes",
        "quickXorHash",
        "video",
        "duration",
        "deleted",
        "parentReference",
        "onlineMeeting",
        "joinUrl",
        "joinWebUrl",
        "body",
        "content",
        "contentType",
        "start",
        "dateTime",
        "timeZone",
        "eventDetail",
        "@odata.type",
        "from",
        "user",
        "displayName",
        "attachments",
        "createdDateTime",
        "chatInfo",
        "threadId",
        "participants",
        "attendees",
        "recordAutomatically",
        "messageType",
        "transactionId",
    ]);
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_transcript_is_read_or_refused_and_what_is_written_can_be_read(text in vtt(), shift_ms in any::<i32>()) {
        let Ok(cues) = transcript::parse(&text) else { return Ok(()) };
        let placed = transcript::place(cues, i64::from(shift_ms));
        prop_assert!(placed.iter().all(|cue| cue.start_ms >= 0 && cue.end_ms >= cue.start_ms));
        let again = transcript::parse(&captions::webvtt(&placed));
        prop_assert!(again.is_ok_and(|again| again.len() <= placed.len() * 4));
    }

    #[test]
    fn any_json_of_graph_is_read_or_refused(mut body in graph_json()) {
        if let Some(map) = body.as_object_mut() {
            map.entry("id").or_insert_with(|| "id".into());
        }
        if let Ok(event) = serde_json::from_value::<Event>(body.clone()) {
            let _ = (event.join_url(), event.body_html());
        }
        if let Ok(meeting) = serde_json::from_value::<OnlineMeeting>(body.clone()) {
            let _ = (meeting.is_recording_enforced(), meeting.thread_id(), meeting.attendees().len());
        }
        if let Ok(item) = serde_json::from_value::<DriveItem>(body.clone()) {
            let _ = (item.duration_ms(), item.quick_xor_hash(), item.folder_id(), item.is_deleted());
            let _ = item.name.as_deref().and_then(RecordingName::parse).map(|name| name.may_be("Algebra"));
        }
        if let Ok(message) = serde_json::from_value::<ChatMessage>(body.clone()) {
            let _ = message.body.map(|body| plain_text(&body.content));
        }
        let _ = serde_json::from_value::<CallRecording>(body.clone());
        let _ = serde_json::from_value::<CallTranscript>(body);
    }
}
