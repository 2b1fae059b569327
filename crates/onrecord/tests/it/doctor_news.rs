//! What doctor knows of change notifications: whether Microsoft could reach us when it last tried, whether it has told
//! anything since, and whether what was subscribed to still is.

use chrono::TimeDelta;
use onrecord::model::finding::{Finding, Severity};
use onrecord::ops::{doctor, subscriptions};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::school::School;

/// A school with a class, told of news at this address or at its own, if it is open.
async fn school(closed: Option<&str>) -> (School, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let own = format!("http://{}", listener.local_addr().expect("an address"));
    let url = closed.unwrap_or(&own);
    let school =
        School::with(&[("ONRECORD_NOTIFICATIONS", "auto"), ("ONRECORD_NOTIFICATION_URL", url)]).await;
    let serving = school.world.serve(listener);
    school.class("Algebra", -60).await;
    school.timetable().await;
    keep(&school).await;
    (school, serving)
}

async fn keep(school: &School) {
    subscriptions::keep(&school.world.app).await.expect("they are kept");
}

async fn found(school: &School, code: &str) -> Option<Finding> {
    let seen = doctor::examine(&school.world.app).await.expect("an examination");
    seen.findings.into_iter().find(|finding| finding.code == code)
}

async fn in_order(school: &School, probe: &str) -> Option<String> {
    let seen = doctor::examine(&school.world.app).await.expect("an examination");
    seen.in_order.into_iter().find(|one| one.probe == probe).map(|one| one.words)
}

#[tokio::test]
async fn an_address_that_microsoft_could_not_reach_is_named_until_it_could() {
    let (school, _serving) = school(Some("http://127.0.0.1:1")).await;
    let since = school.now();
    school.wait(TimeDelta::minutes(30));
    keep(&school).await;
    let finding = found(&school, "notification_url_unreachable").await.expect("it is named");
    assert_eq!(finding.severity, Severity::Warning, "nothing is lost");
    let text = format!("{finding:?}");
    let first = since.format("since %Y-%m-%d %H:%M UTC").to_string();
    for words in [
        "http://127.0.0.1:1/graph/notifications",
        &first,
        "/graph/lifecycle",
        "ONRECORD_NOTIFICATION_URL",
        "validationToken=hello",
        "Nothing is lost",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert!(found(&school, "subscription_expired").await.is_none(), "there never was one");

    // Somebody opens the firewall: the same address answers now.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let own = format!("http://{}", listener.local_addr().expect("an address"));
    let settings = [("ONRECORD_NOTIFICATIONS", "auto"), ("ONRECORD_NOTIFICATION_URL", own.as_str())];
    let open = School::with(&settings).await;
    let _open = open.world.serve(listener);
    open.class("Algebra", -60).await;
    open.world.sim.add_fault(&json!({ "method": "POST", "path": "subscriptions", "status": 400, "code": "ValidationError",
        "message": "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request." }))
        .expect("a fault");
    keep(&open).await;
    assert!(found(&open, "notification_url_unreachable").await.is_some());
    open.world.sim.clear_faults();
    open.wait(TimeDelta::hours(2));
    keep(&open).await;
    assert!(found(&open, "notification_url_unreachable").await.is_none());
    let words = in_order(&open, "notification_url").await.expect("it is in order");
    assert!(words.contains("Microsoft reached") && words.contains("nothing to tell since"), "{words}");
}

#[tokio::test]
async fn silence_while_recordings_come_is_named_and_what_is_told_ends_it() {
    let (school, _serving) = school(None).await;
    let lost = json!({ "path": "", "notification": "lost" });
    school.world.sim.add_fault(&lost).expect("a fault");
    for title in ["Botany", "Chemistry", "Drawing"] {
        let class = school.class(title, -60).await;
        school.hold(&class);
        school.wait(TimeDelta::minutes(10));
        school.timetable().await;
    }
    assert!(found(&school, "notification_url_unreachable").await.is_none(), "Microsoft may be an hour late");
    school.wait(TimeDelta::hours(2));
    let finding = found(&school, "notification_url_unreachable").await.expect("it is named");
    let text = format!("{finding:?}");
    assert!(text.contains("3 recordings came") && text.contains("cannot be tried from inside"), "{text}");

    school.world.sim.clear_faults();
    let class = school.class("English", -60).await;
    school.hold(&class);
    for _ in 0..100 {
        let heard = school.count("SELECT COUNT(*) AS n FROM subscription WHERE heard_at IS NOT NULL").await;
        if heard > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(found(&school, "notification_url_unreachable").await.is_none());
    let words = in_order(&school, "notification_url").await.expect("it is in order");
    assert!(words.contains("last told something on"), "{words}");
}

#[tokio::test]
async fn subscriptions_that_ended_and_that_nobody_made_anew_are_named() {
    let (school, _serving) = school(None).await;
    let words = in_order(&school, "subscriptions").await.expect("they are in order");
    assert_eq!(words, "3 of 3 subscriptions are live");
    let ended =
        (school.now() + TimeDelta::minutes(4_300)).format("the first on %Y-%m-%d %H:%M UTC").to_string();
    school.wait(TimeDelta::days(5));
    let finding = found(&school, "subscription_expired").await.expect("it is named");
    assert_eq!(finding.severity, Severity::Warning);
    let text = format!("{finding:?}");
    assert!(text.contains("2 of 3 subscriptions") && text.contains("onrecord serve"), "{text}");
    assert!(text.contains(&ended), "{ended}: {text}");

    let refused = json!({ "path": "subscriptions", "status": 403, "code": "Forbidden", "message": "no" });
    school.world.sim.add_fault(&refused).expect("a fault");
    keep(&school).await;
    keep(&school).await;
    let finding = found(&school, "subscription_expired").await.expect("it is named");
    assert!(finding.fix.contains("cannot be made anew"), "{finding:?}");
    school.world.sim.clear_faults();
    school.wait(TimeDelta::hours(2));
    keep(&school).await;
    keep(&school).await;
    assert!(found(&school, "subscription_expired").await.is_none());
}
