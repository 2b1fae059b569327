//! Sync: what a class left behind comes out of Microsoft 365, honestly and once.

use chrono::TimeDelta;
use msgraph_sim::{Delays, HoldRequest, Outcome};
use onrecord::model::sync::SyncCause;
use onrecord::ops::sync::{Asked, SyncRequest, sync_conference, sync_whole};
use onrecord::store::sync::Scope;
use serde_json::json;

use crate::school::{Entered, School, state, states};

const ALL_OK: [&str; 5] = ["ok"; 5];

#[tokio::test]
async fn after_a_class_everything_arrives_and_a_repeat_changes_nothing() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    let answer = school.sync(&class).await;
    assert_eq!(states(&answer), ALL_OK, "{answer}");
    assert_eq!(answer["success"], json!(true));
    assert_eq!(answer["details"]["recordings"]["created"], json!(1));
    assert_eq!(answer["details"]["transcripts"]["created"], json!(1));
    assert_eq!(answer["details"]["files"]["created"], json!(1));
    assert!(answer["details"]["attendance"]["created"].as_u64() >= Some(3), "{answer}");
    assert!(answer["details"]["chat"]["created"].as_u64() >= Some(1), "{answer}");
    let items = answer["items_processed"].as_u64().unwrap();
    let again = school.sync(&class).await;
    assert_eq!(states(&again), ALL_OK, "{again}");
    for kind in ["recordings", "transcripts", "attendance", "chat", "files"] {
        assert_eq!(again["details"][kind]["created"], json!(0), "{kind} {again}");
        assert_eq!(again["details"][kind]["updated"], json!(0), "{kind} {again}");
    }
    assert_eq!(again["items_processed"].as_u64(), Some(items));
    assert_eq!(again["details"]["recordings"]["error"], json!(null));
}

#[tokio::test]
async fn a_recording_has_its_file_its_size_its_hash_and_its_true_length() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let held = school.hold(&class);
    school.sync(&class).await;
    let recordings = school.artifacts(&class, "recording").await;
    let [recording] = recordings.as_slice() else { panic!("{recordings:?}") };
    let expected = &held.recordings[0];
    assert_eq!(recording.item_id, expected.item_id);
    assert_eq!(recording.drive_id, expected.drive_id);
    assert_eq!(recording.size_bytes, Some(expected.size_bytes as i64));
    assert_eq!(recording.quick_xor_hash.as_deref(), Some(expected.quick_xor_hash.as_str()));
    assert_eq!(
        recording.duration_ms,
        Some(expected.duration_ms as i64),
        "a length of 0 was one of the old failures"
    );
    assert_eq!(recording.duration_minutes(), Some(60));
    assert_eq!(recording.name, expected.name);
    assert!(recording.expected_expiry_at.is_some());
}

#[tokio::test]
async fn no_link_that_gives_a_right_to_read_is_ever_stored() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.sync(&class).await;
    for kind in ["recording", "transcript", "file"] {
        for artifact in school.artifacts(&class, kind).await {
            let all = format!("{artifact:?}");
            assert!(!all.contains("tempauth") && !all.contains("/download/"), "{all}");
        }
    }
}

#[tokio::test]
async fn recordings_in_a_teachers_own_onedrive_are_found() {
    let school = School::open().await;
    let class = Entered {
        title: "Physics",
        in_minutes: -60,
        organizer: "instructor@contoso.example",
        is_named: true,
    };
    let class = school.enter(class).await;
    school.hold(&class);
    let answer = school.sync(&class).await;
    assert_eq!(states(&answer), ALL_OK, "{answer}");
    let recordings = school.artifacts(&class, "recording").await;
    assert_eq!(recordings.len(), 1);
    assert!(recordings[0].item_id.is_some(), "the file in the teacher's drive belongs to it: {recordings:?}");
}

#[tokio::test]
async fn a_teachers_private_recordings_are_nobodys_business() {
    let school = School::open().await;
    let teacher = "instructor@contoso.example";
    let class = Entered { title: "Physics", in_minutes: -60, organizer: teacher, is_named: true };
    let class = school.enter(class).await;
    let private = msgraph_sim::SeedEvent {
        organizer: Some(teacher.to_owned()),
        subject: "Private talk".to_owned(),
        start: Some(school.now() - TimeDelta::hours(3)),
        end: Some(school.now() - TimeDelta::hours(2)),
        attendees: Vec::new(),
        record_automatically: true,
    };
    let private = school.world.sim.seed_event(&private).unwrap();
    let held = HoldRequest {
        join_url: Some(private.join_url),
        started_at: Some(school.now() - TimeDelta::hours(3)),
        ..HoldRequest::default()
    };
    school.world.sim.hold(&held).unwrap();
    school.hold(&class);
    school.sync(&class).await;
    school.timetable().await;
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM artifact WHERE name LIKE '%Private talk%'").await, 0);
}

