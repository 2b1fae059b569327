//! Rehearsal: five steps that everybody can watch, and nothing left of them, whatever happened on the way.

use chrono::TimeDelta;
use serde_json::{Value, json};

use onrecord::model::rehearsal::{Rehearsed, Step, StepState};
use onrecord::ops::actor::Actor;
use onrecord::ops::rehearsal::{self, By};
use onrecord::params;
use onrecord::store::{Read as _, rehearsals};
use onrecord::worker;

use crate::world::World;

const BEGIN: &str = "/api/v1/integrations/teams/rehearsals";
const LATEST: &str = "/api/v1/integrations/teams/rehearsals/latest";

async fn school() -> World {
    let world = World::new().await;
    world.user("admin@contoso.example", Some(onrecord::model::people::GlobalRole::Admin)).await;
    world
}

/// Events in the service account's calendar around tomorrow.
async fn events(world: &World) -> usize {
    let id = onrecord::ops::integration::load(&world.app).await.expect("settings").integration.id;
    let client = onrecord::ops::integration::client(&world.app, id).await.expect("a client");
    let mailbox = world.sim.tenant()["service_account_id"].as_str().expect("an id").to_owned();
    let now = world.app.clock.now();
    let view = client.calendar_view(&mailbox, now - TimeDelta::days(2), now + TimeDelta::days(9)).await;
    view.expect("a calendar").len()
}

async fn latest(world: &World) -> Value {
    world.sign_in("admin@contoso.example").await.get(LATEST).await.expect(200).json()
}

#[tokio::test]
async fn a_healthy_tenant_passes_all_five_steps_and_keeps_nothing() {
    let world = school().await;
    let admin = world.sign_in("admin@contoso.example").await;
    admin.get(LATEST).await.expect(404);
    let begun = admin.post(BEGIN, &json!({})).await.expect(202).json();
    assert_eq!((&begun["ok"], begun["steps"].as_array().map(Vec::len)), (&json!(false), Some(0)));
    let page = admin.get("/settings/integrations/teams").await.expect(200).text();
    assert!(page.contains("A rehearsal is under way") && page.contains("hx-select=\"#rehearsal\""));
    admin.post(BEGIN, &json!({})).await.expect(409);
    worker::run_until_idle(&world.app).await;
    let ended = latest(&world).await;
    assert_eq!(ended["ok"], true, "{ended}");
    let steps: Vec<_> = ended["steps"].as_array().expect("steps").iter().map(|step| &step["step"]).collect();
    assert_eq!(steps, ["create", "join_url", "lookup", "patch", "read_back"]);
    assert_eq!(events(&world).await, 0);
    let patched = world.sim.requests().iter().filter(|r| r.method == "PATCH").count();
    assert_eq!(patched, 1, "recording was really switched on");
    let page = admin.get("/settings/integrations/teams").await.expect(200).text();
    assert!(page.contains("The test meeting is removed") && !page.contains("hx-select=\"#rehearsal\""));
    admin.submit("/settings/integrations/teams/rehearse", &[]).await.expect(303);
}

#[tokio::test]
async fn a_step_that_fails_is_named_and_the_test_meeting_is_removed_all_the_same() {
    for (patch, step, words) in [
        (json!({ "access_policy": "none" }), Step::Lookup, "failed_access_policy"),
        (json!({ "exchange_scope": "none" }), Step::Create, "failed_permission"),
        (json!({ "roles": ["User.Read.All"] }), Step::Create, "failed_permission"),
    ] {
        let world = school().await;
        world.sim.patch_tenant(&patch).expect("the simulator knows it");
        let id = rehearsal::begin(&world.app, Actor::Operator, By::Caller).await.expect("it begins");
        let ended = rehearsal::perform(&world.app, id, &|_| ()).await.expect("it ends");
        let last = ended.steps.last().expect("a step");
        assert_eq!((last.step, last.state), (step, StepState::Failed), "{ended:?}");
        assert!(last.words.contains(words), "{}", last.words);
        assert!(ended.cleaned_at.is_some() && !ended.is_well(), "{ended:?}");
        world
            .sim
            .patch_tenant(&json!({ "exchange_scope": "all", "roles": ["Calendars.ReadWrite"] }))
            .expect("roles");
        assert_eq!(events(&world).await, 0);
    }
}

