//! Scheduling through the API: what is taken, what is refused and how, what a change means.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::teaching::{School, number, wrong_fields};

const PATH: &str = "/api/v1/conferences";

#[tokio::test]
async fn a_class_is_scheduled_at_once_and_shows_what_the_contract_says() {
    let school = School::new().await;
    let request = school.request(&[("2026-09-02", "09:00", "10:30")]);
    let answer = school.instructor().await.post(PATH, &request).await.expect(201);
    let made = answer.json();
    assert_eq!(answer.header("location"), format!("{PATH}/{}", made["id"]));
    assert_eq!(made["title"], "Algebra 1");
    assert_eq!((&made["status"], &made["auto_recording_status"]), (&json!("upcoming"), &json!("pending")));
    assert_eq!(made["published"], true);
    let meeting = &made["meetings"][0];
    assert_eq!(meeting["starts_at"], "2026-09-02T07:00:00Z", "nine in Berlin");
    assert_eq!(meeting["ends_at"], "2026-09-02T08:30:00Z");
    assert_eq!((&meeting["join_url"], &meeting["verdict"]), (&Value::Null, &json!("upcoming")));
    assert!(school.asked().is_empty(), "Teams is not waited for");
    assert_eq!(school.audited("conference.scheduled").await, 1);
}

#[tokio::test]
async fn a_term_of_sixty_slots_is_one_answer_and_sixty_jobs() {
    let school = School::new().await;
    let days: Vec<String> = (0..60)
        .map(|day| {
            let first = chrono::NaiveDate::from_ymd_opt(2026, 9, 2).expect("a day");
            (first + TimeDelta::days(day)).format("%Y-%m-%d").to_string()
        })
        .collect();
    let slots: Vec<_> = days.iter().map(|day| (day.as_str(), "09:00", "10:00")).collect();
    let made = school.instructor().await.post(PATH, &school.request(&slots)).await.expect(201).json();
    let meetings = made["meetings"].as_array().expect("a list");
    assert_eq!(meetings.len(), 60);
    assert_eq!(meetings[0]["starts_at"], "2026-09-02T07:00:00Z");
    assert_eq!(meetings[59]["starts_at"], "2026-10-31T08:00:00Z", "wall time is kept when the clocks change");
    school.run_jobs().await;
    let id = onrecord::model::id::ConferenceId(number(&made["id"]));
    assert_eq!(school.conference(id).await["auto_recording_status"], "enabled");
    assert_eq!(school.asked().len(), 240, "at most four requests each");
}

#[tokio::test]
async fn everything_wrong_with_a_request_is_named() {
    let school = School::new().await;
    let instructor = school.instructor().await;
    let mut request = school.request(&[
        ("2026-09-02", "09:00", "10:00"),
        ("2026-09-02", "10:00", "09:00"),
        ("2026-09-31", "9 am", "10:00"),
        ("2027-03-28", "02:30", "04:00"),
    ]);
    request["title"] = json!("  ");
    request["platform"] = json!("zoom");
    let answer = instructor.post(PATH, &request).await.expect(422);
    assert_eq!(
        wrong_fields(&answer),
        [
            "title",
            "platform",
            "time_slots[1].end_time",
            "time_slots[2].date",
            "time_slots[2].start_time",
            "time_slots[3].start_time"
        ]
    );
    let past = school.request(&[("2026-08-31", "09:00", "10:00"), ("2026-09-02", "09:00", "10:00")]);
    assert_eq!(wrong_fields(&instructor.post(PATH, &past).await.expect(422)), ["time_slots[0].start_time"]);
    let twins = school.request(&[("2026-09-02", "09:00", "10:00"), ("2026-09-02", "09:30", "11:00")]);
    assert_eq!(wrong_fields(&instructor.post(PATH, &twins).await.expect(422)), ["time_slots[1]"]);
    let none = school.request(&[]);
    assert_eq!(wrong_fields(&instructor.post(PATH, &none).await.expect(422)), ["time_slots"]);
    let mut zone = school.request(&[("2026-09-02", "09:00", "10:00")]);
    zone["time_zone"] = json!("Mars/Olympus");
    assert_eq!(wrong_fields(&instructor.post(PATH, &zone).await.expect(422)), ["time_zone"]);
    let list = instructor.get(PATH).await.expect(200).json();
    assert_eq!(list["items"], json!([]), "nothing of it was kept");
}

