//! While a class is on, Microsoft tells of its chat at once: a recording that stops, or never begins, is known within a
//! minute, between the looks that the guard would take anyway.

use std::time::Duration;

use chrono::TimeDelta;
use msgraph_sim::HoldRequest;
use onrecord::model::id::{ConferenceId, MeetingId};
use onrecord::params;
use onrecord::store::Read as _;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::teaching::School;

/// A school that Microsoft can reach, and a class of it.
struct Told {
    school: School,
    conference: ConferenceId,
    meeting: MeetingId,
    link: String,
    _serving: JoinSet<()>,
}

impl Told {
    /// A class that begins in five minutes.
    async fn before_class() -> Self {
        Self::before_class_until("09:05").await
    }

    async fn before_class_until(end: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let settings = [("ONRECORD_NOTIFICATIONS", "auto"), ("ONRECORD_NOTIFICATION_URL", url.as_str())];
        let school = School::with(&settings).await;
        let serving = school.world.serve(listener);
        let (conference, meeting) = school.class_tomorrow_at("08:05", end).await;
        school.run_jobs().await;
        let link = school.meeting(meeting).await.join_url.expect("a link");
        let told = Self { school, conference, meeting, link, _serving: serving };
        told.school.wait(TimeDelta::hours(23)).await;
        told.pass(60).await;
        told
    }

    /// Time passes in steps of five minutes, and the worker does what became due at each.
    async fn pass(&self, minutes: i64) {
        for _ in 0..minutes / 5 {
            self.school.wait(TimeDelta::minutes(5)).await;
        }
    }

    /// The class is on for twelve minutes: the guard's next look is eight minutes away.
    async fn well_begun(&self, request: HoldRequest) {
        self.pass(5).await;
        let request = HoldRequest { join_url: Some(self.link.clone()), ..request };
        self.school.world.sim.begin(&request).expect("the class begins");
        self.hear().await;
        self.school.run_jobs().await;
        self.pass(10).await;
        self.school.wait(TimeDelta::minutes(2)).await;
    }

