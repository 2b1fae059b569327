//! Work that takes longer than its lease is not begun a second time: as long as it goes on, signs of life are given.
//! Microsoft is a listener that takes requests and answers none, so that work lasts as long as a test wants.

use chrono::TimeDelta;
use onrecord::model::job::JobKind;
use onrecord::model::sync::SyncCause;
use onrecord::ops::sync::{SyncRequest, sync_conference, sync_meeting};
use onrecord::ops::turn::Turn;
use onrecord::params;
use onrecord::store::{Read as _, jobs};
use onrecord::worker;
use tokio::net::TcpListener;

use crate::school::{Class, School};

/// Longer than any lease, in steps shorter than one.
const STEPS: usize = 10;
const STEP: TimeDelta = TimeDelta::seconds(12);

/// A class that is over, and a Microsoft that answers nothing.
async fn waiting_for_microsoft() -> (School, Class, TcpListener) {
    let microsoft = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", microsoft.local_addr().expect("an address"));
    let school = School::with(&[("ONRECORD_GRAPH_URL", &url)]).await;
    let class = school.class("Algebra", -60).await;
    (school, class, microsoft)
}

/// Moves time by a step and lets the work go on until what `sql` counts is there, or long enough to see that it is not.
async fn step(school: &School, sql: &str) {
    school.wait(STEP);
    for _ in 0..100 {
        let row = school.world.app.store.row(sql, params![school.now() + STEP]).await.expect("a query");
        if row.expect("a count").get::<i64>("n").expect("a number") > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn execute(school: &School, sql: &str) {
    let tx = school.world.app.store.write().await.expect("a transaction");
    tx.execute(sql, params![]).await.expect("it is done");
    tx.commit().await.expect("it is written");
}

#[tokio::test]
async fn a_job_that_goes_on_is_taken_by_no_second_worker() {
    let (school, class, microsoft) = waiting_for_microsoft().await;
    let app = &school.world.app;
    let tx = app.store.write().await.expect("a transaction");
    let long_due = school.now() - TimeDelta::hours(1);
    let subject = format!("meeting:{}", class.meeting);
    jobs::enqueue(&tx, JobKind::Sync, &subject, long_due, school.now()).await.expect("queued");
    tx.commit().await.expect("written");
    let held_on = async {
        let _asked = microsoft.accept().await.expect("Microsoft is asked");
        execute(&school, "DELETE FROM job WHERE kind <> 'sync'").await;
        for _ in 0..STEPS {
            step(&school, "SELECT COUNT(*) AS n FROM job WHERE claimed_until > $1").await;
            let other = jobs::claim(&app.store, "other", school.now(), TimeDelta::seconds(40)).await;
            assert_eq!(other.expect("a query"), None, "it goes on, so nobody else begins it");
        }
        assert_eq!(school.count("SELECT attempts AS n FROM job").await, 1);
    };
    tokio::select! {
        () = worker::run_until_idle(app) => panic!("Microsoft has answered nothing"),
        () = held_on => {}
    }
}

#[tokio::test]
async fn a_class_that_is_being_read_is_read_by_nobody_else() {
    let (school, class, microsoft) = waiting_for_microsoft().await;
    let app = &school.world.app;
    let request = SyncRequest { conference: class.conference, cause: SyncCause::Command, requested_by: None };
    let held_on = async {
        let _asked = microsoft.accept().await.expect("Microsoft is asked");
        for _ in 0..STEPS {
            step(&school, "SELECT COUNT(*) AS n FROM sync_run WHERE lease_until > $1").await;
            let other = sync_meeting(app, class.meeting);
            let soon = std::time::Duration::from_secs(5);
            let turn = tokio::time::timeout(soon, other).await.expect("it reads nothing").expect("a turn");
            assert!(matches!(turn, Turn::Again(..)), "it goes on, so it comes again later");
        }
        assert_eq!(school.count("SELECT COUNT(*) AS n FROM sync_run").await, 1);
    };
    tokio::select! {
        ended = sync_conference(app, &request) => panic!("Microsoft has answered nothing: {ended:?}"),
        () = held_on => {}
    }
}