#[tokio::test]
async fn what_a_killed_program_left_in_the_calendar_is_removed() {
    let world = school().await;
    let id = rehearsal::begin(&world.app, Actor::Operator, By::Caller).await.expect("it begins");
    // The program is killed after Microsoft made the event and before the answer is kept.
    let row = rehearsals::find(&world.app.store, id).await.expect("a query").expect("the rehearsal");
    let mailbox = world.sim.tenant()["service_account_id"].as_str().expect("an id").to_owned();
    let tx = world.app.store.write().await.expect("a transaction");
    rehearsals::put_mailbox(&tx, id, &mailbox).await.expect("kept");
    let running = Rehearsed { step: Step::Create, state: StepState::Running, words: String::new() };
    rehearsals::put_step(&tx, id, &running, row.started_at).await.expect("kept");
    tx.commit().await.expect("kept");
    let client = onrecord::ops::integration::client(&world.app, row.integration_id).await.expect("a client");
    let event = msgraph::NewEvent {
        subject: "OnRecord rehearsal".to_owned(),
        body_html: String::new(),
        start: msgraph::ZonedTime::utc(row.starts_at),
        end: msgraph::ZonedTime::utc(row.starts_at + TimeDelta::minutes(15)),
        attendees: Vec::new(),
        hide_attendees: true,
        transaction_id: row.transaction_id.parse().expect("a random id"),
    };
    client.create_event(&mailbox, &event).await.expect("the event");
    assert_eq!(events(&world).await, 1);
    worker::run_until_idle(&world.app).await;
    assert_eq!(events(&world).await, 1, "the caller may still be at it");
    world.advance(TimeDelta::minutes(11));
    worker::run_until_idle(&world.app).await;
    let ended = latest(&world).await;
    assert_eq!(ended["ok"], false);
    assert!(ended["cleaned_at"].is_string() && ended["finished_at"].is_string(), "{ended}");
    assert!(ended["steps"][0]["words"].as_str().unwrap_or_default().contains("broken off"), "{ended}");
    assert_eq!(events(&world).await, 0);
    let waiting = world.app.store.rows("SELECT id FROM job WHERE kind = 'rehearse'", params![]).await;
    assert!(waiting.expect("a query").is_empty(), "nothing more is to be done");
}

#[tokio::test]
async fn what_cannot_be_removed_now_is_removed_later() {
    let world = school().await;
    let fault = json!({ "method": "POST", "path": "*/cancel", "status": 403, "times": 1 });
    world.sim.add_fault(&fault).expect("a fault");
    let admin = world.sign_in("admin@contoso.example").await;
    admin.post(BEGIN, &json!({})).await.expect(202);
    worker::run_until_idle(&world.app).await;
    assert!(latest(&world).await["cleaned_at"].is_null());
    assert_eq!(events(&world).await, 1);
    let page = admin.get("/settings/integrations/teams").await.expect(200).text();
    assert!(page.contains("could not be removed yet"), "{page}");
    world.advance(TimeDelta::minutes(6));
    worker::run_until_idle(&world.app).await;
    assert!(latest(&world).await["cleaned_at"].is_string());
    assert_eq!(events(&world).await, 0);
}

#[tokio::test]
async fn without_a_connection_it_says_what_is_missing() {
    let world = World::with(&[("TEAMS_CLIENT_SECRET", "")]).await;
    world.user("admin@contoso.example", Some(onrecord::model::people::GlobalRole::Admin)).await;
    let admin = world.sign_in("admin@contoso.example").await;
    let refused = admin.post(BEGIN, &json!({})).await.expect(503).json();
    let detail = refused["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("What is missing: client secret or certificate."), "{refused}");
}
