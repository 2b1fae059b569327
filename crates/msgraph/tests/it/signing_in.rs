//! Signing in with a certificate, and answering what Graph asks of a token.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use msgraph::{Client, Error};
use serde_json::Value;
use url::form_urlencoded;

use crate::server::{Answer, Seen, Server};

const TOKEN: &str = "/tenant/oauth2/v2.0/token";

fn field(seen: &Seen, name: &str) -> Option<String> {
    form_urlencoded::parse(seen.body.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn header(seen: &Seen) -> Value {
    let statement = field(seen, "client_assertion").expect("a signed statement");
    let part = statement.split('.').next().expect("a header");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn refused(number: u32) -> Answer {
    Answer::of(
        401,
        format!(
            r#"{{"error":"invalid_client","error_description":"AADSTS{number}: no.","error_codes":[{number}]}}"#
        ),
    )
}

fn granted() -> Answer {
    Answer::json(r#"{"token_type":"Bearer","expires_in":3599,"access_token":"tok"}"#)
}

async fn call(client: &Client) -> Result<(), Error> {
    client.organization().await.map(drop)
}

#[tokio::test]
async fn a_certificate_signs_in_by_a_signed_statement_and_no_secret_is_sent() {
    let graph = Server::start().await;
    graph.on(TOKEN, |_, _| granted());
    graph.on("/v1.0/organization", |_, _| Answer::json(r#"{"value":[]}"#));
    call(&graph.with_certificate()).await.expect("an answer");
    let seen = &graph.seen_at(TOKEN)[0];
    assert_eq!((field(seen, "client_secret"), header(seen)["alg"].as_str()), (None, Some("PS256")));
    let kind = field(seen, "client_assertion_type").expect("a kind");
    assert_eq!(kind, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let statement = field(seen, "client_assertion").expect("a statement");
    let claims = statement.split('.').nth(1).expect("claims");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64url")).expect("JSON");
    assert_eq!(claims["aud"], graph.at(TOKEN));
}

#[tokio::test]
async fn a_server_that_knows_only_the_older_form_gets_it_and_is_remembered() {
    let graph = Server::start().await;
    graph.on(TOKEN, |seen, _| if header(seen)["alg"] == "PS256" { refused(700_027) } else { granted() });
    graph.on("/v1.0/organization", |_, _| Answer::json(r#"{"value":[]}"#));
    let client = graph.with_certificate();
    call(&client).await.expect("an answer");
    client.forget_token().await;
    call(&client).await.expect("an answer");
    let forms: Vec<_> = graph.seen_at(TOKEN).iter().map(|seen| header(seen)["alg"].clone()).collect();
    assert_eq!(forms, ["PS256", "RS256", "RS256"]);
}

#[tokio::test]
async fn a_certificate_that_is_not_registered_is_told_as_such() {
    let graph = Server::start().await;
    graph.on(TOKEN, |_, _| refused(700_027));
    let error = call(&graph.with_certificate()).await.expect_err("not registered");
    assert!(matches!(error, Error::Token { aadsts: Some(700_027), .. }), "{error:?}");
    assert_eq!(graph.seen_at(TOKEN).len(), 2, "each form once");
}

#[tokio::test]
async fn a_claims_challenge_is_answered_once() {
    let graph = Server::start().await;
    graph.on(TOKEN, |_, _| granted());
    let wanted = r#"{"access_token":{"nbf":{"essential":true,"value":"1800000000"}}}"#;
    let challenge = format!(
        r#"Bearer realm="", authorization_uri="https://login/authorize", error="insufficient_claims", claims="{}""#,
        STANDARD.encode(wanted)
    );
    let refusing = challenge.clone();
    graph.on("/v1.0/organization", move |_, nth| match nth {
        0 => Answer::error(401, "InvalidAuthenticationToken").with("www-authenticate", refusing.clone()),
        _ => Answer::json(r#"{"value":[]}"#),
    });
    call(&graph.client()).await.expect("the second token is good enough");
    let seen = graph.seen_at(TOKEN);
    assert_eq!(seen.len(), 2);
    assert_eq!((field(&seen[0], "claims"), field(&seen[1], "claims").as_deref()), (None, Some(wanted)));

    let stubborn = Server::start().await;
    stubborn.on(TOKEN, |_, _| granted());
    stubborn.on("/v1.0/organization", move |_, _| {
        Answer::error(401, "InvalidAuthenticationToken").with("www-authenticate", challenge.clone())
    });
    let error = call(&stubborn.client()).await.expect_err("refused again");
    assert!(matches!(error, Error::Unauthorized { claims: Some(_), .. }), "{error:?}");
    assert_eq!(stubborn.seen_at("/v1.0/organization").len(), 2, "exactly one repeat");
}