#[tokio::test]
async fn a_meeting_whose_online_id_was_never_stored_is_found_by_its_link() {
    let school = School::open().await;
    let class = Entered {
        title: "History",
        in_minutes: -60,
        organizer: "instructor@contoso.example",
        is_named: false,
    };
    let class = school.enter(class).await;
    school.hold(&class);
    let answer = school.sync(&class).await;
    assert_eq!(states(&answer), ALL_OK, "{answer}");
    let row = school.row(&class).await;
    assert!(row.online_meeting_id.is_some() && row.organizer_id.is_some() && row.chat_thread_id.is_some());
}

#[tokio::test]
async fn success_means_every_part_succeeded() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    let all = school.world.sim.tenant()["roles"].as_array().unwrap().clone();
    let fewer: Vec<_> = all.into_iter().filter(|role| role != "Chat.Read.All").collect();
    school.world.sim.patch_tenant(&json!({ "roles": fewer })).unwrap();
    let answer = school.sync(&class).await;
    assert_eq!(answer["success"], json!(false));
    assert_eq!(state(&answer, "chat"), "failed");
    let error = answer["details"]["chat"]["error"].as_str().unwrap();
    assert!(error.contains("Chat.Read.All"), "{error}");
    for kind in ["recordings", "transcripts", "attendance"] {
        assert_eq!(state(&answer, kind), "ok", "the others go on: {answer}");
    }
}

#[tokio::test]
async fn a_missing_access_policy_is_named_with_its_commands() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.world.sim.patch_tenant(&json!({ "access_policy": "none" })).unwrap();
    let answer = school.sync(&class).await;
    for kind in ["recordings", "transcripts", "attendance"] {
        let error = answer["details"][kind]["error"].as_str().unwrap_or_default();
        assert!(error.contains("Grant-CsApplicationAccessPolicy"), "{kind}: {answer}");
    }
    assert_eq!(state(&answer, "chat"), "ok", "chat needs no policy: {answer}");
}

#[tokio::test]
async fn kinds_that_are_off_are_not_asked_for() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    let tx = school.world.app.store.write().await.unwrap();
    tx.execute("UPDATE integration SET kinds_off = '[\"attendance\",\"chat\",\"files\"]'", Vec::new())
        .await
        .unwrap();
    tx.execute("UPDATE course SET kinds_off = '[\"transcripts\"]'", Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    school.world.sim.clear_requests();
    let answer = school.sync(&class).await;
    assert_eq!(states(&answer), ["ok", "off", "off", "off", "off"], "{answer}");
    assert_eq!(answer["success"], json!(true));
    let asked = school.requests().join("\n");
    for word in ["attendance", "messages", "shares", "transcripts"] {
        assert!(!asked.contains(word), "{asked}");
    }
}

#[tokio::test]
async fn what_microsoft_has_not_offered_yet_is_waited_for_and_then_comes_by_itself() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let delays = Delays { recording: 900, transcript: 1_200, attendance: 300, chat: 0, files: 0 };
    school.hold_as(&class, HoldRequest { delays, ..HoldRequest::default() });
    let early = school.sync(&class).await;
    assert_eq!(states(&early), ["waiting", "waiting", "waiting", "ok", "ok"], "{early}");
    assert_eq!(early["success"], json!(false), "waiting is no success");
    for _ in 0..12 {
        school.wait(TimeDelta::minutes(5));
        school.timetable().await;
    }
    assert_eq!(school.artifacts(&class, "recording").await.len(), 1);
    assert!(school.artifacts(&class, "recording").await[0].item_id.is_some());
    assert!(school.artifacts(&class, "transcript").await[0].archive_key.is_some());
    let late = school.sync(&class).await;
    assert_eq!(states(&late), ALL_OK, "{late}");
}

#[tokio::test]
async fn transcripts_of_a_class_in_two_parts_are_numbered_however_they_come() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let delays = Delays { transcript: 1_200, recording: 600, ..Delays::default() };
    school.hold_as(&class, HoldRequest { parts: Some(2), delays, ..HoldRequest::default() });
    for _ in 0..9 {
        school.wait(TimeDelta::minutes(5));
        school.timetable().await;
    }
    for kind in ["recording", "transcript"] {
        let parts: Vec<i64> = school.artifacts(&class, kind).await.iter().map(|one| one.part).collect();
        assert_eq!(parts, [1, 2], "{kind}");
    }
}

