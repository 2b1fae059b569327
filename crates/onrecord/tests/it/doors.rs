//! What every door does alike: unknown addresses, headers, health.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use onrecord::web;
use tower::ServiceExt as _;

use crate::world::World;

#[tokio::test]
async fn an_unknown_address_is_a_page_for_people_and_a_problem_for_programs() {
    let world = World::new().await;
    let page = world.stranger().get("/nowhere").await.expect(404);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.text());
    let problem = world.stranger().get("/api/v1/nowhere").await.expect(404);
    assert_eq!(problem.header("content-type"), "application/problem+json");
    assert_eq!(problem.json()["status"], 404);
}

#[tokio::test]
async fn every_answer_forbids_foreign_scripts_and_carries_an_id() {
    let world = World::new().await;
    for path in ["/login", "/api/docs", "/nowhere", "/healthz"] {
        let answer = world.stranger().get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn the_style_guide_is_shown_by_the_demo_only() {
    let world = World::new().await;
    for path in ["/styleguide", "/styleguide/player"] {
        world.stranger().get(path).await.expect(404);
        let request = Request::builder().uri(path).body(Body::empty()).expect("a request");
        let shown = web::demo_router(Arc::clone(&world.app)).oneshot(request).await.expect("an answer");
        assert_eq!(shown.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn the_program_says_whether_it_is_well() {
    let world = World::new().await;
    world.stranger().get("/healthz").await.expect(200);
    world.stranger().get("/readyz").await.expect(200);
    world.app.store.close().await.expect("the database closes");
    world.stranger().get("/readyz").await.expect(503);
}
