//! The expectation ledger: every scheduled class with its verdict, its cause and who acts, as page, CSV and API.

use chrono::TimeDelta;
use msgraph_sim::{Attendee, Attendees, Delays, HoldRequest, Outcome, Person};
use onrecord::params;
use onrecord::store::Read as _;
use serde_json::{Value, json};

use crate::school::{Class, School};

const ADMIN: &str = "admin@contoso.example";

/// The day goes by in half-hours.
async fn pass(school: &School, hours: i64) {
    for _ in 0..hours * 2 {
        school.wait(TimeDelta::minutes(30));
        school.timetable().await;
    }
}

async fn ledger(school: &School, query: &str) -> Vec<Value> {
    let answer = school.read(ADMIN, &format!("/api/v1/ledger{query}")).await;
    answer["items"].as_array().expect("a list").clone()
}

/// What the ledger says of the one class of a school: verdict, cause and basis.
async fn said(school: &School) -> String {
    let items = ledger(school, "").await;
    let [item] = items.as_slice() else { panic!("{items:?}") };
    let word = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    format!("{} {} {}", word("verdict"), word("cause"), word("basis")).trim().to_owned()
}

fn outcome(outcome: Outcome) -> HoldRequest {
    HoldRequest { outcome, ..HoldRequest::default() }
}

/// A school in which one class was held like this, five hours later.
async fn after(request: HoldRequest, before: impl FnOnce(&School)) -> School {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    before(&school);
    school.hold_as(&class, request);
    pass(&school, 5).await;
    school
}

#[tokio::test]
async fn a_class_that_was_recorded_and_one_to_which_nobody_came() {
    assert_eq!(said(&after(HoldRequest::default(), |_| {}).await).await, "recorded");
    let school = after(outcome(Outcome::NotHeld), |_| {}).await;
    assert_eq!(said(&school).await, "not_held");
    assert!(ledger(&school, "").await[0]["evidence"].to_string().contains("no_call_anywhere"));
}

#[tokio::test]
async fn a_meeting_policy_that_forbids_recording_is_inferred() {
    let policy = json!({ "meeting_policy": { "allow_cloud_recording": false } });
    let school = after(HoldRequest::default(), |school| {
        school.world.sim.patch_tenant(&policy).unwrap();
    })
    .await;
    assert_eq!(said(&school).await, "missing policy_off inferred");
    let item = &ledger(&school, "").await[0];
    assert_eq!(item["owner"], "admin");
    assert!(item["evidence"].to_string().contains("no_recording_began"), "{item}");
}

#[tokio::test]
async fn only_people_came_who_may_not_record() {
    let guest = |name: &str| Attendee::Person(Person { name: Some(name.into()), ..Person::default() });
    let guests = Attendees::People(vec![guest("A guest"), guest("Another")]);
    let request = HoldRequest { attendees: Some(guests), ..HoldRequest::default() };
    let school = after(request, |_| {}).await;
    assert_eq!(said(&school).await, "missing nobody_may_record inferred");
    assert_eq!(ledger(&school, "").await[0]["owner"], "instructor");
}

#[tokio::test]
async fn a_recording_that_stopped_early_or_failed_or_was_never_offered_is_proved() {
    for (how, expected) in [
        (Outcome::StoppedEarly, "missing stopped_early proved"),
        (Outcome::RecordingFailed, "missing recording_failed proved"),
        (Outcome::NeverOffered, "missing never_offered proved"),
    ] {
        assert_eq!(said(&after(outcome(how), |_| {}).await).await, expected);
    }
}

#[tokio::test]
async fn a_full_onedrive_is_named() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.world.sim.patch_tenant(&json!({ "quota": { "state": "exceeded" } })).unwrap();
    school.hold_as(&class, outcome(Outcome::RecordingFailed));
    pass(&school, 5).await;
    assert_eq!(said(&school).await, "missing storage_full proved");
}

/// A class about whose recording Microsoft gave this answer before it began.
async fn refused(status: &str) -> String {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let tx = school.world.app.store.write().await.unwrap();
    tx.execute("UPDATE meeting SET auto_recording_status = $1", params![status]).await.unwrap();
    tx.commit().await.unwrap();
    school.world.sim.flip_recording(&class.join_url, false);
    school.hold(&class);
    pass(&school, 5).await;
    said(&school).await
}

