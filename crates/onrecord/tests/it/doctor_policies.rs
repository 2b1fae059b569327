//! Teams meeting policies, which nobody can read but a person: asked for, answered, kept, and asked for again.

use chrono::TimeDelta;
use serde_json::{Value, json};

use onrecord::model::finding::Severity;
use onrecord::ops::doctor;
use onrecord::params;
use onrecord::store::Read as _;

use crate::teaching::School;

const CONFIRM: &str = "/api/v1/integrations/teams/confirmations";

async fn examine(school: &School) -> doctor::Examination {
    doctor::examine(&school.world.app).await.expect("an examination")
}

fn has(seen: &doctor::Examination, code: &str, severity: Severity) -> bool {
    seen.findings.iter().any(|finding| finding.code == code && finding.severity == severity)
}

async fn say(school: &School, topic: &str, answer: &str) -> Value {
    let admin = school.world.sign_in("admin@contoso.example").await;
    admin.post(CONFIRM, &json!({ "topic": topic, "answer": answer })).await.expect(200).json()
}

#[tokio::test]
async fn what_graph_cannot_read_is_asked_for_with_the_command() {
    let school = School::new().await;
    examine(&school).await;
    let seen = examine(&school).await;
    let account = school.world.sim.tenant()["service_account_id"].as_str().expect("an id").to_owned();
    for code in [
        "confirm_recording_policy",
        "confirm_instructor_policy",
        "confirm_attendance_policy",
        "confirm_expiry_policy",
    ] {
        let finding = seen.findings.iter().find(|finding| finding.code == code).expect("it is asked for");
        let command = finding.command.as_deref().expect("a command");
        assert!(command.contains("Get-CsTeamsMeetingPolicy"), "{command}");
        assert!(command.contains(&account) || code == "confirm_instructor_policy", "{command}");
        assert_eq!((finding.severity, finding.classes_harmed), (Severity::Info, 0));
    }
}

#[tokio::test]
async fn an_answer_is_kept_with_date_and_person_and_asked_again_after_a_year() {
    let school = School::new().await;
    let seen = say(&school, "recording", "yes").await;
    let kept = seen["in_order"].as_array().expect("a list").iter().any(|well| {
        well["probe"] == "policy_recording"
            && well["words"].as_str().unwrap_or_default().contains("admin on 2026-09-01")
    });
    assert!(kept, "{seen}");
    let page = school.world.sign_in("admin@contoso.example").await.get("/settings/integrations/teams").await;
    assert!(page.expect(200).text().contains("Yes, said admin on"));
    assert_eq!(school.audited("policy.confirmed").await, 1);
    school.world.advance(TimeDelta::days(364));
    assert!(!has(&examine(&school).await, "confirm_recording_policy", Severity::Info));
    school.world.advance(TimeDelta::days(1));
    let seen = examine(&school).await;
    let again =
        seen.findings.iter().find(|finding| finding.code == "confirm_recording_policy").expect("asked again");
    assert!(again.message.contains("more than a year ago"), "{}", again.message);
}

#[tokio::test]
async fn a_no_is_an_error_until_it_is_a_yes() {
    let school = School::new().await;
    let admin = school.world.sign_in("admin@contoso.example").await;
    admin
        .submit("/settings/integrations/teams/policies", &[("topic", "attendance"), ("answer", "no")])
        .await
        .expect(303);
    let seen = examine(&school).await;
    assert!(has(&seen, "policy_forbids", Severity::Error) && !seen.is_ok());
    let finding = seen.findings.iter().find(|finding| finding.code == "policy_forbids").expect("a finding");
    let command = finding.command.as_deref().expect("a command");
    assert!(command.contains("-AllowEngagementReport Enabled"), "{command}");
    say(&school, "attendance", "yes").await;
    assert!(examine(&school).await.is_ok());
}

#[tokio::test]
async fn a_yes_that_what_happens_contradicts_is_asked_again() {
    let school = School::new().await;
    say(&school, "recording", "yes").await;
    school.class_tomorrow().await;
    school.run_jobs().await;
    school.world.advance(TimeDelta::days(2));
    let tx = school.world.app.store.write().await.expect("a transaction");
    let missed =
        "UPDATE meeting SET verdict = 'missing', verdict_cause = 'not_recorded', settled_at = ends_at";
    tx.execute(missed, params![]).await.expect("written");
    tx.commit().await.expect("kept");
    let seen = examine(&school).await;
    assert!(has(&seen, "policy_contradicted", Severity::Warning), "{:#?}", seen.findings);
    let finding =
        seen.findings.iter().find(|finding| finding.code == "policy_contradicted").expect("a finding");
    assert_eq!(finding.classes_harmed, 1);
    school.world.advance(TimeDelta::minutes(1));
    say(&school, "recording", "yes").await;
    assert!(!has(&examine(&school).await, "policy_contradicted", Severity::Warning), "the new answer counts");
}

#[tokio::test]
async fn odd_answers_and_other_people_are_refused() {
    let school = School::new().await;
    let admin = school.world.sign_in("admin@contoso.example").await;
    admin.post(CONFIRM, &json!({ "topic": "weather", "answer": "yes" })).await.expect(422);
    admin.post(CONFIRM, &json!({ "topic": "recording", "answer": "maybe" })).await.expect(422);
    admin.submit("/settings/integrations/teams/policies", &[("topic", "recording")]).await.expect(422);
    let said = json!({ "topic": "recording", "answer": "yes" });
    school.instructor().await.post(CONFIRM, &said).await.expect(404);
    let rows = school.world.app.store.rows("SELECT id FROM policy_answer", params![]).await.expect("a query");
    assert!(rows.is_empty());
}
