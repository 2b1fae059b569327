//! The settings page of Microsoft Teams: what the environment sets is locked, the rest is saved and verified, and a
//! secret never comes back.

use serde_json::json;

use onrecord::model::people::GlobalRole;
use onrecord::ops::integration;
use onrecord::params;
use onrecord::store::{Read as _, integrations};

use crate::world::{Client, World};

const PAGE: &str = "/settings/integrations/teams";

/// A school whose connection is entered on the page.
async fn free() -> World {
    let names = ["TEAMS_TENANT_ID", "TEAMS_CLIENT_ID", "TEAMS_CLIENT_SECRET", "TEAMS_RECORDING_ADMIN_EMAIL"];
    let world = World::with(&names.map(|name| (name, ""))).await;
    world.user("admin@contoso.example", Some(GlobalRole::Admin)).await;
    world
}

async fn admin(world: &World) -> Client<'_> {
    world.sign_in("admin@contoso.example").await
}

fn known(world: &World, name: &str) -> String {
    world.sim.tenant()[name].as_str().expect("the tenant has it").to_owned()
}

async fn connect(world: &World, secret: &str) -> crate::world::Answer {
    let (tenant, client) = (known(world, "tenant_id"), known(world, "client_id"));
    let account = known(world, "service_account_email");
    let fields = [
        ("tenant_id", tenant.as_str()),
        ("client_id", &client),
        ("client_secret", secret),
        ("service_accounts", &account),
        ("transcripts", "yes"),
        ("attendance", "yes"),
        ("chat", "yes"),
        ("files", "yes"),
    ];
    admin(world).await.submit(PAGE, &fields).await
}

async fn row(world: &World) -> onrecord::model::integration::Integration {
    integrations::first(&world.app.store).await.expect("a query").expect("an integration")
}

#[tokio::test]
async fn what_is_entered_is_saved_verified_and_shown() {
    let world = free().await;
    let before = admin(&world).await.get(PAGE).await.expect(200).text();
    assert!(before.contains("Nothing has been checked yet"), "{before}");
    connect(&world, &known(&world, "client_secret")).await.expect(303);
    let page = admin(&world).await.get(PAGE).await.expect(200).text();
    assert!(
        page.contains("Connected. Classes are being recorded.") || page.contains("Connected. One"),
        "{page}"
    );
    assert!(page.contains(&known(&world, "service_account_email")));
    assert!(row(&world).await.verified_at.is_some());
    assert!(integration::client(&world.app, row(&world).await.id).await.is_ok());
}

#[tokio::test]
async fn the_secret_is_sealed_and_never_comes_back() {
    let world = free().await;
    let secret = known(&world, "client_secret");
    connect(&world, &secret).await.expect(303);
    let page = admin(&world).await.get(PAGE).await.expect(200).text();
    assert!(!page.contains(&secret) && page.contains("One is saved"));
    let sealed = row(&world).await.client_secret_sealed.expect("it is kept");
    assert!(!sealed.contains(&secret));
    let audit = world.app.store.rows("SELECT detail FROM audit_detail", params![]).await.expect("a query");
    assert!(audit.iter().all(|row| !row.get::<String>("detail").expect("text").contains(&secret)));
    connect(&world, "").await.expect(303);
    assert_eq!(row(&world).await.client_secret_sealed, Some(sealed), "an empty field keeps it");
}

#[tokio::test]
async fn a_wrong_secret_is_saved_and_found_by_verifying() {
    let world = free().await;
    connect(&world, "not~the~right~one").await.expect(303);
    let page = admin(&world).await.get(PAGE).await.expect(200).text();
    assert!(page.contains("does not accept the client secret") && page.contains("not its id"), "{page}");
    assert!(row(&world).await.verified_at.is_none());
}

#[tokio::test]
async fn wrong_fields_are_named_and_what_was_entered_stays() {
    let world = free().await;
    let fields = [
        ("tenant_id", "my school"),
        ("client_id", "abc"),
        ("client_secret", "7d3f1c52-6a04-4c1e-9a54-0f6f0c8e2b11"),
        ("service_accounts", "classes"),
    ];
    let page = admin(&world).await.submit(PAGE, &fields).await.expect(422).text();
    for words in ["Directory (tenant) ID", "36 characters", "copy", "is not an address", "my school"] {
        assert!(page.to_lowercase().contains(&words.to_lowercase()), "{words} is not in {page}");
    }
    assert!(!page.contains("7d3f1c52-6a04-4c1e"), "a secret is not sent back, not even a wrong one");
    assert!(row(&world).await.tenant_id.is_empty());
}