#[tokio::test]
async fn what_microsoft_refused_before_class_is_the_cause_afterwards() {
    assert_eq!(refused("failed_access_policy").await, "missing permission proved");
    assert_eq!(refused("failed_license").await, "missing licence proved");
    assert_eq!(refused("failed_drift").await, "missing switched_off proved");
    assert_eq!(refused("failed_network").await, "missing not_enabled proved");
}

/// How often a meeting's options were read.
fn options_read(school: &School) -> usize {
    let of_options = |request: &&String| {
        let path = request.split('?').next().unwrap_or_default();
        path.starts_with("GET") && path.rsplit('/').nth(1) == Some("onlineMeetings")
    };
    school.requests().iter().filter(of_options).count()
}

#[tokio::test]
async fn the_options_of_a_class_without_recording_are_read_once() {
    let school = after(outcome(Outcome::NotRecorded), |_| {}).await;
    assert_eq!((said(&school).await.as_str(), options_read(&school)), ("missing policy_off inferred", 1));
    pass(&school, 10).await;
    assert_eq!(options_read(&school), 1);
}

#[tokio::test]
async fn recording_that_was_switched_off_after_the_last_look_before_class_is_named() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let link = school.row(&class).await.join_url.expect("a link");
    assert!(school.world.sim.flip_recording(&link, false));
    school.hold(&class);
    pass(&school, 5).await;
    assert_eq!(said(&school).await, "missing switched_off proved");
    let asked = options_read(&school);
    pass(&school, 10).await;
    assert_eq!(said(&school).await, "missing switched_off proved");
    assert_eq!(options_read(&school), asked, "it is asked once");
    let told = school.read("admin@contoso.example", "/api/v1/monitor").await;
    assert_eq!(told["drift"]["found"], json!(1), "{told}");
}

#[tokio::test]
async fn an_organizer_who_left_is_named() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    let organizer = school.row(&class).await.organizer_id.expect("an organizer");
    school.world.sim.patch_tenant(&json!({ "users": { (organizer): null } })).unwrap();
    pass(&school, 5).await;
    assert_eq!(said(&school).await, "missing organizer_gone proved");
}

#[tokio::test]
async fn an_expired_file_and_one_that_somebody_deleted_are_told_apart() {
    for (days, expected) in [(-1_i64, "missing expired inferred"), (30, "missing lost proved")] {
        let school = after(HoldRequest::default(), |_| {}).await;
        let now = school.now();
        let tx = school.world.app.store.write().await.unwrap();
        let sql = "UPDATE artifact SET gone_at = $1, expected_expiry_at = $2 WHERE kind = 'recording'";
        tx.execute(sql, params![now, now + TimeDelta::days(days)]).await.unwrap();
        tx.execute(
            "UPDATE meeting SET settled_at = NULL, next_sync_at = NULL, verdict = 'waiting'",
            Vec::new(),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        school.wait(TimeDelta::seconds(30));
        school.timetable().await;
        assert_eq!(said(&school).await, expected);
    }
}

#[tokio::test]
async fn nobody_can_tell_without_a_source_and_recordings_that_cannot_be_read_are_no_verdict_on_the_class() {
    let school = School::open().await;
    let tx = school.world.app.store.write().await.unwrap();
    let sql = "UPDATE integration SET kinds_off = '[\"chat\",\"files\",\"attendance\"]'";
    tx.execute(sql, Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, outcome(Outcome::NotHeld));
    pass(&school, 5).await;
    assert_eq!(said(&school).await, "missing cannot_tell proved");

    let roles = School::open().await;
    let class = roles.class("Algebra", -60).await;
    roles.hold(&class);
    let all = roles.world.sim.tenant()["roles"].as_array().unwrap().clone();
    let reads = |role: &&Value| {
        let role = role.as_str().unwrap_or_default();
        ["OnlineMeetingRecording.", "Files.", "Sites."].iter().any(|start| role.starts_with(start))
    };
    let fewer: Vec<_> = all.iter().filter(|role| !reads(role)).collect();
    roles.world.sim.patch_tenant(&json!({ "roles": fewer })).unwrap();
    pass(&roles, 5).await;
    assert_eq!(said(&roles).await, "missing cannot_read proved");
}

#[tokio::test]
async fn a_class_held_later_than_planned_is_never_called_not_held() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.timetable().await;
    // It begins an hour after its planned end, and Microsoft offers its recording only late.
    pass(&school, 2).await;
    let delays = Delays { recording: 6 * 3_600, transcript: 6 * 3_600, ..Delays::default() };
    school.hold_as(&class, HoldRequest { delays, ..HoldRequest::default() });
    for _ in 0..6 {
        pass(&school, 1).await;
        assert_ne!(said(&school).await, "not_held");
    }
    pass(&school, 3).await;
    assert_eq!(said(&school).await, "recorded");
}

