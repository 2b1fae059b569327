//! How long things are kept: policies, runs and what they say, holds that nothing overrides, and the bin with all its
//! ways out.

use chrono::TimeDelta;
use onrecord::params;
use onrecord::worker;
use serde_json::{Value, json};

use crate::lecture::{ADMIN, INSTRUCTOR, LEARNER, Lecture, OFFICER, OUTSIDER};
use crate::world::Answer;

async fn post(lecture: &Lecture, who: &str, path: &str, body: Value) -> Answer {
    lecture.person(who).await.post(path, &body).await
}

/// A policy that removes recordings so many days after the class.
async fn policy(lecture: &Lecture, days: i64) -> Value {
    let body = json!({ "name": "Recordings go", "kind": "recording", "days": days });
    post(lecture, OFFICER, "/api/v1/retention/policies", body).await.expect(201).json()
}

async fn run(lecture: &Lecture, dry: bool) -> Value {
    post(lecture, OFFICER, "/api/v1/retention/runs", json!({ "dry_run": dry })).await.expect(201).json()
}

/// "act kind id" of every act.
fn acts(list: &Value) -> Vec<String> {
    let act = |item: &Value| format!("{} {} {}", text(&item["act"]), text(&item["kind"]), item["subject_id"]);
    list.as_array().unwrap().iter().map(act).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn is_archived(lecture: &Lecture, key: &str) -> bool {
    lecture.world.folder().join("archive").join(key).exists()
}

#[tokio::test]
async fn without_a_policy_nothing_is_ever_removed() {
    let lecture = Lecture::held("Cells").await;
    lecture.world.app.clock.advance(TimeDelta::days(10_000));
    assert_eq!(run(&lecture, true).await["items"], json!([]));
    assert_eq!(run(&lecture, false).await["items"], json!([]));
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(200);
}

#[tokio::test]
async fn a_dry_run_lists_exactly_what_the_run_does_and_the_run_says_what_changed() {
    let lecture = Lecture::held("Cells").await;
    let second = lecture.archived(2, &crate::lecture::body(2, 500)).await;
    policy(&lecture, 30).await;
    assert_eq!(run(&lecture, true).await["items"], json!([]), "its time has not come");
    lecture.world.app.clock.advance(TimeDelta::days(31));
    let dry = run(&lecture, true).await;
    let wanted = vec![format!("bin recording {}", lecture.recording), format!("bin recording {second}")];
    assert_eq!(acts(&dry["items"]), wanted);
    assert!(
        text(&dry["items"][0]["why"])
            .contains("because of the policy “Recordings go”: 30 days after the class")
    );
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(200);
    // Between the two somebody places a hold, and one recording is added.
    let hold = json!({ "scope": "recording", "subject_id": second, "reason": "a complaint" });
    post(&lecture, OFFICER, "/api/v1/holds", hold).await.expect(201);
    let third = lecture.archived(3, &crate::lecture::body(3, 500)).await;
    let real = run(&lecture, false).await;
    let wanted = vec![format!("bin recording {}", lecture.recording), format!("bin recording {third}")];
    assert_eq!(acts(&real["items"]), wanted);
    assert!(real["items"].as_array().unwrap().iter().all(|item| item["state"] == "done"), "{real}");
    assert_eq!(acts(&real["changes"]["added"]), vec![format!("bin recording {third}")]);
    assert_eq!(acts(&real["changes"]["dropped"]), vec![format!("bin recording {second}")]);
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(404);
    lecture.person(LEARNER).await.get(&format!("/recordings/{second}/content")).await.expect(200);
    assert_eq!(lecture.audited("recording.binned").await, 2);
    let again = run(&lecture, false).await;
    assert_eq!(again["items"], json!([]), "a repeat does nothing twice");
}

#[tokio::test]
async fn what_was_binned_is_nowhere_and_comes_back_whole() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    let transcript = lecture.artifact("transcript", 1).await;
    let cue = "INSERT INTO transcript_cue (artifact_id, seq, start_ms, end_ms, speaker, text)
               VALUES ($1, 0, 0, 900, 'Ada', 'Cells divide.')";
    lecture.execute(cue, params![transcript]).await;
    learner.get(&lecture.download()).await.expect(200);
    let before = lecture.person(INSTRUCTOR).await.get(&lecture.api("")).await.expect(200).json();
    let remove = lecture.api("/remove");
    post(&lecture, INSTRUCTOR, &remove, json!({ "reason": "x" })).await.expect(404);
    post(&lecture, OFFICER, &remove, json!({ "reason": " " })).await.expect(422);
    let binned =
        post(&lecture, OFFICER, &remove, json!({ "reason": "the wrong room" })).await.expect(200).json();
    assert_eq!(text(&binned["reason"]), "the wrong room");
    let gone = learner.get("/recordings/999999/content").await.expect(404).text();
    assert_eq!(learner.get(&lecture.watch()).await.expect(404).text(), gone, "in the same words");
    for path in [lecture.api(""), lecture.api("/transcript"), format!("/recordings/{}", lecture.recording)] {
        learner.get(&path).await.expect(404);
    }
    let list = format!("/api/v1/conferences/{}/recordings", lecture.conference);
    for who in [LEARNER, INSTRUCTOR, ADMIN] {
        let listed = lecture.person(who).await.get(&list).await.expect(200).json();
        assert_eq!(listed["items"], json!([]), "{who}");
    }
    let tab = format!("/conferences/{}?tab=recordings", lecture.conference);
    let page = lecture.person(INSTRUCTOR).await.get(&tab).await.expect(200).text();
    assert!(page.contains("the wrong room"), "staff read why");
    assert!(!learner.get(&tab).await.expect(200).text().contains("the wrong room"), "learners do not");
    post(&lecture, OFFICER, &remove, json!({ "reason": "again" })).await.expect(409);
    post(&lecture, LEARNER, &lecture.api("/restore"), json!({})).await.expect(404);
    post(&lecture, ADMIN, &lecture.api("/restore"), json!({})).await.expect(200);
    let after = lecture.person(INSTRUCTOR).await.get(&lecture.api("")).await.expect(200).json();
    assert_eq!(before, after, "counters and all");
    learner.get(&lecture.watch()).await.expect(200);
    assert!(learner.get(&lecture.api("/transcript")).await.expect(200).text().contains("Cells divide."));
    post(&lecture, ADMIN, &lecture.api("/restore"), json!({})).await.expect(409);
    assert_eq!(
        (lecture.audited("recording.binned").await, lecture.audited("recording.restored").await),
        (1, 1)
    );
}

