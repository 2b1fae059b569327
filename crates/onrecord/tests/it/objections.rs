//! Somebody objects to being recorded: a case with an owner, a deadline and an outcome, read by officers and by whoever
//! objected, and by nobody else. It switches nothing off by itself.

use chrono::TimeDelta;
use onrecord::model::id::MeetingId;
use onrecord::model::people::GlobalRole;
use serde_json::{Value, json};

use crate::teaching::{School, number, wrong_fields};

const LEARNER: &str = "learner@contoso.example";
const OFFICER: &str = "officer@contoso.example";

async fn school() -> (School, MeetingId) {
    let school = School::new().await;
    school.world.user(OFFICER, Some(GlobalRole::Officer)).await;
    let (_, meeting) = school.class_tomorrow().await;
    school.run_jobs().await;
    (school, meeting)
}

/// The learner objects, and the number of the case comes back.
async fn raised(school: &School, body: &Value) -> i64 {
    let path = format!("/api/v1/courses/{}/objections", school.course);
    let case = school.world.sign_in(LEARNER).await.post(&path, body).await.expect(201).json();
    assert_eq!((&case["state"], &case["outcome"]), (&json!("new"), &Value::Null));
    number(&case["id"])
}

/// The officer changes a case.
async fn work_on(school: &School, id: i64, change: &Value) -> crate::world::Answer {
    school.world.sign_in(OFFICER).await.patch(&format!("/api/v1/objections/{id}"), change).await
}

#[tokio::test]
async fn a_case_goes_from_a_learners_words_to_an_answer() {
    let (school, meeting) = school().await;
    let id =
        raised(&school, &json!({ "meeting_id": meeting.0, "reason": "I do not want my voice kept" })).await;
    school.run_jobs().await;
    let row = school.meeting(meeting).await;
    assert!(school.online_meeting(&row).await.is_recording_enforced(), "an objection switches nothing off");
    let officer = school.world.sign_in(OFFICER).await;
    let me = number(&officer.get("/api/v1/me").await.expect(200).json()["id"]);
    let taken =
        work_on(&school, id, &json!({ "owner_id": me, "note": "Called the family" })).await.expect(200);
    assert_eq!(taken.json()["state"], "open");
    let answer = work_on(&school, id, &json!({ "outcome": "settled" })).await.expect(422);
    assert_eq!(wrong_fields(&answer), ["answer"], "an outcome needs an answer");
    let closed = json!({ "outcome": "settled", "answer": "You may keep microphone and camera off." });
    assert_eq!(work_on(&school, id, &closed).await.expect(200).json()["state"], "closed");
    work_on(&school, id, &closed).await.expect(409);
    work_on(&school, id, &json!({ "note": "The family is content" })).await.expect(200);
    let learner = school.world.sign_in(LEARNER).await;
    let own = learner.get("/api/v1/me/objections").await.expect(200).json();
    assert_eq!(own[0]["answer"], "You may keep microphone and camera off.");
    let page = learner.get(&format!("/courses/{}/objection", school.course)).await.expect(200).text();
    assert!(page.contains("keep microphone and camera off") && page.contains("Settled otherwise"), "{page}");
    assert!(!page.contains("Called the family"), "notes are of those who answer");
    for (action, count) in
        [("objection.raised", 1), ("objection.changed", 1), ("objection.closed", 1), ("objection.noted", 2)]
    {
        assert_eq!(school.audited(action).await, count, "{action}");
    }
}

#[tokio::test]
async fn a_deadline_passes_and_those_who_answer_see_it() {
    let (school, _) = school().await;
    let id = raised(&school, &json!({ "reason": "I do not want it" })).await;
    let officer = school.world.sign_in(OFFICER).await;
    let past = json!({ "due_at": "2026-08-01T00:00:00Z" });
    assert_eq!(wrong_fields(&work_on(&school, id, &past).await.expect(422)), ["due_at"]);
    let soon = json!({ "due_at": school.world.app.clock.now() + TimeDelta::days(3) });
    work_on(&school, id, &soon).await.expect(200);
    school.world.advance(TimeDelta::days(4));
    let cases = officer.get("/api/v1/objections").await.expect(200).json();
    assert_eq!(cases["items"][0]["state"], "overdue");
    let page = officer.get("/admin/cases").await.expect(200).text();
    assert!(page.contains("Overdue") && page.contains(&format!("/admin/cases/{id}")), "{page}");
}

#[tokio::test]
async fn officers_read_it_and_nobody_else_but_whoever_objected() {
    let (school, meeting) = school().await;
    let id = raised(&school, &json!({ "reason": "A private matter" })).await;
    let outsider = school.world.sign_in("outsider@contoso.example").await;
    for who in [school.instructor().await, outsider.clone()] {
        who.get("/api/v1/objections").await.expect(404);
        who.get(&format!("/admin/cases/{id}")).await.expect(404);
        who.patch(&format!("/api/v1/objections/{id}"), &json!({ "note": "x" })).await.expect(404);
        who.submit(&format!("/objections/{id}/withdraw"), &[]).await.expect(404);
        assert_eq!(who.get("/api/v1/me/objections").await.expect(200).json(), json!([]));
    }
    let path = format!("/api/v1/courses/{}/objections", school.course);
    let words = json!({ "reason": "x", "meeting_id": meeting.0 });
    outsider.post(&path, &words).await.expect(404);
    school.world.sign_in(OFFICER).await.post(&path, &words).await.expect(403);
    let learner = school.world.sign_in(LEARNER).await;
    learner.post(&path, &json!({ "reason": "Again" })).await.expect(409);
    learner.post(&path, &json!({ "reason": "x", "meeting_id": 4711 })).await.expect(422);
    learner.post(&path, &json!({ "meeting_id": meeting.0 })).await.expect(422);
    let not_staff = number(&learner.get("/api/v1/me").await.expect(200).json()["id"]);
    let owner = work_on(&school, id, &json!({ "owner_id": not_staff })).await.expect(422);
    assert_eq!(wrong_fields(&owner), ["owner_id"]);
}

