//! Minors: attendees begin with camera and microphone off, learners only watch, and staff are warned before a class for
//! which something required of guardians is missing.

use chrono::TimeDelta;
use onrecord::model::id::MeetingId;
use onrecord::model::people::GlobalRole;
use onrecord::params;
use serde_json::{Value, json};

use crate::lecture::{ADMIN, INSTRUCTOR, LEARNER, Lecture, OFFICER};
use crate::teaching::{School, number, wrong_fields};

/// The officer marks the course.
async fn mark(school: &School, body: &Value) -> Value {
    let officer = school.world.sign_in(OFFICER).await;
    officer.put(&format!("/api/v1/courses/{}/minors", school.course), body).await.expect(200).json()
}

async fn school() -> School {
    let school = School::new().await;
    school.world.user(OFFICER, Some(GlobalRole::Officer)).await;
    school
}

/// Whether attendees of a class may switch on camera and microphone in Teams.
async fn media(school: &School, id: MeetingId) -> (Option<bool>, Option<bool>) {
    let read = school.online_meeting(&school.meeting(id).await).await;
    assert!(read.is_recording_enforced(), "it is recorded all the same");
    (read.allow_attendee_to_enable_camera, read.allow_attendee_to_enable_mic)
}

#[tokio::test]
async fn attendees_begin_with_camera_and_microphone_off_in_classes_old_and_new() {
    let school = school().await;
    let (_, known) = school.class_tomorrow().await;
    school.run_jobs().await;
    assert_eq!(media(&school, known).await, (Some(true), Some(true)));
    let marked = mark(&school, &json!({ "marked": true })).await;
    assert_eq!((&marked["marked"], &marked["requires"]), (&json!(true), &json!("consent")));
    school.wait(TimeDelta::minutes(30)).await;
    assert_eq!(media(&school, known).await, (Some(false), Some(false)));
    let (_, new) = school.class_tomorrow_at("13:00", "14:00").await;
    school.run_jobs().await;
    assert_eq!(media(&school, new).await, (Some(false), Some(false)));
    assert_eq!(school.audited("course.minors_marked").await, 1);
}

/// What somebody gets who watches, keeps the recording, keeps it as a program, and reads the chat.
async fn reach(lecture: &Lecture, who: &str) -> [u16; 4] {
    let person = lecture.person(who).await;
    let (recording, conference) = (lecture.recording, lecture.conference);
    let mut reached = Vec::new();
    for path in [
        format!("/recordings/{recording}/content"),
        format!("/recordings/{recording}/download"),
        format!("/api/v1/recordings/{recording}/content"),
        format!("/api/v1/conferences/{conference}/chat"),
    ] {
        reached.push(person.get(&path).await.status.as_u16());
    }
    reached.try_into().expect("four answers")
}

#[tokio::test]
async fn learners_of_minors_watch_and_neither_download_nor_read_the_chat() {
    let lecture = Lecture::held("Algebra").await;
    lecture.execute("UPDATE course SET learners_see_chat = TRUE", params![]).await;
    assert_eq!(reach(&lecture, LEARNER).await, [200; 4]);
    let page = format!("/conferences/{}?tab=recordings", lecture.conference);
    let download = format!("/recordings/{}/download", lecture.recording);
    let shown = async || lecture.person(LEARNER).await.get(&page).await.expect(200).text();
    assert!(shown().await.contains(&download));
    let officer = lecture.person(OFFICER).await;
    // One person of the course is enough.
    let learner = number(&lecture.person(LEARNER).await.get("/api/v1/me").await.json()["id"]);
    let person = format!("/api/v1/users/{learner}/minor");
    officer.put(&person, &json!({ "marked": true, "requires": "information" })).await.expect(204);
    assert_eq!(reach(&lecture, LEARNER).await, [200, 403, 403, 403]);
    assert_eq!(reach(&lecture, INSTRUCTOR).await, [200; 4]);
    assert_eq!(reach(&lecture, ADMIN).await, [200; 4]);
    assert!(!shown().await.contains(&download), "nothing is offered that is refused");
    let player = lecture.person(LEARNER).await.get(&format!("/recordings/{}", lecture.recording)).await;
    assert!(!player.expect(200).text().contains(&download));
    officer.put(&person, &json!({ "marked": false })).await.expect(204);
    assert_eq!(reach(&lecture, LEARNER).await, [200; 4]);
    let course = format!("/api/v1/courses/{}/minors", lecture.course);
    officer.put(&course, &json!({ "marked": true, "requires": "nothing" })).await.expect(200);
    assert_eq!(reach(&lecture, LEARNER).await, [200, 403, 403, 403]);
}