#[tokio::test]
async fn what_is_purged_leaves_a_tombstone_and_no_bytes() {
    let lecture = Lecture::held("Cells").await;
    lecture.set(lecture.recording, "sha256 = 'abc123'", params![]).await;
    let key = format!("recordings/{}-1.mp4", lecture.meeting);
    post(&lecture, OFFICER, &lecture.api("/remove"), json!({ "reason": "the wrong room" })).await.expect(200);
    lecture.world.app.clock.advance(TimeDelta::days(29));
    run(&lecture, false).await;
    assert!(is_archived(&lecture, &key), "its time is not over");
    lecture.world.app.clock.advance(TimeDelta::days(2));
    let done = run(&lecture, false).await;
    assert_eq!(acts(&done["items"]), vec![format!("purge recording {}", lecture.recording)]);
    assert!(!is_archived(&lecture, &key), "the bytes are gone");
    let purged = lecture.person(OFFICER).await.get("/api/v1/bin?purged=true").await.expect(200).json();
    let record = &purged["items"][0];
    assert_eq!((text(&record["reason"]), text(&record["sha256"])), ("the wrong room", "abc123"), "{record}");
    let page = lecture.person(OFFICER).await.get("/admin/bin?shelf=purged").await.expect(200).text();
    assert!(page.contains("abc123"), "{page}");
    let tab = format!("/conferences/{}?tab=recordings", lecture.conference);
    let page = lecture.person(INSTRUCTOR).await.get(&tab).await.expect(200).text();
    assert!(page.contains("was removed") && page.contains("the wrong room"), "{page}");
    post(&lecture, ADMIN, &lecture.api("/restore"), json!({})).await.expect(409);
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(404);
    assert_eq!(lecture.audited("recording.purged").await, 1);
}

