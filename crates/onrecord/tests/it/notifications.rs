//! Change notifications: what Microsoft tells is on the class page without any sweep; whatever is lost, doubled,
//! late or forged does no harm; subscriptions live, are lost and come back.

use axum::body::Body;
use axum::http::{Method, Request};
use chrono::TimeDelta;
use onrecord::model::id::JobId;
use onrecord::model::subscription::Subscription;
use onrecord::params;
use onrecord::store::{Read as _, subscriptions};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::school::{Class, School};
use crate::world::Answer;

const NEWS: &str = "/graph/notifications";

/// A school that Microsoft can reach.
struct Told {
    school: School,
    _serving: JoinSet<()>,
}

impl Told {
    async fn open() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut all = vec![("ONRECORD_NOTIFICATIONS", "auto"), ("ONRECORD_NOTIFICATION_URL", url.as_str())];
        all.extend(settings);
        let school = School::with(&all).await;
        let serving = school.world.serve(listener);
        Self { school, _serving: serving }
    }

    /// One class, and subscriptions that are live.
    async fn with_class(title: &str) -> (Self, Class) {
        let told = Self::open().await;
        let class = told.school.class(title, -60).await;
        // The drive is known once it was read.
        told.school.timetable().await;
        told.keep().await;
        (told, class)
    }

    async fn rows(&self) -> Vec<Subscription> {
        let found =
            subscriptions::of_integration(&self.school.world.app.store, self.school.integration).await;
        found.expect("a query")
    }

    async fn live(&self) -> usize {
        let now = self.school.now();
        self.rows().await.iter().filter(|one| one.is_live(now)).count()
    }

    async fn keep(&self) {
        onrecord::ops::subscriptions::keep(&self.school.world.app).await.expect("they are kept");
    }

    /// Waits, in real time, until Microsoft's post has made work, and does that work: no timetable, no sweep.
    async fn hear(&self) -> bool {
        for _ in 0..100 {
            if self.work().await {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        false
    }

    /// Does the work that news has made, and nothing else.
    async fn work(&self) -> bool {
        let app = &self.school.world.app;
        let mut any = false;
        loop {
            let sql = "SELECT id, kind, subject FROM job WHERE kind IN ('sync', 'delta') AND run_at <= $1 ORDER BY id LIMIT 1";
            let row = app.store.row(sql, params![self.school.now()]).await.expect("a query");
            let Some(row) = row else { return any };
            let subject: String = row.get("subject").expect("text");
            let id: JobId = row.id("id").expect("an id");
            let tx = app.store.write().await.expect("a transaction");
            tx.execute("DELETE FROM job WHERE id = $1", params![id]).await.expect("it is taken");
            tx.commit().await.expect("it is written");
            any = true;
            if row.get::<String>("kind").expect("text") == "delta" {
                onrecord::ops::sync::delta_round(app, &subject).await.expect("it is read");
            } else {
                let meeting = subject.trim_start_matches("meeting:").parse().expect("a meeting");
                onrecord::ops::sync::sync_meeting(app, meeting).await.expect("it is read");
            }
        }
    }

    async fn waiting(&self) -> i64 {
        self.school.count("SELECT COUNT(*) AS n FROM job WHERE kind IN ('sync', 'delta')").await
    }

    async fn shown(&self, class: &Class) -> usize {
        let path = format!("/api/v1/conferences/{}/recordings", class.conference);
        let list = self.school.read("learner@contoso.example", &path).await;
        list["items"].as_array().expect("a list").len()
    }

    async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request =
            Request::builder().method(Method::POST).uri(path).header("content-type", "application/json");
        self.school.world.send(request.body(body.into()).expect("a request")).await
    }

    /// A notification as Microsoft would post it, were it not for the secret.
    async fn forged(&self) -> Value {
        let row = self.rows().await.into_iter().next().expect("a subscription");
        json!({
            "subscriptionId": row.graph_id, "clientState": "guessed", "changeType": "created",
            "tenantId": self.school.world.sim.tenant()["tenant_id"],
            "subscriptionExpirationDateTime": (self.school.now() + TimeDelta::days(1)).to_rfc3339(),
            "resource": "communications/onlineMeetings('x')/recordings('y')", "resourceData": { "id": "y" },
        })
    }

    /// Everything that a post could change.
    async fn state(&self) -> String {
        let jobs = self.waiting().await;
        let heard = self.rows().await.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join(";");
        let settled =
            self.school.count("SELECT COUNT(*) AS n FROM meeting WHERE settled_at IS NOT NULL").await;
        format!("{jobs} {settled} {heard}")
    }
}

