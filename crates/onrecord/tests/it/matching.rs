//! Matching: every file to its own class, and what cannot be told to a person. Never by the title alone.

use chrono::TimeDelta;
use msgraph_sim::{HoldRequest, SeedEvent};
use onrecord::model::id::Id as _;
use serde_json::json;

use crate::school::{School, states};

#[tokio::test]
async fn two_classes_of_the_same_title_at_the_same_hour_never_swap_recordings() {
    let school = School::open().await;
    let one = school.class("Algebra", -60).await;
    let two = school.class("Algebra", -60).await;
    // The files differ in size, so that a swap would show.
    let first = school.hold_as(&one, HoldRequest { size_bytes: Some(3_000_000), ..HoldRequest::default() });
    let second = school.hold_as(&two, HoldRequest { size_bytes: Some(4_000_000), ..HoldRequest::default() });
    for _ in 0..2 {
        school.sync(&one).await;
        school.sync(&two).await;
        school.timetable().await;
    }
    for (class, held) in [(&one, &first), (&two, &second)] {
        let rows = school.artifacts(class, "recording").await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].graph_id.as_deref(), Some(held.recordings[0].id.as_str()));
        let is_own = rows[0].item_id.is_none() || rows[0].item_id == held.recordings[0].item_id;
        assert!(is_own, "a swapped recording: {rows:?}");
    }
}

#[tokio::test]
async fn without_the_chat_same_titles_stay_without_file_and_the_files_wait_in_the_inbox() {
    let school = School::open().await;
    let tx = school.world.app.store.write().await.unwrap();
    tx.execute("UPDATE integration SET kinds_off = '[\"chat\",\"files\"]'", Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    let one = school.class("Algebra", -60).await;
    let two = school.class("Algebra", -60).await;
    let held = school.hold(&one);
    // The other class has not been held yet: its file may come at any moment.
    let answer = school.sync(&one).await;
    assert_eq!(states(&answer), ["ok", "ok", "ok", "off", "off"], "{answer}");
    let rows = school.artifacts(&one, "recording").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].item_id, None, "nobody can tell yet: {rows:?}");
    let inbox = school.read("admin@contoso.example", "/api/v1/inbox").await;
    assert_eq!(inbox["items"].as_array().unwrap().len(), 1, "{inbox}");
    assert_eq!(inbox["items"][0]["onedrive_item_id"].as_str(), held.recordings[0].item_id.as_deref());
    assert_eq!(school.artifacts(&two, "recording").await.len(), 0);
}

#[tokio::test]
async fn a_file_that_comes_before_teams_lists_its_recording_becomes_one_row_with_it() {
    let school = School::open().await;
    school
        .world
        .sim
        .add_fault(&json!({ "path": "*/onlineMeetings/*/recordings", "status": 404, "times": 1 }))
        .unwrap();
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.sync(&class).await;
    let first = school.artifacts(&class, "recording").await;
    assert_eq!(first.len(), 1, "the file alone is enough");
    assert_eq!(first[0].graph_id, None);
    school.sync(&class).await;
    let then = school.artifacts(&class, "recording").await;
    assert_eq!(then.len(), 1);
    assert_eq!(then[0].id, first[0].id, "the older id survives");
    assert!(then[0].graph_id.is_some() && then[0].item_id.is_some());
}

#[tokio::test]
async fn a_meeting_that_teams_has_forgotten_still_gets_its_file() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.world.sim.add_fault(&json!({ "path": "onlineMeetings", "status": 404 })).unwrap();
    school.wait(TimeDelta::days(61));
    let answer = school.sync(&class).await;
    assert_eq!(answer["details"]["recordings"]["state"], json!("ok"), "{answer}");
    let rows = school.artifacts(&class, "recording").await;
    assert_eq!(rows.len(), 1);
    assert!(rows[0].item_id.is_some());
}

#[tokio::test]
async fn what_fits_no_class_waits_in_the_inbox_until_a_person_decides_and_that_is_remembered() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let stray = SeedEvent {
        organizer: None,
        subject: "Somebody's meeting".to_owned(),
        start: Some(school.now() - TimeDelta::hours(5)),
        end: Some(school.now() - TimeDelta::hours(4)),
        attendees: Vec::new(),
        record_automatically: true,
    };
    for hours in [5, 9] {
        let event = school.world.sim.seed_event(&stray).unwrap();
        let request = HoldRequest {
            join_url: Some(event.join_url),
            started_at: Some(school.now() - TimeDelta::hours(hours)),
            ..HoldRequest::default()
        };
        school.world.sim.hold(&request).unwrap();
    }
    school.timetable().await;
    let admin = school.world.sign_in("admin@contoso.example").await;
    let inbox = admin.get("/api/v1/inbox").await.expect(200).json();
    let items = inbox["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{inbox}");
    for nobody in ["learner@contoso.example", "instructor@contoso.example"] {
        school.world.sign_in(nobody).await.get("/api/v1/inbox").await.expect(404);
    }
    let assign = format!("/api/v1/inbox/{}/assign", items[0]["id"]);
    let officer = school.world.sign_in("officer@contoso.example").await;
    officer.post(&assign, &json!({ "meeting_id": class.meeting.get() })).await.expect(403);
    admin.post(&assign, &json!({ "meeting_id": 999_999 })).await.expect(422);
    admin.post(&assign, &json!({ "meeting": 1 })).await.expect(422);
    admin.post(&assign, &json!({ "meeting_id": class.meeting.get() })).await.expect(204);
    admin.post(&assign, &json!({ "meeting_id": class.meeting.get() })).await.expect(404);
    let dismiss = format!("/api/v1/inbox/{}/dismiss", items[1]["id"]);
    admin.post(&dismiss, &json!(null)).await.expect(204);
    for _ in 0..2 {
        school.wait(TimeDelta::hours(1));
        school.timetable().await;
        school.sync(&class).await;
    }
    assert_eq!(admin.get("/api/v1/inbox").await.json()["items"], json!([]), "what was decided stays decided");
    let rows = school.artifacts(&class, "recording").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].match_basis.to_string(), "person");
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM audit_entry WHERE action LIKE 'inbox.%'").await, 2);
}
