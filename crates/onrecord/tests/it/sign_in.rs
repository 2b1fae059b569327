//! Signing in and out, deep links, guessing, one-time links, and what other sites may not do.

use axum::body::Body;
use axum::http::{Method, Request};
use chrono::TimeDelta;
use onrecord::model::access::Scope;
use onrecord::model::people::GlobalRole;
use onrecord::ops::actor::Actor;
use onrecord::ops::people;
use onrecord::store::users;

use crate::world::{Answer, World};

const PASSWORD: &str = "onrecord-demo";

/// Adds a person who sets their password by the link they were given, as in life; returns their session cookie.
async fn newcomer(world: &World, email: &str) -> String {
    let user = world.user(email, None).await;
    let (_, link) = people::invite(&world.app, Actor::Operator, user).await.expect("a link");
    let path = link.url.strip_prefix("http://127.0.0.1:8080").expect("the public URL begins it").to_owned();
    let set = world.stranger().submit(&path, &[("password", PASSWORD)]).await.expect(303);
    cookie(&set)
}

/// The session cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    set.split(';').next().expect("a name and a value").to_owned()
}

async fn login(world: &World, email: &str, password: &str, next: &str) -> Answer {
    world.stranger().submit("/login", &[("email", email), ("password", password), ("next", next)]).await
}

async fn with_cookie(world: &World, cookie: &str, path: &str) -> Answer {
    world.stranger().get_with(path, &[("cookie", cookie)]).await
}

