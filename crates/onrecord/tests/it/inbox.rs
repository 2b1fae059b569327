//! The inbox: what fits no class with certainty is offered with reasons, decided in a click, remembered, and taken
//! back only by a person.

use chrono::TimeDelta;
use msgraph_sim::{HoldOutcome, HoldRequest, Outcome, SeedEvent};
use onrecord::model::id::Id as _;
use serde_json::{Value, json};

use crate::school::{Class, Entered, School};

const ADMIN: &str = "admin@contoso.example";
const INSTRUCTOR: &str = "instructor@contoso.example";
const LEARNER: &str = "learner@contoso.example";

impl School {
    /// Somebody holds a meeting of the service account that OnRecord did not plan, `minutes` ago.
    fn stray(&self, subject: &str, minutes: i64) -> HoldOutcome {
        self.stray_of("", subject, minutes)
    }

    fn stray_of(&self, organizer: &str, subject: &str, minutes: i64) -> HoldOutcome {
        let began = self.now() - TimeDelta::minutes(minutes);
        let event = SeedEvent {
            organizer: (!organizer.is_empty()).then(|| organizer.to_owned()),
            subject: subject.to_owned(),
            start: Some(began),
            end: Some(began + TimeDelta::minutes(30)),
            attendees: Vec::new(),
            record_automatically: true,
        };
        let event = self.world.sim.seed_event(&event).expect("an event");
        let request =
            HoldRequest { join_url: Some(event.join_url), started_at: Some(began), ..HoldRequest::default() };
        self.world.sim.hold(&request).expect("it is held")
    }

    async fn inbox(&self) -> Vec<Value> {
        let inbox = self.read(ADMIN, "/api/v1/inbox").await;
        inbox["items"].as_array().expect("a list").clone()
    }

    async fn audited(&self, action: &str) -> i64 {
        self.count(&format!("SELECT COUNT(*) AS n FROM audit_entry WHERE action = '{action}'")).await
    }

    /// Time passes, and everything is read again.
    async fn later(&self) {
        for _ in 0..3 {
            self.wait(TimeDelta::hours(1));
            self.timetable().await;
        }
    }

