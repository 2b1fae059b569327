//! Before class OnRecord reads again whether recording is on and puts back what somebody switched off; while the class
//! runs it looks whether it is being recorded, and tells people while they can still press Record.

use chrono::TimeDelta;
use msgraph_sim::HoldRequest;
use onrecord::model::conference::AutoRecordingStatus as Status;
use onrecord::model::id::{ConferenceId, MeetingId};
use onrecord::params;
use onrecord::store::Read as _;
use serde_json::{Value, json};

use crate::teaching::School;

/// How often the meeting's options were read since the log was cleared.
fn reads(school: &School) -> usize {
    school
        .asked()
        .iter()
        .filter(|asked| asked.starts_with("GET") && asked.contains("onlineMeetings/{"))
        .count()
}

/// A class that begins in a day and five minutes, made and enabled, past the look right after its creation.
async fn class(school: &School) -> (ConferenceId, MeetingId, String) {
    // The school opens at 06:00 UTC; 08:05 in Berlin is a day and five minutes later.
    let (conference, id) = school.class_tomorrow_at("08:05", "09:05").await;
    school.run_jobs().await;
    let meeting = school.meeting(id).await;
    assert_eq!(meeting.auto_recording_status, Status::Enabled);
    (conference, id, meeting.join_url.expect("a link"))
}

/// Time passes in steps, and the worker does what became due at each.
async fn pass(school: &School, minutes: i64) {
    let mut left = minutes;
    while left > 0 {
        let step = left.min(10);
        school.wait(TimeDelta::minutes(step)).await;
        school.run_jobs().await;
        left -= step;
    }
}

/// The class begins in Teams at its time.
async fn begin(school: &School, id: MeetingId, request: HoldRequest) {
    let meeting = school.meeting(id).await;
    let until = meeting.starts_at - school.world.app.clock.now();
    pass(school, until.num_minutes()).await;
    let request = HoldRequest { join_url: meeting.join_url, ..request };
    school.world.sim.begin(&request).expect("the class begins");
}

async fn alerts(school: &School, email: &str) -> Vec<String> {
    let answer = school.world.sign_in(email).await.get("/api/v1/alerts").await.expect(200).json();
    let items = answer["items"].as_array().expect("a list").clone();
    items.iter().map(|item| item["kind"].as_str().expect("a kind").to_owned()).collect()
}

async fn page(school: &School, email: &str, path: &str) -> String {
    school.world.sign_in(email).await.get(path).await.expect(200).text()
}

/// Since when recording is on, as the page of the class tells it.
fn enabled_since(page: &str) -> String {
    let step = page.split_once("Recording switched on, and read back").expect("the step").1;
    let time = step.split_once("datetime=\"").expect("its time").1;
    time.split('"').next().expect("a value").to_owned()
}

async fn report(school: &School) -> Value {
    school.world.sign_in("admin@contoso.example").await.get("/api/v1/monitor").await.expect(200).json()
}

#[tokio::test]
async fn recording_is_read_again_after_creation_and_a_day_an_hour_and_ten_minutes_before_class() {
    let school = School::new().await;
    let (_, id, _) = class(&school).await;
    let mut looks = Vec::new();
    school.world.sim.clear_requests();
    for minute in 1..=(24 * 60 + 10) {
        school.wait(TimeDelta::minutes(1)).await;
        if reads(&school) > 0 {
            let meeting = school.meeting(id).await;
            looks.push((meeting.starts_at - school.world.app.clock.now()).num_minutes());
            assert_eq!(meeting.read_back_at, Some(school.world.app.clock.now()), "minute {minute}");
            school.world.sim.clear_requests();
        }
        // Nothing else is due between the looks.
        if minute == 10 {
            school.wait(TimeDelta::minutes(22 * 60)).await;
        }
        if school.meeting(id).await.starts_at <= school.world.app.clock.now() {
            break;
        }
    }
    assert_eq!(looks, [1_443, 1_440, 60, 10]);
    assert!(alerts(&school, "admin@contoso.example").await.is_empty());
}

#[tokio::test]
async fn what_somebody_switched_off_is_on_again_before_class_and_stands_in_audit_and_report() {
    let school = School::new().await;
    let (conference, id, link) = class(&school).await;
    let path = format!("/conferences/{conference}");
    let first = enabled_since(&page(&school, "instructor@contoso.example", &path).await);
    pass(&school, 30).await;
    assert!(school.world.sim.flip_recording(&link, false));
    pass(&school, 23 * 60).await;
    let later = enabled_since(&page(&school, "instructor@contoso.example", &path).await);
    assert_eq!(later, first, "it was switched on once, however often it is read");
    let meeting = school.meeting(id).await;
    assert_eq!(meeting.auto_recording_status, Status::Enabled);
    assert!(school.online_meeting(&meeting).await.is_recording_enforced());
    let sql = "SELECT d.detail FROM audit_entry e JOIN audit_detail d ON d.entry_id = e.id
               WHERE e.action = 'recording.drift_found' AND e.subject = $1";
    let row = school.world.app.store.row(sql, params![format!("meeting:{id}")]).await.unwrap().unwrap();
    let detail: Value = serde_json::from_str(&row.get::<String>("detail").unwrap()).unwrap();
    assert_eq!(detail["old"]["recordAutomatically"], json!(false), "{detail}");
    assert_eq!(detail["new"]["recordAutomatically"], json!(true));
    let report = report(&school).await;
    assert_eq!(report["drift"], json!({ "found": 1, "repaired": 1, "repaired_last_7_days": 1 }));
    let text = page(&school, "instructor@contoso.example", &format!("/conferences/{conference}")).await;
    assert!(text.contains("Found switched off in Teams") && text.contains("Recording switched on again"));
}

