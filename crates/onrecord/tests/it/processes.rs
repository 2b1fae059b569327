//! Several processes of the real program over one database: on PostgreSQL they share the work, on SQLite the second is
//! refused with a sentence, and commands run beside a running one.

use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use onrecord::clock::Clock;
use onrecord::params;
use onrecord::store::Read as _;
use serde_json::json;

use crate::database::on_postgres;
use crate::teaching::School;
use crate::world::World;

/// The program, set up for this school.
pub(crate) fn program(world: &World, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onrecord"));
    command
        .args(arguments)
        .arg("--data-dir")
        .arg(world.folder())
        .env_clear()
        .envs(world.environment())
        .env("ONRECORD_LISTEN", free_address())
        .env("ONRECORD_LOG", "info")
        .stdin(Stdio::null());
    command
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").to_string()
}

/// A process that ends with the test.
struct Running(Child);

impl Running {
    fn start(world: &World, arguments: &[&str]) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(world.folder().join("log"));
        let mut command = program(world, arguments);
        let child = command.stdout(Stdio::null()).stderr(log.expect("a log file")).spawn();
        Self(child.expect("the program starts"))
    }

    /// Asks it to stop and waits until it has.
    fn stop(mut self) -> std::process::ExitStatus {
        let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.0.id())]).status();
        assert!(told.expect("there is a shell").success());
        self.0.wait().expect("it ends")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Waits until something is so; the test fails when it takes too long.
async fn until(what: &str, seconds: u64, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(seconds), "{what}: not within {seconds} s");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn count(world: &World, sql: &str) -> i64 {
    world.app.store.row(sql, params![]).await.expect("a query").expect("a row").get("n").expect("a number")
}

/// A school whose time is the machine's, because processes of their own know no other.
async fn school_of_today() -> School {
    let school = School::new().await;
    school.world.app.clock.set(Clock::System.now());
    school.world.sim.set_now(Clock::System.now());
    school
}

/// Classes of so many of the next days, scheduled at once.
async fn schedule(school: &School, days: std::ops::Range<i64>) {
    let today = Clock::System.now().date_naive();
    let dates: Vec<String> = days.map(|day| (today + chrono::TimeDelta::days(day)).to_string()).collect();
    let slots: Vec<_> = dates.iter().map(|date| (date.as_str(), "09:00", "10:00")).collect();
    school.instructor().await.post("/api/v1/conferences", &school.request(&slots)).await.expect(201);
}

const UNFINISHED: &str = "SELECT COUNT(*) AS n FROM meeting WHERE auto_recording_status <> 'enabled'";

/// Meetings in Teams: as many as classes, or one was made twice.
fn made(school: &School) -> usize {
    let posts = |request: &&msgraph_sim::LoggedRequest| {
        request.method == "POST" && request.template.ends_with("/events")
    };
    school.world.sim.requests().iter().filter(posts).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_and_a_server_share_the_work_and_a_killed_ones_goes_on() {
    if !on_postgres() {
        return;
    }
    let school = school_of_today().await;
    let world = &school.world;
    let _server = Running::start(world, &["serve", "--no-worker"]);
    let one = Running::start(world, &["worker"]);
    let _other = Running::start(world, &["worker"]);
    schedule(&school, 2..26).await;
    until("24 classes are prepared", 60, async || count(world, UNFINISHED).await == 0).await;
    assert_eq!(made(&school), 24, "each class once");
    let twice = "SELECT COUNT(*) - COUNT(DISTINCT subject) AS n FROM job WHERE kind = 'duty'";
    assert_eq!(count(world, twice).await, 0, "one timetable");
    // Both are in the middle of slow work when one is killed.
    world.sim.add_fault(&json!({ "path": "/events", "slow_ms": 4_000 })).expect("a fault");
    schedule(&school, 30..38).await;
    let held = "SELECT COUNT(DISTINCT claimed_by) AS n FROM job WHERE claimed_until IS NOT NULL AND kind = 'provision'";
    until("both work", 30, async || count(world, held).await == 2).await;
    drop(one);
    world.sim.clear_faults();
    let begun = Instant::now();
    until("the killed one's classes are prepared", 75, async || count(world, UNFINISHED).await == 0).await;
    assert!(begun.elapsed() < Duration::from_mins(1), "within a minute: {:?}", begun.elapsed());
    let doubled = "SELECT COUNT(*) - COUNT(DISTINCT event_id) AS n FROM meeting";
    assert_eq!(count(world, doubled).await, 0);
    let events = reqwest::get(format!("{}/sim/meetings", world.sim.url())).await.expect("an answer");
    let events: serde_json::Value = events.json().await.expect("JSON");
    assert_eq!(events["meetings"].as_array().map(Vec::len), Some(32), "no second meeting in Teams");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_worker_finishes_what_it_has_begun() {
    let school = school_of_today().await;
    let world = &school.world;
    world.sim.add_fault(&json!({ "path": "/events", "slow_ms": 2_000 })).expect("a fault");
    let worker = Running::start(world, &["worker"]);
    schedule(&school, 2..3).await;
    let begun = "SELECT COUNT(*) AS n FROM job WHERE kind = 'provision' AND claimed_until IS NOT NULL";
    until("it works", 30, async || count(world, begun).await == 1).await;
    let ended = tokio::task::block_in_place(|| worker.stop());
    assert!(ended.success(), "{ended}");
    assert_eq!(count(world, UNFINISHED).await, 0, "what was begun is finished");
    assert_eq!(count(world, "SELECT COUNT(*) AS n FROM job WHERE claimed_until IS NOT NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_a_second_server_or_worker_is_refused_and_commands_are_not() {
    if on_postgres() {
        return;
    }
    let school = school_of_today().await;
    let world = &school.world;
    let worker = Running::start(world, &["worker"]);
    schedule(&school, 2..3).await;
    until("it works", 30, async || count(world, UNFINISHED).await == 0).await;
    for second in [&["serve"][..], &["worker"], &["serve", "--no-worker"]] {
        let refused = program(world, second).output().expect("it runs");
        assert_eq!(refused.status.code(), Some(2), "{second:?}: {}", said(&refused));
        assert!(said(&refused).contains("already uses"), "{second:?}: {}", said(&refused));
    }
    let elsewhere = tempfile::tempdir().expect("a folder");
    let mut same_database = Command::new(env!("CARGO_BIN_EXE_onrecord"));
    same_database.args(["worker", "--data-dir"]).arg(elsewhere.path()).env_clear().envs(world.environment());
    let refused = same_database.output().expect("it runs");
    assert_eq!(refused.status.code(), Some(2), "another folder, the same database: {}", said(&refused));
    for beside in [&["jobs", "list"][..], &["user", "list"], &["sync", "--all"], &["audit", "verify"]] {
        let done = program(world, beside).output().expect("it runs");
        assert_eq!(done.status.code(), Some(0), "{beside:?}: {}", said(&done));
    }
    assert!(tokio::task::block_in_place(|| worker.stop()).success());
    let next = Running::start(world, &["worker"]);
    schedule(&school, 4..5).await;
    until("the next one works", 30, async || count(world, UNFINISHED).await == 0).await;
    drop(next);
}