    async fn without_chat(&self) {
        let tx = self.world.app.store.write().await.unwrap();
        tx.execute("UPDATE integration SET kinds_off = '[\"chat\",\"files\"]'", Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn tab(class: &Class) -> String {
        format!("/conferences/{}?tab=recordings", class.conference)
    }
}

#[tokio::test]
async fn a_stray_file_is_offered_with_reasons_and_given_to_its_class_by_one_click() {
    let school = School::open().await;
    let class = school.class("Algebra", -180).await;
    // The teacher used another meeting of the same name, some minutes after the hour.
    school.stray("Algebra", 110);
    school.timetable().await;
    let items = school.inbox().await;
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(items[0]["why"], json!("one_fits"));
    let best = &items[0]["suggestions"][0];
    assert_eq!(best["meeting_id"], json!(class.meeting.get()), "{items:?}");
    assert_eq!(best["confidence"], json!("likely"));
    assert_eq!(best["reasons"], json!(["same_name", "near_time", "same_organizer", "no_recording_yet"]));
    assert!(
        school.artifacts(&class, "recording").await.is_empty(),
        "nothing below certainty belongs to a class"
    );
    let admin = school.world.sign_in(ADMIN).await;
    let page = admin.get("/admin/inbox").await.expect(200).text();
    let form = format!("action=\"/admin/inbox/{}/assign\"", items[0]["id"]);
    assert!(page.contains(&form) && page.contains(&format!("value=\"{}\"", class.meeting)), "{page}");
    assert!(page.contains("same name, within an hour of it, same organizer, has no recording yet"), "{page}");
    let meeting = class.meeting.to_string();
    let path = format!("/admin/inbox/{}/assign", items[0]["id"]);
    admin.submit(&path, &[("meeting_id", &meeting)]).await.expect(303);
    assert_eq!(school.artifacts(&class, "recording").await.len(), 1);
    assert_eq!(school.row(&class).await.verdict.to_string(), "recorded");
    let learner = school.world.sign_in(LEARNER).await;
    let listed = learner.get(&format!("/api/v1/conferences/{}/recordings", class.conference)).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_decision_is_taken_back_by_a_person_only() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.stray("Staff room", 55);
    school.timetable().await;
    let admin = school.world.sign_in(ADMIN).await;
    let id = school.inbox().await[0]["id"].clone();
    let path = |what: &str| format!("/api/v1/inbox/{id}/{what}");
    admin.post(&path("assign"), &json!({ "meeting_id": class.meeting.get() })).await.expect(204);
    school.later().await;
    assert_eq!(school.artifacts(&class, "recording").await.len(), 1, "no sync takes it back");
    let decided = admin.get("/api/v1/inbox/decided").await.expect(200).json();
    assert_eq!(decided["items"][0]["meeting_id"], json!(class.meeting.get()), "{decided}");
    let page = admin.get("/admin/inbox").await.expect(200).text();
    assert!(page.contains(&format!("action=\"/admin/inbox/{id}/undo\"")), "{page}");
    let officer = school.world.sign_in("officer@contoso.example").await;
    officer.post(&path("undo"), &json!(null)).await.expect(403);
    admin.post(&path("undo"), &json!(null)).await.expect(204);
    admin.post(&path("undo"), &json!(null)).await.expect(404);
    school.later().await;
    assert_eq!(school.artifacts(&class, "recording").await.len(), 0);
    assert_eq!(school.inbox().await.len(), 1, "it waits again");
    assert_ne!(school.row(&class).await.verdict.to_string(), "recorded");
    admin.post(&path("dismiss"), &json!({ "reason": "private" })).await.expect(204);
    school.later().await;
    assert_eq!(school.inbox().await.len(), 0);
    let decided = admin.get("/api/v1/inbox/decided").await.expect(200).json();
    assert_eq!(decided["items"][0]["reason"], json!("private"), "{decided}");
    let long = "x".repeat(501);
    admin.post(&path("undo"), &json!(null)).await.expect(204);
    admin.post(&path("dismiss"), &json!({ "reason": long })).await.expect(422);
    admin
        .request(axum::http::Method::POST, &path("dismiss"), &[], axum::body::Body::empty())
        .await
        .expect(204);
    let acts = [("inbox.assigned", 1), ("inbox.undone", 2), ("inbox.dismissed", 2)];
    for (action, times) in acts {
        assert_eq!(school.audited(action).await, times, "{action}");
    }
}

#[tokio::test]
async fn the_next_part_of_the_same_unknown_meeting_follows_the_decision() {
    let school = School::open().await;
    let class = school.class("Algebra", -300).await;
    school.stray("Staff room", 200);
    school.timetable().await;
    let admin = school.world.sign_in(ADMIN).await;
    let first = school.inbox().await[0]["id"].clone();
    let body = json!({ "meeting_id": class.meeting.get() });
    admin.post(&format!("/api/v1/inbox/{first}/assign"), &body).await.expect(204);
    // They stopped after half an hour and went on at once; and much later there is another meeting of that name.
    school.wait(TimeDelta::minutes(2));
    school.stray("Staff room", 171);
    school.stray("Staff room", 60);
    school.timetable().await;
    assert_eq!(school.artifacts(&class, "recording").await.len(), 2);
    assert_eq!(school.inbox().await.len(), 1, "a later meeting is another meeting");
    assert_eq!(school.audited("inbox.followed").await, 1);
    let second = school.artifacts(&class, "recording").await[1].id;
    admin.post(&format!("/api/v1/inbox/{second}/undo"), &json!(null)).await.expect(204);
    school.later().await;
    assert_eq!(
        school.artifacts(&class, "recording").await.len(),
        1,
        "what was taken back does not follow again"
    );
}

#[tokio::test]
async fn what_is_no_class_is_no_class_in_all_its_parts() {
    let school = School::open().await;
    school.stray("Staff room", 100);
    school.stray("Staff room", 69);
    school.timetable().await;
    assert_eq!(school.inbox().await.len(), 2);
    let admin = school.world.sign_in(ADMIN).await;
    let first = school.inbox().await[0]["id"].clone();
    let path = format!("/admin/inbox/{first}/dismiss");
    admin.submit(&path, &[("reason", "other_meeting")]).await.expect(303);
    assert_eq!(school.inbox().await.len(), 0, "the part that waited already follows, too");
}

#[tokio::test]
async fn staff_of_a_class_confirm_a_likely_recording_by_one_click() {
    let school = School::open().await;
    let class = school.class("Algebra", -180).await;
    let other = school.class("Biology", -180).await;
    school.stray("Algebra", 110);
    school.timetable().await;
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    let tab = School::tab(&class);
    let page = instructor.get(&tab).await.expect(200).text();
    assert!(page.contains("Is this a recording of this class?"), "{page}");
    for (email, path) in [(LEARNER, &tab), (INSTRUCTOR, &School::tab(&other))] {
        let page = school.world.sign_in(email).await.get(path).await.expect(200).text();
        assert!(!page.contains("Is this a recording of this class?"), "{email} {path}");
    }
    let file = school.inbox().await[0]["id"].clone();
    let path = |class: &Class, what: &str| format!("/meetings/{}/likely/{file}/{what}", class.meeting);
    let learner = school.world.sign_in(LEARNER).await;
    learner.submit(&path(&class, "confirm"), &[]).await.expect(403);
    instructor.submit(&path(&other, "confirm"), &[]).await.expect(404);
    let api = format!("/api/v1/meetings/{}/likely", class.meeting);
    let likely = instructor.get(&api).await.expect(200).json();
    assert_eq!(likely["items"][0]["suggestions"].as_array().unwrap().len(), 1, "{likely}");
    learner.get(&api).await.expect(403);
    instructor.submit(&path(&class, "confirm"), &[]).await.expect(303);
    assert_eq!(school.artifacts(&class, "recording").await.len(), 1);
    instructor.submit(&path(&class, "confirm"), &[]).await.expect(404);
    assert_eq!(school.audited("inbox.assigned").await, 1);
}

#[tokio::test]
async fn a_likely_recording_that_staff_refuse_is_not_offered_to_them_again() {
    let school = School::open().await;
    let class = school.class("Algebra", -180).await;
    school.stray("Algebra", 110);
    school.timetable().await;
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    let file = school.inbox().await[0]["id"].clone();
    let path = format!("/api/v1/meetings/{}/likely/{file}/refuse", class.meeting);
    instructor.post(&path, &json!(null)).await.expect(200);
    instructor.post(&path, &json!(null)).await.expect(404);
    school.later().await;
    let page = instructor.get(&School::tab(&class)).await.expect(200).text();
    assert!(!page.contains("Is this a recording of this class?"));
    let items = school.inbox().await;
    assert_eq!(items[0]["why"], json!("no_class"), "an administrator still sees it: {items:?}");
    school.wait(TimeDelta::hours(2));
    school.timetable().await;
    assert_ne!(school.row(&class).await.verdict_cause, "in_inbox", "nothing of theirs waits");
}

#[tokio::test]
async fn a_file_given_to_a_class_is_joined_with_the_recording_that_teams_lists_and_parted_again() {
    let school = School::open().await;
    school.without_chat().await;
    let one = school.class("Algebra", -60).await;
    let two = school.class("Algebra", -60).await;
    school.hold(&one);
    school.sync(&one).await;
    assert_eq!(school.artifacts(&two, "recording").await.len(), 0);
    let file = school.inbox().await[0].clone();
    assert_eq!(file["why"], json!("several_fit"), "{file}");
    let admin = school.world.sign_in(ADMIN).await;
    let body = json!({ "meeting_id": one.meeting.get() });
    admin.post(&format!("/api/v1/inbox/{}/assign", file["id"]), &body).await.expect(204);
    let rows = school.artifacts(&one, "recording").await;
    assert_eq!(rows.len(), 1, "recording and file are one: {rows:?}");
    assert!(rows[0].graph_id.is_some() && rows[0].item_id.is_some());
    assert_eq!(rows[0].match_basis.to_string(), "person");
    school.sync(&one).await;
    assert_eq!(school.artifacts(&one, "recording").await[0].match_basis.to_string(), "person");
    admin.post(&format!("/api/v1/inbox/{}/undo", rows[0].id), &json!(null)).await.expect(204);
    let rows = school.artifacts(&one, "recording").await;
    assert!(rows.len() == 1 && rows[0].graph_id.is_some() && rows[0].item_id.is_none(), "{rows:?}");
    assert_eq!(school.inbox().await.len(), 1, "the file waits again");
}

#[tokio::test]
async fn without_the_chat_the_bytes_themselves_tell_two_classes_of_one_title_and_hour_apart() {
    let school = School::open().await;
    school.without_chat().await;
    let one = school.class("Algebra", -60).await;
    let two = school.class("Algebra", -60).await;
    let held = [school.hold(&one), school.hold(&two)];
    school.timetable().await;
    assert_eq!(school.inbox().await.len(), 2, "name and time prove nothing");
    for _ in 0..3 {
        school.wait(TimeDelta::minutes(20));
        school.timetable().await;
    }
    for (class, held) in [&one, &two].into_iter().zip(&held) {
        let rows = school.artifacts(class, "recording").await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].item_id, held.recordings[0].item_id, "a swapped recording: {rows:?}");
        assert_eq!(rows[0].quick_xor_hash.as_deref(), Some(held.recordings[0].quick_xor_hash.as_str()));
        assert_eq!(rows[0].match_basis.to_string(), "meeting_id");
        assert!(rows[0].verified_at.is_some() && rows[0].archive_key.is_some());
    }
    assert_eq!(school.inbox().await.len(), 0);
}