#[tokio::test]
async fn wrong_types_and_unknown_fields_are_422_and_no_json_is_400() {
    let school = School::new().await;
    let instructor = school.instructor().await;
    for (field, value) in [
        ("title", json!(7)),
        ("course_id", json!("seven")),
        ("time_slots", json!("tomorrow")),
        ("enable_recording", json!("off")),
        ("colour", json!("red")),
    ] {
        let mut request = school.request(&[("2026-09-02", "09:00", "10:00")]);
        request[field] = value;
        let answer = instructor.post(PATH, &request).await.expect(422);
        assert!(answer.text().contains(field), "{}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let kind = [("content-type", "application/json")];
    let post = axum::http::Method::POST;
    instructor.request(post.clone(), PATH, &kind, "{".into()).await.expect(400);
    instructor.request(post, PATH, &[("content-type", "text/plain")], "{}".into()).await.expect(415);
    for path in ["/api/v1/conferences/abc", "/api/v1/conferences/99999", "/api/v1/conferences/-1"] {
        instructor.get(path).await.expect(404);
    }
    for query in ["?status=asleep", "?limit=0", "?limit=201", "?cursor=%00", "?course_id=x", "?colour=red"] {
        instructor.get(&format!("{PATH}{query}")).await.expect(422);
    }
    instructor.get(&format!("{PATH}?q=%00%27%25_!")).await.expect(200);
}

#[tokio::test]
async fn who_may_schedule_and_see() {
    let school = School::new().await;
    let request = school.request(&[("2026-09-02", "09:00", "10:00")]);
    let learner = school.world.sign_in("learner@contoso.example").await;
    let outsider = school.world.sign_in("outsider@contoso.example").await;
    let admin = school.world.sign_in("admin@contoso.example").await;
    learner.post(PATH, &request).await.expect(403);
    outsider.post(PATH, &request).await.expect(404);
    let mut nowhere = request.clone();
    nowhere["course_id"] = json!(987_654);
    let unknown = outsider.post(PATH, &nowhere).await.expect(404);
    assert_eq!(
        unknown.text(),
        outsider.post(PATH, &request).await.text(),
        "nothing is learnt from the words"
    );
    school.world.stranger().post(PATH, &request).await.expect(401);
    let made = admin.post(PATH, &request).await.expect(201).json();
    let path = format!("{PATH}/{}", made["id"]);
    learner.get(&path).await.expect(200);
    learner.patch(&path, &json!({ "title": "Mine" })).await.expect(403);
    learner.delete(&path).await.expect(403);
    outsider.get(&path).await.expect(404);
    outsider.delete(&path).await.expect(404);
    admin.patch(&path, &json!({ "published": false })).await.expect(200);
    learner.get(&path).await.expect(404);
    assert_eq!(learner.get(PATH).await.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn recording_cannot_be_switched_off_and_who_asked_is_known() {
    let school = School::new().await;
    let mut request = school.request(&[("2026-09-02", "09:00", "10:00")]);
    request["enable_recording"] = json!(false);
    let made = school.instructor().await.post(PATH, &request).await.expect(201).json();
    assert_eq!(made["enable_recording"], true);
    let path = format!("{PATH}/{}", made["id"]);
    school.instructor().await.patch(&path, &json!({ "enable_recording": false })).await.expect(200);
    assert_eq!(school.audited("recording.disable_refused").await, 2);
    school.run_jobs().await;
    let id = onrecord::model::id::MeetingId(number(&made["meetings"][0]["id"]));
    let meeting = school.meeting(id).await;
    assert!(school.online_meeting(&meeting).await.is_recording_enforced());
}

#[tokio::test]
async fn the_list_comes_in_pages_and_can_be_filtered() {
    let school = School::new().await;
    let instructor = school.instructor().await;
    for day in 2..7 {
        let mut request = school.request(&[(&format!("2026-09-0{day}"), "09:00", "10:00")]);
        request["title"] = json!(format!("Class {day}"));
        instructor.post(PATH, &request).await.expect(201);
    }
    let mut seen = Vec::new();
    let mut path = format!("{PATH}?limit=2");
    loop {
        let page = instructor.get(&path).await.expect(200).json();
        seen.extend(page["items"].as_array().expect("items").iter().map(|item| item["title"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("{PATH}?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["Class 6", "Class 5", "Class 4", "Class 3", "Class 2"], "the latest first, each once");
    let titles = |page: Value| page["items"].as_array().map(Vec::len);
    assert_eq!(titles(instructor.get(&format!("{PATH}?q=class%203")).await.json()), Some(1));
    assert_eq!(titles(instructor.get(&format!("{PATH}?q=ALG-")).await.json()), Some(5));
    school.world.advance(TimeDelta::hours(25) + TimeDelta::minutes(30));
    for (status, count) in [("upcoming", 4), ("running", 1), ("ended", 0), ("cancelled", 0)] {
        let page = instructor.get(&format!("{PATH}?status={status}")).await.expect(200).json();
        assert_eq!(titles(page.clone()), Some(count), "{status}");
        let items = page["items"].as_array().expect("items");
        assert!(items.iter().all(|item| item["status"] == status));
    }
    school.world.advance(TimeDelta::hours(1));
    let ended = instructor.get(&format!("{PATH}?status=ended&course_id={}", school.course)).await.json();
    assert_eq!(ended["items"][0]["title"], "Class 2");
    let elsewhere = instructor.get(&format!("{PATH}?course_id=99999")).await.expect(200).json();
    assert_eq!(elsewhere["items"], json!([]));
}

#[tokio::test]
async fn an_edited_list_of_slots_moves_adds_and_cancels() {
    let school = School::new().await;
    let instructor = school.instructor().await;
    let slots = [
        ("2026-09-02", "09:00", "10:00"),
        ("2026-09-03", "09:00", "10:00"),
        ("2026-09-04", "09:00", "10:00"),
    ];
    let made = instructor.post(PATH, &school.request(&slots)).await.expect(201).json();
    school.run_jobs().await;
    let path = format!("{PATH}/{}", made["id"]);
    let ids: Vec<i64> = (0..3).map(|place| number(&made["meetings"][place]["id"])).collect();
    let entry = |id: Option<i64>, date: &str, start: &str, end: &str| {
        let mut slot = json!({ "date": date, "start_time": start, "end_time": end });
        if let Some(id) = id {
            slot["id"] = json!(id);
        }
        slot
    };
    let edit = json!({ "time_slots": [
        entry(Some(ids[0]), "2026-09-02", "09:00", "10:00"),
        entry(Some(ids[1]), "2026-09-03", "14:00", "15:00"),
        entry(None, "2026-09-05", "09:00", "10:00"),
    ] });
    let changed = instructor.patch(&path, &edit).await.expect(200).json();
    let meetings = changed["meetings"].as_array().expect("meetings");
    assert_eq!(meetings.len(), 4);
    let of = |id: i64| meetings.iter().find(|meeting| meeting["id"] == id).expect("it kept its id");
    assert_eq!(of(ids[1])["starts_at"], "2026-09-03T12:00:00Z");
    assert_eq!((&of(ids[2])["cancelled"], &of(ids[2])["verdict"]), (&json!(true), &json!("cancelled")));
    school.run_jobs().await;
    let moved = school.meeting(onrecord::model::id::MeetingId(ids[1])).await;
    assert_eq!(school.event(&moved).await.starts_at(), Some(moved.starts_at), "Teams knows");
    let gone = school.meeting(onrecord::model::id::MeetingId(ids[2])).await;
    assert_eq!(gone.sent_revision, gone.wanted_revision);
    let events = school
        .graph()
        .await
        .calendar_view(gone.organizer_id.as_deref().expect("known"), gone.starts_at, gone.ends_at)
        .await
        .expect("a calendar");
    assert!(events.iter().all(|event| event.is_cancelled || Some(&event.id) != gone.event_id.as_ref()));

    school.world.advance(TimeDelta::hours(25) + TimeDelta::minutes(10));
    let late = json!({ "time_slots": [entry(Some(ids[0]), "2026-09-02", "11:00", "12:00")] });
    instructor.patch(&path, &late).await.expect(409);
    let foreign = json!({ "time_slots": [entry(Some(424_242), "2026-09-09", "11:00", "12:00")] });
    assert_eq!(wrong_fields(&instructor.patch(&path, &foreign).await.expect(422)), ["time_slots[0].id"]);
}

#[tokio::test]
async fn cancelling_reaches_teams_and_may_be_repeated() {
    let school = School::new().await;
    let (conference, meeting) = school.class_tomorrow().await;
    school.run_jobs().await;
    let path = format!("{PATH}/{conference}");
    let cancelled = school.instructor().await.delete(&path).await.expect(200).json();
    assert_eq!(cancelled["status"], "cancelled");
    school.instructor().await.delete(&path).await.expect(200);
    school.run_jobs().await;
    let asked = school.asked();
    assert_eq!(asked.iter().filter(|line| line.ends_with("/cancel")).count(), 1, "{asked:?}");
    let meeting = school.meeting(meeting).await;
    assert_eq!(meeting.sent_revision, meeting.wanted_revision);
    school.instructor().await.patch(&path, &json!({ "title": "Again" })).await.expect(409);
    assert_eq!(school.audited("conference.cancelled").await, 1);
}

#[tokio::test]
async fn a_class_that_is_over_cannot_be_cancelled() {
    let school = School::new().await;
    let (conference, _) = school.class_tomorrow().await;
    school.run_jobs().await;
    school.world.advance(TimeDelta::days(2));
    school.instructor().await.delete(&format!("{PATH}/{conference}")).await.expect(409);
}
