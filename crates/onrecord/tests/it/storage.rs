//! The drives that receive recordings: read before class, with a forecast; a full one takes nothing more, and its future
//! classes move elsewhere on request.

use chrono::TimeDelta;
use onrecord::params;
use onrecord::store::Read as _;
use serde_json::{Value, json};

use crate::world::{Client, World};

const ADMIN: &str = "admin@contoso.example";
const OFFICER: &str = "officer@contoso.example";

/// 100 GB.
const TOTAL: i64 = 100_000_000_000;

/// A school with a course, an administrator, an officer and two service accounts.
async fn school() -> World {
    let world = World::new().await;
    world.course("BIO-204").await;
    world.user(ADMIN, Some(onrecord::model::people::GlobalRole::Admin)).await;
    world.user(OFFICER, Some(onrecord::model::people::GlobalRole::Officer)).await;
    let second = msgraph_sim::SeedUser {
        email: "second@contoso.example".into(),
        display_name: "Second recorder".into(),
        kind: Some("service".into()),
        id: None,
    };
    if world.sim.seed_user(&second).is_err() {
        world.sim.seed_user(&msgraph_sim::SeedUser { kind: None, ..second }).expect("a second account");
    }
    let tx = world.app.store.write().await.unwrap();
    let sql = "INSERT INTO service_account (integration_id, email, created_at)
               SELECT id, 'second@contoso.example', $1 FROM integration";
    tx.execute(sql, params![world.app.clock.now()]).await.unwrap();
    tx.commit().await.unwrap();
    world
}