#[tokio::test]
async fn moving_a_class_moves_its_looks_and_cancelling_drops_them() {
    let school = School::new().await;
    let (conference, id, _) = class(&school).await;
    pass(&school, 10).await;
    let slots = json!({ "time_slots": [{ "id": id.0, "date": "2026-09-04", "start_time": "08:05", "end_time": "09:05" }] });
    let path = format!("/api/v1/conferences/{conference}");
    school.instructor().await.patch(&path, &slots).await.expect(200);
    pass(&school, 20).await;
    let meeting = school.meeting(id).await;
    assert_eq!(meeting.guard_at, Some(meeting.starts_at - TimeDelta::hours(24)));
    school.instructor().await.delete(&path).await;
    assert_eq!(school.meeting(id).await.guard_at, None);
    school.run_jobs().await;
    school.world.sim.clear_requests();
    school.wait(TimeDelta::days(4)).await;
    assert_eq!(reads(&school), 0);
}

#[tokio::test]
async fn a_class_that_cannot_be_enabled_alerts_before_it_begins_and_no_longer_once_it_can() {
    let school = School::new().await;
    school.world.sim.patch_tenant(&json!({ "access_policy": "none" })).unwrap();
    let (_, id) = school.class_tomorrow_at("08:05", "09:05").await;
    school.run_jobs().await;
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::FailedAccessPolicy);
    for email in ["admin@contoso.example", "instructor@contoso.example"] {
        assert_eq!(alerts(&school, email).await, ["not_enabled"], "{email}");
        let home = page(&school, email, "/").await;
        assert!(home.contains("Failed to enable auto-recording"), "{email}");
    }
    assert!(alerts(&school, "learner@contoso.example").await.is_empty());
    assert!(alerts(&school, "outsider@contoso.example").await.is_empty());
    let shown = report(&school).await;
    assert_eq!(shown["ok"], json!(false));
    assert_eq!(shown["alerts"][0]["kind"], json!("not_enabled"), "{shown}");
    assert_eq!(shown["alerts"][0]["told"], json!(["instructor", "admin"]));
    pass(&school, 120).await;
    assert_eq!(school.audited("alert.raised").await, 1, "raised once however often it fails");

    school.world.sim.patch_tenant(&json!({ "access_policy": "all" })).unwrap();
    pass(&school, 22 * 60).await;
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::Enabled);
    assert!(alerts(&school, "instructor@contoso.example").await.is_empty());
    assert_eq!(school.audited("alert.resolved").await, 1);
}

#[tokio::test]
async fn a_flag_that_cannot_be_put_back_alerts_before_class() {
    let school = School::new().await;
    let (_, id, link) = class(&school).await;
    pass(&school, 30).await;
    assert!(school.world.sim.flip_recording(&link, false));
    let fault = json!({ "method": "PATCH", "path": "onlineMeetings", "status": 403, "code": "Forbidden", "message": "no" });
    school.world.sim.add_fault(&fault).unwrap();
    pass(&school, 23 * 60).await;
    assert!(school.meeting(id).await.auto_recording_status.is_failure());
    assert_eq!(alerts(&school, "instructor@contoso.example").await, ["not_enabled"]);
}

#[tokio::test]
async fn what_cannot_be_read_an_hour_before_class_is_told_to_the_administrators() {
    let school = School::new().await;
    let (_, id, _) = class(&school).await;
    pass(&school, 30).await;
    let roles = school.world.sim.tenant()["roles"].as_array().unwrap().clone();
    let fewer: Vec<_> = roles.iter().filter(|role| *role != "OnlineMeetings.ReadWrite.All").collect();
    school.world.sim.patch_tenant(&json!({ "roles": fewer })).unwrap();
    pass(&school, 22 * 60 + 40).await;
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::Enabled, "it was, when last read");
    assert_eq!(alerts(&school, "admin@contoso.example").await, ["not_checked"]);
    assert!(alerts(&school, "instructor@contoso.example").await.is_empty());
    school.world.sim.patch_tenant(&json!({ "roles": roles })).unwrap();
    pass(&school, 50).await;
    assert!(alerts(&school, "admin@contoso.example").await.is_empty());
}