#[tokio::test]
async fn someone_who_follows_a_deep_link_signs_in_and_arrives_there() {
    let world = World::new().await;
    newcomer(&world, "ada@school.example").await;
    let sent_away = world.stranger().get("/courses?q=bio%20204&x=1").await.expect(303);
    assert_eq!(sent_away.header("location"), "/login?next=/courses%3Fq%3Dbio%2520204%26x%3D1");
    let form = world.stranger().get(sent_away.header("location")).await.expect(200);
    assert!(form.text().contains(r#"name="next" value="/courses?q=bio%20204&#38;x=1""#), "{}", form.text());
    let done = login(&world, "Ada@School.example", PASSWORD, "/courses?q=bio%20204&x=1").await.expect(303);
    assert_eq!(done.header("location"), "/courses?q=bio%20204&x=1");
    with_cookie(&world, &cookie(&done), "/courses").await.expect(200);
}

#[tokio::test]
async fn signing_in_never_leads_to_another_site() {
    let world = World::new().await;
    newcomer(&world, "ada@school.example").await;
    for evil in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let done = login(&world, "ada@school.example", PASSWORD, evil).await.expect(303);
        assert_eq!(done.header("location"), "/", "{evil}");
    }
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_look_the_same() {
    let world = World::new().await;
    newcomer(&world, "ada@school.example").await;
    let wrong = login(&world, "ada@school.example", "not the password", "/").await.expect(422);
    let unknown = login(&world, "nobody@school.example", "not the password", "/").await.expect(422);
    assert!(wrong.header("set-cookie").is_empty());
    assert_eq!(
        wrong.text().replace("ada@school.example", ""),
        unknown.text().replace("nobody@school.example", "")
    );
}

#[tokio::test]
async fn guessing_is_slowed_down_and_nobody_is_locked_out() {
    let world = World::with(&[("ONRECORD_LIMIT_SIGN_INS", "3")]).await;
    newcomer(&world, "ada@school.example").await;
    newcomer(&world, "bo@school.example").await;
    for _ in 0..3 {
        login(&world, "ada@school.example", "a wrong password", "/").await.expect(422);
    }
    let slowed = login(&world, "ada@school.example", PASSWORD, "/").await.expect(429);
    let wait: i64 = slowed.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    login(&world, "bo@school.example", PASSWORD, "/").await.expect(303);
    world.advance(TimeDelta::seconds(wait));
    login(&world, "ada@school.example", PASSWORD, "/").await.expect(303);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let world = World::new().await;
    let cookie = newcomer(&world, "ada@school.example").await;
    with_cookie(&world, &cookie, "/api/v1/me").await.expect(200);
    let out = world
        .stranger()
        .request(Method::POST, "/logout", &[("cookie", &cookie)], Body::empty())
        .await
        .expect(303);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    with_cookie(&world, &cookie, "/api/v1/me").await.expect(401);
}

#[tokio::test]
async fn a_session_ends_when_unused_for_a_week_and_after_a_month_at_the_latest() {
    let world = World::new().await;
    let cookie = newcomer(&world, "ada@school.example").await;
    for _ in 0..4 {
        world.advance(TimeDelta::days(6));
        with_cookie(&world, &cookie, "/api/v1/me").await.expect(200);
    }
    world.advance(TimeDelta::days(7));
    with_cookie(&world, &cookie, "/api/v1/me").await.expect(401);
    let other = cookie_of_a_new_session(&world).await;
    for _ in 0..4 {
        world.advance(TimeDelta::days(6));
        with_cookie(&world, &other, "/api/v1/me").await.expect(200);
    }
    world.advance(TimeDelta::days(6));
    with_cookie(&world, &other, "/api/v1/me").await.expect(401);
}

async fn cookie_of_a_new_session(world: &World) -> String {
    cookie(&login(world, "ada@school.example", PASSWORD, "/").await.expect(303))
}

#[tokio::test]
async fn a_one_time_link_works_once_and_for_seven_days() {
    let world = World::new().await;
    let user = world.user("ada@school.example", None).await;
    let link = |link: onrecord::ops::sign_in::Link| link.url.replace("http://127.0.0.1:8080", "");
    let path = link(people::invite(&world.app, Actor::Operator, user).await.expect("a link").1);
    let page = world.stranger().get(&path).await.expect(200);
    assert!(page.text().contains("ada@school.example"));
    let short = world.stranger().submit(&path, &[("password", "too short")]).await.expect(422);
    assert!(short.text().contains("at least 12 characters"), "{}", short.text());
    world.stranger().submit(&path, &[("password", "ada@school.example")]).await.expect(422);
    world.stranger().submit(&path, &[("password", PASSWORD)]).await.expect(303);
    let spent = world.stranger().submit(&path, &[("password", "another password")]).await.expect(410);
    assert!(spent.text().contains("no longer good"));
    login(&world, "ada@school.example", PASSWORD, "/").await.expect(303);

    let late = link(people::invite(&world.app, Actor::Operator, user).await.expect("a link").1);
    world.advance(TimeDelta::days(7));
    world.stranger().get(&late).await.expect(410);
    world.stranger().get("/welcome/never-given-out").await.expect(410);
}

#[tokio::test]
async fn a_new_link_ends_the_earlier_one() {
    let world = World::new().await;
    let user = world.user("ada@school.example", None).await;
    let mut paths = Vec::new();
    for _ in 0..2 {
        let (_, link) = people::invite(&world.app, Actor::Operator, user).await.expect("a link");
        paths.push(link.url.replace("http://127.0.0.1:8080", ""));
    }
    world.stranger().get(&paths[0]).await.expect(410);
    world.stranger().get(&paths[1]).await.expect(200);
}

#[tokio::test]
async fn disabling_someone_ends_their_session_their_token_and_their_link_at_once() {
    let world = World::new().await;
    world.user("admin@school.example", Some(GlobalRole::Admin)).await;
    let session = newcomer(&world, "ada@school.example").await;
    let token = world.sign_in("ada@school.example").await;
    let id = with_cookie(&world, &session, "/api/v1/me").await.expect(200).json()["id"].clone();
    let admin = world.sign_in("admin@school.example").await;
    let link =
        admin.post(&format!("/api/v1/users/{id}/link"), &serde_json::json!({})).await.expect(201).json();
    let link = link["url"].as_str().expect("an address").replace("http://127.0.0.1:8080", "");
    token.get("/api/v1/me").await.expect(200);

    admin.post(&format!("/api/v1/users/{id}/disable"), &serde_json::json!({})).await.expect(200);
    with_cookie(&world, &session, "/api/v1/me").await.expect(401);
    token.get("/api/v1/me").await.expect(401);
    world.stranger().get(&link).await.expect(410);
    login(&world, "ada@school.example", PASSWORD, "/").await.expect(422);

    admin.post(&format!("/api/v1/users/{id}/enable"), &serde_json::json!({})).await.expect(200);
    login(&world, "ada@school.example", PASSWORD, "/").await.expect(303);
    with_cookie(&world, &session, "/api/v1/me").await.expect(401);
    token.get("/api/v1/me").await.expect(401);
}

#[tokio::test]
async fn another_site_cannot_make_a_browser_change_anything() {
    let world = World::new().await;
    let session = newcomer(&world, "ada@school.example").await;
    let post = |headers: Vec<(&'static str, &'static str)>| {
        let mut request = Request::builder().method(Method::POST).uri("/account/appearance");
        request = request.header("cookie", &session);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        world.send(request.body(Body::from("theme=dark")).expect("a request"))
    };
    post(vec![("sec-fetch-site", "cross-site")]).await.expect(403);
    post(vec![("sec-fetch-site", "same-site")]).await.expect(403);
    post(vec![("origin", "https://evil.example")]).await.expect(403);
    post(vec![("origin", "null")]).await.expect(403);
    post(vec![("sec-fetch-site", "same-origin")]).await.expect(303);
    post(vec![("origin", "http://127.0.0.1:8080")]).await.expect(303);
    post(vec![]).await.expect(303);
    let page = with_cookie(&world, &session, "/account").await.expect(200);
    assert!(page.text().contains(r#"data-theme="dark""#), "the theme was chosen");
}

#[tokio::test]
async fn programs_without_a_token_are_told_how_to_sign_in() {
    let world = World::new().await;
    let answer = world.stranger().get("/api/v1/me").await.expect(401);
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"onrecord\"");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let session = newcomer(&world, "ada@school.example").await;
    let headers = [("cookie", session.as_str()), ("authorization", "Bearer onr_wrong")];
    world.stranger().get_with("/api/v1/me", &headers).await.expect(401);
}

#[tokio::test]
async fn changing_the_password_ends_the_other_sessions() {
    let world = World::new().await;
    let here = newcomer(&world, "ada@school.example").await;
    let elsewhere = cookie_of_a_new_session(&world).await;
    let change = |current: &'static str, wanted: &'static str| {
        let headers = [("cookie", here.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let body = format!("current_password={current}&password={wanted}");
        let client = world.stranger();
        async move { client.request(Method::POST, "/account/password", &headers, Body::from(body)).await }
    };
    change("wrong", "a+long+enough+password").await.expect(422);
    change(PASSWORD, "short").await.expect(422);
    with_cookie(&world, &elsewhere, "/api/v1/me").await.expect(200);
    change(PASSWORD, "a+long+enough+password").await.expect(303);
    with_cookie(&world, &elsewhere, "/api/v1/me").await.expect(401);
    with_cookie(&world, &here, "/api/v1/me").await.expect(200);
    login(&world, "ada@school.example", "a long enough password", "/").await.expect(303);
}

#[tokio::test]
async fn every_sign_in_and_refusal_of_a_known_person_is_on_record() {
    let world = World::new().await;
    world.user("officer@school.example", Some(GlobalRole::Officer)).await;
    newcomer(&world, "ada@school.example").await;
    login(&world, "ada@school.example", "a wrong password", "/").await.expect(422);
    login(&world, "ada@school.example", PASSWORD, "/").await.expect(303);
    let user =
        users::find_by_email(&world.app.store, "ada@school.example").await.expect("a query").expect("Ada");
    let officer = world.sign_in("officer@school.example").await;
    let audit = officer.get(&format!("/api/v1/audit?subject=user:{}", user.id)).await.expect(200).json();
    let actions: Vec<_> =
        audit["items"].as_array().expect("a list").iter().map(|item| item["action"].clone()).collect();
    assert_eq!(actions, ["user.signed_in", "user.sign_in_refused", "user.password_set", "user.link_made"]);
}

#[tokio::test]
async fn using_a_session_writes_only_now_and_then() {
    let world = World::new().await;
    newcomer(&world, "ada@school.example").await;
    let client = world.sign_in_with("ada@school.example", Scope::Read).await;
    let seen = || async {
        let listed = users::list(&world.app.store, "ada", None, 1).await.expect("a query");
        listed[0].last_seen_at
    };
    client.get("/api/v1/me").await.expect(200);
    let first = seen().await;
    world.advance(TimeDelta::minutes(4));
    client.get("/api/v1/me").await.expect(200);
    assert_eq!(seen().await, first);
    world.advance(TimeDelta::minutes(2));
    client.get("/api/v1/me").await.expect(200);
    assert_eq!(seen().await, Some(world.app.clock.now()));
}
