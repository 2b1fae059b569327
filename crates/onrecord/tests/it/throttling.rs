//! Work keeps to Microsoft's limits by itself: a term's start ends in no 429, what is due first goes first, and a service
//! that asks for silence holds up nobody else.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use msgraph::{Lane, Lanes as _};
use onrecord::lanes::DatabaseLanes;
use onrecord::model::conference::AutoRecordingStatus as Status;
use onrecord::model::id::MeetingId;
use onrecord::model::job::JobKind;
use onrecord::store::{Read as _, jobs};
use onrecord::{params, worker};
use serde_json::{Value, json};

use crate::teaching::{School, number};
use crate::world::World;

const LEASE: TimeDelta = TimeDelta::seconds(60);

/// The days of a month as slots of one hour.
fn days_of(month: &str, days: u32) -> Vec<(String, &'static str, &'static str)> {
    (1..=days).map(|day| (format!("2026-{month}-{day:02}"), "09:00", "10:00")).collect()
}

async fn schedule(school: &School, slots: &[(String, &'static str, &'static str)]) -> Vec<MeetingId> {
    let slots: Vec<_> = slots.iter().map(|(date, from, to)| (date.as_str(), *from, *to)).collect();
    let made = school.instructor().await.post("/api/v1/conferences", &school.request(&slots)).await;
    let made = made.expect(201).json();
    let meetings = made["meetings"].as_array().expect("meetings").iter();
    meetings.map(|meeting| MeetingId(number(&meeting["id"]))).collect()
}

/// How often the simulator refused for haste.
fn refusals(world: &World) -> usize {
    world.sim.requests().iter().filter(|request| request.status == 429).count()
}

fn publish_limits(world: &World) {
    world.sim.patch_tenant(&json!({ "switches": { "throttling": "published" } })).expect("a switch");
}

#[tokio::test]
async fn a_terms_start_ends_in_no_429() {
    let school = School::in_world(World::paced().await).await;
    publish_limits(&school.world);
    let mut meetings = Vec::new();
    for month in ["10", "11", "12"] {
        meetings.extend(schedule(&school, &days_of(month, 20)).await);
    }
    join_all((0..12).map(|_| worker::run_until_idle(&school.world.app))).await;
    assert_eq!(refusals(&school.world), 0, "{:?}", school.asked());
    for meeting in meetings {
        assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Enabled);
    }
}

/// The limits of the simulator are real: whoever does not keep to them is refused.
#[tokio::test]
async fn the_simulator_refuses_haste_as_microsoft_does() {
    let school = School::new().await;
    publish_limits(&school.world);
    let (_, id) = school.class_tomorrow().await;
    school.run_jobs().await;
    let meeting = school.meeting(id).await;
    let (sim, tenant) = (&school.world.sim, school.world.sim.tenant());
    let known = |name: &str| tenant[name].as_str().unwrap_or_default().to_owned();
    let hasty = reqwest::Client::builder().build().expect("a client");
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("scope", format!("{}/.default", sim.url())),
        ("client_id", known("client_id")),
        ("client_secret", known("client_secret")),
    ];
    let address = format!("{}/{}/oauth2/v2.0/token", sim.url(), known("tenant_id"));
    let token: Value =
        hasty.post(address).form(&form).send().await.expect("an answer").json().await.expect("JSON");
    let mut chat = reqwest::Url::parse(&sim.url()).expect("a URL");
    let thread = meeting.chat_thread_id.expect("a chat");
    chat.path_segments_mut().expect("a path").extend(["v1.0", "chats", &thread, "messages"]);
    let mut answers = Vec::new();
    for _ in 0..2 {
        let request = hasty.get(chat.clone()).bearer_auth(token["access_token"].as_str().expect("a token"));
        answers.push(request.send().await.expect("an answer"));
    }
    assert_ne!(answers[0].status().as_u16(), 429);
    assert_eq!(answers[1].status().as_u16(), 429, "two in one second are one too many for a chat");
    assert_eq!(answers[1].headers().get("retry-after").and_then(|it| it.to_str().ok()), Some("1"));
}

#[tokio::test]
async fn a_chat_is_asked_once_a_second_by_all_processes_together() {
    let world = World::new().await;
    let process = || DatabaseLanes::new(world.app.store.clone(), world.app.clock.clone());
    let (one, other) = (process(), process());
    let chat = Lane::Chat("19:a".to_owned());
    let now = || world.app.clock.now();
    let begun = now();
    drop(one.enter(&chat).await.expect("room"));
    drop(other.enter(&chat).await.expect("room"));
    assert!(now() - begun > TimeDelta::milliseconds(900), "{:?}", now() - begun);
    let begun = now();
    drop(one.enter(&Lane::Chat("19:b".to_owned())).await.expect("room"));
    assert!(now() - begun < TimeDelta::milliseconds(900), "another chat is another matter");
}

#[tokio::test]
async fn the_class_that_begins_first_is_prepared_first() {
    let school = School::new().await;
    let later = schedule(&school, &days_of("11", 1)).await[0];
    let (_, sooner) = school.class_tomorrow().await;
    let order = claimed(&school, 2).await;
    assert_eq!(order, [format!("meeting:{sooner}"), format!("meeting:{later}")]);
}

/// The subjects of the next jobs that prepare classes, in the order in which a worker takes them.
async fn claimed(school: &School, count: usize) -> Vec<String> {
    let app = &school.world.app;
    let mut order = Vec::new();
    for _ in 0..count {
        let job = jobs::claim(&app.store, "a", app.clock.now(), LEASE).await.expect("a query");
        order.extend(job.filter(|job| job.kind == JobKind::Provision).map(|job| job.subject));
    }
    order
}

#[tokio::test]
async fn a_mailbox_that_must_rest_holds_up_only_its_own_classes() {
    let school = School::new().await;
    school.add_account("second@contoso.example").await;
    let (_, one) = school.class_tomorrow_at("09:00", "10:00").await;
    let (_, other) = school.class_tomorrow_at("11:00", "12:00").await;
    let app = &school.world.app;
    let tx = app.store.write().await.expect("a transaction");
    for (meeting, organizer) in [(one, "tired"), (other, "fresh")] {
        let sql = "UPDATE meeting SET organizer_id = $2 WHERE id = $1";
        tx.execute(sql, params![meeting, organizer]).await.expect("an organizer");
    }
    tx.commit().await.expect("written");
    let lanes = DatabaseLanes::new(app.store.clone(), app.clock.clone());
    lanes.throttled(&Lane::Mailbox("tired".to_owned()), Duration::from_mins(5)).await;
    assert_eq!(claimed(&school, 3).await, [format!("meeting:{other}")]);
    school.world.advance(TimeDelta::minutes(6));
    assert!(claimed(&school, 3).await.contains(&format!("meeting:{one}")), "its time has come");
}

#[tokio::test]
async fn while_teams_asks_for_silence_no_work_is_begun_and_none_fails() {
    let school = School::new().await;
    let (_, id) = school.class_tomorrow().await;
    let app = &school.world.app;
    let lanes = DatabaseLanes::new(app.store.clone(), app.clock.clone());
    lanes.throttled(&Lane::Meetings, Duration::from_mins(5)).await;
    school.run_jobs().await;
    let sql = "SELECT attempts AS n FROM job WHERE kind = 'provision'";
    let row = app.store.row(sql, params![]).await.expect("a query").expect("it waits");
    assert_eq!(row.get::<i64>("n").expect("a number"), 0);
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::Pending);
    school.wait(TimeDelta::minutes(6)).await;
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::Enabled);
}