#[tokio::test]
async fn classes_with_minors_are_kept_as_long_as_their_own_policy_says() {
    let lecture = Lecture::held("Algebra").await;
    let officer = lecture.person(OFFICER).await;
    let policy = async |body: Value| {
        let officer = lecture.person(OFFICER).await;
        officer.post("/api/v1/retention/policies", &body).await.expect(201).json()
    };
    policy(json!({ "name": "All", "days": 400 })).await;
    let own = policy(json!({ "name": "Minors", "days": 30, "of_minors": true })).await;
    assert_eq!(own["of_minors"], json!(true));
    let why = async || {
        let page = format!("/conferences/{}?tab=recordings", lecture.conference);
        lecture.person(INSTRUCTOR).await.get(&page).await.expect(200).text()
    };
    assert!(
        why().await.contains("because of the policy “All”: 400 days after the class."),
        "{}",
        why().await
    );
    let learner = number(&lecture.person(LEARNER).await.get("/api/v1/me").await.json()["id"]);
    let person = format!("/api/v1/users/{learner}/minor");
    officer.put(&person, &json!({ "marked": true })).await.expect(204);
    let sentence = "because of the policy “Minors”: 30 days after the class, for classes with minors.";
    assert!(why().await.contains(sentence), "somebody in it is marked: {}", why().await);
    officer.put(&person, &json!({ "marked": false })).await.expect(204);
    assert!(why().await.contains("“All”"));
    let course = format!("/api/v1/courses/{}/minors", lecture.course);
    officer.put(&course, &json!({ "marked": true, "requires": "nothing" })).await.expect(200);
    assert!(why().await.contains(sentence), "the course is marked");
    lecture.world.app.clock.advance(TimeDelta::days(31));
    let officer = lecture.person(OFFICER).await;
    let page = officer.get("/admin/retention").await.expect(200).text();
    assert!(page.contains("Classes with minors"), "{page}");
    let run = officer.post("/api/v1/retention/runs", &json!({ "dry_run": false })).await.expect(201).json();
    assert_eq!(run["items"][0]["act"], "bin", "{run}");
    assert!(run["items"][0]["why"].as_str().unwrap().contains("for classes with minors"), "{run}");
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(404);
    // A policy for the course goes before it.
    policy(json!({ "name": "This course", "days": 900, "course_id": lecture.course.0 })).await;
    let run = officer.post("/api/v1/retention/runs", &json!({ "dry_run": true })).await.expect(201).json();
    assert_eq!(run["items"], json!([]), "{run}");
}

/// The alerts that the instructor reads.
async fn warned(school: &School) -> Vec<String> {
    let alerts = school.instructor().await.get("/api/v1/alerts").await.expect(200).json();
    let items = alerts["items"].as_array().expect("a list").clone();
    items.iter().map(|item| item["kind"].as_str().expect("a kind").to_owned()).collect()
}

