//! What each call sends and how it reads the answer.

use chrono::{DateTime, Utc};
use msgraph::{
    Attendee, AttendeeMedia, DeltaFrom, Error, LobbyScope, MeetingParticipant, MeetingSettings, NewEvent,
    ParticipantRole, Speakers, ZonedTime,
};
use uuid::Uuid;

use crate::server::{Answer, Server};

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn new_event() -> NewEvent {
    NewEvent {
        subject: "Algebra 1 - 2026-09-01 08:00".to_owned(),
        body_html: "<p>This class is recorded.</p>".to_owned(),
        start: ZonedTime::utc(moment("2026-09-01T06:00:00Z")),
        end: ZonedTime::utc(moment("2026-09-01T07:30:00Z")),
        attendees: vec![Attendee::required("ada@school.example", Some("Ada".to_owned()))],
        hide_attendees: true,
        transaction_id: Uuid::from_u128(7),
    }
}

#[tokio::test]
async fn an_event_is_created_with_a_teams_meeting_and_safely_repeated() {
    let graph = Server::start().await;
    let path = "/v1.0/users/rec%40school.example/events";
    graph.on(path, |_, nth| match nth {
        0 => Answer::of(504, ""),
        1 => Answer::of(
            201,
            r#"{"id":"AAMk=","isOnlineMeeting":true,"onlineMeeting":{"joinUrl":"https://teams/x%3a"}}"#,
        ),
        _ => Answer::of(409, r#"{"error":{"code":"ErrorDuplicateTransactionId","message":"twice"}}"#),
    });
    let client = graph.client();
    let event = client.create_event("rec@school.example", &new_event()).await.expect("an event");
    assert_eq!((event.id.as_str(), event.join_url()), ("AAMk=", Some("https://teams/x%3a")));
    let sent: serde_json::Value = serde_json::from_str(&graph.seen()[0].body).expect("JSON");
    assert_eq!(sent["isOnlineMeeting"], true);
    assert_eq!(sent["onlineMeetingProvider"], "teamsForBusiness");
    assert_eq!(sent["transactionId"], "00000000-0000-0000-0000-000000000007");
    assert_eq!(sent["hideAttendees"], true);
    assert_eq!(sent["start"]["dateTime"], "2026-09-01T06:00:00");
    assert_eq!(sent["attendees"][0]["emailAddress"]["address"], "ada@school.example");
    assert!(graph.seen()[0].header("prefer").is_some_and(|prefer| prefer.contains("IdType=\"ImmutableId\"")));

    let error = client.create_event("rec@school.example", &new_event()).await.expect_err("twice");
    assert!(matches!(error, Error::DuplicateTransaction { existing_event_id: None, .. }));
}

#[tokio::test]
async fn a_join_link_is_looked_up_as_received_and_encoded_once_more() {
    let graph = Server::start().await;
    let path = "/v1.0/users/5f/onlineMeetings";
    graph.on(path, |_, nth| match nth {
        0 => Answer::json(r#"{"value":[]}"#),
        1 => Answer::error(404, "NotFound"),
        _ => Answer::json(r#"{"value":[{"id":"MSo=","chatInfo":{"threadId":"19:x"}}]}"#),
    });
    let client = graph.client();
    let link =
        "https://teams.microsoft.com/l/meetup-join/19%3ameeting_O'H%40thread.v2/0?context=%7b%22Tid%22%7d";
    assert_eq!(client.find_online_meeting("5f", link).await.expect("an answer"), None);
    assert_eq!(client.find_online_meeting("5f", link).await.expect("an answer"), None);
    let meeting = client.find_online_meeting("5f", link).await.expect("an answer").expect("a meeting");
    assert_eq!(meeting.thread_id(), Some("19:x"));
    let query = &graph.seen()[0].query;
    assert_eq!(
        query,
        "$filter=JoinWebUrl%20eq%20%27https%3A%2F%2Fteams.microsoft.com%2Fl%2Fmeetup-join%2F19%253ameeting_O%27%27H%2540thread.v2\
         %2F0%3Fcontext%3D%257b%2522Tid%2522%257d%27"
    );
}

#[tokio::test]
async fn a_missing_access_policy_is_told_with_its_text() {
    let graph = Server::start().await;
    graph.on("/v1.0/users/5f/onlineMeetings", |_, _| {
        let text = "No application access policy found for this app app-1 on the user 5f.";
        Answer::of(403, format!(r#"{{"error":{{"code":"Forbidden","message":"{text}"}}}}"#))
    });
    let error = graph.client().find_online_meeting("5f", "https://t/x").await.expect_err("forbidden");
    let Error::Forbidden { message, .. } = &error else { panic!("{error:?}") };
    assert!(message.starts_with("No application access policy found"));
}

#[tokio::test]
async fn enforcing_can_only_switch_on() {
    let graph = Server::start().await;
    let path = "/v1.0/users/5f/onlineMeetings/MSo%3D";
    graph.on(path, |_, _| {
        Answer::json(
            r#"{"id":"MSo=","recordAutomatically":true,"allowRecording":true,"allowTranscription":true}"#,
        )
    });
    let settings = MeetingSettings {
        lobby: LobbyScope::Organization,
        participants: vec![MeetingParticipant {
            user_id: Some("9d".to_owned()),
            upn: None,
            role: Some(ParticipantRole::Presenter),
        }],
        attendee_media: AttendeeMedia::AsIs,
    };
    let meeting = graph.client().enforce_recording("5f", "MSo=", &settings).await.expect("a meeting");
    assert!(meeting.is_recording_enforced());
    let seen = &graph.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.header("prefer")),
        ("PATCH", Some("include-unknown-enum-members"))
    );
    let sent: serde_json::Value = serde_json::from_str(&seen.body).expect("JSON");
    for key in ["recordAutomatically", "allowRecording", "allowTranscription"] {
        assert_eq!(sent[key], true, "{key}");
    }
}

#[tokio::test]
async fn the_delta_of_an_organizer_is_asked_for_by_id_and_time() {
    let graph = Server::start().await;
    let path = "/v1.0/users/5f/onlineMeetings/getAllRecordings(meetingOrganizerUserId='5f',startDateTime=2026-09-01T00:00:00Z)/delta";
    let done = graph.at("/v1.0/done?$deltatoken=1");
    graph.on(path, move |_, _| {
        Answer::json(&format!(r#"{{"value":[{{"id":"r","meetingId":"m","callId":"c","createdDateTime":"2026-09-01T06:01:12.8546353Z"}}],"@odata.deltaLink":"{done}"}}"#))
    });
    let delta = graph
        .client()
        .recordings_delta("5f", DeltaFrom::Time(moment("2026-09-01T00:00:00Z")))
        .await
        .expect("a page");
    assert!(delta.next.is_done());
    assert_eq!(delta.items[0].call_id.as_deref(), Some("c"));
}

#[tokio::test]
async fn a_transcript_without_names_is_better_than_none() {
    let graph = Server::start().await;
    let path = "/v1.0/users/5f/onlineMeetings/m/transcripts/t/content";
    graph.on(path, |seen, _| match seen.header("accept") {
        Some("text/vtt") => Answer::of(
            403,
            r#"{"error":{"code":"Forbidden","message":"no","innerError":{"code":"SpeakerAttributionNotAllowed"}}}"#,
        ),
        _ => Answer::of(200, "WEBVTT\n\n0:0:0.0 --> 0:0:5.320\nGood morning.\n"),
    });
    let text = graph.client().transcript_text("5f", "m", "t").await.expect("a transcript");
    assert_eq!(text.speakers, Speakers::Withheld);
    assert!(text.vtt.contains("Good morning."));

    graph.on(path, |_, _| {
        Answer::of(403, r#"{"error":{"code":"Forbidden","message":"off","innererror":{"code":"GraphAccessToTranscriptsDisabled"}}}"#)
    });
    let error = graph.client().transcript_text("5f", "m", "t").await.expect_err("off");
    assert!(error.has_code("GraphAccessToTranscriptsDisabled") && !error.is_retryable());
}

#[tokio::test]
async fn a_redirected_transcript_is_read_without_the_token() {
    let graph = Server::start().await;
    let storage = Server::start().await;
    let place = storage.at("/t.vtt?sig=secret");
    graph.on("/v1.0/users/5f/onlineMeetings/m/transcripts/t/content", move |_, _| {
        Answer::of(302, "").with("location", place.clone())
    });
    storage.on("/t.vtt", |_, _| Answer::of(200, "\u{feff}WEBVTT\n\n"));
    let text = graph.client().transcript_text("5f", "m", "t").await.expect("a transcript");
    assert_eq!((text.vtt.as_str(), text.speakers), ("WEBVTT\n\n", Speakers::Named));
    assert_eq!(storage.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn new_messages_are_filtered_by_the_field_they_are_ordered_by() {
    let graph = Server::start().await;
    graph.on("/v1.0/chats/t/messages", |_, _| Answer::json(r#"{"value":[]}"#));
    let since = moment("2026-09-01T06:00:00.5Z");
    assert!(graph.client().chat_messages("t", Some(since)).await.expect("a list").is_empty());
    let query = graph.seen()[0].query.clone();
    assert!(query.contains("$orderby=lastModifiedDateTime%20desc"), "{query}");
    assert!(query.contains("$filter=lastModifiedDateTime%20gt%202026-09-01T06%3A00%3A00.500Z"), "{query}");
}

#[tokio::test]
async fn the_recordings_folder_is_found_by_role_then_by_name() {
    let graph = Server::start().await;
    let client = graph.client();
    graph.on("/v1.0/users/5f/drive/special/recordings", |_, nth| match nth {
        0 => Answer::json(r#"{"id":"by-role"}"#),
        _ => Answer::error(403, "accessDenied"),
    });
    graph.on("/v1.0/users/5f/drive/root:/Recordings", |_, nth| match nth {
        0 => Answer::json(r#"{"id":"by-name"}"#),
        3 => Answer::error(403, "accessDenied"),
        _ => Answer::error(404, "itemNotFound"),
    });
    graph.on("/v1.0/users/5f/drive/root:/Enregistrements%20%C3%A9", |_, nth| match nth {
        0 => Answer::json(r#"{"id":"localized"}"#),
        _ => Answer::error(404, "itemNotFound"),
    });
    let mut found = Vec::new();
    for _ in 0..4 {
        let folder = client.recordings_folder("5f", &["Enregistrements é"]).await.expect("an answer");
        found.push(folder.map(|folder| folder.id));
    }
    assert_eq!(
        found,
        [Some("by-role".to_owned()), Some("by-name".to_owned()), Some("localized".to_owned()), None]
    );
    let refused = client.recordings_folder("5f", &[]).await;
    assert!(
        matches!(refused, Err(Error::Forbidden { .. })),
        "a refusal of the plain path is a real one: {refused:?}"
    );
}

#[tokio::test]
async fn token_and_tenant_can_be_examined() {
    let graph = Server::start().await;
    let payload = "eyJ0aWQiOiJ0IiwiYXBwaWQiOiJhIiwicm9sZXMiOlsiTWFpbC5TZW5kIl0sImV4cCI6MTgwMDAwMDAwMH0";
    graph.on("/tenant/oauth2/v2.0/token", move |_, _| {
        Answer::json(&format!(r#"{{"access_token":"e30.{payload}.x","expires_in":3599}}"#))
    });
    graph.on("/tenant/v2.0/.well-known/openid-configuration", |_, _| {
        Answer::json(
            r#"{"issuer":"https://login/t/v2.0","token_endpoint":"https://login/t/oauth2/v2.0/token"}"#,
        )
    });
    let client = graph.client();
    assert_eq!(client.token_claims().await.expect("claims").roles, ["Mail.Send"]);
    assert_eq!(client.openid_configuration().await.expect("metadata").issuer, "https://login/t/v2.0");
    assert_eq!(graph.sign_ins(), 1);
    client.forget_token().await;
    assert!(client.token_claims().await.is_ok());
    assert_eq!(graph.sign_ins(), 2);

    graph.on("/tenant/v2.0/.well-known/openid-configuration", |_, _| {
        Answer::of(
            400,
            r#"{"error":"invalid_tenant","error_description":"AADSTS90002: Tenant 'x' not found."}"#,
        )
    });
    let error = client.openid_configuration().await.expect_err("no tenant");
    assert!(matches!(error, Error::Token { aadsts: Some(90_002), .. }));
}

#[tokio::test]
async fn attendance_is_read_to_its_last_page() {
    let graph = Server::start().await;
    let reports = "/v1.0/users/5f/onlineMeetings/m/attendanceReports";
    graph.on(reports, |_, _| {
        Answer::json(r#"{"value":[{"id":"r1","meetingStartDateTime":"2026-09-01T06:00:31.12Z"}]}"#)
    });
    let records = format!("{reports}/r1/attendanceRecords");
    let next = graph.at("/v1.0/next");
    graph.on(&records, move |_, _| {
        Answer::json(&format!(r#"{{"value":[{{"id":"a","attendanceIntervals":[{{"joinDateTime":"2026-09-01T06:02:00.1Z","durationInSeconds":5}}]}}],"@odata.nextLink":"{next}"}}"#))
    });
    graph.on("/v1.0/next", |_, _| Answer::json(r#"{"value":[{"id":"b"}]}"#));
    let client = graph.client();
    let report = client.attendance_reports("5f", "m").await.expect("reports").remove(0);
    let people = client.attendance_records("5f", "m", &report.id).await.expect("records");
    assert_eq!(people.len(), 2);
    assert_eq!(people[0].attendance_intervals[0].leave_date_time, None);
}