#[tokio::test]
async fn a_class_that_is_still_to_come_waits_and_one_held_early_does_not() {
    let school = School::open().await;
    let class = school.class("Algebra", 3_000).await;
    let before = school.sync(&class).await;
    assert_eq!(states(&before), ["waiting"; 5], "{before}");
    school.hold(&class);
    let after = school.sync(&class).await;
    assert_eq!(states(&after), ALL_OK, "{after}");
    assert_eq!(school.row(&class).await.verdict.to_string(), "recorded");
}

#[tokio::test]
async fn a_class_held_early_is_found_by_the_changes_of_its_organizer() {
    let school = School::open().await;
    let class = school.class("Algebra", 3_000).await;
    school.timetable().await;
    school.hold(&class);
    school.wait(TimeDelta::hours(2));
    school.timetable().await;
    assert_eq!(school.artifacts(&class, "recording").await.len(), 1);
    assert_eq!(school.row(&class).await.verdict.to_string(), "recorded");
}

#[tokio::test]
async fn several_parts_are_numbered_by_their_start() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, HoldRequest { parts: Some(3), ..HoldRequest::default() });
    let answer = school.sync(&class).await;
    assert_eq!(answer["details"]["recordings"]["created"], json!(3), "{answer}");
    let parts = school.artifacts(&class, "recording").await;
    assert_eq!(parts.iter().map(|part| part.part).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(parts.is_sorted_by_key(|part| part.started_at));
    assert!(parts.iter().all(|part| part.item_id.is_some()), "{parts:?}");
}

#[tokio::test]
async fn two_who_press_at_once_share_the_work() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.world.sim.add_fault(&json!({ "path": "attendanceReports", "slow_ms": 300, "times": 1 })).unwrap();
    school.world.sim.clear_requests();
    let (one, two) = tokio::join!(school.sync(&class), school.sync(&class));
    assert_eq!(one["sync_run_id"], two["sync_run_id"]);
    assert_eq!(one, two);
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM sync_run").await, 1);
    let lists = school.requests().iter().filter(|line| line.ends_with("/attendanceReports")).count();
    assert_eq!(lists, 1);
}

#[tokio::test]
async fn a_run_that_was_killed_is_taken_over_and_loses_nothing() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.world.sim.add_fault(&json!({ "path": "*/transcripts", "slow_ms": 5_000, "times": 1 })).unwrap();
    let request = SyncRequest { conference: class.conference, cause: SyncCause::Command, requested_by: None };
    let half_way = async {
        while school.artifacts(&class, "recording").await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = sync_conference(&school.world.app, &request) => panic!("it was to be cut off in the middle"),
        () = half_way => {}
    }
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM sync_run WHERE finished_at IS NULL").await, 1);
    school.wait(TimeDelta::minutes(2));
    let answer = school.sync(&class).await;
    assert_eq!(states(&answer), ALL_OK, "{answer}");
    assert_eq!(school.artifacts(&class, "recording").await.len(), 1);
    assert_eq!(school.artifacts(&class, "transcript").await.len(), 1);
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM sync_run WHERE report IS NOT NULL").await, 1);
}

#[tokio::test]
async fn troubles_on_the_way_are_got_over_or_told() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    for fault in [
        json!({ "path": "*/onlineMeetings/*/recordings", "status": 503, "retry_after": 0, "times": 1 }),
        json!({ "path": "*/attendanceReports", "malformed": true, "times": 1 }),
        json!({ "path": "*/messages", "status": 429, "retry_after": 0, "times": 1 }),
    ] {
        school.world.sim.add_fault(&fault).unwrap();
    }
    let answer = school.sync(&class).await;
    assert_eq!(states(&answer), ALL_OK, "{answer}");
    school.world.sim.add_fault(&json!({ "path": "*/messages", "status": 429, "retry_after": 600 })).unwrap();
    school.world.sim.add_fault(&json!({ "path": "*/attendanceReports", "html": true })).unwrap();
    let answer = school.sync(&class).await;
    assert_eq!(states(&answer), ["ok", "ok", "failed", "failed", "ok"], "{answer}");
    let told = answer["details"]["chat"]["error"].as_str().unwrap();
    assert!(told.contains("600"), "{told}");
    assert!(school.row(&class).await.next_sync_at >= Some(school.now() + TimeDelta::seconds(600)));
    assert!(school.count("SELECT COUNT(*) AS n FROM chat_message").await > 0, "nothing is lost by a failure");
}