#[tokio::test]
async fn bytes_whose_deletion_was_broken_off_are_deleted_later() {
    let lecture = Lecture::held("Cells").await;
    let key = format!("recordings/{}-1.mp4", lecture.meeting);
    lecture.execute("UPDATE artifact SET archive_key = NULL", params![]).await;
    let now = lecture.world.app.clock.now();
    lecture
        .execute("INSERT INTO doomed_object (key, doomed_at) VALUES ($1, $2)", params![key.clone(), now])
        .await;
    assert!(is_archived(&lecture, &key));
    worker::run_until_idle(&lecture.world.app).await;
    assert!(!is_archived(&lecture, &key));
    assert_eq!(lecture.count("SELECT COUNT(*) FROM doomed_object").await, 0);
}

#[tokio::test]
async fn a_hold_goes_before_everything_until_it_ends() {
    for (scope, of) in [("recording", 0), ("conference", 1), ("course", 2), ("person", 3)] {
        let lecture = Lecture::held("Cells").await;
        let id = [lecture.recording.0, lecture.conference.0, lecture.course.0, lecture.learner.0][of];
        policy(&lecture, 1).await;
        lecture.world.app.clock.advance(TimeDelta::days(40));
        let body = json!({ "scope": scope, "subject_id": id, "reason": "an inquiry" });
        post(&lecture, INSTRUCTOR, "/api/v1/holds", body.clone()).await.expect(404);
        let hold = post(&lecture, OFFICER, "/api/v1/holds", body).await.expect(201).json();
        if scope == "person" {
            // Leaving the course does not lift it.
            let path = format!("/courses/{}/enrolments/{}/remove", lecture.course, lecture.learner);
            lecture.person(ADMIN).await.submit(&path, &[]).await.expect(303);
        }
        assert_eq!(run(&lecture, false).await["items"], json!([]), "{scope}");
        let refused = post(&lecture, ADMIN, &lecture.api("/remove"), json!({ "reason": "please" })).await;
        assert!(refused.expect(409).text().contains("an inquiry"), "{scope}");
        let page = format!("/conferences/{}?tab=recordings", lecture.conference);
        let page = lecture.person(INSTRUCTOR).await.get(&page).await.expect(200).text();
        assert!(page.contains("Kept because of a hold: an inquiry"), "{scope}");
        let release = format!("/api/v1/holds/{}/release", hold["id"]);
        post(&lecture, OFFICER, &release, json!({})).await.expect(422);
        post(&lecture, OFFICER, &release, json!({ "reason": "closed" })).await.expect(200);
        post(&lecture, OFFICER, &release, json!({ "reason": "closed" })).await.expect(409);
        assert_eq!(acts(&run(&lecture, false).await["items"]).len(), 1, "{scope}");
        assert_eq!((lecture.audited("hold.placed").await, lecture.audited("hold.released").await), (1, 1));
    }
}

#[tokio::test]
async fn a_hold_keeps_what_lies_in_the_bin_already() {
    let lecture = Lecture::held("Cells").await;
    post(&lecture, OFFICER, &lecture.api("/remove"), json!({ "reason": "a mistake" })).await.expect(200);
    let body = json!({ "scope": "course", "subject_id": lecture.course, "reason": "an inquiry" });
    post(&lecture, OFFICER, "/api/v1/holds", body).await.expect(201);
    lecture.world.app.clock.advance(TimeDelta::days(400));
    assert_eq!(run(&lecture, false).await["items"], json!([]));
    post(&lecture, OFFICER, &lecture.api("/restore"), json!({})).await.expect(200);
    lecture.person(INSTRUCTOR).await.get(&lecture.watch()).await.expect(200);
}