#[tokio::test]
async fn organizers_and_drives_are_subscribed_to_and_microsoft_agrees() {
    let (told, _) = Told::with_class("Algebra").await;
    let kinds: Vec<String> = told.rows().await.iter().map(|one| one.kind.to_string()).collect();
    assert_eq!(kinds, ["recordings", "transcripts", "drive"]);
    assert_eq!(told.live().await, 3);
    let resources: Vec<String> =
        told.school.world.sim.subscriptions().iter().map(|one| one["resource"].to_string()).collect();
    assert_eq!(resources.len(), 3, "{resources:?}");
    told.school.world.sim.clear_requests();
    told.keep().await;
    let asked = told.school.requests();
    assert!(asked.is_empty(), "nothing is due, so nothing is asked: {asked:?}");
}

#[tokio::test]
async fn a_recording_is_on_the_class_page_without_any_sweep() {
    let (told, class) = Told::with_class("Algebra").await;
    told.work().await;
    assert_eq!(told.shown(&class).await, 0);
    told.school.hold(&class);
    assert!(told.hear().await, "Microsoft tells at once");
    assert_eq!(told.shown(&class).await, 1);
    assert!(told.rows().await.iter().any(|one| one.heard_at.is_some()));
}

#[tokio::test]
async fn news_told_twice_is_one_piece_of_work_and_one_recording() {
    let (told, class) = Told::with_class("Algebra").await;
    told.work().await;
    told.school.world.sim.add_fault(&json!({ "path": "", "notification": "doubled" })).expect("a fault");
    told.school
        .world
        .sim
        .patch_tenant(&json!({ "switches": { "notifications_together": true } }))
        .expect("a switch");
    told.school.hold(&class);
    for _ in 0..100 {
        if told.waiting().await > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(told.waiting().await <= 2, "one for the meeting, one for the organizer");
    while told.work().await {}
    assert_eq!(told.shown(&class).await, 1);
    assert_eq!(told.school.count("SELECT COUNT(*) AS n FROM artifact WHERE kind = 'recording'").await, 1);
}

#[tokio::test]
async fn what_is_never_told_is_found_by_the_timetable() {
    let (told, class) = Told::with_class("Algebra").await;
    told.work().await;
    told.school.world.sim.add_fault(&json!({ "path": "", "notification": "lost" })).expect("a fault");
    told.school.hold(&class);
    told.school.wait(TimeDelta::hours(2));
    told.school.timetable().await;
    told.school.timetable().await;
    assert_eq!(told.shown(&class).await, 1);
}

#[tokio::test]
async fn news_that_comes_late_or_in_another_order_ends_the_same() {
    let (told, class) = Told::with_class("Algebra").await;
    let second = told.school.class("Botany", -60).await;
    told.work().await;
    let sim = &told.school.world.sim;
    sim.add_fault(&json!({ "path": "recordings", "notification": "late", "delay_s": 600 })).expect("a fault");
    sim.add_fault(&json!({ "path": "transcripts", "notification": "reordered" })).expect("a fault");
    told.school.hold(&class);
    told.school.hold(&second);
    told.hear().await;
    told.school.wait(TimeDelta::minutes(11));
    told.hear().await;
    while told.work().await {}
    assert_eq!((told.shown(&class).await, told.shown(&second).await), (1, 1));
    assert_eq!(told.school.count("SELECT COUNT(*) AS n FROM artifact WHERE kind = 'recording'").await, 2);
}

#[tokio::test]
async fn forged_foreign_old_and_malformed_posts_change_nothing() {
    let (told, class) = Told::with_class("Algebra").await;
    told.work().await;
    let before = told.state().await;
    let forged = told.forged().await;
    let with = |name: &str, value: Value| {
        let mut other = forged.clone();
        other[name] = value;
        other
    };
    for item in [
        forged.clone(),
        with("subscriptionId", "00000000-0000-0000-0000-000000000000".into()),
        with("clientState", Value::Null),
        with("clientState", "".into()),
        with("lifecycleEvent", "subscriptionRemoved".into()),
    ] {
        for path in [NEWS, "/graph/lifecycle"] {
            told.post(path, json!({ "value": [item] }).to_string()).await.expect(202);
        }
    }
    told.post(NEWS, json!({ "value": [] }).to_string()).await.expect(202);
    for malformed in ["", "null", "{}", "[1]", "{\"value\":1}", "<html>", "\u{0}", "{\"value\":[{"] {
        told.post(NEWS, malformed).await.expect(400);
    }
    told.post(NEWS, "[".repeat(200_000)).await.expect(400);
    told.post(NEWS, "x".repeat(300 << 10)).await.expect(413);
    told.post(NEWS, "x".repeat(3 << 20)).await.expect(413);
    told.post(NEWS, vec![0xff_u8, 0xfe, 0x00]).await.expect(400);
    assert_eq!(told.state().await, before);
    assert_eq!(told.shown(&class).await, 0);
}

/// Gives a subscription a secret that the test knows, as if Microsoft told it.
async fn share_secret(told: &Told) -> String {
    let tx = told.school.world.app.store.write().await.expect("a transaction");
    let hash = onrecord::secrets::hash_token("known");
    tx.execute("UPDATE subscription SET client_state_hash = $1 WHERE kind = 'recordings'", params![hash])
        .await
        .expect("it is shared");
    tx.commit().await.expect("it is written");
    let rows = told.rows().await;
    rows.iter()
        .find(|one| one.kind.to_string() == "recordings")
        .and_then(|one| one.graph_id.clone())
        .expect("an id")
}

#[tokio::test]
async fn only_the_right_secret_of_the_right_tenant_and_time_is_believed() {
    let (told, class) = Told::with_class("Algebra").await;
    told.work().await;
    let id = share_secret(&told).await;
    let mut item = told.forged().await;
    (item["subscriptionId"], item["clientState"]) = (id.into(), "known".into());
    let online = told.school.row(&class).await.online_meeting_id.expect("a name");
    item["resource"] = format!("communications/onlineMeetings('{online}')/recordings('new')").into();
    let before = told.state().await;
    for (name, value) in [
        ("tenantId", json!("99999999-9999-9999-9999-999999999999")),
        ("subscriptionExpirationDateTime", json!((told.school.now() - TimeDelta::hours(1)).to_rfc3339())),
        ("clientState", json!("Known")),
    ] {
        let mut other = item.clone();
        other[name] = value;
        told.post(NEWS, json!({ "value": [other] }).to_string()).await.expect(202);
        assert_eq!(told.state().await, before, "{name}");
    }
    let post = json!({ "value": vec![item; 50] }).to_string();
    told.post(NEWS, post.clone()).await.expect(202);
    told.post(NEWS, post).await.expect(202);
    assert_eq!(told.waiting().await, 1, "one waiting job for the meeting, however often it is told");
}

#[tokio::test]
async fn news_of_what_is_settled_already_is_no_news() {
    let (told, class) = Told::with_class("Algebra").await;
    let held = told.school.hold(&class);
    told.hear().await;
    while told.work().await {}
    let tx = told.school.world.app.store.write().await.expect("a transaction");
    tx.execute("UPDATE meeting SET settled_at = $1", params![told.school.now()])
        .await
        .expect("it is settled");
    tx.commit().await.expect("it is written");
    let id = share_secret(&told).await;
    let mut item = told.forged().await;
    (item["subscriptionId"], item["clientState"]) = (id.into(), "known".into());
    let online = told.school.row(&class).await.online_meeting_id.expect("a name");
    let recording = &held.recordings[0].id;
    item["resource"] = format!("communications/onlineMeetings('{online}')/recordings('{recording}')").into();
    item["resourceData"] = json!({ "id": recording });
    told.post(NEWS, json!({ "value": [item] }).to_string()).await.expect(202);
    assert_eq!(told.waiting().await, 0, "a replay asks Microsoft for nothing");
    assert!(told.school.row(&class).await.settled_at.is_some());
}

#[tokio::test]
async fn the_validation_token_comes_back_as_plain_text() {
    let told = Told::open().await;
    for path in [NEWS, "/graph/lifecycle"] {
        let answer = told
            .post(&format!("{path}?validationToken=Validation%3A%20Testing%2Breach"), "")
            .await
            .expect(200);
        assert_eq!(answer.text(), "Validation: Testing+reach");
        assert!(answer.header("content-type").starts_with("text/plain"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        told.post(&format!("{path}?validationToken=%3Cscript%3E"), "").await.expect(400);
        told.post(&format!("{path}?validationToken={}", "a".repeat(3_000)), "").await.expect(400);
        told.school.world.stranger().get(path).await.expect(405);
    }
}

#[tokio::test]
async fn subscriptions_are_renewed_days_before_they_end() {
    let (told, _) = Told::with_class("Algebra").await;
    let ends = |rows: Vec<Subscription>| {
        rows.into_iter().map(|one| one.expires_at.expect("an end")).min().expect("one")
    };
    let first = ends(told.rows().await);
    told.school.wait(TimeDelta::hours(25));
    told.school.world.sim.clear_requests();
    told.keep().await;
    assert!(ends(told.rows().await) > first + TimeDelta::hours(20));
    let asked = told.school.requests();
    assert!(!asked.iter().any(|one| one.starts_with("POST") && one.ends_with("/subscriptions")), "{asked:?}");
    for _ in 0..14 {
        told.school.wait(TimeDelta::days(2));
        told.keep().await;
        assert_eq!(told.live().await, 3, "they never lapse");
    }
}

#[tokio::test]
async fn a_subscription_that_ended_while_we_were_away_is_made_anew() {
    let (told, class) = Told::with_class("Algebra").await;
    told.school.wait(TimeDelta::days(5));
    assert_eq!(told.live().await, 1, "only the drive's lives that long");
    told.keep().await;
    told.keep().await;
    assert_eq!(told.live().await, 3);
    told.work().await;
    told.school.hold(&class);
    assert!(told.hear().await);
    assert_eq!(told.shown(&class).await, 1);
}

#[tokio::test]
async fn a_subscription_that_microsoft_lost_is_found_within_the_hour() {
    let (told, _) = Told::with_class("Algebra").await;
    told.work().await;
    assert_eq!(told.school.world.sim.lose_subscriptions(Some("getAllRecordings")), 1);
    told.school.wait(TimeDelta::minutes(61));
    told.keep().await;
    assert_eq!(told.school.world.sim.subscriptions().len(), 3);
    assert_eq!(told.live().await, 3);
    assert_eq!(told.waiting().await, 1, "what may have been missed is looked for");
}

#[tokio::test]
async fn where_microsoft_cannot_reach_us_it_is_asked_ever_more_seldom_until_it_can() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let place = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{place}");
    let settings = [("ONRECORD_NOTIFICATIONS", "auto"), ("ONRECORD_NOTIFICATION_URL", url.as_str())];
    let school = School::with(&settings).await;
    for title in ["Algebra", "Botany", "Chemistry"] {
        school.class(title, -60).await;
    }
    school.timetable().await;
    let app = &school.world.app;
    school.world.sim.clear_requests();
    for _ in 0..60 {
        onrecord::ops::subscriptions::keep(app).await.expect("they are kept");
        school.wait(TimeDelta::minutes(1));
    }
    let asked = |method: &str| {
        let all = school.world.sim.requests();
        all.iter().filter(|one| one.method == method && one.path.ends_with("/subscriptions")).count()
    };
    let wanted = school.count("SELECT COUNT(*) AS n FROM subscription").await;
    assert!(wanted >= 3, "recordings, transcripts and the drive: {wanted}");
    assert!(
        asked("GET") <= 1,
        "the list is compared once an hour, not with each vain attempt: {}",
        asked("GET")
    );
    assert!(asked("POST") <= 4 + 5, "after the first failure one attempt stands for all: {}", asked("POST"));
    let told = school.count("SELECT COUNT(*) AS n FROM subscription WHERE unreachable_at IS NULL").await;
    assert_eq!(told, 0, "what was put off is named as well");

    let _open = school.world.serve(TcpListener::bind(place).await.expect("the same port"));
    school.wait(TimeDelta::minutes(61));
    onrecord::ops::subscriptions::keep(app).await.expect("they are kept");
    let live = school.count("SELECT COUNT(*) AS n FROM subscription WHERE graph_id IS NOT NULL").await;
    assert_eq!((live, school.world.sim.subscriptions().len()), (wanted, 3), "each once");
}

#[tokio::test]
async fn a_crash_between_making_and_noting_leaves_no_second_subscription() {
    let (told, _) = Told::with_class("Algebra").await;
    let tx = told.school.world.app.store.write().await.expect("a transaction");
    tx.execute(
        "UPDATE subscription SET graph_id = NULL, expires_at = NULL, due_at = $1",
        params![told.school.now()],
    )
    .await
    .expect("as if it had never been noted");
    tx.commit().await.expect("it is written");
    told.keep().await;
    assert_eq!((told.live().await, told.school.world.sim.subscriptions().len()), (3, 3));
    let strangers = {
        let tx = told.school.world.app.store.write().await.expect("a transaction");
        tx.execute("DELETE FROM subscription", params![]).await.expect("all is forgotten");
        tx.commit().await.expect("it is written");
        told.school.wait(TimeDelta::minutes(61));
        told.keep().await;
        told.school.world.sim.subscriptions().len()
    };
    assert_eq!((told.live().await, strangers), (3, 3), "what nobody knows is ended");
}

#[tokio::test]
async fn word_of_a_subscriptions_life_is_acted_on() {
    let (told, _) = Told::with_class("Algebra").await;
    let first = told.rows().await[0].expires_at.expect("an end");
    told.school.wait(TimeDelta::hours(2));
    let wanted = json!({ "event": "reauthorizationRequired", "resource": "getAllRecordings" });
    assert_eq!(told.school.world.sim.lifecycle(&wanted), Ok(1));
    let due = async || told.rows().await[0].due_at <= told.school.now();
    for _ in 0..100 {
        if due().await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(due().await, "it is to be renewed at once");
    told.school.timetable().await;
    assert!(told.rows().await[0].expires_at.expect("an end") > first);
    let id = share_secret(&told).await;
    let mut item = told.forged().await;
    (item["subscriptionId"], item["clientState"]) = (id.into(), "known".into());
    item["lifecycleEvent"] = "missed".into();
    told.work().await;
    told.post("/graph/lifecycle", json!({ "value": [item] }).to_string()).await.expect(202);
    assert_eq!(told.waiting().await, 1, "what was missed is looked for");
    item["lifecycleEvent"] = "subscriptionRemoved".into();
    told.post("/graph/lifecycle", json!({ "value": [item] }).to_string()).await.expect(202);
    assert_eq!(told.live().await, 2);
    told.school.timetable().await;
    assert_eq!(told.live().await, 3, "what was removed is made anew");
}

#[tokio::test]
async fn an_account_that_goes_takes_its_subscriptions_along() {
    let (told, _) = Told::with_class("Algebra").await;
    let tx = told.school.world.app.store.write().await.expect("a transaction");
    tx.execute("UPDATE meeting SET cancelled_at = $1", params![told.school.now()]).await.expect("cancelled");
    tx.execute("DELETE FROM delta_link", params![]).await.expect("forgotten");
    tx.execute(
        "UPDATE service_account SET disabled_at = $1, entra_object_id = NULL",
        params![told.school.now()],
    )
    .await
    .expect("it is taken out of use");
    tx.commit().await.expect("it is written");
    told.keep().await;
    assert!(told.rows().await.is_empty() && told.school.world.sim.subscriptions().is_empty());
}

#[tokio::test]
async fn without_the_permission_for_drives_the_others_are_told_and_the_page_says_so() {
    let told = Told::open().await;
    let roles = told.school.world.sim.tenant()["roles"].as_array().expect("roles").clone();
    let mut roles: Vec<Value> = roles.into_iter().filter(|role| role != "Files.ReadWrite.All").collect();
    roles.push("Files.Read.All".into());
    told.school.world.sim.patch_tenant(&json!({ "roles": roles })).expect("a patch");
    told.school.class("Algebra", -60).await;
    told.school.timetable().await;
    told.keep().await;
    assert_eq!(told.live().await, 2);
    let admin = told.school.world.sign_in("admin@contoso.example").await;
    let page = admin.get("/settings/integrations/teams").await.expect(200).text();
    assert!(page.contains("2 of 3 subscriptions are live") && page.contains("Files.ReadWrite.All"), "{page}");
    let report = told.school.read("admin@contoso.example", "/api/v1/monitor").await;
    assert_eq!(
        (&report["notifications"]["way"], &report["notifications"]["live"]),
        (&json!("told"), &json!(2))
    );
}

#[tokio::test]
async fn behind_a_firewall_nothing_is_subscribed_sweeps_do_all_and_the_page_says_so() {
    let school =
        School::with(&[("ONRECORD_NOTIFICATIONS", "auto"), ("ONRECORD_PUBLIC_URL", "http://127.0.0.1:1")])
            .await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.timetable().await;
    school.timetable().await;
    assert!(school.world.sim.subscriptions().is_empty(), "nobody listens there");
    let list = school
        .read("learner@contoso.example", &format!("/api/v1/conferences/{}/recordings", class.conference))
        .await;
    assert_eq!(list["items"].as_array().expect("a list").len(), 1);
    let admin = school.world.sign_in("admin@contoso.example").await;
    let page = admin.get("/settings/integrations/teams").await.expect(200).text();
    assert!(page.contains("could not reach http://127.0.0.1:1/graph/notifications"), "{page}");

    let off = School::open().await;
    off.class("Algebra", -60).await;
    off.world.sim.clear_requests();
    onrecord::ops::subscriptions::keep(&off.world.app).await.expect("nothing to keep");
    assert!(off.requests().is_empty());
    let admin = off.world.sign_in("admin@contoso.example").await;
    let page = admin.get("/admin/monitor").await.expect(200).text();
    assert!(page.contains("Switched off (ONRECORD_NOTIFICATIONS)"), "{page}");
}
