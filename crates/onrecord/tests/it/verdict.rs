//! Verdicts: every scheduled class ends in exactly one, and each change is audited.

use chrono::TimeDelta;
use msgraph_sim::{HoldRequest, Outcome};
use serde_json::json;

use crate::school::{Class, School};

async fn verdict(school: &School, class: &Class) -> String {
    let row = school.row(class).await;
    if row.verdict_cause.is_empty() {
        row.verdict.to_string()
    } else {
        format!("{} {}", row.verdict, row.verdict_cause)
    }
}

/// The day goes by in half-hours.
async fn pass(school: &School, hours: i64) {
    for _ in 0..hours * 2 {
        school.wait(TimeDelta::minutes(30));
        school.timetable().await;
    }
}

#[tokio::test]
async fn a_class_goes_from_upcoming_to_recorded() {
    let school = School::open().await;
    let class = school.class("Algebra", 30).await;
    school.timetable().await;
    assert_eq!(verdict(&school, &class).await, "upcoming");
    pass(&school, 1).await;
    assert_eq!(verdict(&school, &class).await, "running");
    school.wait(TimeDelta::minutes(30));
    let delays =
        msgraph_sim::Delays { recording: 1_800, transcript: 1_800, ..msgraph_sim::Delays::default() };
    school.hold_as(&class, HoldRequest { delays, ..HoldRequest::default() });
    school.timetable().await;
    assert_eq!(verdict(&school, &class).await, "waiting");
    pass(&school, 2).await;
    assert_eq!(verdict(&school, &class).await, "recorded");
    let changes =
        school.count("SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'meeting.verdict_changed'").await;
    assert_eq!(changes, 3, "each change is audited once");
}

#[tokio::test]
async fn a_class_to_which_nobody_came_was_not_held() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, HoldRequest { outcome: Outcome::NotHeld, ..HoldRequest::default() });
    school.timetable().await;
    assert_eq!(verdict(&school, &class).await, "waiting");
    pass(&school, 8).await;
    assert_eq!(verdict(&school, &class).await, "not_held");
    let answer = school.sync(&class).await;
    assert_eq!(answer["success"], json!(true), "{answer}");
}

#[tokio::test]
async fn a_class_that_was_held_and_not_recorded_is_missing_with_its_cause() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, HoldRequest { outcome: Outcome::NotRecorded, ..HoldRequest::default() });
    pass(&school, 5).await;
    assert_eq!(verdict(&school, &class).await, "missing policy_off");
    let report = school.read("admin@contoso.example", "/api/v1/monitor").await;
    assert_eq!(report["ok"], json!(false));
    assert!(report["problems"].to_string().contains("Recording not found"), "{report}");
    assert_eq!(report["missing_by_cause"], json!([{ "status": "policy_off", "count": 1 }]));
}

#[tokio::test]
async fn a_recording_that_stopped_early_is_missing_and_still_shown() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, HoldRequest { outcome: Outcome::StoppedEarly, ..HoldRequest::default() });
    pass(&school, 5).await;
    assert_eq!(verdict(&school, &class).await, "missing stopped_early");
    assert_eq!(school.artifacts(&class, "recording").await.len(), 1);
}

#[tokio::test]
async fn when_no_source_can_be_read_nobody_can_tell() {
    let school = School::open().await;
    let tx = school.world.app.store.write().await.unwrap();
    tx.execute("UPDATE integration SET kinds_off = '[\"chat\",\"files\",\"attendance\"]'", Vec::new())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, HoldRequest { outcome: Outcome::NotHeld, ..HoldRequest::default() });
    pass(&school, 5).await;
    assert_eq!(verdict(&school, &class).await, "missing cannot_tell");
}

#[tokio::test]
async fn missing_turns_into_recorded_when_the_recording_comes_late() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let delays = msgraph_sim::Delays {
        recording: 20 * 3_600,
        transcript: 20 * 3_600,
        ..msgraph_sim::Delays::default()
    };
    school.hold_as(&class, HoldRequest { delays, ..HoldRequest::default() });
    pass(&school, 6).await;
    assert!(verdict(&school, &class).await.starts_with("missing"));
    pass(&school, 24).await;
    assert_eq!(verdict(&school, &class).await, "recorded");
}

#[tokio::test]
async fn looking_ends_after_three_days_and_the_class_is_settled() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, HoldRequest { outcome: Outcome::NotRecorded, ..HoldRequest::default() });
    for _ in 0..30 {
        school.wait(TimeDelta::hours(3));
        school.timetable().await;
    }
    let row = school.row(&class).await;
    assert!(row.settled_at.is_some() && row.next_sync_at.is_none(), "{row:?}");
}