#[tokio::test]
async fn legal_retention_goes_before_policies_and_people() {
    let lecture = Lecture::held("Cells").await;
    policy(&lecture, 10).await;
    let legal = json!({ "name": "Exam law", "nature": "legal", "course_id": lecture.course, "days": 365 });
    post(&lecture, ADMIN, "/api/v1/retention/policies", legal).await.expect(201);
    lecture.world.app.clock.advance(TimeDelta::days(20));
    assert_eq!(run(&lecture, false).await["items"], json!([]));
    let refused =
        post(&lecture, ADMIN, &lecture.api("/remove"), json!({ "reason": "please" })).await.expect(409);
    assert!(
        refused.text().contains("Kept until 2027-09-01 because of the legal retention “Exam law”"),
        "{}",
        refused.text()
    );
    lecture.world.app.clock.advance(TimeDelta::days(350));
    assert_eq!(acts(&run(&lecture, false).await["items"]).len(), 1);
}

#[tokio::test]
async fn a_recording_without_a_copy_is_copied_first() {
    let lecture = Lecture::held("Cells").await;
    let columns = "verified_at = NULL, archive_key = NULL, drive_id = 'b!1', item_id = '01A'";
    lecture.set(lecture.recording, columns, params![]).await;
    policy(&lecture, 10).await;
    lecture.world.app.clock.advance(TimeDelta::days(20));
    let done = run(&lecture, false).await;
    assert_eq!(acts(&done["items"]), vec![format!("copy recording {}", lecture.recording)]);
    assert_eq!(lecture.audited("recording.binned").await, 0);
    assert_eq!(lecture.count("SELECT COUNT(*) FROM job WHERE kind = 'copy'").await, 1);
}

#[tokio::test]
async fn attendance_and_chat_go_for_good_and_no_sync_brings_them_back() {
    let school = crate::school::School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.sync(&class).await;
    let officer = school.world.sign_in(OFFICER).await;
    for kind in ["attendance", "chat"] {
        let body = json!({ "name": kind, "kind": kind, "days": 5 });
        officer.post("/api/v1/retention/policies", &body).await.expect(201);
    }
    school.wait(TimeDelta::days(6));
    let done = officer.post("/api/v1/retention/runs", &json!({ "dry_run": false })).await.expect(201).json();
    let (attendance, chat) =
        (format!("remove attendance {}", class.meeting), format!("remove chat {}", class.meeting));
    assert_eq!(acts(&done["items"]), vec![attendance, chat]);
    let rows = async || {
        let attended = school.count("SELECT COUNT(*) AS n FROM attendance_record").await;
        (attended, school.count("SELECT COUNT(*) AS n FROM chat_message").await)
    };
    assert_eq!(rows().await, (0, 0));
    school.sync(&class).await;
    assert_eq!(rows().await, (0, 0), "Microsoft still has them, and they stay away");
    for tab in ["attendance", "chat"] {
        let page = format!("/conferences/{}?tab={tab}", class.conference);
        let page = officer.get(&page).await.expect(200).text();
        assert!(
            page.contains("The school removed this on") && !page.contains("on Microsoft’s list"),
            "{tab}: {page}"
        );
    }
}

#[tokio::test]
async fn a_run_that_was_broken_off_is_gone_on_with() {
    let lecture = Lecture::held("Cells").await;
    policy(&lecture, 1).await;
    lecture.world.app.clock.advance(TimeDelta::days(3));
    let now = lecture.world.app.clock.now();
    lecture
        .execute("INSERT INTO retention_run (mode, started_at, planned) VALUES ('real', $1, 1)", params![now])
        .await;
    lecture
        .execute(
            "INSERT INTO retention_item (run_id, act, kind, subject_id, policy_id, why, state)
             SELECT MAX(id), 'bin', 'recording', $1, 1, 'due', 'planned' FROM retention_run",
            params![lecture.recording],
        )
        .await;
    let done = run(&lecture, false).await;
    assert_eq!((&done["resumed"], &done["items"][0]["state"]), (&json!(true), &json!("done")), "{done}");
    assert_eq!(run(&lecture, false).await["resumed"], json!(false));
}