#[tokio::test]
async fn a_delta_that_is_too_old_is_begun_anew_and_what_vanished_is_marked_not_deleted() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let held = school.hold(&class);
    school.sync(&class).await;
    school.world.sim.add_fault(&json!({ "path": "delta", "gone": true, "times": 1 })).unwrap();
    let answer = school.sync(&class).await;
    assert_eq!(state(&answer, "recordings"), "ok", "{answer}");
    assert_eq!(school.artifacts(&class, "recording").await[0].gone_at, None);
    let recording = &held.recordings[0];
    let (drive, item) = (recording.drive_id.clone().unwrap(), recording.item_id.clone().unwrap());
    delete_at_microsoft(&school, &drive, &item).await;
    school.sync(&class).await;
    let rows = school.artifacts(&class, "recording").await;
    assert_eq!(rows.len(), 1, "nothing is deleted");
    assert!(rows[0].gone_at.is_some(), "{rows:?}");
}

#[tokio::test]
async fn repeats_in_a_delta_do_no_harm() {
    let school = School::open().await;
    let switches = json!({ "switches": { "delta_duplicates": true, "artifact_delta_repeats": true, "page_size": 2, "unknown_fields": true } });
    school.world.sim.patch_tenant(&switches).unwrap();
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, HoldRequest { parts: Some(3), ..HoldRequest::default() });
    school.timetable().await;
    school.wait(TimeDelta::minutes(2));
    school.timetable().await;
    let answer = school.sync(&class).await;
    assert_eq!(states(&answer), ALL_OK, "{answer}");
    assert_eq!(school.artifacts(&class, "recording").await.len(), 3);
}

#[tokio::test]
async fn a_localized_recordings_folder_is_found() {
    let school = School::open().await;
    school.world.sim.patch_tenant(&json!({ "switches": { "recordings_folder": "Aufzeichnungen" } })).unwrap();
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.sync(&class).await;
    assert!(school.artifacts(&class, "recording").await[0].item_id.is_some());
}

#[tokio::test]
async fn size_and_length_that_come_late_are_read_later() {
    let school = School::open().await;
    let switches = json!({ "switches": { "video_facet_delay_s": 600, "hash_delay_s": 600 } });
    school.world.sim.patch_tenant(&switches).unwrap();
    let class = school.class("Algebra", -60).await;
    let held = school.hold(&class);
    school.sync(&class).await;
    assert_eq!(school.artifacts(&class, "recording").await[0].quick_xor_hash, None);
    school.wait(TimeDelta::minutes(15));
    school.timetable().await;
    let rows = school.artifacts(&class, "recording").await;
    assert_eq!(rows[0].quick_xor_hash.as_deref(), Some(held.recordings[0].quick_xor_hash.as_str()));
}

#[tokio::test]
async fn a_settled_class_costs_no_request_and_news_opens_it_again() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    for _ in 0..6 {
        school.timetable().await;
        school.wait(TimeDelta::hours(2));
    }
    school.timetable().await;
    assert!(school.row(&class).await.settled_at.is_some(), "{:?}", school.row(&class).await);
    let request = SyncRequest { conference: class.conference, cause: SyncCause::Command, requested_by: None };
    school.world.sim.clear_requests();
    sync_conference(&school.world.app, &request).await.unwrap();
    assert_eq!(school.requests(), Vec::<String>::new());
    school.hold(&class);
    school.wait(TimeDelta::hours(2));
    school.timetable().await;
    assert_eq!(school.artifacts(&class, "recording").await.len(), 2, "a second session was held");
}