#[tokio::test]
async fn a_class_that_is_being_recorded_alarms_nobody() {
    let school = School::new().await;
    let (conference, id, link) = class(&school).await;
    begin(&school, id, HoldRequest::default()).await;
    pass(&school, 60).await;
    assert_eq!(school.audited("alert.raised").await, 0);
    let text = page(&school, "instructor@contoso.example", &format!("/conferences/{conference}")).await;
    assert!(!text.contains("press Record now"));
    school.world.sim.end(&link).unwrap();
    pass(&school, 30).await;
    assert_eq!(school.meeting(id).await.guard_at, None, "nothing is left to watch");
}

#[tokio::test]
async fn a_call_without_recording_tells_instructor_and_administrators_to_press_record() {
    let school = School::new().await;
    let (conference, id, link) = class(&school).await;
    let silent = HoldRequest { record: Some(false), ..HoldRequest::default() };
    begin(&school, id, silent).await;
    school.wait(TimeDelta::minutes(2)).await;
    let path = format!("/conferences/{conference}");
    for email in ["admin@contoso.example", "instructor@contoso.example"] {
        assert_eq!(alerts(&school, email).await, ["not_recording"], "{email}");
        assert!(page(&school, email, "/").await.contains("Not being recorded: press Record now"), "{email}");
        let text = page(&school, email, &path).await;
        assert!(
            text.contains("Not being recorded: press Record now") && text.contains("hx-trigger"),
            "{text}"
        );
        assert!(text.contains("presenters may press it"), "it says who may");
    }
    let learner = page(&school, "learner@contoso.example", &path).await;
    assert!(learner.contains("not being recorded at present") && !learner.contains("press Record now"));
    assert!(report(&school).await["problems"].to_string().contains("press Record now"));

    assert!(school.world.sim.record(&link, true).unwrap().recording);
    school.wait(TimeDelta::minutes(1)).await;
    assert!(alerts(&school, "instructor@contoso.example").await.is_empty(), "seen within a minute");
    assert!(!page(&school, "instructor@contoso.example", &path).await.contains("press Record now"));
}

#[tokio::test]
async fn a_recording_that_ends_while_the_call_goes_on_alarms_and_the_end_of_class_ends_the_alarm() {
    let school = School::new().await;
    let (_, id, link) = class(&school).await;
    begin(&school, id, HoldRequest::default()).await;
    pass(&school, 20).await;
    assert!(!school.world.sim.record(&link, false).unwrap().recording);
    pass(&school, 10).await;
    assert_eq!(alerts(&school, "instructor@contoso.example").await, ["not_recording"]);
    let shown = report(&school).await;
    assert_eq!(shown["alerts"][0]["detail"], json!("stopped"));
    school.world.sim.end(&link).unwrap();
    pass(&school, 10).await;
    assert!(alerts(&school, "instructor@contoso.example").await.is_empty());
}

#[tokio::test]
async fn news_of_the_chat_is_enough_to_look_at_once() {
    let school = School::new().await;
    let (_, id, link) = class(&school).await;
    begin(&school, id, HoldRequest::default()).await;
    pass(&school, 12).await;
    school.world.sim.record(&link, false).unwrap();
    school.world.advance(TimeDelta::seconds(50));
    onrecord::ops::sync::watch(&school.world.app, id).await.expect("a look");
    assert_eq!(alerts(&school, "instructor@contoso.example").await, ["not_recording"]);
}

#[tokio::test]
async fn without_the_right_to_read_chats_whoever_teaches_is_asked_and_believed() {
    let school = School::new().await;
    let (conference, id, _) = class(&school).await;
    let roles = school.world.sim.tenant()["roles"].as_array().unwrap().clone();
    let fewer: Vec<_> = roles.iter().filter(|role| *role != "Chat.Read.All").collect();
    school.world.sim.patch_tenant(&json!({ "roles": fewer })).unwrap();
    begin(&school, id, HoldRequest::default()).await;
    school.wait(TimeDelta::minutes(2)).await;
    assert_eq!(alerts(&school, "instructor@contoso.example").await, ["confirm_recording"]);
    let path = format!("/conferences/{conference}");
    let form = format!("/meetings/{id}/recording-check");
    let text = page(&school, "instructor@contoso.example", &path).await;
    assert!(text.contains("Is Teams recording?") && text.contains(&form), "{text}");
    assert!(!page(&school, "learner@contoso.example", &path).await.contains("Is Teams recording?"));

    let instructor = school.instructor().await;
    instructor.submit(&form, &[("recording", "perhaps")]).await.expect(422);
    instructor.submit(&form, &[("recording", "no")]).await.expect(303);
    assert_eq!(alerts(&school, "admin@contoso.example").await, ["not_recording"]);
    let said = json!({ "recording": true });
    let api = format!("/api/v1/meetings/{id}/recording-check");
    school.world.sign_in("learner@contoso.example").await.post(&api, &said).await.expect(403);
    school.world.sign_in("outsider@contoso.example").await.post(&api, &said).await.expect(404);
    instructor.post(&api, &said).await.expect(204);
    pass(&school, 30).await;
    assert!(alerts(&school, "instructor@contoso.example").await.is_empty(), "asked once for a class");
    assert_eq!(school.audited("recording.seen").await, 2);
    pass(&school, 60).await;
    instructor.post(&api, &said).await.expect(409);
}
