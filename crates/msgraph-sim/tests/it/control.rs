//! The levers: faults, log, batch, tenant, join page, and endpoints nobody built.

use msgraph_sim::HoldRequest;
use reqwest::Method;
use serde_json::{Value, json};

use crate::given::{Given, answer, encode, text};

#[tokio::test]
async fn faults_answer_instead_as_often_as_they_should() {
    let given = Given::healthy().await;
    let (status, fault) = given
        .send(
            Method::POST,
            "/sim/faults",
            json!({ "method": "GET", "path": "*/drive", "status": 429, "retry_after": 7, "times": 1 }),
        )
        .await;
    assert_eq!((status, &fault["id"]), (201, &json!(1)));
    let path = format!("/v1.0/users/{}/drive", given.organizer);
    let struck = given.request(Method::GET, &path).send().await.unwrap();
    assert_eq!((struck.status().as_u16(), &struck.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!(struck.json::<Value>().await.unwrap()["error"]["code"], "TooManyRequests");
    assert_eq!(given.get(&path).await.0, 200);
    given.sim.add_fault(&json!({ "path": "/drive", "html": true, "status": 503, "times": 1 })).unwrap();
    let html = given.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(
        (html.status().as_u16(), &html.headers()["content-type"]),
        (503, &"text/html; charset=utf-8".parse().unwrap())
    );
    given.sim.add_fault(&json!({ "path": "/drive", "malformed": true, "times": 1 })).unwrap();
    let half = given.request(Method::GET, &path).send().await.unwrap();
    assert!(half.json::<Value>().await.is_err());
    given.sim.add_fault(&json!({ "path": "/drive", "wrong_hash": true })).unwrap();
    assert_eq!(given.send(Method::DELETE, "/sim/faults", json!({})).await.0, 204);
    assert_eq!(given.ok("/sim/faults").await["faults"], json!([]));
}

#[tokio::test]
async fn dice_are_seeded() {
    let given = Given::healthy().await;
    let mut rounds = Vec::new();
    for _ in 0..2 {
        given.sim.clear_faults();
        given
            .sim
            .add_fault(&json!({ "path": "/organization", "status": 503, "probability": 0.5, "seed": 42 }))
            .unwrap();
        let mut statuses = Vec::new();
        for _ in 0..16 {
            statuses.push(given.get("/v1.0/organization").await.0);
        }
        rounds.push(statuses);
    }
    assert_eq!(rounds[0], rounds[1]);
    assert!(rounds[0].contains(&200) && rounds[0].contains(&503));
}

#[tokio::test]
async fn what_is_misspelt_is_refused_by_name() {
    let given = Given::healthy().await;
    for (method, path, body, name) in [
        (Method::POST, "/sim/hold", json!({ "join_ur": "x" }), "join_ur"),
        (Method::POST, "/sim/faults", json!({ "retryafter": 3 }), "retryafter"),
        (Method::POST, "/sim/faults", json!({ "status": 999 }), "status"),
        (Method::PATCH, "/sim/tenant", json!({ "switches": { "late_lookup": 3 } }), "late_lookup"),
        (
            Method::PATCH,
            "/sim/tenant",
            json!({ "users": { "new@contoso.example": { "drives": 1 } } }),
            "drives",
        ),
        (Method::POST, "/sim/clock", json!({ "advance": 3 }), "advance"),
    ] {
        let (status, answer) = given.send(method, path, body).await;
        assert!(status == 422 && answer.to_string().contains(name), "{path}: {status} {answer}");
    }
    assert_eq!(
        given.send(Method::POST, "/sim/hold", json!({ "join_url": "https://elsewhere.example" })).await.0,
        404
    );
    assert_eq!(given.send(Method::POST, "/sim/nonsense", json!({})).await.0, 404);
}

#[tokio::test]
async fn unknown_endpoints_are_loud_and_counted() {
    let given = Given::healthy().await;
    let (status, body) = given.get("/v1.0/planner/tasks").await;
    assert_eq!((status, &body["error"]["code"]), (501, &json!("notSupported")));
    given.get("/v1.0/organization").await;
    let log = given.ok("/sim/requests").await;
    assert_eq!(log["unknown"], 1);
    assert_eq!(log["counts"]["GET /v1.0/organization"], 1);
    given.send(Method::DELETE, "/sim/requests", json!({})).await;
    assert_eq!(given.ok("/sim/requests").await["total"], 0);
}

#[tokio::test]
async fn request_ids_are_echoed_and_links_follow_the_host() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let request = given
        .request(Method::GET, &given.meeting(&class, ""))
        .header("client-request-id", "abc-1")
        .header("host", "graph.example:1234");
    let answered = request.send().await.unwrap();
    assert_eq!(answered.headers()["client-request-id"], "abc-1");
    let body: Value = answered.json().await.unwrap();
    assert!(text(&body["@odata.context"]).starts_with("http://graph.example:1234/v1.0/"));
}

#[tokio::test]
async fn a_batch_answers_each_call_alone() {
    let given = Given::healthy().await;
    let user = given.organizer.clone();
    let batch = json!({ "requests": [
        { "id": "1", "method": "GET", "url": format!("/users/{user}/drive?$select=quota") },
        { "id": "2", "method": "GET", "url": "/users/nobody", "dependsOn": ["1"] },
        { "id": "3", "method": "GET", "url": "/organization", "dependsOn": ["2"] },
        { "id": "4", "method": "POST", "url": format!("/users/{user}/events"), "headers": { "Content-Type": "application/json" }, "body": given.event_body("Algebra") },
    ] });
    let (status, body) = given.send(Method::POST, "/v1.0/$batch", batch).await;
    assert_eq!(status, 200);
    let statuses: Vec<u64> =
        body["responses"].as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 404, 424, 201]);
    let many: Vec<Value> =
        (0..21).map(|id| json!({ "id": id.to_string(), "method": "GET", "url": "/organization" })).collect();
    assert_eq!(given.send(Method::POST, "/v1.0/$batch", json!({ "requests": many })).await.0, 400);
}