    /// Waits, in real time, until Microsoft's post has made work.
    async fn hear(&self) {
        for _ in 0..100 {
            if self.looks_waiting().await > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("Microsoft's news made no work");
    }

    async fn looks_waiting(&self) -> i64 {
        let sql = "SELECT COUNT(*) AS n FROM job WHERE kind = 'watch' AND claimed_until IS NULL";
        let row = self.school.world.app.store.row(sql, params![]).await.expect("a query");
        row.expect("a row").get("n").expect("a number")
    }

    async fn alerts(&self) -> Vec<String> {
        let instructor = self.school.world.sign_in("instructor@contoso.example").await;
        let answer = instructor.get("/api/v1/alerts").await.expect(200).json();
        let items = answer["items"].as_array().expect("a list").clone();
        items.iter().map(|item| item["kind"].as_str().expect("a kind").to_owned()).collect()
    }

    /// Subscriptions to chats that Microsoft has.
    fn chats(&self) -> Vec<String> {
        let all = self.school.world.sim.subscriptions();
        let resources = all.iter().map(|one| one["resource"].as_str().unwrap_or_default().to_owned());
        resources.filter(|resource| resource.starts_with("chats/")).collect()
    }

    /// The only thing that would find it otherwise is far away.
    async fn no_look_is_near(&self) {
        let next = self.school.meeting(self.meeting).await.guard_at.expect("a look");
        let away = next - self.school.world.app.clock.now();
        assert!(away > TimeDelta::minutes(2), "the guard looks in {away} anyway");
    }
}

#[tokio::test]
async fn a_recording_that_stops_while_the_call_goes_on_alarms_within_a_minute_and_its_return_ends_the_alarm()
{
    let told = Told::before_class().await;
    told.well_begun(HoldRequest::default()).await;
    assert!(told.alerts().await.is_empty());
    told.no_look_is_near().await;
    assert!(!told.school.world.sim.record(&told.link, false).expect("it is stopped").recording);
    told.hear().await;
    told.school.run_jobs().await;
    // From the event to the alert less than a minute passes.
    told.school.wait(TimeDelta::seconds(56)).await;
    assert_eq!(told.alerts().await, ["not_recording"]);
    let path = format!("/conferences/{}", told.conference);
    let page = told.school.instructor().await.get(&path).await.expect(200).text();
    assert!(page.contains("Not being recorded: press Record now"), "{page}");

    assert!(told.school.world.sim.record(&told.link, true).expect("it is pressed").recording);
    told.hear().await;
    told.school.wait(TimeDelta::seconds(10)).await;
    assert!(told.alerts().await.is_empty(), "seen at once, not with the next look");
}

#[tokio::test]
async fn a_call_that_begins_between_two_looks_and_is_not_recorded_alarms_within_a_minute() {
    let told = Told::before_class().await;
    // Nobody comes for twelve minutes.
    told.pass(15).await;
    told.school.wait(TimeDelta::minutes(2)).await;
    told.no_look_is_near().await;
    let silent =
        HoldRequest { join_url: Some(told.link.clone()), record: Some(false), ..HoldRequest::default() };
    told.school.world.sim.begin(&silent).expect("the class begins");
    told.hear().await;
    told.school.run_jobs().await;
    told.school.wait(TimeDelta::seconds(56)).await;
    assert_eq!(told.alerts().await, ["not_recording"]);
}

#[tokio::test]
async fn a_call_that_begins_early_alarms_only_when_the_class_begins() {
    let told = Told::before_class().await;
    let silent =
        HoldRequest { join_url: Some(told.link.clone()), record: Some(false), ..HoldRequest::default() };
    told.school.world.sim.begin(&silent).expect("somebody tries the link");
    told.hear().await;
    told.school.wait(TimeDelta::minutes(4)).await;
    assert!(told.alerts().await.is_empty(), "the class has not begun");
    told.school.wait(TimeDelta::minutes(1)).await;
    told.school.wait(TimeDelta::seconds(56)).await;
    assert_eq!(told.alerts().await, ["not_recording"]);
}

#[tokio::test]
async fn many_messages_are_read_together() {
    let told = Told::before_class().await;
    told.well_begun(HoldRequest::default()).await;
    told.school.world.sim.clear_requests();
    for _ in 0..8 {
        told.school.world.sim.record(&told.link, false).expect("it is stopped");
        told.school.world.sim.record(&told.link, true).expect("it is pressed");
    }
    told.hear().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(told.looks_waiting().await, 1);
    told.school.wait(TimeDelta::seconds(20)).await;
    // What was recorded is told of too, and brings the class with its chat.
    let asked = told.school.world.sim.requests();
    let read = asked.iter().filter(|one| one.method == "GET" && one.template.contains("/chats/")).count();
    assert!((1..=5).contains(&read), "sixteen messages are no {read} readings");
    assert!(told.alerts().await.is_empty(), "it records again");
}

#[tokio::test]
async fn a_chat_is_listened_to_from_shortly_before_class_until_the_call_ends() {
    let told = Told::before_class_until("11:05").await;
    assert_eq!(told.chats().len(), 1, "five minutes before class");
    told.well_begun(HoldRequest::default()).await;
    told.pass(90).await;
    let renewed = told.school.world.sim.subscriptions();
    let chat = renewed.iter().find(|one| one["resource"].as_str().is_some_and(|it| it.starts_with("chats/")));
    let ends = chat.expect("a subscription")["expirationDateTime"].as_str().expect("a time").to_owned();
    let ends = ends.parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
    let now = told.school.world.app.clock.now();
    assert!(ends - now > TimeDelta::minutes(90), "renewed while the class goes on: {}", ends - now);

    assert_eq!(told.school.world.sim.lose_subscriptions(Some("chats/")), 1);
    told.pass(65).await;
    assert_eq!(told.chats().len(), 1, "what Microsoft lost is made anew");
    told.pass(20).await;
    assert_eq!(told.chats().len(), 1, "the call goes on after the scheduled end");
    told.school.world.sim.end(&told.link).expect("it ends");
    told.pass(20).await;
    assert!(told.chats().is_empty(), "after class nobody listens");
}

#[tokio::test]
async fn a_class_that_is_cancelled_and_a_school_without_the_permission_have_no_chat_listened_to() {
    let told = Told::before_class().await;
    assert_eq!(told.chats().len(), 1);
    let path = format!("/api/v1/conferences/{}", told.conference);
    told.school.instructor().await.delete(&path).await;
    told.pass(5).await;
    assert!(told.chats().is_empty(), "cancelled");

    let told = Told::before_class().await;
    let roles = told.school.world.sim.tenant()["roles"].as_array().expect("roles").clone();
    let fewer: Vec<_> = roles.iter().filter(|role| *role != "Chat.Read.All").collect();
    told.school.world.sim.patch_tenant(&json!({ "roles": fewer })).expect("a patch");
    // A token that was given before keeps what it says for an hour.
    told.school.wait(TimeDelta::minutes(70)).await;
    assert!(told.chats().is_empty(), "{:?}", told.chats());
    let (_, next) = told.school.class_tomorrow_at("10:00", "11:00").await;
    told.school.run_jobs().await;
    let until = told.school.meeting(next).await.starts_at - told.school.world.app.clock.now();
    told.school.wait(until - TimeDelta::minutes(3)).await;
    told.school.world.sim.clear_requests();
    told.pass(10).await;
    assert!(told.chats().is_empty());
    let made = told.school.world.sim.requests();
    assert!(!made.iter().any(|one| one.method == "POST" && one.template.ends_with("/subscriptions")));
}