#[tokio::test]
async fn what_the_environment_sets_is_locked_and_names_the_variable() {
    let world = World::new().await;
    world.user("admin@contoso.example", Some(GlobalRole::Admin)).await;
    let page = admin(&world).await.get(PAGE).await.expect(200).text();
    for variable in
        ["TEAMS_TENANT_ID", "TEAMS_CLIENT_ID", "TEAMS_CLIENT_SECRET", "TEAMS_RECORDING_ADMIN_EMAIL"]
    {
        assert!(page.contains(variable), "{variable}");
    }
    assert!(!page.contains(&known(&world, "client_secret")));
    let tenant = row(&world).await.tenant_id;
    let fields = [("tenant_id", "other.example"), ("service_accounts", "x@other.example"), ("chat", "yes")];
    admin(&world).await.submit(PAGE, &fields).await.expect(303);
    let after = row(&world).await;
    assert_eq!(after.tenant_id, tenant, "a locked field is not changed by a form");
    assert_eq!(after.kinds_off.len(), 3, "what is not locked is");
    let accounts = integrations::accounts(&world.app.store, after.id).await.expect("a query");
    assert_eq!(accounts.iter().filter(|account| account.disabled_at.is_none()).count(), 1);
}

#[tokio::test]
async fn starting_again_with_the_same_settings_changes_nothing() {
    let world = World::new().await;
    let before = row(&world).await;
    let again = integration::apply_config(&world.app).await.expect("applied");
    assert_eq!(again, before);
    let sql = "SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'integration.configured'";
    let counted = world.app.store.row(sql, params![]).await.expect("a query").expect("a row");
    assert_eq!(counted.get::<i64>("n").expect("a count"), 1);
}

#[tokio::test]
async fn removing_an_account_takes_it_out_of_use_and_adding_it_again_brings_it_back() {
    let world = free().await;
    let accounts = |text: &'static str| {
        let world = &world;
        async move {
            admin(world).await.submit(PAGE, &[("service_accounts", text)]).await.expect(303);
            let settings = integration::load(&world.app).await.expect("settings");
            settings.accounts.into_iter().map(|account| account.email).collect::<Vec<_>>()
        }
    };
    assert_eq!(
        accounts("a@contoso.example\nB@contoso.example").await,
        ["a@contoso.example", "b@contoso.example"]
    );
    assert_eq!(accounts("b@contoso.example").await, ["b@contoso.example"]);
    assert_eq!(accounts("b@contoso.example, a@contoso.example").await.len(), 2);
}

#[tokio::test]
async fn the_notice_is_saved_as_a_new_version_with_its_basis() {
    let world = free().await;
    let fields = [
        ("lawful_basis", "consent"),
        ("contact", "privacy@contoso.example"),
        ("storage", ""),
        ("kept", "for a year"),
        ("wording", ""),
    ];
    admin(&world).await.submit(&format!("{PAGE}/notice"), &fields).await.expect(303);
    let page = admin(&world).await.get(PAGE).await.expect(200).text();
    assert!(page.contains("you consent to being recorded") && page.contains("for a year"), "{page}");
    let versions = world.app.store.rows("SELECT id FROM notice_version", params![]).await.expect("a query");
    assert_eq!(versions.len(), 1);
    admin(&world).await.submit(&format!("{PAGE}/notice"), &[("lawful_basis", "whim")]).await.expect(422);
    let long = "x".repeat(5_000);
    let page =
        admin(&world).await.submit(&format!("{PAGE}/notice"), &[("wording", &long)]).await.expect(422).text();
    assert!(page.contains("at most 4000 characters"), "the field says what is wrong");
}

#[tokio::test]
async fn verify_looks_again() {
    let world = World::new().await;
    world.user("admin@contoso.example", Some(GlobalRole::Admin)).await;
    world.sim.patch_tenant(&json!({ "access_policy": "none" })).expect("a patch");
    admin(&world).await.submit(&format!("{PAGE}/verify"), &[]).await.expect(303);
    let page = admin(&world).await.get(PAGE).await.expect(200).text();
    assert!(page.contains("Grant-CsApplicationAccessPolicy") && page.contains("Does not work"), "{page}");
}

#[tokio::test]
async fn only_administrators_reach_it() {
    let world = World::new().await;
    world.user("officer@contoso.example", Some(GlobalRole::Officer)).await;
    world.user("ada@contoso.example", None).await;
    world.sign_in("officer@contoso.example").await.get(PAGE).await.expect(403);
    world.sign_in("ada@contoso.example").await.get(PAGE).await.expect(404);
    world.stranger().get(PAGE).await.expect(303);
    for path in [PAGE.to_owned(), format!("{PAGE}/verify"), format!("{PAGE}/notice")] {
        world.sign_in("officer@contoso.example").await.submit(&path, &[]).await.expect(403);
        world.sign_in("ada@contoso.example").await.submit(&path, &[]).await.expect(404);
    }
}
