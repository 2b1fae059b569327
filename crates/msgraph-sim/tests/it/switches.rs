//! The switches by which a tenant goes wrong: each answers as Microsoft does.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::given::{Given, text};

fn number(body: &Value) -> i64 {
    body["error_codes"][0].as_i64().unwrap_or_default()
}

#[tokio::test]
async fn a_secret_ends_by_the_clock_and_the_registration_says_when() {
    let given = Given::healthy().await;
    let end = (given.sim.now() + chrono::TimeDelta::days(2)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    given.sim.patch_tenant(&json!({ "secret_expires_at": end })).unwrap();
    let client = text(&given.sim.tenant()["client_id"]);
    let app = given.ok(&format!("/v1.0/applications(appId='{client}')")).await;
    assert_eq!(app["passwordCredentials"][0]["endDateTime"], json!(end));
    assert_eq!(given.ask_token(&[]).await.0, 200);
    given.sim.advance(Duration::from_hours(49));
    assert_eq!(number(&given.ask_token(&[]).await.1), 7_000_222);
}

#[tokio::test]
async fn another_cloud_and_conditional_access_give_no_token() {
    for (patch, wanted) in [
        (json!({ "cloud": "us_government" }), 900_382),
        (json!({ "conditional_access_blocks": true }), 53_003),
    ] {
        let given = Given::healthy().await;
        given.sim.patch_tenant(&patch).unwrap();
        let (status, body) = given.ask_token(&[]).await;
        assert_eq!((status, number(&body)), (400, wanted), "{body}");
    }
}

#[tokio::test]
async fn what_is_granted_may_take_an_hour_to_show_in_tokens() {
    let mut given = Given::healthy().await;
    let path = format!("/v1.0/users/{}", given.organizer);
    given.sim.patch_tenant(&json!({ "roles": ["Mail.Send"] })).unwrap();
    let later = json!({ "roles": ["User.Read.All"], "roles_take_effect": "after_an_hour" });
    given.sim.patch_tenant(&later).unwrap();
    given.token = given.sign_in().await;
    assert_eq!(given.get(&path).await.0, 403);
    given.sim.advance(Duration::from_mins(61));
    given.token = given.sign_in().await;
    assert_eq!(given.get(&path).await.0, 200);
}

#[tokio::test]
async fn exchange_closes_mailboxes_and_opens_them_without_a_role_in_the_token() {
    let given = Given::healthy().await;
    let calendar = format!("/v1.0/users/{}/calendar", given.organizer);
    given.sim.patch_tenant(&json!({ "exchange_scope": "none" })).unwrap();
    let (status, body) = given.get(&calendar).await;
    assert_eq!((status, &body["error"]["code"]), (403, &json!("ErrorAccessDenied")));
    given
        .sim
        .patch_tenant(&json!({ "exchange_scope": [given.organizer.clone()], "roles": ["User.Read.All"] }))
        .unwrap();
    assert_eq!(given.get(&calendar).await.0, 403);
    given.sim.patch_tenant(&json!({ "exchange_roles": ["Calendars.ReadWrite"] })).unwrap();
    assert_eq!(given.get(&calendar).await.0, 200);
    let other = "8a6be2d4-71f3-4c05-b8d9-35e0f1a2c602";
    assert_eq!(given.get(&format!("/v1.0/users/{other}/calendar")).await.0, 403);
}

#[tokio::test]
async fn a_user_makes_so_many_meetings_a_month_and_no_more() {
    let given = Given::healthy().await;
    given.sim.patch_tenant(&json!({ "monthly_meeting_limit": 2 })).unwrap();
    for expected in [201, 201, 429] {
        let (status, body) = given.send(Method::POST, &given.events(), given.event_body("Algebra")).await;
        assert_eq!(status, expected, "{body}");
    }
    let mut plain = given.event_body("Without Teams");
    plain["isOnlineMeeting"] = json!(false);
    assert_eq!(given.send(Method::POST, &given.events(), plain).await.0, 201);
    given.sim.advance(Duration::from_hours(32 * 24));
    let mut given = given;
    given.token = given.sign_in().await;
    assert_eq!(given.send(Method::POST, &given.events(), given.event_body("Next month")).await.0, 201);
}

#[tokio::test]
async fn a_mailbox_reaches_so_many_recipients_a_day() {
    let given = Given::healthy().await;
    given.sim.patch_tenant(&json!({ "recipients_per_day": 3 })).unwrap();
    let to = |n: usize| -> Vec<Value> {
        (0..n).map(|i| json!({ "emailAddress": { "address": format!("p{i}@contoso.example") } })).collect()
    };
    let path = format!("/v1.0/users/{}/sendMail", given.organizer);
    for (recipients, expected) in [(2, 202), (2, 429), (1, 202), (1, 429)] {
        let mail = json!({ "message": { "subject": "s", "toRecipients": to(recipients) } });
        assert_eq!(given.send(Method::POST, &path, mail).await.0, expected);
    }
}

#[tokio::test]
async fn guests_closed_drives_and_protected_chats_are_as_in_life() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let id = given.organizer.clone();
    let patch = json!({ "chats_readable": false, "users": { id.clone(): { "guest": true, "drive_readable": false } } });
    given.sim.patch_tenant(&patch).unwrap();
    let user = given.ok(&format!("/v1.0/users/{id}?$select=userType")).await;
    assert_eq!(user["userType"], json!("Guest"));
    let (status, body) = given.get(&format!("/v1.0/users/{id}/drive")).await;
    assert_eq!((status, &body["error"]["code"]), (403, &json!("accessDenied")));
    assert_eq!(given.get(&format!("/v1.0/chats/{}/messages", class.thread_id)).await.0, 403);
}

#[tokio::test]
async fn answers_carry_the_simulators_own_date() {
    let given = Given::healthy().await;
    let then = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    given.sim.set_now(then);
    let given = Given { token: given.sign_in().await, ..given };
    let answer =
        given.request(Method::GET, &format!("/v1.0/users/{}", given.organizer)).send().await.unwrap();
    let date = answer.headers().get("date").unwrap().to_str().unwrap().to_owned();
    assert!(date.starts_with("Fri, 15 Jan 2027 08:00:"), "{date}");
}
