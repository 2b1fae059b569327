//! Who gets bytes: everybody's rights, and what happens to them in the middle of a class.

use chrono::TimeDelta;
use serde_json::json;

use onrecord::model::access::Scope;
use onrecord::params;

use crate::lecture::{ADMIN, INSTRUCTOR, LEARNER, Lecture, OFFICER, OUTSIDER, body};

#[tokio::test]
async fn only_people_of_the_course_get_bytes() {
    let lecture = Lecture::held("Cells").await;
    for who in [ADMIN, OFFICER, INSTRUCTOR, LEARNER] {
        lecture.person(who).await.get(&lecture.watch()).await.expect(200);
    }
    let outsider = lecture.person(OUTSIDER).await;
    let nowhere = outsider.get("/api/v1/recordings/999999/content").await.expect(404);
    for path in [lecture.api(""), lecture.api("/content"), lecture.api("/transcript")] {
        let answer = outsider.get(&path).await.expect(404);
        assert_eq!(answer.body, nowhere.body, "{path}: it must not be told from what does not exist");
    }
    outsider.get(&lecture.download()).await.expect(404);
    outsider.head(&lecture.watch()).await.expect(404);
}

#[tokio::test]
async fn refusals_are_audited_once_an_hour() {
    let lecture = Lecture::held("Cells").await;
    let outsider = lecture.person(OUTSIDER).await;
    for _ in 0..3 {
        outsider.get(&lecture.watch()).await.expect(404);
    }
    assert_eq!(lecture.audited("access.refused").await, 1);
    lecture.world.advance(TimeDelta::hours(1));
    outsider.get(&lecture.watch()).await.expect(404);
    assert_eq!(lecture.audited("access.refused").await, 2);
}

#[tokio::test]
async fn strangers_are_asked_to_sign_in() {
    let lecture = Lecture::held("Cells").await;
    let stranger = lecture.world.stranger();
    let page = stranger.get(&lecture.watch()).await.expect(303);
    assert_eq!(page.header("location"), format!("/login?next=/recordings/{}/content", lecture.recording));
    let api = stranger.get(&lecture.api("/content")).await.expect(401);
    assert!(api.header("www-authenticate").starts_with("Bearer"));
}

#[tokio::test]
async fn learners_wait_until_the_class_is_published() {
    let lecture = Lecture::held("Cells").await;
    lecture.execute("UPDATE conference SET published = FALSE", params![]).await;
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(404);
    lecture.person(LEARNER).await.get(&lecture.api("")).await.expect(404);
    lecture.person(INSTRUCTOR).await.get(&lecture.watch()).await.expect(200);
}

#[tokio::test]
async fn what_is_not_certainly_of_the_class_is_for_staff() {
    let lecture = Lecture::held("Cells").await;
    lecture.set(lecture.recording, "confidence = 'likely'", params![]).await;
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(404);
    lecture.person(OFFICER).await.get(&lecture.watch()).await.expect(200);
}

#[tokio::test]
async fn the_right_ends_with_the_enrolment_and_with_the_account() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    learner.get(&lecture.watch()).await.expect(200);
    lecture
        .execute(
            "UPDATE enrolment SET ends_on = $1 WHERE role = 'learner'",
            params![lecture.world.app.clock.now().date_naive() - TimeDelta::days(1)],
        )
        .await;
    learner.get(&lecture.watch()).await.expect(404);
    lecture.execute("UPDATE enrolment SET ends_on = NULL", params![]).await;
    learner.get(&lecture.watch()).await.expect(200);
    lecture.execute("UPDATE \"user\" SET disabled_at = $1", params![lecture.world.app.clock.now()]).await;
    let refused = learner.get(&lecture.watch()).await;
    assert!(refused.status != 200 && refused.body != body(1, 1_000));
}

#[tokio::test]
async fn a_recording_is_not_a_file_and_a_file_is_not_a_recording() {
    let lecture = Lecture::held("Cells").await;
    let admin = lecture.person(ADMIN).await;
    admin.get(&format!("/files/{}/download", lecture.recording)).await.expect(404);
    let file = lecture.artifact("file", 1).await;
    admin.get(&format!("/recordings/{file}/content")).await.expect(404);
    for nonsense in ["x", "-1", "1.5", "0", "99999999999999999999999", "1%2F..%2F2", "%00"] {
        admin.get(&format!("/api/v1/recordings/{nonsense}/content")).await.expect(404);
        admin.get(&format!("/recordings/{nonsense}/download")).await.expect(404);
    }
}