#[tokio::test]
async fn staff_are_warned_before_a_class_while_consent_is_missing() {
    let school = school().await;
    let (conference, _) = school.class_tomorrow().await;
    school.run_jobs().await;
    mark(&school, &json!({ "marked": true, "requires": "consent" })).await;
    assert!(warned(&school).await.is_empty(), "the class is more than a day ahead");
    school.wait(TimeDelta::hours(2)).await;
    assert_eq!(warned(&school).await, ["consent_missing"]);
    let page = school.instructor().await.get(&format!("/conferences/{conference}")).await.expect(200).text();
    assert!(page.contains("For 1 minors of this class"), "{page}");
    assert!(page.contains("An officer or your OnRecord administrator acts"), "{page}");
    assert!(!page.contains("Nobody need act."), "{page}");
    let learner = number(&school.world.sign_in(LEARNER).await.get("/api/v1/me").await.json()["id"]);
    let officer = school.world.sign_in(OFFICER).await;
    let guardians = format!("/api/v1/users/{learner}/guardians");
    let said = |kind: &str, expires: Value| json!({ "kind": kind, "guardian": "Grace Rner", "evidence": "Letter 7", "expires_at": expires });
    officer.post(&guardians, &said("information", Value::Null)).await.expect(201);
    assert_eq!(warned(&school).await, ["consent_missing"], "being told is not agreeing");
    officer.post(&guardians, &said("consent", json!("2026-09-02T06:00:00Z"))).await.expect(201);
    assert_eq!(warned(&school).await, ["consent_missing"], "it ends before class");
    let kept = officer.post(&guardians, &said("consent", Value::Null)).await.expect(201).json();
    assert!(warned(&school).await.is_empty());
    officer.delete(&format!("/api/v1/guardians/{}", kept["id"])).await.expect(204);
    officer.delete(&format!("/api/v1/guardians/{}", kept["id"])).await.expect(404);
    assert_eq!(warned(&school).await, ["consent_missing"], "it was taken back");
    mark(&school, &json!({ "marked": false })).await;
    assert!(warned(&school).await.is_empty(), "nothing is required any more");
    assert_eq!(school.audited("user.guardian_kept").await, 3);
}

#[tokio::test]
async fn staff_read_it_and_administrators_and_officers_change_it() {
    let school = school().await;
    let officer = school.world.sign_in(OFFICER).await;
    let instructor = school.instructor().await;
    let learner = school.world.sign_in(LEARNER).await;
    let home = format!("/courses/{}/minors", school.course);
    for path in [home.clone(), format!("/api/v1{home}")] {
        instructor.get(&path).await.expect(200);
        learner.get(&path).await.expect(403);
        school.world.sign_in("outsider@contoso.example").await.get(&path).await.expect(404);
    }
    instructor.put(&format!("/api/v1{home}"), &json!({ "marked": true })).await.expect(404);
    let wrong = officer.put(&format!("/api/v1{home}"), &json!({ "marked": true, "requires": "x" })).await;
    assert_eq!(wrong_fields(&wrong.expect(422)), ["requires"]);
    officer.submit(&home, &[("requires", "consent")]).await.expect(303);
    let person = [("email", LEARNER), ("person_requires", "information")];
    officer.submit(&format!("{home}/people"), &person).await.expect(303);
    officer.submit(&format!("{home}/people"), &[("email", "nobody@contoso.example")]).await.expect(422);
    let guardians = format!("/courses/{}/guardians", school.course);
    let id = number(&learner.get("/api/v1/me").await.json()["id"]).to_string();
    let fields = [("user_id", id.as_str()), ("kind", "consent"), ("guardian", "Grace Rner")];
    let page = officer.submit(&guardians, &fields).await.expect(422).text();
    assert!(page.contains("evidence-error"), "{page}");
    let given = [&fields[..], &[("evidence", "Letter 7"), ("given_on", "2026-08-30")]].concat();
    officer.submit(&guardians, &given).await.expect(303);
    let page = instructor.get(&home).await.expect(200).text();
    assert!(
        page.contains("Grace Rner") && page.contains("Letter 7") && !page.contains("Taken back<"),
        "{page}"
    );
    officer.submit(&format!("{guardians}/1/withdraw"), &[]).await.expect(303);
    assert!(officer.get(&home).await.expect(200).text().contains("taken back"));
}

#[tokio::test]
async fn what_guardians_said_is_exported_and_forgotten_with_the_person() {
    let school = school().await;
    let learner = school.world.sign_in(LEARNER).await;
    let id = number(&learner.get("/api/v1/me").await.json()["id"]);
    let admin = school.world.sign_in(ADMIN).await;
    let said = json!({ "kind": "consent", "guardian": "Grace Rner", "evidence": "Letter 7" });
    admin.post(&format!("/api/v1/users/{id}/guardians"), &said).await.expect(201);
    let held = learner.get("/api/v1/me/data").await.expect(200).json();
    assert_eq!(held["guardians"][0]["guardian"], "Grace Rner");
    let erased = admin.post(&format!("/api/v1/users/{id}/erasure"), &json!({ "reason": "They asked" })).await;
    assert_eq!(erased.expect(201).json()["report"]["changed"]["guardians"], 1);
    let held = admin.get(&format!("/api/v1/users/{id}/data")).await.expect(200).json();
    assert_eq!(held["guardians"][0]["guardian"], "");
}
