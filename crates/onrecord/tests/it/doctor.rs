//! `doctor`: each fault of a tenant is found, named, and given its fix; a healthy tenant has none.

use chrono::TimeDelta;
use serde_json::{Value, json};

use onrecord::model::finding::{Finding, Severity};
use onrecord::model::people::{CourseRole, GlobalRole};
use onrecord::ops::doctor::{self, Examination};

use crate::world::World;

async fn examine(world: &World) -> Examination {
    doctor::examine(&world.app).await.expect("an examination")
}

/// A school whose tenant differs from a healthy one.
async fn sick(patch: &Value) -> (World, Examination) {
    let world = World::new().await;
    world.sim.patch_tenant(patch).expect("the simulator knows it");
    let found = examine(&world).await;
    (world, found)
}

#[track_caller]
fn finding<'a>(found: &'a Examination, code: &str) -> &'a Finding {
    let finding = found.findings.iter().find(|finding| finding.code == code);
    finding.unwrap_or_else(|| panic!("no {code} in {:#?}", found.findings))
}

#[tokio::test]
async fn a_healthy_tenant_has_no_error() {
    let world = World::new().await;
    let found = examine(&world).await;
    let troubles: Vec<_> = found.findings.iter().filter(|f| f.severity != Severity::Info).collect();
    assert!(found.is_ok() && troubles.is_empty(), "{troubles:#?}");
    let probes: Vec<_> = found.in_order.iter().map(|seen| seen.probe.as_str()).collect();
    for probe in [
        "database",
        "archive",
        "token",
        "tenant",
        "clock",
        "credential",
        "graph",
        "account",
        "licence",
        "mailbox",
        "onedrive",
        "access_policy",
        "recordings",
        "transcripts",
    ] {
        assert!(probes.contains(&probe), "{probe} is not in {probes:?}");
    }
    assert!(world.app.store.ping().await.is_ok());
}

#[tokio::test]
async fn what_microsoft_says_to_the_secret_decides_the_remedy() {
    for (patch, code) in [
        (json!({ "client_secret": "another~one" }), "secret_wrong"),
        (json!({ "secret_expired": true }), "secret_expired"),
        (json!({ "client_id": "00000000-1111-4222-8333-444444444444" }), "app_not_found"),
        (json!({ "tenant_id": "00000000-1111-4222-8333-555555555555" }), "tenant_not_found"),
        (json!({ "app_enabled": false }), "app_disabled"),
    ] {
        let (_world, found) = sick(&patch).await;
        assert!(!found.is_ok());
        let finding = finding(&found, code);
        assert!(!finding.fix.is_empty() && finding.consequence.contains("Microsoft says"), "{finding:?}");
        assert_eq!(found.findings.len(), 1, "nothing can be said of the rest: {:?}", found.findings);
    }
}

#[tokio::test]
async fn each_missing_permission_is_named_with_what_is_lost() {
    let (_world, found) =
        sick(&json!({ "roles": ["Calendars.ReadWrite", "User.Read.All", "Sites.ReadWrite.All"] })).await;
    let missing: Vec<_> = found
        .findings
        .iter()
        .filter(|f| f.code == "permission_missing")
        .map(|f| f.subject.as_str())
        .collect();
    for name in [
        "OnlineMeetings.ReadWrite.All",
        "OnlineMeetingRecording.Read.All",
        "OnlineMeetingTranscript.Read.All",
        "OnlineMeetingArtifact.Read.All",
        "Chat.Read.All",
    ] {
        assert!(missing.contains(&name), "{name} is not in {missing:?}");
    }
    assert!(!missing.contains(&"Files.Read.All"), "a wider one is granted");
    for finding in found.findings.iter().filter(|finding| finding.code == "permission_missing") {
        assert!(finding.fix.contains(&finding.subject) && !finding.consequence.is_empty(), "{finding:?}");
    }
}

#[tokio::test]
async fn without_consent_it_says_so_and_names_every_permission() {
    let (_world, found) = sick(&json!({ "roles": null })).await;
    let fix = &finding(&found, "consent_missing").fix;
    assert!(fix.contains("Calendars.ReadWrite") && fix.contains("Grant admin consent"), "{fix}");
}

#[tokio::test]
async fn a_kind_that_is_off_asks_for_no_permission() {
    let world = World::new().await;
    world.sim.patch_tenant(&json!({ "roles": [
        "Calendars.ReadWrite", "OnlineMeetings.ReadWrite.All", "OnlineMeetingRecording.Read.All", "Files.Read.All",
        "User.Read.All", "OnlineMeetingArtifact.Read.All"] })).expect("roles");
    assert!(!examine(&world).await.is_ok());
    let tx = world.app.store.write().await.expect("a transaction");
    let off =
        "UPDATE integration SET kinds_off = '[\"transcripts\",\"chat\",\"files\"]', revision = revision + 1";
    tx.execute(off, Vec::new()).await.expect("switched off");
    tx.commit().await.expect("written");
    world.advance(TimeDelta::minutes(1));
    let found = examine(&world).await;
    assert!(found.is_ok(), "{:#?}", found.findings);
}