/// Classes with these verdicts, one a day, the first the oldest.
async fn term(school: &School, verdicts: &[(&str, &str)]) -> Vec<Class> {
    let mut classes = Vec::new();
    for (place, (verdict, cause)) in verdicts.iter().enumerate() {
        let ago = (verdicts.len() - place) as i64 * 24 * 60;
        let class = school.class(&format!("Class {place}"), -ago).await;
        let tx = school.world.app.store.write().await.unwrap();
        let sql = "UPDATE meeting SET verdict = $2, verdict_cause = $3, settled_at = ends_at, next_sync_at = NULL WHERE id = $1";
        tx.execute(sql, params![class.meeting, *verdict, *cause]).await.unwrap();
        tx.commit().await.unwrap();
        classes.push(class);
    }
    classes
}

fn titles(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["title"].as_str()).collect()
}

#[tokio::test]
async fn the_ledger_is_narrowed_by_verdict_cause_owner_course_term_and_dates() {
    let school = School::open().await;
    let verdicts = [
        ("recorded", ""),
        ("missing", "policy_off"),
        ("missing", "stopped_early"),
        ("not_held", ""),
        ("cancelled", ""),
    ];
    term(&school, &verdicts).await;
    school.class("Ahead", 600).await;
    let tx = school.world.app.store.write().await.unwrap();
    tx.execute("UPDATE course SET term = '2026 autumn'", Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    let course = school.course;
    for (query, expected) in [
        (String::new(), vec!["Class 4", "Class 3", "Class 2", "Class 1", "Class 0"]),
        ("?verdict=missing".to_owned(), vec!["Class 2", "Class 1"]),
        ("?cause=policy_off".to_owned(), vec!["Class 1"]),
        ("?owner=instructor".to_owned(), vec!["Class 2"]),
        (format!("?course_id={course}&verdict=recorded"), vec!["Class 0"]),
        (format!("?course_id={}", course.0 + 1), vec![]),
        ("?term=2026+autumn&verdict=not_held".to_owned(), vec!["Class 3"]),
        ("?term=2025".to_owned(), vec![]),
        ("?from=2026-08-29&to=2026-08-30".to_owned(), vec!["Class 3", "Class 2"]),
        ("?verdict=upcoming".to_owned(), vec!["Ahead"]),
        ("?cause=policy_off&owner=instructor".to_owned(), vec![]),
    ] {
        assert_eq!(titles(&ledger(&school, &query).await), expected, "{query}");
    }
    let admin = school.world.sign_in(ADMIN).await;
    for wrong in [
        "?verdict=lost",
        "?cause=x",
        "?from=yesterday",
        "?limit=0",
        "?cursor=x",
        "?colour=red",
        "?course_id=x",
    ] {
        admin.get(&format!("/api/v1/ledger{wrong}")).await.expect(422);
    }
}

#[tokio::test]
async fn pages_of_the_ledger_hold_each_class_once() {
    let school = School::open().await;
    term(&school, &[("recorded", ""); 7]).await;
    let mut seen = Vec::new();
    let mut query = "?limit=3".to_owned();
    loop {
        let answer = school.read(ADMIN, &format!("/api/v1/ledger{query}")).await;
        seen.extend(
            answer["items"].as_array().unwrap().iter().map(|item| item["meeting_id"].as_i64().unwrap()),
        );
        let Some(cursor) = answer["next_cursor"].as_str() else { break };
        query = format!("?limit=3&cursor={cursor}");
    }
    let mut once = seen.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (7, 7));
}

#[tokio::test]
async fn the_page_names_cause_fix_and_owner_and_leads_to_the_class() {
    let school = School::open().await;
    let classes = term(&school, &[("recorded", ""), ("missing", "nobody_may_record")]).await;
    let officer = school.world.sign_in("officer@contoso.example").await;
    let text = officer.get("/admin/ledger").await.expect(200).text();
    let missing = &classes[1];
    assert!(
        text.contains(&format!("/conferences/{}?class={}", missing.conference, missing.meeting)),
        "{text}"
    );
    assert!(text.contains("Only people came who may not record") && text.contains("Instructors"));
    let only = officer.get("/admin/ledger?verdict=missing").await.expect(200).text();
    assert!(only.contains("Class 1") && !only.contains("Class 0"));
    for nobody in ["instructor@contoso.example", "learner@contoso.example"] {
        let client = school.world.sign_in(nobody).await;
        for path in ["/admin/ledger", "/admin/ledger.csv", "/api/v1/ledger"] {
            client.get(path).await.expect(404);
        }
    }
}

