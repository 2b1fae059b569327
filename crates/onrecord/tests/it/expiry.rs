//! Microsoft deletes recordings: when that is expected, that people are told in time, and that nothing goes uncopied.

use axum::body::Body;
use axum::http::Method;
use chrono::TimeDelta;
use onrecord::params;
use onrecord::store::Read as _;
use serde_json::json;

use crate::archive::{SMALL_PARTS, recorded};
use crate::school::School;

const ADMIN: &str = "admin@contoso.example";
const INSTRUCTOR: &str = "instructor@contoso.example";
const LEARNER: &str = "learner@contoso.example";

async fn alarms(school: &School) -> Vec<String> {
    let alerts = school.read(INSTRUCTOR, "/api/v1/alerts").await;
    let items = alerts["items"].as_array().cloned().unwrap_or_default();
    let ours = items.iter().filter(|alert| alert["kind"] == json!("expiring"));
    ours.map(|alert| alert["detail"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_recording_is_copied_by_itself_before_microsoft_deletes_it() {
    let school = School::with(&[SMALL_PARTS]).await;
    let (_, id, whole) = recorded(&school, "Cells", 200_000).await;
    let path = format!("/api/v1/recordings/{id}");
    let shown = school.read(INSTRUCTOR, &path).await;
    assert_eq!(shown["expiry_source"], json!("estimate"), "{shown}");
    assert!(school.read(LEARNER, &path).await["expected_expiry_at"].is_null(), "when is for staff");
    school.wait(TimeDelta::days(80));
    school.timetable().await;
    assert_eq!(school.read(ADMIN, &path).await["safety"], json!("offered"), "120 days are not over for long");
    school.wait(TimeDelta::days(6));
    school.timetable().await;
    assert_eq!(school.read(ADMIN, &path).await["safety"], json!("verified"));
    assert_eq!(alarms(&school).await, Vec::<String>::new());
    // Microsoft deletes it, and nobody notices.
    school.wait(TimeDelta::days(60));
    school.timetable().await;
    let learner = school.world.sign_in(LEARNER).await;
    assert_eq!(learner.get(&format!("/recordings/{id}/content")).await.expect(200).body, whole);
}

#[tokio::test]
async fn where_it_cannot_be_copied_people_are_told_at_30_14_7_and_2_days() {
    let school = School::with(&[("ONRECORD_ARCHIVE_COPY", "asked"), SMALL_PARTS]).await;
    let (_, id, _) = recorded(&school, "Cells", 200_000).await;
    let mut told = Vec::new();
    for days in [85, 10, 12, 7, 5] {
        school.wait(TimeDelta::days(days));
        school.timetable().await;
        told.push(alarms(&school).await.join(","));
    }
    assert_eq!(told, ["", "30", "14", "7", "2"]);
    let raised = "SELECT COUNT(*) AS n FROM audit_entry e JOIN audit_detail d ON d.entry_id = e.id
                  WHERE e.action = 'alert.raised' AND d.detail LIKE '%expiring%'";
    assert_eq!(school.count(raised).await, 4, "each degree is told once");
    onrecord::ops::keep::copy(&school.world.app, id).await.unwrap();
    assert_eq!(alarms(&school).await, Vec::<String>::new(), "a verified copy ends the alarm");
}

#[tokio::test]
async fn staff_correct_the_estimate_and_the_correction_stays() {
    let school = School::with(&[("ONRECORD_ARCHIVE_COPY", "asked"), SMALL_PARTS]).await;
    let (class, id, _) = recorded(&school, "Cells", 200_000).await;
    let path = format!("/api/v1/recordings/{id}/expiry");
    let day = (school.now() + TimeDelta::days(5)).format("%Y-%m-%d").to_string();
    let learner = school.world.sign_in(LEARNER).await;
    learner.post(&path, &json!({ "expected_expiry_on": day })).await.expect(403);
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    let shown = instructor.post(&path, &json!({ "expected_expiry_on": day })).await.expect(200).json();
    assert_eq!(shown["expiry_source"], json!("corrected"), "{shown}");
    assert_eq!(alarms(&school).await, ["7"], "it is told at once");
    school.sync(&class).await;
    let shown = school.read(INSTRUCTOR, &format!("/api/v1/recordings/{id}")).await;
    assert!(shown["expected_expiry_at"].as_str().unwrap().starts_with(&day), "a sync took it back: {shown}");
    let page =
        instructor.get(&format!("/conferences/{}?tab=recordings", class.conference)).await.expect(200).text();
    assert!(page.contains("in 5 days") && !page.contains("(estimate)"), "{page}");
    let form = format!("/recordings/{id}/expiry");
    instructor.submit(&form, &[("expected_expiry_on", "")]).await.expect(303);
    assert_eq!(alarms(&school).await, Vec::<String>::new(), "Microsoft keeps it");
    instructor.submit(&form, &[("expected_expiry_on", "soon")]).await.expect(422);
}

#[tokio::test]
async fn the_days_of_a_tenant_count_for_recordings_that_come_from_then_on() {
    let school = School::with(&[SMALL_PARTS]).await;
    let (_, first, _) = recorded(&school, "Before", 150_000).await;
    let admin = school.world.sign_in(ADMIN).await;
    admin.submit("/admin/storage/expiry", &[("days", "many")]).await.expect(422);
    admin.submit("/admin/storage/expiry", &[("days", "30")]).await.expect(303);
    let (_, second, _) = recorded(&school, "After", 150_000).await;
    let days = async |id: onrecord::model::id::ArtifactId| {
        let sql = "SELECT expected_expiry_at AS at FROM artifact WHERE id = $1";
        let row = school.world.app.store.row(sql, params![id]).await.unwrap().unwrap();
        let at: chrono::DateTime<chrono::Utc> = row.get("at").unwrap();
        ((at - school.now()).num_hours() + 12) / 24
    };
    assert_eq!((days(first).await, days(second).await), (120, 30));
    // 30 days are less than the 35 in which a copy is made: it is made at once.
    school.wait(TimeDelta::minutes(20));
    school.timetable().await;
    let shown = school.read(ADMIN, &format!("/api/v1/recordings/{second}")).await;
    assert_eq!(shown["safety"], json!("verified"));
    let admin = school.world.sign_in(ADMIN).await;
    admin.request(Method::POST, "/admin/storage/expiry", &[], Body::empty()).await.expect(422);
}
