//! Lanes that several processes share, and the queue they work on.

use std::time::Duration;

use chrono::TimeDelta;
use msgraph::{Lane, Lanes as _};
use onrecord::lanes::DatabaseLanes;
use onrecord::model::job::JobKind;
use onrecord::params;
use onrecord::store::{Read as _, jobs};

use crate::world::World;

fn process(world: &World) -> DatabaseLanes {
    DatabaseLanes::new(world.app.store.clone(), world.app.clock.clone())
}

#[tokio::test]
async fn when_microsoft_asks_one_process_to_wait_all_of_them_wait() {
    let world = World::new().await;
    let (one, other) = (process(&world), process(&world));
    one.throttled(&Lane::Meetings, Duration::from_mins(1)).await;
    let paused = other.enter(&Lane::Meetings).await.expect_err("closed");
    assert!(paused.retry_after > Duration::from_secs(55) && paused.retry_after <= Duration::from_mins(1));
    assert!(other.enter(&Lane::Directory).await.is_ok(), "another lane is open");
    world.advance(TimeDelta::seconds(61));
    assert!(other.enter(&Lane::Meetings).await.is_ok());
}

#[tokio::test]
async fn a_mailbox_has_four_places_for_all_processes_together() {
    let world = World::new().await;
    let (one, other) = (process(&world), process(&world));
    let mailbox = Lane::Mailbox("rec".to_owned());
    let mut inside = Vec::new();
    for lanes in [&one, &other, &one, &other] {
        inside.push(lanes.enter(&mailbox).await.expect("room"));
    }
    let soon = Duration::from_millis(300);
    assert!(tokio::time::timeout(soon, one.enter(&mailbox)).await.is_err(), "the fifth waits");
    inside.pop();
    assert!(tokio::time::timeout(Duration::from_secs(10), one.enter(&mailbox)).await.is_ok());
    // A killed process never leaves; its places are free when their time is over.
    inside.into_iter().for_each(std::mem::forget);
    world.advance(TimeDelta::minutes(2));
    assert!(tokio::time::timeout(Duration::from_secs(10), process(&world).enter(&mailbox)).await.is_ok());
}

#[tokio::test]
async fn news_during_a_run_is_not_swallowed_and_one_subject_is_worked_on_once() {
    let world = World::new().await;
    let store = &world.app.store;
    let now = world.app.clock.now();
    let lease = TimeDelta::seconds(60);
    let enqueue = async |kind, subject: &str| {
        let tx = store.write().await.expect("a transaction");
        jobs::enqueue(&tx, kind, subject, now, now).await.expect("queued");
        tx.commit().await.expect("written");
    };
    enqueue(JobKind::Update, "meeting:1").await;
    let running = jobs::claim(store, "a", now, lease).await.expect("a query").expect("a job");
    enqueue(JobKind::Update, "meeting:1").await;
    enqueue(JobKind::Update, "meeting:1").await;
    enqueue(JobKind::Provision, "meeting:1").await;
    let none = jobs::claim(store, "b", now, lease).await.expect("a query");
    assert_eq!(none, None, "while one works on the meeting nobody else does, whatever the kind");
    let tx = store.write().await.expect("a transaction");
    jobs::retry(&tx, running.id, "a", now + lease, "later").await.expect("settled");
    tx.commit().await.expect("written");
    let (waiting, dead) = jobs::counts(store).await.expect("a query");
    assert_eq!((waiting, dead), (2, 0), "the news took the place of the retry");
    let news = jobs::claim(store, "b", now, lease).await.expect("a query").expect("the news is due at once");
    let tx = store.write().await.expect("a transaction");
    jobs::bury(&tx, news.id, "b", "given up", now).await.expect("settled");
    assert!(jobs::revive(&tx, news.id, now).await.expect("revived"));
    assert!(!jobs::revive(&tx, news.id, now).await.expect("only once"));
    tx.commit().await.expect("written");
}

#[tokio::test]
async fn a_lease_that_ran_out_is_taken_again_and_its_first_holder_settles_nothing() {
    let world = World::new().await;
    let store = &world.app.store;
    let now = world.app.clock.now();
    let tx = store.write().await.expect("a transaction");
    jobs::enqueue_many(&tx, JobKind::Update, &["meeting:1".into(), "meeting:2".into()], now, now)
        .await
        .expect("queued");
    tx.commit().await.expect("written");
    let first = jobs::claim(store, "a", now, TimeDelta::seconds(60)).await.expect("a query").expect("a job");
    let later = now + TimeDelta::seconds(61);
    let again =
        jobs::claim(store, "b", later, TimeDelta::seconds(60)).await.expect("a query").expect("a job");
    assert_eq!((again.id, again.attempts), (first.id, 2));
    let tx = store.write().await.expect("a transaction");
    jobs::finish(&tx, first.id, "a").await.expect("nothing happens");
    assert!(!jobs::renew(&tx, first.id, "a", later).await.expect("lost"));
    assert!(jobs::renew(&tx, first.id, "b", later + TimeDelta::seconds(60)).await.expect("held"));
    tx.commit().await.expect("written");
    let row =
        store.row("SELECT claimed_by FROM job WHERE id = $1", params![first.id]).await.expect("a query");
    assert_eq!(row.expect("still there").get::<String>("claimed_by").expect("a name"), "b");
}
