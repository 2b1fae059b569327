//! The recording notice in invitations and on record, and who acknowledged it before going to class.

use onrecord::model::access::Scope;
use onrecord::model::id::{ConferenceId, MeetingId};
use onrecord::model::integration::LawfulBasis;
use onrecord::model::people::GlobalRole;
use onrecord::ops;
use onrecord::params;
use onrecord::store::{Read as _, acknowledgements, integrations};
use serde_json::{Value, json};

use crate::teaching::{School, number};

#[tokio::test]
async fn the_invitation_quotes_the_notice_in_force_and_every_wording_is_kept() {
    let school = School::new().await;
    let app = &school.world.app;
    let (_, id) = school.class_tomorrow().await;
    school.run_jobs().await;
    let meeting = school.meeting(id).await;
    let body = school.event(&meeting).await.body_html().unwrap_or_default().to_owned();
    assert!(body.contains("public task") && !body.contains("you consent"), "{body}");

    let mut integration = integrations::first(&app.store).await.expect("a query").expect("a row");
    integration.lawful_basis = LawfulBasis::Consent;
    let tx = app.store.write().await.expect("a transaction");
    integrations::update(&tx, &integration, app.clock.now()).await.expect("written");
    tx.commit().await.expect("written");
    let integration = integrations::first(&app.store).await.expect("a query").expect("a row");
    let words = ops::notice::in_force(app, &integration, "en").await.expect("words").body;
    assert!(words.contains("By joining, you consent to being recorded"));
    ops::notice::in_force(app, &integration, "en-GB").await.expect("words");
    let rows =
        app.store.rows("SELECT body FROM notice_version ORDER BY id", params![]).await.expect("a query");
    assert_eq!(rows.len(), 2, "one row for each wording, not for each use");
    assert_eq!(school.audited("notice.in_force").await, 2);
}

const LEARNER: &str = "learner@contoso.example";
const ADMIN: &str = "admin@contoso.example";

/// A school that asks for acknowledgements so, and a class tomorrow that is in Teams.
async fn asking(how: &str) -> (School, ConferenceId, MeetingId) {
    let school = School::with(&[("ONRECORD_ACKNOWLEDGE", how)]).await;
    school.world.user("officer@contoso.example", Some(GlobalRole::Officer)).await;
    let (conference, meeting) = school.class_tomorrow().await;
    school.run_jobs().await;
    (school, conference, meeting)
}

async fn execute(school: &School, sql: &str) {
    let tx = school.world.app.store.write().await.expect("a transaction");
    tx.execute(sql, params![]).await.expect("written");
    tx.commit().await.expect("written");
}

/// The Teams link as a learner reads it over the API.
async fn link_for(school: &School, who: &str, conference: ConferenceId) -> Option<String> {
    let path = format!("/api/v1/conferences/{conference}");
    let shown = school.world.sign_in(who).await.get(&path).await.expect(200).json();
    shown["meetings"][0]["join_url"].as_str().map(str::to_owned)
}

/// The version that the join page asks somebody to acknowledge.
fn version_on(page: &str) -> String {
    let rest =
        page.split("name=\"version\" value=\"").nth(1).unwrap_or_else(|| panic!("nothing to read: {page}"));
    rest.split('"').next().expect("a number").to_owned()
}

#[tokio::test]
async fn where_it_is_required_nobody_goes_to_class_before_reading() {
    let (school, conference, meeting) = asking("required").await;
    let teams = school.meeting(meeting).await.join_url.expect("a link");
    let learner = school.world.sign_in(LEARNER).await;
    let join = format!("/join/{meeting}");
    assert_eq!(link_for(&school, LEARNER, conference).await, None, "the API does not tell it either");
    for path in [join.clone(), format!("{join}?go=on"), format!("{join}?go=shown")] {
        let page = learner.get(&path).await.expect(200).text();
        assert!(page.contains("public task") && page.contains("I have read this"), "{page}");
        assert!(!page.contains("meetup-join") && !page.contains("Go on without"), "{path}");
    }
    assert_eq!(school.audited("meeting.joined").await, 0);
    let version = version_on(&learner.get(&join).await.text());
    learner.submit(&join, &[("version", "4711")]).await.expect(303);
    assert_eq!(link_for(&school, LEARNER, conference).await, None);
    let answer = learner.submit(&join, &[("version", &version)]).await.expect(303);
    let ready = learner.get(answer.header("location")).await.expect(200).text();
    assert!(ready.contains("Thank you") && ready.contains("meetup-join"), "{ready}");
    assert_eq!(learner.get(&join).await.expect(303).header("location"), teams, "from now on at once");
    assert_eq!(link_for(&school, LEARNER, conference).await, Some(teams));
    assert_eq!(school.audited("notice.acknowledged").await, 1);
    learner.submit(&join, &[("version", &version)]).await.expect(303);
    assert_eq!(school.audited("notice.acknowledged").await, 1, "the first time stands");
}