#[tokio::test]
async fn files_are_the_courses_choice() {
    let lecture = Lecture::held("Cells").await;
    let file = lecture.artifact("file", 1).await;
    lecture
        .world
        .app
        .bucket
        .put("files/1", bytes::Bytes::from_static(b"<script>alert(1)</script>"))
        .await
        .unwrap();
    let now = lecture.world.app.clock.now();
    let columns = "archive_key = 'files/1', size_bytes = 25, verified_at = $2, name = 'a\u{202e}b.html', mime_type = 'text/html'";
    lecture.set(file, columns, params![now]).await;
    let path = format!("/files/{file}/download");
    lecture.person(LEARNER).await.get(&path).await.expect(403);
    lecture.person(OUTSIDER).await.get(&path).await.expect(404);
    lecture
        .execute("UPDATE course SET learners_see_files = TRUE WHERE id = $1", params![lecture.course])
        .await;
    let answer = lecture.person(LEARNER).await.get(&path).await.expect(200);
    assert_eq!(
        answer.header("content-type"),
        "application/octet-stream",
        "nothing that was shared runs as a page"
    );
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"ab.html\"; filename*=UTF-8''ab.html"
    );
    assert_eq!(lecture.audited("file.downloaded").await, 1);
}

#[tokio::test]
async fn what_lies_in_the_bin_is_not_sent() {
    let lecture = Lecture::held("Cells").await;
    lecture.set(lecture.recording, "binned_at = $2", params![lecture.world.app.clock.now()]).await;
    lecture.person(ADMIN).await.get(&lecture.watch()).await.expect(404);
    let list = lecture
        .person(INSTRUCTOR)
        .await
        .get(&format!("/api/v1/conferences/{}/recordings", lecture.conference))
        .await;
    assert_eq!(list.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn staff_hide_a_recording_at_once_and_show_it_again() {
    let lecture = Lecture::held("Cells").await;
    let (learner, instructor) = (lecture.person(LEARNER).await, lecture.person(INSTRUCTOR).await);
    learner.get(&lecture.watch()).await.expect(200);
    let hidden =
        instructor.post(&lecture.api("/hide"), &json!({ "reason": "A name is said." })).await.expect(200);
    assert_eq!(
        (hidden.json()["hidden"].as_bool(), hidden.json()["hidden_reason"].as_str()),
        (Some(true), Some("A name is said."))
    );
    for path in [
        lecture.watch(),
        lecture.download(),
        lecture.api("/content"),
        lecture.api(""),
        lecture.api("/transcript"),
    ] {
        learner.get(&path).await.expect(404);
    }
    let list = format!("/api/v1/conferences/{}/recordings", lecture.conference);
    assert_eq!(learner.get(&list).await.expect(200).json()["items"], json!([]));
    let seen = instructor.get(&list).await.expect(200).json();
    assert_eq!(seen["items"][0]["hidden"], true);
    instructor.get(&lecture.watch()).await.expect(200);
    instructor.post(&lecture.api("/hide"), &json!({ "reason": "A name is said." })).await.expect(200);
    assert_eq!(lecture.audited("recording.hidden").await, 1, "the same again changes nothing");
    instructor.post(&lecture.api("/show"), &json!({})).await.expect(200);
    learner.get(&lecture.watch()).await.expect(200);
    assert_eq!(lecture.audited("recording.shown").await, 1);
}

#[tokio::test]
async fn only_staff_with_a_writing_token_hide() {
    let lecture = Lecture::held("Cells").await;
    let reason = json!({ "reason": "why" });
    lecture.person(LEARNER).await.post(&lecture.api("/hide"), &reason).await.expect(403);
    lecture.person(OFFICER).await.post(&lecture.api("/hide"), &reason).await.expect(403);
    lecture.person(OUTSIDER).await.post(&lecture.api("/hide"), &reason).await.expect(404);
    let reader = lecture.world.sign_in_with(INSTRUCTOR, Scope::Read).await;
    reader.post(&lecture.api("/hide"), &reason).await.expect(403);
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(200);
}

#[tokio::test]
async fn hiding_wants_a_sound_reason() {
    let lecture = Lecture::held("Cells").await;
    let instructor = lecture.person(INSTRUCTOR).await;
    for reason in ["", "   ", &"x".repeat(501), "bell \u{7}"] {
        let answer = instructor.post(&lecture.api("/hide"), &json!({ "reason": reason })).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["field"], "reason");
    }
    for wrong in [json!({}), json!({ "reason": 5 }), json!({ "reason": "x", "for": "ever" })] {
        let answer = instructor.post(&lecture.api("/hide"), &wrong).await.expect(422);
        assert!(
            !answer.json()["errors"][0]["field"].as_str().unwrap_or_default().is_empty(),
            "{}",
            answer.text()
        );
    }
    instructor.get(&lecture.watch()).await.expect(200);
    assert_eq!(lecture.audited("recording.hidden").await, 0);
}
