//! From calendar event to what a class leaves behind.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use msgraph_sim::{Delays, HoldRequest, Outcome, SeedEvent};
use reqwest::Method;
use serde_json::{Value, json};

use crate::given::{Given, answer, encode, text};

#[tokio::test]
async fn a_repeated_transaction_makes_no_second_event() {
    let given = Given::healthy().await;
    let mut body = given.event_body("Algebra");
    body["transactionId"] = "7f".into();
    assert_eq!(given.send(Method::POST, &given.events(), body.clone()).await.0, 201);
    let (status, again) = given.send(Method::POST, &given.events(), body.clone()).await;
    assert_eq!((status, &again["error"]["code"]), (409, &json!("ErrorDuplicateTransactionId")));
    given.sim.patch_tenant(&json!({ "switches": { "duplicate_transaction_status": 400 } })).unwrap();
    assert_eq!(given.send(Method::POST, &given.events(), body).await.0, 400);
    let all = given.ok(&given.events()).await;
    assert_eq!(all["value"].as_array().unwrap().len(), 1);
    assert_eq!(all["value"][0]["transactionId"], "7f");
}

#[tokio::test]
async fn times_are_converted_into_the_zone_the_caller_prefers() {
    let given = Given::healthy().await;
    let mut body = given.event_body("Algebra");
    body["start"] = json!({ "dateTime": "2026-07-01T08:00:00", "timeZone": "W. Europe Standard Time" });
    body["end"] = json!({ "dateTime": "2026-07-01T09:30:00", "timeZone": "Europe/Berlin" });
    let (_, event) = given.send(Method::POST, &given.events(), body.clone()).await;
    assert_eq!(event["start"], json!({ "dateTime": "2026-07-01T06:00:00.0000000", "timeZone": "UTC" }));
    let path = format!("{}/{}", given.events(), encode(&text(&event["id"])));
    let preferring = given.request(Method::GET, &path).header("prefer", "outlook.timezone=\"Asia/Kolkata\"");
    assert_eq!(answer(preferring).await.1["end"]["dateTime"], "2026-07-01T13:00:00.0000000");
    body["start"]["timeZone"] = "Mars/Olympus".into();
    assert_eq!(given.send(Method::POST, &given.events(), body).await.0, 400);
}

#[tokio::test]
async fn the_join_block_keeps_the_meeting_and_its_loss_ends_it() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let path = format!("{}/{}", given.events(), encode(&text(&class.event["id"])));
    let content = text(&class.event["body"]["content"]);
    let kept =
        json!({ "body": { "contentType": "html", "content": content.replace("This class", "Our class") } });
    assert_eq!(given.send(Method::PATCH, &path, kept).await.1["isOnlineMeeting"], true);
    let lost = json!({ "body": { "contentType": "html", "content": "<p>New text</p>" } });
    assert_eq!(given.send(Method::PATCH, &path, lost).await.1["isOnlineMeeting"], false);
    assert_eq!(given.look_up(&class.join_url).await["value"], json!([]));
}

#[tokio::test]
async fn the_filter_takes_the_link_as_received_and_nothing_decoded_twice() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    assert_eq!(given.look_up(&class.join_url).await["value"].as_array().unwrap().len(), 1);
    let decoded = class.join_url.replace("%3a", ":").replace("%40", "@");
    assert_eq!(given.look_up(&decoded).await["value"], json!([]));
    let by_upn =
        format!("/v1.0/users/recordings@contoso.example/onlineMeetings/{}", encode(&class.meeting_id));
    assert_eq!(given.get(&by_upn).await.1["error"]["code"], "UnknownError");
}

