//! API tokens: made once, cut by their scope, gone at once.

use chrono::TimeDelta;
use onrecord::model::access::Scope;
use onrecord::model::people::GlobalRole;
use serde_json::{Value, json};

use crate::world::World;

async fn school() -> World {
    let world = World::new().await;
    world.user("admin@school.example", Some(GlobalRole::Admin)).await;
    world.user("ada@school.example", None).await;
    world
}

/// Asks who the bearer of `token` is.
async fn me(world: &World, token: &Value) -> crate::world::Answer {
    let bearer = format!("Bearer {}", token.as_str().expect("a token"));
    world.stranger().get_with("/api/v1/me", &[("authorization", &bearer)]).await
}

#[tokio::test]
async fn a_token_is_shown_once_works_and_ends_when_revoked() {
    let world = school().await;
    let ada = world.sign_in("ada@school.example").await;
    let made =
        ada.post("/api/v1/tokens", &json!({ "name": "Moodle", "scope": "read" })).await.expect(201).json();
    let value = made["token"].clone();
    assert!(value.as_str().is_some_and(|token| token.starts_with("onr_") && token.len() > 40));
    assert_eq!(me(&world, &value).await.expect(200).json()["scope"], "read");
    let listed = ada.get("/api/v1/tokens").await.expect(200);
    assert!(listed.text().contains("Moodle") && !listed.text().contains(value.as_str().expect("a token")));
    let path = format!("/api/v1/tokens/{}", made["id"]);
    ada.delete(&path).await.expect(204);
    ada.delete(&path).await.expect(204);
    me(&world, &value).await.expect(401);
}

#[tokio::test]
async fn a_token_ends_after_its_days() {
    let world = school().await;
    let ada = world.sign_in("ada@school.example").await;
    let body = json!({ "name": "x", "scope": "read", "expires_days": 2 });
    let value = ada.post("/api/v1/tokens", &body).await.expect(201).json()["token"].clone();
    world.advance(TimeDelta::days(2) - TimeDelta::seconds(1));
    me(&world, &value).await.expect(200);
    world.advance(TimeDelta::seconds(1));
    me(&world, &value).await.expect(401);
}

#[tokio::test]
async fn a_token_never_does_more_than_what_made_it() {
    let world = school().await;
    let reading = world.sign_in_with("admin@school.example", Scope::Read).await;
    reading.post("/api/v1/tokens", &json!({ "name": "x", "scope": "read" })).await.expect(403);
    let writing = world.sign_in_with("admin@school.example", Scope::Write).await;
    writing.post("/api/v1/tokens", &json!({ "name": "x", "scope": "admin" })).await.expect(403);
    writing.post("/api/v1/tokens", &json!({ "name": "x", "scope": "write" })).await.expect(201);
    writing.post("/api/v1/users", &json!({ "email": "x@school.example" })).await.expect(403);
    reading.get("/api/v1/users").await.expect(200);
    writing.submit("/account/appearance", &[("theme", "dark")]).await.expect(403);
}

#[tokio::test]
async fn anothers_token_is_an_administrators_business_only() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let ada = world.sign_in("ada@school.example").await;
    let of_admin =
        admin.post("/api/v1/tokens", &json!({ "name": "x", "scope": "read" })).await.expect(201).json();
    ada.delete(&format!("/api/v1/tokens/{}", of_admin["id"])).await.expect(404);
    me(&world, &of_admin["token"]).await.expect(200);
    let of_ada =
        ada.post("/api/v1/tokens", &json!({ "name": "x", "scope": "read" })).await.expect(201).json();
    admin.delete(&format!("/api/v1/tokens/{}", of_ada["id"])).await.expect(204);
    me(&world, &of_ada["token"]).await.expect(401);
}

#[tokio::test]
async fn wrong_tokens_are_refused_with_the_field_at_fault() {
    let world = school().await;
    let ada = world.sign_in("ada@school.example").await;
    for (body, field) in [
        (json!({ "name": "", "scope": "read" }), "name"),
        (json!({ "name": "x", "scope": "everything" }), "scope"),
        (json!({ "name": "x", "scope": "read", "expires_days": 0 }), "expires_days"),
        (json!({ "name": "x", "scope": "read", "expires_days": 1e9 }), "expires_days"),
        (json!({ "scope": "read" }), "name"),
    ] {
        let answer = ada.post("/api/v1/tokens", &body).await.expect(422).json();
        assert_eq!(answer["errors"][0]["field"], field, "{body}");
    }
}

#[tokio::test]
async fn tokens_are_made_and_revoked_on_the_account_page() {
    let world = school().await;
    let ada = world.sign_in("ada@school.example").await;
    ada.get("/account").await.expect(200);
    ada.submit("/account/tokens", &[("name", "x"), ("scope", "all")]).await.expect(422);
    let wrong = [("name", "Moodle"), ("scope", "write"), ("expires_days", "0")];
    let again = ada.submit("/account/tokens", &wrong).await.expect(422).text();
    assert!(again.contains("value=\"Moodle\"") && again.contains("value=\"write\" selected"), "{again}");
    let fields = [("name", "Moodle"), ("scope", "read"), ("expires_days", "30")];
    let made = ada.submit("/account/tokens", &fields).await.expect(200);
    assert!(made.text().contains("onr_"), "{}", made.text());
    let listed = ada.get("/api/v1/tokens").await.expect(200).json();
    let id = listed["items"][0]["id"].clone();
    ada.submit(&format!("/account/tokens/{id}/revoke"), &[]).await.expect(303);
    assert!(!ada.get("/account").await.expect(200).text().contains("Moodle"));
}