#[tokio::test]
async fn mail_is_accepted_kept_and_checked() {
    let given = Given::healthy().await;
    let path = "/v1.0/users/recordings@contoso.example/sendMail";
    let mail = json!({ "message": { "subject": "Hello", "body": { "contentType": "Text", "content": "x" }, "toRecipients": [{ "emailAddress": { "address": "learner@contoso.example" } }] } });
    assert_eq!(given.send(Method::POST, path, mail).await.0, 202);
    assert_eq!(given.sim.mails()[0]["message"]["subject"], "Hello");
    assert_eq!(given.send(Method::POST, path, json!({ "message": { "toRecipients": [] } })).await.0, 400);
}

#[tokio::test]
async fn the_join_link_leads_to_a_page_where_the_class_can_be_held() {
    let given = Given::healthy().await;
    let class = given.class("Algebra <1>").await;
    let page = given.http.get(&class.join_url).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let html = page.text().await.unwrap();
    assert!(html.contains("Algebra &lt;1&gt;") && html.contains("Simulated Teams meeting"));
    let held = given.http.post(&class.join_url).form(&[("way", "parts")]).send().await.unwrap();
    assert!(held.text().await.unwrap().contains("Meeting Recording.mp4"));
    assert_eq!(given.ok(&given.meeting(&class, "/recordings")).await["value"].as_array().unwrap().len(), 3);
    assert_eq!(
        given
            .http
            .get(format!("{}/l/meetup-join/19%3anobody/0", given.sim.url()))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
}

#[tokio::test]
async fn links_can_look_like_microsofts_in_both_forms() {
    let given = Given::healthy().await;
    given.sim.patch_tenant(&json!({ "switches": { "join_links": "teams" } })).unwrap();
    let classic = given.class("Algebra").await;
    assert!(classic.join_url.starts_with("https://teams.microsoft.com/l/meetup-join/19%3ameeting_"));
    given.sim.patch_tenant(&json!({ "switches": { "join_link_form": "short" } })).unwrap();
    let short = given.class("Algebra").await;
    assert!(short.join_url.starts_with("https://teams.microsoft.com/meet/"));
    assert_eq!(given.hold(&short, HoldRequest::default()).recordings.len(), 1);
    let (status, _) = answer(
        given
            .request(Method::POST, "/sim/hold")
            .json(&json!({ "join_url": classic.join_url, "attendees": 4, "delays": 0 })),
    )
    .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn people_and_licences_are_what_the_tenant_says() {
    let given = Given::healthy().await;
    let fields = "id,accountEnabled,assignedPlans";
    let user = given.ok(&format!("/v1.0/users/instructor@contoso.example?$select={fields}")).await;
    assert_eq!((&user["accountEnabled"], user["assignedPlans"].as_array().unwrap().len()), (&json!(true), 3));
    given.sim.patch_tenant(&json!({ "users": [{ "email": "instructor@contoso.example", "licences": [], "enabled": false }] })).unwrap();
    let user = given.ok(&format!("/v1.0/users/{}?%24select={fields}", text(&user["id"]))).await;
    assert_eq!((&user["accountEnabled"], &user["assignedPlans"]), (&json!(false), &json!([])));
    assert_eq!(
        given.get(&format!("/v1.0/users/{}", encode("nobody@contoso.example"))).await.1["error"]["code"],
        "Request_ResourceNotFound"
    );
}
