//! Signing in with a certificate instead of a client secret, from the environment and from the settings page.

use chrono::TimeDelta;
use onrecord::model::people::GlobalRole;
use onrecord::ops::{certificate, doctor, integration};
use onrecord::store::integrations;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::world::{World, opening_time};

const PAGE: &str = "/settings/integrations/teams";

fn made(months: u32) -> certificate::Made {
    certificate::make("OnRecord", months, opening_time()).expect("a certificate")
}

/// Registers a certificate for the app, as an administrator uploads it in Entra.
fn register(world: &World, made: &certificate::Made) {
    world.sim.patch_tenant(&json!({ "certificates": [made.public_pem] })).expect("a patch");
}

async fn codes(world: &World) -> Vec<(String, String)> {
    let found = doctor::examine(&world.app).await.expect("an examination").findings;
    found.into_iter().map(|finding| (finding.code, finding.severity.to_string())).collect()
}

fn has(codes: &[(String, String)], code: &str, severity: &str) -> bool {
    codes.iter().any(|(found, bad)| found == code && bad == severity)
}

#[tokio::test]
async fn a_certificate_from_the_environment_signs_in_and_is_warned_of_before_it_ends() {
    let made = made(6);
    let pem = made.pem.expose_secret().to_owned();
    let world = World::with(&[("TEAMS_CLIENT_SECRET", ""), ("TEAMS_CLIENT_CERTIFICATE", &pem)]).await;
    let found = codes(&world).await;
    assert!(has(&found, "certificate_not_registered", "error"), "{found:?}");
    register(&world, &made);
    let found = codes(&world).await;
    assert!(!found.iter().any(|(code, _)| code.starts_with("certificate")), "{found:?}");
    world.advance(made.not_after - opening_time() - TimeDelta::days(29));
    let found = codes(&world).await;
    assert!(has(&found, "certificate_expiring", "warning"), "{found:?}");
    world.advance(TimeDelta::days(30));
    let found = codes(&world).await;
    assert!(has(&found, "certificate_expired", "error"), "{found:?}");
}

#[tokio::test]
async fn a_certificate_takes_the_secrets_place_and_its_key_never_comes_back() {
    let names = ["TEAMS_TENANT_ID", "TEAMS_CLIENT_ID", "TEAMS_CLIENT_SECRET", "TEAMS_RECORDING_ADMIN_EMAIL"];
    let world = World::with(&names.map(|name| (name, ""))).await;
    world.user("admin@contoso.example", Some(GlobalRole::Admin)).await;
    let admin = world.sign_in("admin@contoso.example").await;
    let tenant = world.sim.tenant();
    let known = |name: &str| tenant[name].as_str().expect("the tenant has it").to_owned();
    let (tenant_id, client_id, account) =
        (known("tenant_id"), known("client_id"), known("service_account_email"));
    let fields = [
        ("tenant_id", tenant_id.as_str()),
        ("client_id", client_id.as_str()),
        ("service_accounts", account.as_str()),
    ];
    let save = async |more: &[(&str, &str)]| admin.submit(PAGE, &[&fields[..], more].concat()).await;
    save(&[("client_secret", &known("client_secret"))]).await.expect(303);
    let made = made(24);
    register(&world, &made);
    let pem = made.pem.expose_secret();
    save(&[("client_certificate", pem)]).await.expect(303);
    let row = integrations::first(&world.app.store).await.expect("a query").expect("an integration");
    assert!(row.client_secret_sealed.is_none() && row.verified_at.is_some());
    assert!(!row.client_certificate_sealed.as_deref().expect("it is kept").contains("PRIVATE"));
    let page = admin.get(PAGE).await.expect(200).text();
    assert!(page.contains(&made.thumbprint) && !page.contains("PRIVATE KEY"), "{page}");
    integration::client(&world.app, row.id).await.expect("a client").token_claims().await.expect("a token");

    for (bad, words) in [
        (made.public_pem.as_str(), "BEGIN PRIVATE KEY"),
        ("hello", "BEGIN CERTIFICATE"),
        (&pem.replace("BEGIN PRIVATE", "BEGIN RSA PRIVATE"), "PKCS#8"),
    ] {
        let page = save(&[("client_certificate", bad)]).await.expect(422).text();
        assert!(page.contains(words) && !page.contains("MII"), "{page}");
    }
    let both = save(&[("client_certificate", pem), ("client_secret", "x")]).await.expect(422).text();
    assert!(both.contains("not both"), "{both}");
    save(&[("client_secret", &known("client_secret"))]).await.expect(303);
    let row = integrations::first(&world.app.store).await.expect("a query").expect("an integration");
    assert!(row.client_certificate_sealed.is_none() && row.client_secret_sealed.is_some());
}

#[tokio::test]
async fn a_revoked_token_is_replaced_by_one_that_answers_the_challenge() {
    let world = World::new().await;
    let row = integrations::first(&world.app.store).await.expect("a query").expect("an integration");
    let client = integration::client(&world.app, row.id).await.expect("a client");
    client.organization().await.expect("an answer");
    world.advance(TimeDelta::minutes(5));
    let revoked = world.app.clock.now().timestamp();
    world.sim.patch_tenant(&json!({ "tokens_revoked_at": revoked })).expect("a patch");
    client.organization().await.expect("the challenge is answered within the call");
}