async fn fill(world: &World, email: &str, used: i64, state: &str) {
    let tx = world.app.store.write().await.unwrap();
    let sql = "UPDATE service_account SET drive_total_bytes = $2, drive_used_bytes = $3, drive_state = $4, drive_read_at = $5
               WHERE email = $1";
    tx.execute(sql, params![email, TOTAL, used, state, world.app.clock.now()]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn schedule(admin: &Client<'_>, date: &str) -> Value {
    let class = json!({ "title": "Cells", "course_id": 1, "platform": "teams", "time_zone": "UTC", "published": true,
        "time_slots": [{ "date": date, "start_time": "09:00", "end_time": "10:00" }] });
    admin.post("/api/v1/conferences", &class).await.expect(201).json()
}

async fn organizer(world: &World, conference: &Value) -> String {
    let sql = "SELECT s.email FROM meeting m JOIN service_account s ON s.id = m.service_account_id
               WHERE m.conference_id = $1";
    let row = world.app.store.row(sql, params![conference["id"].as_i64()]).await.unwrap().unwrap();
    row.get("email").unwrap()
}

async fn first_account(world: &World) -> String {
    let sql = "SELECT email FROM service_account WHERE email <> 'second@contoso.example'";
    world.app.store.row(sql, params![]).await.unwrap().unwrap().get("email").unwrap()
}

#[tokio::test]
async fn a_drive_that_is_full_takes_no_new_class_and_one_that_fills_comes_last() {
    let world = school().await;
    let admin = world.sign_in(ADMIN).await;
    let first = first_account(&world).await;
    fill(&world, &first, TOTAL, "exceeded").await;
    for day in 1..4 {
        let class = schedule(&admin, &format!("2026-10-0{day}")).await;
        assert_eq!(organizer(&world, &class).await, "second@contoso.example");
    }
    fill(&world, &first, TOTAL / 2, "normal").await;
    fill(&world, "second@contoso.example", TOTAL - 1, "critical").await;
    let class = schedule(&admin, "2026-10-05").await;
    assert_eq!(organizer(&world, &class).await, first);
}

#[tokio::test]
async fn growth_and_plans_say_when_a_drive_is_full() {
    let world = school().await;
    let admin = world.sign_in(ADMIN).await;
    let first = first_account(&world).await;
    for day in 0..5 {
        fill(&world, &first, TOTAL - 30_000_000_000 + day * 2_000_000_000, "nearing").await;
        onrecord::worker::run_until_idle(&world.app).await;
        world.advance(TimeDelta::days(1));
    }
    let drives = admin.get("/api/v1/storage").await.expect(200).json();
    let drive =
        drives["items"].as_array().unwrap().iter().find(|drive| drive["email"] == json!(first)).unwrap();
    let growth = drive["growth_bytes_per_day"].as_i64().unwrap_or_default();
    assert!((1_900_000_000..2_100_000_000).contains(&growth), "{drive}");
    assert_eq!(drive["full_on"], json!("2026-09-17"), "{drive}");
    let page = admin.get("/admin/storage").await.expect(200).text();
    assert!(page.contains("Full on about"), "{page}");
}

#[tokio::test]
async fn a_class_for_whose_recording_there_is_no_room_is_told_of_before_it_begins() {
    let world = school().await;
    let admin = world.sign_in(ADMIN).await;
    let first = first_account(&world).await;
    fill(&world, "second@contoso.example", TOTAL, "exceeded").await;
    schedule(&admin, "2026-09-01").await;
    fill(&world, &first, TOTAL - 1_000, "critical").await;
    onrecord::worker::run_until_idle(&world.app).await;
    // Microsoft's own word comes with the next reading before class; until then ours stands.
    let alerts = admin.get("/api/v1/alerts").await.expect(200).json();
    let told = |alerts: &Value| {
        alerts["items"].as_array().unwrap().iter().any(|alert| alert["kind"] == json!("no_room"))
    };
    assert!(told(&alerts), "{alerts}");
    fill(&world, &first, TOTAL / 2, "normal").await;
    world.advance(TimeDelta::minutes(20));
    onrecord::worker::run_until_idle(&world.app).await;
    let alerts = admin.get("/api/v1/alerts").await.expect(200).json();
    assert!(!told(&alerts), "{alerts}");
}

#[tokio::test]
async fn future_classes_of_an_account_move_with_a_new_teams_link_and_the_same_link_of_ours() {
    let world = school().await;
    let admin = world.sign_in(ADMIN).await;
    let first = first_account(&world).await;
    fill(&world, "second@contoso.example", TOTAL, "exceeded").await;
    let class = schedule(&admin, "2026-10-01").await;
    let id = class["id"].as_i64().unwrap();
    onrecord::worker::run_until_idle(&world.app).await;
    let before = admin.get(&format!("/api/v1/conferences/{id}")).await.expect(200).json();
    let meeting = &before["meetings"][0];
    assert_eq!(meeting["auto_recording_status"], json!("enabled"), "{before}");
    let account = "SELECT id FROM service_account WHERE email = $1";
    let account: i64 =
        world.app.store.row(account, params![first]).await.unwrap().unwrap().get("id").unwrap();
    let path = format!("/api/v1/storage/{account}/rehome");
    admin.post(&path, &Value::Null).await.expect(409);
    fill(&world, "second@contoso.example", 0, "normal").await;
    world.sign_in(OFFICER).await.post(&path, &Value::Null).await.expect(403);
    let moved = admin.post(&path, &Value::Null).await.expect(200).json();
    assert_eq!(moved, json!({ "moved": 1, "left": 0 }));
    for _ in 0..4 {
        onrecord::worker::run_until_idle(&world.app).await;
        world.advance(TimeDelta::minutes(2));
    }
    let after = admin.get(&format!("/api/v1/conferences/{id}")).await.expect(200).json();
    let moved = &after["meetings"][0];
    assert_eq!(organizer(&world, &after).await, "second@contoso.example");
    assert_eq!(moved["id"], meeting["id"], "the link of ours is another");
    assert_eq!(moved["auto_recording_status"], json!("enabled"), "{after}");
    assert!(moved["join_url"].is_string() && moved["join_url"] != meeting["join_url"]);
    let cancelled = world.sim.requests().into_iter().filter(|request| request.template.ends_with("/cancel"));
    assert_eq!(cancelled.count(), 1, "the former event stands");
    let left = "SELECT COUNT(*) AS n FROM withdrawal WHERE done_at IS NULL";
    let left: i64 = world.app.store.row(left, params![]).await.unwrap().unwrap().get("n").unwrap();
    assert_eq!(left, 0);
}