#[tokio::test]
async fn a_persons_account_is_advised_against() {
    let world = World::new().await;
    let email = world.sim.tenant()["service_account_email"].as_str().expect("an address").to_owned();
    let person = world.user(&email, None).await;
    let course = world.course("BIO-204").await;
    world.enrol(course, person, CourseRole::Instructor).await;
    assert_eq!(finding(&examine(&world).await, "account_is_a_person").severity, Severity::Warning);
}

#[tokio::test]
async fn an_unfinished_connection_says_what_is_missing() {
    let world = World::with(&[("TEAMS_CLIENT_SECRET", "")]).await;
    let found = examine(&world).await;
    let finding = finding(&found, "not_connected");
    assert!(finding.message.contains("a client secret or certificate is missing"), "{}", finding.message);
    assert!(!finding.message.contains("tenant id"));
}

#[tokio::test]
async fn microsoft_out_of_reach_is_one_finding() {
    let world = World::with(&[("ONRECORD_LOGIN_URL", "http://127.0.0.1:9")]).await;
    let found = examine(&world).await;
    assert!(finding(&found, "login_unreachable").fix.contains("HTTPS_PROXY"));
    assert_eq!(found.findings.len(), 1);
}

#[tokio::test]
async fn a_finding_remembers_since_when_and_when_it_was_last_well() {
    let world = World::new().await;
    let healthy = examine(&world).await.at;
    world.sim.patch_tenant(&json!({ "access_policy": "none" })).expect("a patch");
    world.advance(TimeDelta::hours(1));
    let first = examine(&world).await.at;
    world.advance(TimeDelta::hours(1));
    let found = examine(&world).await;
    let seen = finding(&found, "access_policy_missing");
    assert_eq!((seen.since, seen.last_good_at), (first, Some(healthy)));
    world.sim.patch_tenant(&json!({ "access_policy": "all" })).expect("a patch");
    world.advance(TimeDelta::hours(1));
    assert!(examine(&world).await.is_ok());
}

#[tokio::test]
async fn newly_granted_permissions_show_at_once() {
    let world = World::new().await;
    world
        .sim
        .patch_tenant(&json!({ "roles": ["User.Read.All"], "roles_take_effect": "with_new_token" }))
        .expect("roles");
    assert!(!examine(&world).await.is_ok());
    let healthy = World::new().await.sim.tenant()["roles"].clone();
    world.sim.patch_tenant(&json!({ "roles": healthy })).expect("roles");
    let found = examine(&world).await;
    assert!(found.is_ok(), "{:#?}", found.findings);
}

#[tokio::test]
async fn examining_changes_nothing_at_microsoft() {
    let world = World::new().await;
    world.sim.clear_requests();
    examine(&world).await;
    for request in world.sim.requests() {
        assert!(request.method == "GET" || request.path.ends_with("/token"), "{request:?}");
    }
}

#[tokio::test]
async fn page_api_command_and_report_show_the_same_findings() {
    let world = World::new().await;
    world.user("admin@contoso.example", Some(GlobalRole::Admin)).await;
    world.user("officer@contoso.example", Some(GlobalRole::Officer)).await;
    let admin = world.sign_in("admin@contoso.example").await;
    let path = "/api/v1/integrations/teams/findings";
    admin.get(path).await.expect(404);
    world.sim.patch_tenant(&json!({ "access_policy": "none" })).expect("a patch");
    let verified = admin.post("/api/v1/integrations/teams/verify", &json!({})).await.expect(200).json();
    assert_eq!(verified["ok"], false);
    let first = &verified["findings"][0];
    assert_eq!((&first["code"], &first["severity"]), (&json!("access_policy_missing"), &json!("error")));
    for field in ["subject", "message", "fix", "since", "classes_harmed", "last_good_at", "command"] {
        assert!(first.get(field).is_some(), "{field} is missing in {first}");
    }
    let stored = world.sign_in("officer@contoso.example").await.get(path).await.expect(200).json();
    assert_eq!(stored, verified);
    let report = admin.get("/api/v1/monitor").await.expect(200).json();
    assert_eq!(report["findings"], verified["findings"]);
    assert_eq!(report["ok"], false);
    assert!(report["problems"].to_string().contains("access_policy_missing"), "{report}");
    let page = admin.get("/settings/integrations/teams").await.expect(200).text();
    assert!(page.contains("Grant-CsApplicationAccessPolicy") && page.contains("One thing does not work"));
}

#[tokio::test]
async fn what_was_examined_once_is_examined_again_each_day() {
    let world = World::new().await;
    let asked = |world: &World| world.sim.requests().iter().filter(|r| r.path.ends_with("/calendar")).count();
    onrecord::worker::run_until_idle(&world.app).await;
    assert_eq!(asked(&world), 0, "nobody connected it yet");
    examine(&world).await;
    world.sim.patch_tenant(&json!({ "access_policy": "none" })).expect("a patch");
    world.advance(TimeDelta::hours(2));
    onrecord::worker::run_until_idle(&world.app).await;
    assert_eq!(asked(&world), 1);
    world.advance(TimeDelta::hours(23));
    onrecord::worker::run_until_idle(&world.app).await;
    assert_eq!(asked(&world), 2);
    let id = onrecord::ops::integration::load(&world.app).await.expect("settings").integration.id;
    let last = doctor::last(&world.app, id).await.expect("a query").expect("an examination");
    finding(&last, "access_policy_missing");
}