#[tokio::test]
async fn late_modes_show_link_and_meeting_only_after_their_time() {
    let given = Given::healthy().await;
    given.sim.patch_tenant(&json!({ "switches": { "late_join_url_s": 30, "late_lookup_s": 60 } })).unwrap();
    let (_, event) = given.send(Method::POST, &given.events(), given.event_body("Algebra")).await;
    assert_eq!((&event["onlineMeeting"], &event["isOnlineMeeting"]), (&Value::Null, &json!(true)));
    given.sim.advance(Duration::from_secs(31));
    let event = given.ok(&format!("{}/{}", given.events(), encode(&text(&event["id"])))).await;
    let link = text(&event["onlineMeeting"]["joinUrl"]);
    assert_eq!(given.look_up(&link).await["value"], json!([]));
    given.sim.advance(Duration::from_secs(31));
    assert_eq!(given.look_up(&link).await["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn patch_refuses_echoes_and_masks_young_roles() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let path = given.meeting(&class, "");
    let (status, body) = given.send(Method::PATCH, &path, json!({ "meetingType": "scheduled" })).await;
    assert_eq!((status, &body["error"]["message"]), (400, &json!("Updating meeting type is not supported.")));
    assert_eq!(given.send(Method::PATCH, &path, json!({ "recordAutomatically": "yes" })).await.0, 400);
    assert_eq!(given.send(Method::PATCH, &path, json!({ "recordAutomaticly": true })).await.0, 400);
    let people = json!({ "participants": { "attendees": [{ "upn": "instructor@contoso.example", "role": "coorganizer" }] } });
    let (status, masked) = given.send(Method::PATCH, &path, people).await;
    assert_eq!(
        (status, &masked["participants"]["attendees"][0]["role"]),
        (200, &json!("unknownFutureValue"))
    );
    let asking = given.request(Method::GET, &path).header("prefer", "include-unknown-enum-members");
    assert_eq!(answer(asking).await.1["participants"]["attendees"][0]["role"], "coorganizer");
}

#[tokio::test]
async fn record_automatically_does_not_change_while_the_class_runs() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let running =
        HoldRequest { started_at: Some(given.sim.now() - TimeDelta::minutes(5)), ..HoldRequest::default() };
    given.hold(&class, running);
    let path = given.meeting(&class, "");
    let (_, body) = given
        .send(Method::PATCH, &path, json!({ "recordAutomatically": false, "allowMeetingChat": "disabled" }))
        .await;
    assert_eq!((&body["recordAutomatically"], &body["allowMeetingChat"]), (&json!(true), &json!("disabled")));
}

#[tokio::test]
async fn without_the_access_policy_meetings_are_forbidden_and_calendars_are_not() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    given.sim.patch_tenant(&json!({ "access_policy": "none" })).unwrap();
    let (status, body) = given.get(&given.meeting(&class, "")).await;
    assert_eq!(status, 403);
    assert!(text(&body["error"]["message"]).starts_with("No application access policy found for this app"));
    assert_eq!(given.get(&given.events()).await.0, 200);
}

#[tokio::test]
async fn a_held_class_offers_everything_at_once() {
    let given = Given::healthy().await;
    let class = given.class("Algebra 1").await;
    let outcome = given.hold(&class, HoldRequest::default());
    assert!(outcome.attendees.len() >= 3 && outcome.chat_messages >= 3);
    let recordings = given.ok(&given.meeting(&class, "/recordings")).await;
    assert_eq!(recordings["value"][0]["id"], outcome.recordings[0].id);
    assert_eq!(recordings["value"][0]["callId"], json!(outcome.call_id));
    let transcripts = given.ok(&given.meeting(&class, "/transcripts")).await;
    let address = format!("{}?$format=text/vtt", text(&transcripts["value"][0]["transcriptContentUrl"]));
    let vtt = given.request(Method::GET, &address).send().await.unwrap().text().await.unwrap();
    assert!(
        vtt.starts_with("WEBVTT") && vtt.contains("0:0:1.200 --> ") && vtt.contains("<v Maya Lindqvist>"),
        "{vtt}"
    );
    let reports = given.ok(&given.meeting(&class, "/attendanceReports")).await;
    let report = given
        .ok(&given.meeting(
            &class,
            &format!("/attendanceReports/{}?$expand=attendanceRecords", text(&reports["value"][0]["id"])),
        ))
        .await;
    let records = report["attendanceRecords"].as_array().unwrap();
    assert_eq!(records.len(), outcome.attendees.len());
    for record in records {
        let sum: i64 = record["attendanceIntervals"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["durationInSeconds"].as_i64().unwrap())
            .sum();
        assert_eq!(record["totalAttendanceInSeconds"], sum);
    }
}