#[tokio::test]
async fn where_it_is_asked_one_may_go_on_without_and_where_not_nobody_notices() {
    let (school, conference, meeting) = asking("ask").await;
    let learner = school.world.sign_in(LEARNER).await;
    assert!(link_for(&school, LEARNER, conference).await.is_some());
    let page = learner.get(&format!("/join/{meeting}")).await.expect(200).text();
    assert!(page.contains("Go on without"), "{page}");
    let onwards = learner.get(&format!("/join/{meeting}?go=on")).await.expect(303);
    assert!(onwards.header("location").contains("meetup-join"));
    let (school, _, meeting) = asking("none").await;
    let learner = school.world.sign_in(LEARNER).await;
    assert!(
        learner.get(&format!("/join/{meeting}")).await.expect(303).header("location").contains("meetup-join")
    );
}

#[tokio::test]
async fn programs_read_and_acknowledge_the_notice_and_staff_see_who_did() {
    let (school, _, meeting) = asking("required").await;
    let learner = school.world.sign_in(LEARNER).await;
    let notice = learner.get(&format!("/api/v1/meetings/{meeting}/notice")).await.expect(200).json();
    assert_eq!((&notice["asked"], &notice["acknowledged_at"]), (&json!("required"), &Value::Null));
    let path = format!("/api/v1/meetings/{meeting}/acknowledgement");
    learner.post(&path, &json!({})).await.expect(422);
    learner.post(&path, &json!({ "version": 4711 })).await.expect(409);
    let reading = school.world.sign_in_with(LEARNER, Scope::Read).await;
    reading.post(&path, &json!({ "version": notice["version"] })).await.expect(403);
    let done = learner.post(&path, &json!({ "version": notice["version"] })).await.expect(200).json();
    assert!(done["acknowledged_at"].is_string());
    school
        .world
        .sign_in("outsider@contoso.example")
        .await
        .post(&path, &json!({ "version": 1 }))
        .await
        .expect(404);

    let home = format!("/courses/{}/acknowledgements", school.course);
    let people = school.instructor().await.get(&format!("/api/v1{home}")).await.expect(200).json();
    let of = |email: &str| {
        let people = people["items"].as_array().expect("a list").clone();
        people.into_iter().find(|person| person["email"] == email).expect("in the course")
    };
    assert_eq!((&of(LEARNER)["version"], &of(LEARNER)["current"]), (&notice["version"], &json!(true)));
    assert_eq!(of("instructor@contoso.example")["version"], Value::Null);
    let page = school.instructor().await.get(&home).await.expect(200).text();
    assert!(page.contains("Acknowledged version") && page.contains("Not acknowledged"), "{page}");
    learner.get(&home).await.expect(403);
}

#[tokio::test]
async fn a_new_wording_is_asked_anew_and_the_class_keeps_with_which_it_was_announced() {
    let (school, conference, meeting) = asking("required").await;
    let learner = school.world.sign_in(LEARNER).await;
    let join = format!("/join/{meeting}");
    let version = version_on(&learner.get(&join).await.text());
    learner.submit(&join, &[("version", &version)]).await.expect(303);
    execute(&school, "UPDATE integration SET lawful_basis = 'consent'").await;
    let again = learner.get(&join).await.expect(200).text();
    assert!(again.contains("you consent to being recorded"), "{again}");
    let newer = version_on(&again);
    assert_ne!(newer, version);
    let page = school.instructor().await.get(&format!("/courses/{}/acknowledgements", school.course)).await;
    assert!(page.text().contains("Only an older version"));
    let change = json!({ "description": "Bring a ruler." });
    school.instructor().await.patch(&format!("/api/v1/conferences/{conference}"), &change).await.expect(200);
    school.run_jobs().await;
    let row = school.meeting(meeting).await;
    let body = school.event(&row).await.body_html().unwrap_or_default().to_owned();
    assert!(
        body.contains("ruler") && body.contains("you consent") && !body.contains("public task"),
        "{body}"
    );
    let used = acknowledgements::of_meeting(&school.world.app.store, meeting).await.expect("a query");
    let used: Vec<String> = used.into_iter().map(|(version, _)| version.to_string()).collect();
    assert_eq!(used, [version, newer], "both, with the first one first");
    let notices = school.world.sign_in(ADMIN).await.get("/admin/notices").await.expect(200).text();
    assert!(notices.contains("Classes announced with it: 1. People who acknowledged it: 1."), "{notices}");
    learner.get("/admin/notices").await.expect(404);
}

