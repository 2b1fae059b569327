//! Monitor: numbers and sentences about everything, and about one class.

use onrecord::model::id::Id as _;
use onrecord::ops::monitor;
use serde_json::json;

use crate::school::School;

#[tokio::test]
async fn a_healthy_school_is_all_well() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.sync(&class).await;
    let report = school.read("officer@contoso.example", "/api/v1/monitor").await;
    assert_eq!(report["ok"], json!(true), "{report}");
    assert_eq!(report["problems"], json!([]));
    assert_eq!(report["recordings"], json!(1));
    assert_eq!(report["stored_in_onedrive"], json!(1));
    assert_eq!(report["conferences_by_auto_recording_status"], json!([{ "status": "enabled", "count": 1 }]));
    assert_eq!(report["recordings_by_auto_recording_status"], json!([{ "status": "enabled", "count": 1 }]));
    assert_eq!(report["last_runs"][0]["success"], json!(true));
    for nobody in ["instructor@contoso.example", "learner@contoso.example"] {
        school.world.sign_in(nobody).await.get("/api/v1/monitor").await.expect(404);
    }
}

#[tokio::test]
async fn a_missing_permission_is_named_with_its_fix() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    let roles = school.world.sim.tenant()["roles"].as_array().unwrap().clone();
    let fewer: Vec<_> = roles.into_iter().filter(|role| role != "OnlineMeetingArtifact.Read.All").collect();
    school.world.sim.patch_tenant(&json!({ "roles": fewer })).unwrap();
    school.sync(&class).await;
    let report = school.read("admin@contoso.example", "/api/v1/monitor").await;
    assert_eq!(report["ok"], json!(false));
    assert!(report["problems"].to_string().contains("OnlineMeetingArtifact.Read.All"), "{report}");
    let own = monitor::conference_report(&school.world.app, class.conference).await.unwrap();
    assert!(!own.ok);
    let kind = own.meetings[0].kinds.iter().find(|kind| kind.kind.to_string() == "attendance").unwrap();
    assert_eq!(kind.state.to_string(), "failed");
    assert_eq!(own.meetings[0].stored_in_onedrive, 1);
}

#[tokio::test]
async fn a_conference_that_is_not_there_is_not_reported() {
    let school = School::open().await;
    let nobody =
        monitor::conference_report(&school.world.app, onrecord::model::id::ConferenceId::new(99)).await;
    assert!(matches!(nobody, Err(onrecord::ops::Error::NotFound)));
}