#[tokio::test]
async fn the_chat_leads_from_the_call_to_the_file() {
    let given = Given::healthy().await;
    let class = given.class("Algebra 1").await;
    let outcome = given.hold(&class, HoldRequest::default());
    let path = format!("/v1.0/chats/{}/messages", encode(&class.thread_id));
    let plain = given.ok(&path).await;
    assert!(plain["value"].as_array().unwrap().iter().any(|one| one["messageType"] == "unknownFutureValue"));
    let asking = given.request(Method::GET, &path).header("prefer", "include-unknown-enum-members");
    let messages = answer(asking).await.1;
    let success = messages["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["eventDetail"]["callRecordingStatus"] == "success")
        .unwrap()
        .clone();
    assert_eq!(
        (&success["messageType"], &success["eventDetail"]["callId"]),
        (&json!("systemEventMessage"), &json!(outcome.call_id))
    );
    let url = text(&success["eventDetail"]["callRecordingUrl"]);
    let token = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, url);
    let item = given.ok(&format!("/v1.0/shares/u!{token}/driveItem")).await;
    assert_eq!(item["id"], json!(outcome.recordings[0].item_id));
    let shared = messages["value"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|one| one["attachments"][0]["contentUrl"].as_str())
        .unwrap()
        .to_owned();
    let token = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, shared);
    assert_eq!(given.ok(&format!("/v1.0/shares/u!{token}/driveItem")).await["name"], "Exercise sheet.pdf");
}

