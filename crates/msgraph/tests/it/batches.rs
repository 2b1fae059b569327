//! `$batch`: every inner call has its own result, and only what may pass is sent again.

use msgraph::{Error, NewSubscription};
use serde_json::{Value, json};

use crate::server::{Answer, Seen, Server};

const BATCH: &str = "/v1.0/$batch";

fn requests(seen: &Seen) -> Vec<Value> {
    let body: Value = serde_json::from_str(&seen.body).expect("JSON");
    body["requests"].as_array().expect("requests").clone()
}

fn user(request: &Value) -> String {
    let path = request["url"].as_str().expect("a url").split('?').next().expect("a path");
    path.rsplit('/').next().expect("an id").to_owned()
}

fn answers(of: impl IntoIterator<Item = Value>) -> Answer {
    Answer::json(&json!({ "responses": of.into_iter().collect::<Vec<_>>() }).to_string())
}

fn found(request: &Value) -> Value {
    json!({ "id": request["id"], "status": 200, "headers": { "Content-Type": "application/json" },
            "body": { "id": user(request) } })
}

fn ids(n: usize) -> Vec<String> {
    (0..n).map(|n| format!("u{n}")).collect()
}

#[tokio::test]
async fn twenty_go_in_one_request_and_results_keep_their_order() {
    let graph = Server::start().await;
    graph.on(BATCH, |seen, _| answers(requests(seen).iter().rev().map(found)));
    let users = graph.client().users(&ids(45)).await;
    let read: Vec<_> = users.into_iter().map(|user| user.expect("a user").id).collect();
    assert_eq!(read, ids(45));
    let sizes: Vec<_> = graph.seen_at(BATCH).iter().map(|seen| requests(seen).len()).collect();
    assert_eq!(sizes, [20, 20, 5]);
    let first = &requests(&graph.seen_at(BATCH)[0])[0];
    assert!(first["url"].as_str().is_some_and(|url| url.starts_with("/users/u0?$select=")), "{first}");
}

#[tokio::test]
async fn what_is_throttled_inside_is_sent_again_alone_and_after_its_own_time() {
    let graph = Server::start().await;
    graph.on(BATCH, |seen, nth| {
        answers(requests(seen).iter().map(|request| {
            if nth == 0 && ["u1", "u3"].contains(&user(request).as_str()) {
                let status = if user(request) == "u1" { 429 } else { 503 };
                return json!({ "id": request["id"], "status": status, "headers": { "Retry-After": "1" },
                    "body": { "error": { "code": "TooManyRequests", "message": "slow down" } } });
            }
            found(request)
        }))
    });
    let begun = std::time::Instant::now();
    let users = graph.client().users(&ids(5)).await;
    assert!(users.iter().all(Result::is_ok), "{users:?}");
    assert!(begun.elapsed() >= std::time::Duration::from_millis(990), "Retry-After is obeyed");
    let sent: Vec<Vec<_>> =
        graph.seen_at(BATCH).iter().map(|seen| requests(seen).iter().map(user).collect()).collect();
    assert_eq!(sent[1..].concat(), ["u1", "u3"], "{sent:?}");
}