#[tokio::test]
async fn the_timetable_applies_the_policies() {
    let lecture = Lecture::held("Cells").await;
    policy(&lecture, 1).await;
    lecture.world.app.clock.advance(TimeDelta::days(3));
    worker::run_until_idle(&lecture.world.app).await;
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(404);
}

#[tokio::test]
async fn what_was_restored_is_left_alone_for_a_while() {
    let lecture = Lecture::held("Cells").await;
    policy(&lecture, 1).await;
    lecture.world.app.clock.advance(TimeDelta::days(3));
    run(&lecture, false).await;
    post(&lecture, OFFICER, &lecture.api("/restore"), json!({})).await.expect(200);
    assert_eq!(run(&lecture, false).await["items"], json!([]));
    lecture.world.app.clock.advance(TimeDelta::days(31));
    assert_eq!(acts(&run(&lecture, false).await["items"]).len(), 1);
}

#[tokio::test]
async fn the_page_previews_a_policy_before_it_is_written() {
    let lecture = Lecture::held("Cells").await;
    lecture.world.app.clock.advance(TimeDelta::days(3));
    let officer = lecture.person(OFFICER).await;
    let typed = [("name", "Short"), ("kind", "recording"), ("days", "1"), ("counted_from", "class")];
    let with = |step: &'static str| {
        let mut fields = typed.to_vec();
        fields.push(("step", step));
        fields
    };
    let page = officer.submit("/admin/retention/policies", &with("preview")).await.expect(200).text();
    assert!(page.contains("Into the bin") && page.contains("Cells"), "{page}");
    assert!(officer.get("/admin/retention").await.expect(200).text().contains("No policy is written"));
    officer.submit("/admin/retention/policies", &with("save")).await.expect(303);
    assert!(officer.get("/admin/retention").await.expect(200).text().contains("one day after the class"));
    let wrong =
        officer.submit("/admin/retention/policies", &[("days", "x"), ("step", "save")]).await.expect(422);
    assert!(wrong.text().contains("Write a number of days"));
    for who in [LEARNER, INSTRUCTOR, OUTSIDER] {
        for path in ["/admin/retention", "/admin/holds", "/admin/bin"] {
            lecture.person(who).await.get(path).await.expect(404);
        }
    }
}

#[tokio::test]
async fn wrong_words_are_answered_with_the_right_ones() {
    let lecture = Lecture::held("Cells").await;
    for (body, field) in [
        (json!({ "name": "x", "days": 0 }), "days"),
        (json!({ "name": " ", "days": 1 }), "name"),
        (json!({ "name": "x", "days": 1, "kind": "video" }), "kind"),
        (json!({ "name": "x", "counted_from": "date" }), "until"),
        (json!({ "name": "x", "days": 1, "course_id": 999 }), "course_id"),
    ] {
        let wrong = post(&lecture, ADMIN, "/api/v1/retention/policies", body).await.expect(422).json();
        assert_eq!(text(&wrong["errors"][0]["field"]), field, "{wrong}");
    }
    for (body, field) in [
        (json!({ "scope": "planet", "subject_id": 1, "reason": "x" }), "scope"),
        (json!({ "scope": "course", "subject_id": 999, "reason": "x" }), "subject_id"),
        (json!({ "scope": "course", "subject_id": 1 }), "reason"),
        (
            json!({ "scope": "course", "subject_id": 1, "reason": "x", "ends_at": "2020-01-01T00:00:00Z" }),
            "ends_at",
        ),
    ] {
        let wrong = post(&lecture, ADMIN, "/api/v1/holds", body).await.expect(422).json();
        assert_eq!(text(&wrong["errors"][0]["field"]), field, "{wrong}");
    }
}