#[tokio::test]
async fn chat_pages_hold_at_most_fifty_and_filters_need_their_order() {
    let given = Given::healthy().await;
    let class = given.class("Algebra 1").await;
    for _ in 0..8 {
        given.hold(&class, HoldRequest { length_s: Some(600), ..HoldRequest::default() });
    }
    let path = format!("/v1.0/chats/{}/messages", encode(&class.thread_id));
    assert_eq!(given.get(&format!("{path}?$top=51")).await.0, 400);
    let (mut seen, mut next) = (Vec::new(), format!("{path}?$top=20"));
    loop {
        let page = given.ok(&next).await;
        seen.extend(page["value"].as_array().unwrap().iter().map(|one| text(&one["id"])));
        match page["@odata.nextLink"].as_str() {
            Some(link) => link.clone_into(&mut next),
            None => break,
        }
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert!(count > 50 && seen.len() == count, "{count} messages, {} different", seen.len());
    let filter = encode("lastModifiedDateTime gt 2099-01-01T00:00:00Z");
    assert_eq!(given.ok(&format!("{path}?$filter={filter}")).await["value"].as_array().unwrap().len(), 20);
    let ordered = given.ok(&format!("{path}?$filter={filter}&$orderby=lastModifiedDateTime%20desc")).await;
    assert_eq!(ordered["value"], json!([]));
}

#[tokio::test]
async fn delays_land_by_the_clock() {
    let given = Given::healthy().await;
    let class = given.class("Algebra 1").await;
    let delays = Delays { recording: 600, ..Delays::default() };
    given.hold(&class, HoldRequest { delays, ..HoldRequest::default() });
    let count = |body: Value| body["value"].as_array().unwrap().len();
    assert_eq!(count(given.ok(&given.meeting(&class, "/recordings")).await), 0);
    assert_eq!(count(given.ok(&given.meeting(&class, "/transcripts")).await), 1);
    given.sim.advance(Duration::from_secs(601));
    assert_eq!(count(given.ok(&given.meeting(&class, "/recordings")).await), 1);
}

#[tokio::test]
async fn outcomes_differ_as_in_life() {
    let given = Given::healthy().await;
    let counts = async |outcome: Outcome, parts: Option<u32>| {
        let class = given.class("Algebra 1").await;
        let held = given.hold(&class, HoldRequest { outcome, parts, ..HoldRequest::default() });
        let recordings =
            given.ok(&given.meeting(&class, "/recordings")).await["value"].as_array().unwrap().clone();
        let calls = recordings
            .iter()
            .map(|one| text(&one["callId"]))
            .collect::<std::collections::BTreeSet<_>>()
            .len();
        let transcripts =
            given.ok(&given.meeting(&class, "/transcripts")).await["value"].as_array().unwrap().len();
        (recordings.len(), calls, transcripts, held.attendees.is_empty())
    };
    assert_eq!(counts(Outcome::Held, Some(3)).await, (3, 1, 3, false));
    assert_eq!(counts(Outcome::NotHeld, None).await, (0, 0, 0, true));
    assert_eq!(counts(Outcome::NotRecorded, None).await, (0, 0, 0, false));
    assert_eq!(counts(Outcome::NoTranscript, None).await, (1, 1, 0, false));
    assert_eq!(counts(Outcome::TranscriptOnly, None).await, (0, 0, 1, false));
    assert_eq!(counts(Outcome::FalseStart, None).await, (2, 1, 2, false));
}

#[tokio::test]
async fn nobody_records_when_the_flag_is_off_unless_somebody_presses_record() {
    let given = Given::healthy().await;
    let class = given.class("Algebra 1").await;
    assert!(given.sim.flip_recording(&class.join_url, false));
    let silent = given.hold(&class, HoldRequest::default());
    assert!(silent.recordings.is_empty() && silent.not_recorded_because.is_some());
    let pressed = given.hold(&class, HoldRequest { record: Some(true), ..HoldRequest::default() });
    assert_eq!(pressed.recordings.len(), 1);
    given.sim.patch_tenant(&json!({ "meeting_policy": { "allow_cloud_recording": false } })).unwrap();
    let forbidden = given.hold(&class, HoldRequest { record: Some(true), ..HoldRequest::default() });
    assert!(forbidden.recordings.is_empty());
}

#[tokio::test]
async fn the_organizers_lists_leave_out_what_was_not_transcribed_and_delta_goes_on() {
    let given = Given::healthy().await;
    let class = given.class("Algebra 1").await;
    let organizer = given.organizer.clone();
    given.hold(&class, HoldRequest { outcome: Outcome::NoTranscript, ..HoldRequest::default() });
    given.hold(&class, HoldRequest::default());
    let function = format!(
        "/v1.0/users/{organizer}/onlineMeetings/getAllRecordings(meetingOrganizerUserId='{organizer}')"
    );
    assert_eq!(given.ok(&function).await["value"].as_array().unwrap().len(), 1);
    assert_eq!(given.ok(&given.meeting(&class, "/recordings")).await["value"].as_array().unwrap().len(), 2);
    let alias = format!(
        "/v1.0/users/{organizer}/onlineMeetings/getAllRecordings(meetingOrganizerUserId='@meetingOrganizerUserId',startDateTime=@startDateTime,endDateTime=@endDateTime)?meetingOrganizerUserId={organizer}&startDateTime=2000-01-01T00:00:00Z&endDateTime=2200-01-01T00:00:00Z"
    );
    assert_eq!(given.ok(&alias).await["value"].as_array().unwrap().len(), 1);
    let first = given.ok(&format!("{function}/delta")).await;
    let link = text(&first["@odata.deltaLink"]);
    assert_eq!(given.ok(&link).await["value"], json!([]));
    given.hold(&class, HoldRequest::default());
    assert_eq!(given.ok(&link).await["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_meeting_is_forgotten_sixty_days_after_its_last_use() {
    let given = Given::healthy().await;
    let class = given.class("Algebra 1").await;
    given.sim.patch_tenant(&json!({ "token_lifetime_s": 999_999_999 })).unwrap();
    let long_lived = Given { token: given.sign_in().await, ..given };
    long_lived.sim.advance(Duration::from_hours(59 * 24));
    assert_eq!(long_lived.get(&long_lived.meeting(&class, "")).await.0, 200);
    long_lived.sim.advance(Duration::from_hours(48));
    assert_eq!(long_lived.get(&long_lived.meeting(&class, "")).await.0, 404);
}

#[tokio::test]
async fn transcripts_can_be_off_for_the_tenant() {
    let given = Given::healthy().await;
    let class = given.class("Algebra 1").await;
    given.sim.patch_tenant(&json!({ "meeting_policy": { "transcript_api": "off" } })).unwrap();
    let (status, body) = given.get(&given.meeting(&class, "/transcripts")).await;
    assert_eq!(
        (status, &body["error"]["innerError"]["code"]),
        (403, &json!("GraphAccessToTranscriptsDisabled"))
    );
}

#[tokio::test]
async fn events_that_were_there_before_can_lie_in_the_past() {
    let given = Given::healthy().await;
    let start: DateTime<chrono::Utc> = given.sim.now() - TimeDelta::days(3);
    let seeded = given
        .sim
        .seed_event(&SeedEvent {
            organizer: Some("instructor@contoso.example".to_owned()),
            subject: "History".to_owned(),
            start: Some(start),
            end: Some(start + TimeDelta::hours(1)),
            record_automatically: true,
            ..SeedEvent::default()
        })
        .unwrap();
    let held = given
        .sim
        .hold(&HoldRequest {
            event_id: Some(seeded.event_id),
            started_at: Some(start),
            ..HoldRequest::default()
        })
        .unwrap();
    assert_eq!(held.ended_at, start + TimeDelta::hours(1));
    let view = format!(
        "/v1.0/users/instructor@contoso.example/calendarView?startDateTime={}&endDateTime={}",
        encode(&(start - TimeDelta::hours(1)).to_rfc3339()),
        encode(&given.sim.now().to_rfc3339())
    );
    assert_eq!(given.ok(&view).await["value"][0]["subject"], "History");
}