#[tokio::test]
async fn refusals_inside_are_the_same_errors_as_outside() {
    let graph = Server::start().await;
    graph.on(BATCH, |seen, _| {
        answers(requests(seen).iter().filter_map(|request| {
            let refusal = |status: u16, code: &str| {
                Some(json!({ "id": request["id"], "status": status, "body": { "error": { "code": code, "message": "no" } } }))
            };
            match user(request).as_str() {
                "u0" => refusal(404, "Request_ResourceNotFound"),
                "u1" => refusal(403, "Authorization_RequestDenied"),
                "u2" => Some(json!({ "id": request["id"], "status": 302, "headers": { "Location": "https://x/" } })),
                "u3" => None,
                "u4" => refusal(429, "TooManyRequests"),
                _ => Some(found(request)),
            }
        }))
    });
    let users = graph.client().users(&ids(6)).await;
    assert!(matches!(users[0], Err(Error::NotFound { .. })), "{:?}", users[0]);
    assert!(
        matches!(&users[1], Err(error) if error.has_code("Authorization_RequestDenied")),
        "{:?}",
        users[1]
    );
    assert!(matches!(users[2], Err(Error::Decode { .. })), "{:?}", users[2]);
    assert!(matches!(users[3], Err(Error::BrokenBody { .. })), "{:?}", users[3]);
    assert!(matches!(users[4], Err(Error::Throttled { .. })), "{:?}", users[4]);
    assert!(users[5].is_ok());
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_fails_each_call() {
    let graph = Server::start().await;
    graph.on(BATCH, |_, _| Answer::error(400, "BadRequest"));
    let users = graph.client().users(&ids(2)).await;
    assert!(users.iter().all(|user| matches!(user, Err(Error::Upstream { status: 400, .. }))), "{users:?}");
    assert!(graph.client().users(&[]).await.is_empty());
    let odd = graph.client().users(&[String::new()]).await;
    assert!(matches!(odd[..], [Err(Error::Invalid { .. })]), "{odd:?}");
}

#[tokio::test]
async fn subscriptions_are_made_listed_renewed_and_ended() {
    let graph = Server::start().await;
    let until = "2026-09-04T06:00:00Z".parse().expect("a time");
    let at = graph.at("/v1.0/subscriptions?$skiptoken=1");
    graph.on("/v1.0/subscriptions", move |seen, _| match (seen.method.as_str(), seen.query.is_empty()) {
        ("POST", _) => Answer::of(201, r#"{"id":"s1","resource":"users/5f/onlineMeetings/getAllRecordings","expirationDateTime":"2026-09-04T06:00:00.0000000Z"}"#),
        (_, true) => Answer::json(&format!(r#"{{"value":[{{"id":"s1"}}],"@odata.nextLink":"{at}"}}"#)),
        _ => Answer::json(r#"{"value":[{"id":"s2","expirationDateTime":null}]}"#),
    });
    graph.on("/v1.0/subscriptions/s1", |seen, _| match seen.method.as_str() {
        "DELETE" => Answer::error(404, "ResourceNotFound"),
        _ => Answer::json(r#"{"id":"s1","expirationDateTime":"2026-09-05T06:00:00Z"}"#),
    });
    graph.on("/v1.0/subscriptions/s1/reauthorize", |_, _| Answer::of(204, ""));
    let client = graph.client();
    let new = NewSubscription {
        resource: "users/5f/onlineMeetings/getAllRecordings".to_owned(),
        change_type: "created".to_owned(),
        notification_url: "https://hooks.school.example/n".to_owned(),
        lifecycle_notification_url: "https://hooks.school.example/l".to_owned(),
        expiration_date_time: until,
        client_state: "hush-state".to_owned(),
    };
    assert!(!format!("{new:?}").contains("hush"));
    let made = client.create_subscription(&new).await.expect("a subscription");
    assert_eq!((made.id.as_str(), made.expiration_date_time), ("s1", Some(until)));
    let sent: Value = serde_json::from_str(&graph.seen_at("/v1.0/subscriptions")[0].body).expect("JSON");
    assert_eq!(sent["expirationDateTime"], "2026-09-04T06:00:00Z");
    assert_eq!((&sent["clientState"], &sent["changeType"]), (&json!("hush-state"), &json!("created")));
    let all: Vec<_> = client.subscriptions().await.expect("all pages").into_iter().map(|s| s.id).collect();
    assert_eq!(all, ["s1", "s2"]);
    client.renew_subscription("s1", until).await.expect("renewed");
    client.reauthorize_subscription("s1").await.expect("checked again");
    client.delete_subscription("s1").await.expect("gone already is no error");
}