#[tokio::test]
async fn on_pages_one_objects_takes_it_back_and_an_officer_links_an_exception() {
    let (school, meeting) = school().await;
    let learner = school.world.sign_in(LEARNER).await;
    let home = format!("/courses/{}/objection", school.course);
    assert!(learner.get(&format!("/courses/{}", school.course)).await.expect(200).text().contains(&home));
    let form = learner.get(&format!("{home}?class={meeting}")).await.expect(200).text();
    assert!(form.contains(&format!("value=\"{meeting}\" selected")), "{form}");
    let empty = learner.submit(&home, &[("scope", "course"), ("reason", " ")]).await.expect(422).text();
    assert!(empty.contains("Say in your own words") && !empty.contains("audit"), "{empty}");
    learner.submit(&home, &[("scope", "course"), ("reason", "I object")]).await.expect(303);
    learner.submit("/objections/1/withdraw", &[]).await.expect(303);
    learner.submit("/objections/1/withdraw", &[]).await.expect(409);
    learner.submit(&home, &[("scope", "course"), ("reason", "I object after all")]).await.expect(303);
    let officer = school.world.sign_in(OFFICER).await;
    let asked = json!({ "meeting_id": meeting.0, "reason": "An objection" });
    let exceptions = format!("/api/v1/courses/{}/exceptions", school.course);
    let exception = number(&officer.post(&exceptions, &asked).await.expect(201).json()["id"]).to_string();
    let listed = officer.get("/admin/cases/2").await.expect(200).text();
    assert!(listed.contains(&format!("<option value=\"{exception}\">")), "it can be chosen: {listed}");
    let wrong = [("owner", LEARNER), ("outcome", "upheld"), ("answer", "Yes")];
    officer.submit("/admin/cases/2", &wrong).await.expect(422);
    let right = [
        ("owner", OFFICER),
        ("due_on", "2026-09-20"),
        ("note", "Not recorded tomorrow"),
        ("outcome", "upheld"),
        ("answer", "Tomorrow's class is not recorded."),
        ("exception", &exception),
    ];
    officer.submit("/admin/cases/2", &right).await.expect(303);
    let case = officer.get("/admin/cases/2").await.expect(200).text();
    assert!(case.contains("Upheld") && case.contains("Not recorded tomorrow"), "{case}");
    let list = officer.get("/api/v1/objections").await.expect(200).json();
    assert_eq!(list["items"][0]["exception_id"].to_string(), exception);
    assert_eq!(list["items"][1]["outcome"], "withdrawn");
}

#[tokio::test]
async fn those_who_decide_are_told_once_a_day_while_somebody_waits() {
    let settings = [("ONRECORD_MAIL_URL", "graph:"), ("ONRECORD_MAIL_FROM", "recordings@contoso.example")];
    let school = School::with(&settings).await;
    school.world.user(OFFICER, Some(GlobalRole::Officer)).await;
    let id = raised(&school, &json!({ "reason": "I object" })).await;
    school.world.advance(TimeDelta::hours(4));
    school.run_jobs().await;
    let sql = "SELECT COUNT(*) AS n FROM mail WHERE kind = 'cases_waiting'";
    let count = async || {
        use onrecord::store::Read as _;
        let row = school.world.app.store.row(sql, onrecord::params![]).await.expect("a query");
        row.expect("a row").get::<i64>("n").expect("a number")
    };
    assert_eq!(count().await, 2, "the administrator and the officer");
    school.wait(TimeDelta::hours(1)).await;
    assert_eq!(count().await, 2, "once a day");
    work_on(&school, id, &json!({ "outcome": "rejected", "answer": "It is a public task." }))
        .await
        .expect(200);
    school.wait(TimeDelta::hours(24)).await;
    assert_eq!(count().await, 2, "nobody waits any more");
}

#[tokio::test]
async fn what_was_written_is_exported_and_forgotten_with_the_person() {
    let (school, _) = school().await;
    let id = raised(&school, &json!({ "reason": "My family is not to be heard" })).await;
    work_on(&school, id, &json!({ "note": "Spoke with Mrs Rner" })).await.expect(200);
    let learner = school.world.sign_in(LEARNER).await;
    let held = learner.get("/api/v1/me/data").await.expect(200).json();
    assert_eq!(held["objections"][0]["reason"], "My family is not to be heard");
    assert_eq!(held["objection_notes"][0]["text"], "Spoke with Mrs Rner");
    let who = number(&learner.get("/api/v1/me").await.expect(200).json()["id"]);
    let admin = school.world.sign_in("admin@contoso.example").await;
    let erased =
        admin.post(&format!("/api/v1/users/{who}/erasure"), &json!({ "reason": "They asked" })).await;
    assert_eq!(erased.expect(201).json()["report"]["changed"]["objections"], 1);
    let case = admin.get(&format!("/admin/cases/{id}")).await.expect(200).text();
    assert!(!case.contains("My family") && !case.contains("Mrs Rner"), "{case}");
    assert!(case.contains("Taken back"), "it waits for nobody any more: {case}");
}
