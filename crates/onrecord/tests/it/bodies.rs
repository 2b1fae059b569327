//! Bodies from outside that nobody promised us: transcripts and Graph's JSON in any shape. Nothing panics, and what is
//! written for players can be read. The targets in `fuzz/` ask the same for longer.

use msgraph::{ChatMessage, DriveItem, Event, OnlineMeeting};
use proptest::prelude::*;
use serde_json::{Value, json};

#[path = "../../../../fuzz/checks.rs"]
mod checks;

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

/// A transcript, Graph's answers and a post as they are when all is well.
const SAMPLES: [&str; 6] = [
    "WEBVTT\n\n00:00:03.010 --> 00:00:05.480\n<v Ada Lovelace>Good morning &amp; welcome.</v>\n\n00:00:06.000 --> 00:00:08.000\n<v Tomáš>Morning.</v>\n",
    r#"{"id":"AAMk","subject":"Algebra","transactionId":"6f0c","start":{"dateTime":"2026-09-01T08:00:00.0000000","timeZone":"UTC"},"onlineMeeting":{"joinUrl":"https://teams.microsoft.com/l/meetup-join/19%3ameeting"},"body":{"contentType":"html","content":"<p>x</p>"}}"#,
    r#"{"id":"MSo1","joinWebUrl":"https://teams.microsoft.com/l/x","recordAutomatically":true,"allowRecording":true,"chatInfo":{"threadId":"19:meeting_x@thread.v2"},"participants":{"attendees":[{"upn":"a@b","identity":{"user":{"id":"5f"}},"role":"presenter"}]}}"#,
    r#"{"id":"01X","name":"Algebra-20260901_080000-Meeting Recording.mp4","size":10485760,"file":{"hashes":{"quickXorHash":"AAAAAAAAAAAAAAAAAAAAAAAAAAA="}},"video":{"duration":3600000},"parentReference":{"driveId":"b!x","id":"01P"},"deleted":null}"#,
    r##"{"id":"1788244870123","messageType":"systemEventMessage","createdDateTime":"2026-09-01T06:41:10.123Z","body":{"contentType":"html","content":"<systemEventMessage/>"},"eventDetail":{"@odata.type":"#microsoft.graph.callRecordingEventMessageDetail","callId":"af63","callRecordingStatus":"success","callRecordingDuration":"PT1H29M51S"},"attachments":[]}"##,
    r##"{"value":[{"id":"lsg","subscriptionId":"f37536ac","subscriptionExpirationDateTime":"2026-09-04T06:00:00Z","clientState":"hush","changeType":"created","tenantId":"aa","resource":"communications/onlineMeetings('MSo1')/recordings('7e31')","resourceData":{"id":"7e31","@odata.type":"#Microsoft.Graph.callRecording"},"encryptedContent":null}],"validationTokens":null}"##,
];

/// Damage to a body: where, how much of it goes, and what comes in its place.
type Damage = (prop::sample::Index, usize, Vec<u8>);

/// A sample with damage in several places, or with a piece of another in it.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let telling: Vec<&'static [u8]> = vec![
        b"\"",
        b"{",
        b"]",
        b"''",
        b"\\u0000",
        b"null",
        b"1e999",
        b"-->",
        b"<v ",
        b"\r\n\r\n",
        b"99:99:99.999",
        b"\xff\xfe",
        b"getAll",
        b"&#x110000;",
    ];
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..6),
        prop::sample::select(telling).prop_map(<[u8]>::to_vec),
        (prop::sample::select(SAMPLES.to_vec()), any::<prop::sample::Index>(), 0_usize..60).prop_map(
            |(other, from, length)| {
                let from = from.index(other.len());
                other.as_bytes()[from..other.len().min(from + length)].to_vec()
            }
        ),
    ];
    let damage = (any::<prop::sample::Index>(), 0_usize..12, piece);
    (prop::sample::select(SAMPLES.to_vec()), prop::collection::vec(damage, 1..8)).prop_map(
        |(sample, damages): (&str, Vec<Damage>)| {
            let mut body = sample.as_bytes().to_vec();
            for (at, gone, piece) in damages {
                let from = at.index(body.len() + 1);
                let to = body.len().min(from + gone);
                body.splice(from..to, piece);
            }
            body
        },
    )
}

#[test]
fn the_samples_themselves_are_read() {
    let [vtt, event, meeting, item, message, post] = SAMPLES;
    assert_eq!(onrecord::model::transcript::parse(vtt).expect("a transcript").len(), 2);
    assert!(serde_json::from_str::<Event>(event).expect("an event").join_url().is_some());
    assert!(serde_json::from_str::<OnlineMeeting>(meeting).expect("a meeting").thread_id().is_some());
    assert!(serde_json::from_str::<DriveItem>(item).expect("a file").quick_xor_hash().is_some());
    assert!(serde_json::from_str::<ChatMessage>(message).expect("a message").event_detail.is_some());
    assert_eq!(onrecord::model::notification::read(post.as_bytes()).expect("a post").len(), 1);
}

proptest! {
    #[test]
    fn any_transcript_is_read_or_refused_and_what_is_written_can_be_read(text in vtt(), shift_ms in any::<i32>()) {
        checks::vtt(&text, i64::from(shift_ms));
    }

    #[test]
    fn any_json_of_graph_is_read_or_refused(mut body in graph_json()) {
        if let Some(map) = body.as_object_mut() {
            map.entry("id").or_insert_with(|| "id".into());
        }
        checks::graph_json(body.to_string().as_bytes());
    }

    #[test]
    fn a_damaged_body_is_read_or_refused(body in damaged(), shift_ms in any::<i32>()) {
        checks::vtt(&String::from_utf8_lossy(&body), i64::from(shift_ms));
        checks::graph_json(&body);
        checks::webhook(&body);
    }
}