#[tokio::test]
async fn people_read_it_in_their_language_if_the_school_wrote_it() {
    let (school, conference, meeting) = asking("required").await;
    let officer = school.world.sign_in("officer@contoso.example").await;
    let wrong = json!({ "language": "not a tag", "wording": "x" });
    officer.put("/api/v1/notices/wordings", &wrong).await.expect(422);
    let german = json!({ "language": "de", "wording": "Dieser Unterricht wird aufgezeichnet." });
    school.instructor().await.put("/api/v1/notices/wordings", &german).await.expect(404);
    officer.put("/api/v1/notices/wordings", &german).await.expect(204);
    let notices = officer.get("/admin/notices?language=de").await.expect(200).text();
    let shown = notices.matches("Dieser Unterricht wird aufgezeichnet.").count();
    assert_eq!(shown, 2, "in the list before anybody has read them, and in the form: {notices}");
    execute(&school, "UPDATE \"user\" SET language = 'de-AT' WHERE email = 'learner@contoso.example'").await;
    let learner = school.world.sign_in(LEARNER).await;
    for path in [format!("/join/{meeting}"), format!("/conferences/{conference}")] {
        let page = learner.get(&path).await.expect(200).text();
        assert!(page.contains("Dieser Unterricht wird aufgezeichnet."), "{path}: {page}");
    }
    let notice = format!("/api/v1/meetings/{meeting}/notice");
    assert_eq!(learner.get(&notice).await.expect(200).json()["language"], "de");
    assert_eq!(school.instructor().await.get(&notice).await.expect(200).json()["language"], "en");
    let form = [("language", "de"), ("wording", "")];
    officer.submit("/admin/notices/wordings", &form).await.expect(303);
    assert_eq!(learner.get(&notice).await.expect(200).json()["language"], "en", "taken away again");
    assert_eq!(school.audited("notice.wording_changed").await, 2);
}

#[tokio::test]
async fn another_word_than_the_three_is_refused_at_the_start() {
    let file = [("ONRECORD_ACKNOWLEDGE", "maybe")];
    let sources = onrecord::config::Sources {
        data_dir: None,
        config_file: None,
        environment: file.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    let refused = onrecord::config::Config::load(&sources).expect_err("no such word").to_string();
    assert!(refused.contains("ONRECORD_ACKNOWLEDGE") && refused.contains("none, ask, required"), "{refused}");
}

#[tokio::test]
async fn what_one_acknowledged_is_in_ones_own_data_and_counted_when_one_is_forgotten() {
    let (school, _, meeting) = asking("required").await;
    let learner = school.world.sign_in(LEARNER).await;
    let join = format!("/join/{meeting}");
    let version = version_on(&learner.get(&join).await.text());
    learner.submit(&join, &[("version", &version)]).await.expect(303);
    let held = learner.get("/api/v1/me/data").await.expect(200).json();
    assert_eq!(held["acknowledgements"][0]["version"].to_string(), version);
    let id = number(
        &school.world.sign_in(ADMIN).await.get("/api/v1/users").await.json()["items"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|person| person["email"] == LEARNER)
            .expect("the learner")["id"],
    );
    let erased = school
        .world
        .sign_in(ADMIN)
        .await
        .post(&format!("/api/v1/users/{id}/erasure"), &json!({ "reason": "They asked" }))
        .await
        .expect(201)
        .json();
    assert_eq!(erased["report"]["changed"]["acknowledgements"], 1, "{erased}");
    let page = school.instructor().await.get(&format!("/courses/{}/acknowledgements", school.course)).await;
    assert!(!page.text().contains(LEARNER));
}