#[tokio::test]
async fn a_teachers_other_group_of_the_same_name_is_never_taken_for_the_class_before_it() {
    let school = School::open().await;
    let class = Entered { title: "Physics", in_minutes: -180, organizer: INSTRUCTOR, is_named: true };
    let class = school.enter(class).await;
    // The group that follows is not OnRecord's business; its meeting has the same title.
    school.stray_of(INSTRUCTOR, "Physics", 110);
    school.timetable().await;
    school.sync(&class).await;
    let rows = school.artifacts(&class, "recording").await;
    assert!(rows.is_empty(), "another group's recording before this class: {rows:?}");
    let items = school.inbox().await;
    assert_eq!(items[0]["suggestions"][0]["reasons"][1], json!("near_time"), "likely at best: {items:?}");
}

#[tokio::test]
async fn a_false_start_and_the_class_after_it_keep_their_own_files() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let held = school.hold_as(&class, HoldRequest { outcome: Outcome::FalseStart, ..HoldRequest::default() });
    school.sync(&class).await;
    let rows = school.artifacts(&class, "recording").await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    for (row, held) in rows.iter().zip(&held.recordings) {
        assert_eq!(row.graph_id.as_deref(), Some(held.id.as_str()));
        assert_eq!(row.item_id, held.item_id, "each recording has its own file");
    }
    assert_eq!(school.inbox().await.len(), 0);
}

#[tokio::test]
async fn any_class_can_be_found_by_its_title() {
    let school = School::open().await;
    let class = school.class("Conic 100% sections_", -60 * 24 * 9).await;
    school.stray("Something", 55);
    school.timetable().await;
    let id = school.inbox().await[0]["id"].clone();
    assert_eq!(school.inbox().await[0]["why"], json!("no_class"));
    let admin = school.world.sign_in(ADMIN).await;
    let option = format!("<option value=\"{}\"", class.meeting);
    for (asked, is_found) in
        [("conic", true), ("MAT-1", true), ("100%25", true), ("biology", false), ("x%25x", false)]
    {
        let page = admin.get(&format!("/admin/inbox?for={id}&q={asked}")).await.expect(200).text();
        assert_eq!(page.contains(&option), is_found, "{asked}");
    }
    for odd in ["for=x&q=a", "for=-9223372036854775808&q=a", "for=99999&q=a", "cursor=x"] {
        admin.get(&format!("/admin/inbox?{odd}")).await.expect(200);
    }
}