#[tokio::test]
async fn the_export_holds_every_class_that_fits_and_is_on_record() {
    let school = School::open().await;
    let classes = term(&school, &[("recorded", ""), ("missing", "policy_off"), ("missing", "lost")]).await;
    let tx = school.world.app.store.write().await.unwrap();
    let sql = "UPDATE conference SET title = '=HYPERLINK(\"x\"), \"quoted\"' WHERE id = $1";
    tx.execute(sql, params![classes[1].conference]).await.unwrap();
    tx.commit().await.unwrap();
    let officer = school.world.sign_in("officer@contoso.example").await;
    let answer = officer.get("/admin/ledger.csv?verdict=missing").await.expect(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let mut reader = csv::Reader::from_reader(answer.body.as_slice());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let causes: Vec<&str> = rows.iter().map(|row| &row[column("cause")]).collect();
    assert_eq!(causes, ["lost", "policy_off"]);
    assert_eq!(&rows[1][column("title")], "'=HYPERLINK(\"x\"), \"quoted\"");
    assert_eq!(&rows[1][column("owner")], "admin");
    let exports = school
        .world
        .app
        .store
        .rows("SELECT detail FROM audit_entry e JOIN audit_detail d ON d.entry_id = e.id WHERE action = 'ledger.exported'", params![])
        .await
        .unwrap();
    assert_eq!(exports.len(), 1);
    assert_eq!(exports[0].get::<String>("detail").unwrap(), "{\"verdict\":\"missing\"}");
}

#[tokio::test]
async fn learners_instructors_and_administrators_read_different_timelines() {
    let school = after(outcome(Outcome::NotRecorded), |_| {}).await;
    let id = ledger(&school, "").await[0]["conference_id"].as_i64().unwrap();
    let page = |email: &'static str| {
        let school = &school;
        async move {
            school.world.sign_in(email).await.get(&format!("/conferences/{id}")).await.expect(200).text()
        }
    };
    let learner = page("learner@contoso.example").await;
    assert!(learner.contains("Recording not found") && !learner.contains("meeting policy"), "{learner}");
    let instructor = page("instructor@contoso.example").await;
    assert!(instructor.contains("meeting policy") && !instructor.contains("What this verdict rests on"));
    let admin = page(ADMIN).await;
    assert!(admin.contains("What this verdict rests on") && admin.contains("the chat tells of no recording"));
}

#[tokio::test]
async fn several_parts_are_one_class_with_its_gaps_and_a_false_start_is_marked() {
    let school = School::open().await;
    let class = school.class("Algebra", 0).await;
    let request = HoldRequest { join_url: Some(class.join_url.clone()), ..HoldRequest::default() };
    let sim = &school.world.sim;
    sim.begin(&request).unwrap();
    for (minutes, on) in [(1, false), (9, true)] {
        school.wait(TimeDelta::minutes(minutes));
        sim.record(&class.join_url, on).unwrap();
    }
    school.wait(TimeDelta::minutes(50));
    sim.end(&class.join_url).unwrap();
    school.sync(&class).await;
    assert_eq!(school.artifacts(&class, "recording").await.len(), 2);
    let path = format!("/conferences/{}?tab=recordings", class.conference);
    let text = school.world.sign_in("learner@contoso.example").await.get(&path).await.expect(200).text();
    assert_eq!(text.matches("False start").count(), 1, "marked, not hidden");
    assert!(text.contains("Part 1") && text.contains("Part 2"));
    assert!(text.contains("Not recorded: ") && text.contains("9\u{a0}min"), "the gap is named: {text}");
    let listed = school
        .read("learner@contoso.example", &format!("/api/v1/conferences/{}/recordings", class.conference))
        .await;
    let marks: Vec<&Value> =
        listed["items"].as_array().unwrap().iter().map(|item| &item["false_start"]).collect();
    assert_eq!(marks, [&json!(true), &json!(false)]);
}