#[tokio::test]
async fn an_hourly_sync_asks_only_about_what_changed() {
    let school = School::open().await;
    let mut classes = Vec::new();
    for number in 0..30 {
        classes.push(school.class(&format!("Class {number}"), -120 - number * 70).await);
    }
    let tx = school.world.app.store.write().await.unwrap();
    tx.execute(
        "UPDATE meeting SET settled_at = ends_at, verdict = 'not_held', next_sync_at = NULL",
        Vec::new(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let asked = Asked { scope: Scope::Ended, cause: SyncCause::Command };
    sync_whole(&school.world.app, asked, |_| {}).await.unwrap();
    for class in classes.iter().take(10) {
        school.hold(class);
        school.wait(TimeDelta::minutes(3));
    }
    school.world.sim.clear_requests();
    let mut synced = 0;
    sync_whole(&school.world.app, asked, |one| {
        synced += 1;
        assert!(one.result.as_ref().is_ok_and(|report| report.success), "{one:?}");
    })
    .await
    .unwrap();
    assert_eq!(synced, 10, "only what changed is read");
    let directory = |line: &&String| {
        !line.contains("/users/{id}") || line.contains("onlineMeetings") || line.contains("drive")
    };
    let requests = school.requests();
    let counted = requests.iter().filter(directory).count();
    assert!(counted <= 10 * 6, "{counted}: {requests:#?}");
}

#[tokio::test]
async fn the_transcript_is_kept_and_lies_on_the_recordings_time_line() {
    let school = School::open().await;
    school.world.sim.patch_tenant(&json!({ "switches": { "negative_cues": true } })).unwrap();
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.sync(&class).await;
    let transcript = &school.artifacts(&class, "transcript").await[0];
    let kept = school.world.app.bucket.read(transcript.archive_key.as_deref().unwrap()).await.unwrap();
    assert!(kept.starts_with(b"WEBVTT"));
    let cues = onrecord::store::cues::of_transcript(&school.world.app.store, transcript.id).await.unwrap();
    assert!(!cues.is_empty());
    assert!(cues.iter().all(|cue| cue.start_ms >= 0 && cue.end_ms >= cue.start_ms));
    assert!(cues.iter().any(|cue| !cue.speaker.is_empty()));
}

#[tokio::test]
async fn a_meeting_without_recording_or_transcript_is_no_failure() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, HoldRequest { outcome: Outcome::TranscriptOnly, ..HoldRequest::default() });
    let answer = school.sync(&class).await;
    assert_eq!(state(&answer, "recordings"), "waiting", "a transcript's shell is no recording: {answer}");
    assert_eq!(state(&answer, "transcripts"), "ok", "{answer}");
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM artifact WHERE kind = 'recording'").await, 0);
}

#[tokio::test]
async fn only_staff_of_the_course_may_press_sync() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let path = format!("/conferences/{}/sync/", class.conference);
    for (email, status) in [
        ("learner@contoso.example", 403),
        ("officer@contoso.example", 403),
        ("outsider@contoso.example", 404),
        ("admin@contoso.example", 200),
    ] {
        let answer = school.world.sign_in(email).await.post(&path, &json!(null)).await;
        assert_eq!(answer.status.as_u16(), status, "{email}: {}", answer.text());
    }
    let stranger = school.world.stranger().post(&path, &json!(null)).await.expect(401);
    assert!(stranger.header("content-type").starts_with("application/problem+json"));
    let nobody = school.world.sign_in("admin@contoso.example").await;
    nobody.post("/conferences/999999/sync/", &json!(null)).await.expect(404);
    nobody.post("/conferences/x/sync/", &json!(null)).await.expect(404);
    nobody.post(path.trim_end_matches('/'), &json!(null)).await.expect(200);
}

#[tokio::test]
async fn a_run_can_be_asked_about() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    let answer = school.sync(&class).await;
    let path = format!("/api/v1/sync-runs/{}", answer["sync_run_id"]);
    let run = school.read("instructor@contoso.example", &path).await;
    assert_eq!(run["state"], json!("finished"));
    assert_eq!(run["result"], answer);
    school.world.sign_in("outsider@contoso.example").await.get(&path).await.expect(404);
    school.world.sign_in("learner@contoso.example").await.get(&path).await.expect(403);
}

/// The file vanishes at Microsoft, by Microsoft's own means.
async fn delete_at_microsoft(school: &School, drive: &str, item: &str) {
    let tenant = school.world.sim.tenant();
    let text = |name: &str| tenant[name].as_str().unwrap_or_default().to_owned();
    let http = reqwest::Client::builder().build().unwrap();
    let base = school.world.sim.url();
    let form = [
        ("client_id", text("client_id")),
        ("client_secret", text("client_secret")),
        ("grant_type", "client_credentials".to_owned()),
        ("scope", "https://graph.microsoft.com/.default".to_owned()),
    ];
    let token = http
        .post(format!("{base}/{}/oauth2/v2.0/token", text("tenant_id")))
        .form(&form)
        .send()
        .await
        .unwrap();
    let token: serde_json::Value = token.json().await.unwrap();
    let url = format!("{base}/v1.0/drives/{drive}/items/{item}");
    let deleted = http.delete(url).bearer_auth(token["access_token"].as_str().unwrap()).send().await.unwrap();
    assert!(deleted.status().is_success(), "{}", deleted.status());
}
