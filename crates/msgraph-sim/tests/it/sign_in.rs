//! Tokens: how they are refused, what they carry, when they end.

use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::given::{Given, text};

#[tokio::test]
async fn wrong_credentials_are_named_as_entra_names_them() {
    let given = Given::healthy().await;
    for (changes, status, number) in [
        (vec![("client_secret", "wrong")], 401, 7_000_215),
        (vec![("client_secret", "")], 401, 7_000_218),
        (vec![("client_id", "11111111-1111-1111-1111-111111111111")], 400, 700_016),
        (vec![("scope", "User.Read")], 400, 70011),
        (vec![("scope", "")], 400, 900_144),
    ] {
        let (got, body) = given.ask_token(&changes).await;
        assert_eq!((got, &body["error_codes"][0]), (status, &json!(number)), "{changes:?}: {body}");
        assert!(text(&body["error_description"]).starts_with(&format!("AADSTS{number}:")));
    }
    given.sim.patch_tenant(&json!({ "secret_expired": true })).unwrap();
    assert_eq!(given.ask_token(&[]).await.1["error_codes"][0], 7_000_222);
}

#[tokio::test]
async fn a_token_carries_its_roles_or_none() {
    let given = Given::healthy().await;
    let claims = |token: &str| -> Value {
        let middle = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(middle).unwrap())
            .unwrap()
    };
    assert!(claims(&given.token)["roles"].as_array().unwrap().contains(&json!("Calendars.ReadWrite")));
    given.sim.patch_tenant(&json!({ "roles": null })).unwrap();
    let bare = given.sign_in().await;
    assert!(claims(&bare).get("roles").is_none());
}

#[tokio::test]
async fn a_token_ends_by_the_simulators_clock_and_foreign_ones_never_work() {
    let mut given = Given::healthy().await;
    let path = format!("/v1.0/users/{}", given.organizer);
    assert_eq!(given.get(&path).await.0, 200);
    given.sim.advance(Duration::from_secs(3700));
    let (status, body) = given.get(&path).await;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("InvalidAuthenticationToken")));
    given.token = Given::healthy().await.token + "x";
    assert_eq!(given.get(&path).await.0, 401);
}

#[tokio::test]
async fn each_service_refuses_a_missing_permission_in_its_own_words() {
    let given = Given::healthy().await;
    given.sim.patch_tenant(&json!({ "roles": ["Mail.Send"] })).unwrap();
    let user = given.organizer.clone();
    for (path, code) in [
        (format!("/v1.0/users/{user}/events"), "ErrorAccessDenied"),
        (format!("/v1.0/users/{user}/drive"), "accessDenied"),
        (format!("/v1.0/users/{user}"), "Authorization_RequestDenied"),
        (format!("/v1.0/users/{user}/onlineMeetings?$filter=JoinWebUrl%20eq%20'x'"), "Forbidden"),
    ] {
        let (status, body) = given.get(&path).await;
        assert_eq!((status, &body["error"]["code"]), (403, &json!(code)), "{path}");
    }
}

#[tokio::test]
async fn discovery_names_the_token_endpoint_on_the_host_that_was_asked() {
    let given = Given::healthy().await;
    let tenant = text(&given.sim.tenant()["tenant_id"]);
    let found = given.ok(&format!("/{tenant}/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(found["token_endpoint"], format!("{}/{tenant}/oauth2/v2.0/token", given.sim.url()));
    assert_eq!(given.get("/nowhere/v2.0/.well-known/openid-configuration").await.0, 400);
}

#[tokio::test]
async fn a_revoked_token_is_refused_with_a_challenge_that_only_claims_answer() {
    let given = Given::healthy().await;
    given.sim.advance(std::time::Duration::from_mins(5));
    let revoked = given.sim.now().timestamp();
    given.sim.patch_tenant(&json!({ "tokens_revoked_at": revoked })).unwrap();
    let call = async |token: &str| {
        let answer = given
            .http
            .get(format!("{}/v1.0/organization", given.sim.url()))
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        let challenge =
            answer.headers().get("www-authenticate").map(|text| text.to_str().unwrap().to_owned());
        (answer.status().as_u16(), challenge.unwrap_or_default())
    };
    let (status, challenge) = call(&given.token).await;
    assert!(
        status == 401 && challenge.contains("insufficient_claims") && challenge.contains("claims=\""),
        "{challenge}"
    );
    let kept = given.sign_in().await;
    assert_eq!(call(&kept).await.0, 401, "Entra gives the token it has kept");
    let claims = format!(r#"{{"access_token":{{"nbf":{{"essential":true,"value":"{revoked}"}}}}}}"#);
    let (_, answer) = given.ask_token(&[("claims", &claims)]).await;
    assert_eq!(call(answer["access_token"].as_str().unwrap()).await.0, 200);
}
