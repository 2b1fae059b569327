//! A class that is on: what the chat says while it runs, and what is offered when it ends.

use chrono::TimeDelta;
use msgraph_sim::{HoldRequest, SeedEvent, SeededEvent};
use reqwest::Method;
use serde_json::{Value, json};

use crate::given::{Given, encode};

fn class(given: &Given) -> SeededEvent {
    let now = given.sim.now();
    let event = SeedEvent {
        subject: "Algebra".into(),
        start: Some(now),
        end: Some(now + TimeDelta::hours(1)),
        record_automatically: true,
        ..SeedEvent::default()
    };
    given.sim.seed_event(&event).unwrap()
}

/// What the chat tells of the call, in the order of time.
async fn told(given: &Given, thread: &str) -> Vec<String> {
    let chat = given.ok(&format!("/v1.0/chats/{}/messages?$top=50", encode(thread))).await;
    let mut told: Vec<(String, String)> = chat["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| !message["eventDetail"].is_null())
        .map(|message| {
            let detail = &message["eventDetail"];
            let kind = detail["@odata.type"].as_str().unwrap().replace("#microsoft.graph.", "");
            let status = detail["callRecordingStatus"].as_str().unwrap_or_default();
            let at = message["createdDateTime"].as_str().unwrap().to_owned();
            (at, format!("{}{status}", kind.replace("EventMessageDetail", " ")))
        })
        .collect();
    told.sort();
    told.into_iter().map(|(_, what)| what.trim().to_owned()).collect()
}

#[tokio::test]
async fn the_chat_tells_of_a_class_while_it_runs() {
    let mut given = Given::healthy().await;
    let class = class(&given);
    let (status, begun) = given.send(Method::POST, "/sim/begin", json!({ "join_url": class.join_url })).await;
    assert_eq!((status, &begun["recording"]), (200, &json!(true)), "{begun}");
    assert_eq!(told(&given, &class.thread_id).await, ["callStarted", "callRecording initial"]);
    let twice = given.send(Method::POST, "/sim/begin", json!({ "join_url": class.join_url })).await;
    assert_eq!(twice.0, 422);

    given.sim.advance(std::time::Duration::from_mins(20));
    let stopped = given.sim.record(&class.join_url, false).unwrap();
    assert!(!stopped.recording);
    given.sim.advance(std::time::Duration::from_mins(10));
    assert!(given.sim.record(&class.join_url, true).unwrap().recording);
    given.sim.advance(std::time::Duration::from_mins(30));
    let outcome = given.sim.end(&class.join_url).unwrap();
    let minutes: Vec<u64> = outcome.recordings.iter().map(|one| one.duration_ms / 60_000).collect();
    assert_eq!(minutes, [20, 30]);
    given.token = given.sign_in().await;
    let expected = [
        "callStarted",
        "callRecording initial",
        "callRecording success",
        "callTranscript",
        "callRecording initial",
        "callRecording success",
        "callEnded",
        "callTranscript",
    ];
    assert_eq!(told(&given, &class.thread_id).await, expected);
    let listed: Value = given
        .ok(&format!("/v1.0/users/{}/onlineMeetings/{}/recordings", given.organizer, class.meeting_id))
        .await;
    assert_eq!(listed["value"].as_array().unwrap().len(), 2);
    assert_eq!(given.send(Method::POST, "/sim/end", json!({ "join_url": class.join_url })).await.0, 422);
}

#[tokio::test]
async fn nobody_records_when_the_policy_forbids_it_or_only_guests_come() {
    let given = Given::healthy().await;
    let one = class(&given);
    let guests = json!({ "join_url": one.join_url, "attendees": [{ "name": "A guest" }] });
    let (_, begun) = given.send(Method::POST, "/sim/begin", guests).await;
    assert_eq!(begun["not_recorded_because"], "nobody who may record joined");
    assert_eq!(told(&given, &one.thread_id).await, ["callStarted"]);

    let other = class(&given);
    given.sim.patch_tenant(&json!({ "meeting_policy": { "allow_cloud_recording": false } })).unwrap();
    let request = HoldRequest { join_url: Some(other.join_url.clone()), ..HoldRequest::default() };
    assert!(!given.sim.begin(&request).unwrap().recording);
    assert!(!given.sim.record(&other.join_url, true).unwrap().recording);
}

#[tokio::test]
async fn a_recording_that_comes_to_nothing_is_told_and_not_offered() {
    let given = Given::healthy().await;
    for (outcome, status) in [("recording_failed", "failure"), ("never_offered", "success")] {
        let class = class(&given);
        let held = json!({ "join_url": class.join_url, "outcome": outcome });
        let (code, outcome) = given.send(Method::POST, "/sim/hold", held).await;
        assert_eq!((code, &outcome["recordings"]), (200, &json!([])));
        let told = told(&given, &class.thread_id).await;
        assert!(told.contains(&format!("callRecording {status}")), "{told:?}");
    }
}
