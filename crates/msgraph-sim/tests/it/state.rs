//! What survives a stop: everything but faults and log.

use std::time::Duration;

use msgraph_sim::{HoldRequest, JoinLinks, Options, Scenario, SeedEvent, SeedUser};
use serde_json::json;

use crate::given::{Given, text};

#[tokio::test]
async fn a_stopped_simulator_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let options = || Options { state_dir: Some(directory.path().to_owned()), ..Options::default() };
    let given = Given::started(options()).await;
    let class = given.class("Algebra").await;
    given.sim.advance(Duration::from_secs(1000));
    let held = given.hold(&class, HoldRequest::default());
    given.sim.patch_tenant(&json!({ "client_secret": "other" })).unwrap();
    let (token, before) = (given.token.clone(), given.sim.now());
    given.sim.shutdown().await.unwrap();

    let mut again = Given::started(options()).await;
    assert_eq!(again.sim.tenant()["client_secret"], "other");
    assert!(again.sim.now() >= before, "the clock goes on");
    again.token = token;
    let recordings = again.ok(&again.meeting(&class, "/recordings")).await;
    assert_eq!(recordings["value"][0]["id"], held.recordings[0].id);
    let path = format!("/v1.0/users/{}/drive/special/recordings/children", again.organizer);
    let item = again.ok(&path).await["value"][0].clone();
    let bytes = again
        .http
        .get(text(&item["@microsoft.graph.downloadUrl"]))
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(bytes.len() as u64, held.recordings[0].size_bytes);
    again.sim.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_broken_state_file_stops_the_start_with_its_name() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("world.json"), "{ half").unwrap();
    let options = Options { state_dir: Some(directory.path().to_owned()), ..Options::default() };
    let error = msgraph_sim::Simulator::start(options).await.unwrap_err();
    assert!(format!("{error:#}").contains("world.json"));
}

#[tokio::test]
async fn a_scenario_fills_the_tenant() {
    let given = Given::started(Options {
        scenario: Some(Scenario {
            tenant: json!({ "display_name": "Example School" }).as_object().unwrap().clone(),
            users: vec![SeedUser {
                email: "ada@contoso.example".to_owned(),
                display_name: "Ada".to_owned(),
                ..SeedUser::default()
            }],
            events: vec![SeedEvent {
                subject: "History".to_owned(),
                start: Some("2026-01-10T08:00:00Z".parse().unwrap()),
                end: Some("2026-01-10T09:00:00Z".parse().unwrap()),
                ..SeedEvent::default()
            }],
        }),
        join_links: JoinLinks::Teams,
        ..Options::default()
    })
    .await;
    assert_eq!(given.ok("/v1.0/organization").await["value"][0]["displayName"], "Example School");
    assert_eq!(given.ok("/v1.0/users/ada@contoso.example").await["displayName"], "Ada");
    let events = given.ok(&given.events()).await;
    assert!(
        text(&events["value"][0]["onlineMeeting"]["joinUrl"]).starts_with("https://teams.microsoft.com/")
    );
}
