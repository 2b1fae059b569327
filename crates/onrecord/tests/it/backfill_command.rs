//! Taking over what existed before, at the operator's machine: what `sync --all --force` and `enforce` print, with their
//! dry runs, their count that reconciles, and a run that was broken off. What a script reads is on stdout and nothing else.

use std::process::{Command, Output};

use chrono::TimeDelta;
use onrecord::clock::Clock;
use onrecord::model::sync::SyncCause;
use onrecord::ops::sync::{Asked, sync_whole};
use onrecord::store::sync::Scope;
use serde_json::{Value, json};

use crate::processes::program;
use crate::school::School;

/// A school whose time is the machine's, because the program knows no other.
async fn school_of_today() -> School {
    let school = School::open().await;
    now_at(&school, TimeDelta::zero());
    school
}

/// Here and at Microsoft it is so long before now.
fn now_at(school: &School, before: TimeDelta) {
    let now = Clock::System.now() - before;
    school.world.app.clock.set(now);
    school.world.sim.set_now(now);
}

/// What a command printed, and how it ended.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {} {}", self.out, self.err))
    }
}

async fn ended(mut command: Command) -> Said {
    let output = tokio::task::spawn_blocking(move || command.output());
    let Output { status, stdout, stderr } = output.await.expect("it ends").expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: status.code().expect("it ends by itself"), out: text(&stdout), err: text(&stderr) }
}

impl School {
    async fn run(&self, words: &[&str]) -> Said {
        ended(program(&self.world, words)).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_says_what_would_be_read_and_asks_nobody() {
    let school = school_of_today().await;
    school.held_classes(2).await;
    school.class("Old", -60 * 24 * 70).await;
    school.world.sim.clear_requests();
    let said = school.run(&["sync", "--all", "--force", "--dry-run"]).await;
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
    assert_eq!(
        said.out,
        "Would read 3 conferences with 3 meetings, of which 1 ended about 60 days ago or earlier (only their file is \
         still to be had), and the onedrives of 1 organizers. Nothing was asked or changed.\n"
    );
    let said = school.run(&["sync_conference_data", "--all", "--force", "--dry-run", "--json"]).await.json();
    assert_eq!(said["dry_run"], json!(true), "{said}");
    assert_eq!((&said["plan"]["conferences"], &said["plan"]["file_only"]), (&json!(3), &json!(1)));
    assert_eq!(school.requests(), Vec::<String>::new());
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM artifact").await, 0);
    let wrong = school.run(&["sync", "--conference-id", "1", "--dry-run"]).await;
    assert_eq!(wrong.code, 2, "a dry run is one of everything: {}", wrong.err);
    for name in ["sync", "sync_conference_data"] {
        let wrong = school.run(&[name, "--conference-id", "1", "--status", "ended"]).await;
        assert_eq!(wrong.code, 2, "{} {}", wrong.out, wrong.err);
        assert!(wrong.err.contains("--status") && wrong.err.contains("--conference-id"), "{}", wrong.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_read_and_the_count_at_the_end_reconciles() {
    let school = school_of_today().await;
    school.held_classes(3).await;
    school.held_without_class("Staff room").await;
    let said = school.run(&["sync", "--all", "--force", "--verbose"]).await;
    let lines: Vec<&str> = said.out.lines().collect();
    assert!(
        lines.iter().any(|line| line.starts_with("conference 1: ") && line.ends_with(" items")),
        "{}",
        said.out
    );
    let kind = |line: &&&str| line.starts_with("  recordings: ok (created ");
    assert!(lines.iter().filter(kind).count() >= 3, "{}", said.out);
    assert!(lines.iter().any(|line| line.starts_with("4 conferences read, ")), "{}", said.out);
    let found = "Recordings found 4: matched 3, in the inbox 1, of no class 0, vanished 0.";
    assert!(lines.contains(&found), "{}", said.out);
    assert!(lines.iter().any(|line| line.starts_with("  matched by: ")), "{}", said.out);
    assert!(lines.iter().any(|line| line.starts_with("  in the inbox because: ")), "{}", said.out);
    assert!(!said.out.contains("INFO") && !said.out.contains('\u{1b}'), "no log and no bar: {}", said.out);
    assert!(!said.err.contains("conferences \u{2588}"), "no bar where there is no terminal: {}", said.err);

    let again = school.run(&["sync", "--all", "--force", "--json"]).await.json();
    assert_eq!(again["conferences"], json!(4), "{again}");
    let all = &again["reconciliation"];
    let number = |name: &str| all[name].as_i64().unwrap_or_else(|| panic!("{name} in {all}"));
    assert_eq!(number("found"), 4);
    let sum = number("matched") + number("inbox") + number("no_class") + number("gone");
    assert_eq!(number("found"), sum, "{all}");
    let created = |one: &Value| one["details"]["recordings"]["created"].as_i64().unwrap_or_default();
    let results = again["results"].as_array().expect("results");
    assert_eq!(results.iter().map(created).sum::<i64>(), 0, "a second time nothing is new: {again}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_is_counted_by_its_reason_and_the_exit_code_says_so() {
    let school = school_of_today().await;
    school.held_classes(3).await;
    let roles = school.world.sim.tenant()["roles"].as_array().unwrap().clone();
    let fewer: Vec<_> = roles.into_iter().filter(|role| role != "OnlineMeetingArtifact.Read.All").collect();
    school.world.sim.patch_tenant(&json!({ "roles": fewer })).unwrap();
    let said = school.run(&["sync", "--all", "--force"]).await;
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(
        said.out.contains("3 conferences read, ") && said.out.contains(", 3 with a failure."),
        "{}",
        said.out
    );
    assert!(said.out.contains("\n  3 \u{d7} attendance: "), "each reason once: {}", said.out);
    assert!(said.out.contains("Recordings found 3: matched 3"), "the others went on: {}", said.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_broken_off_is_gone_on_with_and_says_so() {
    let school = school_of_today().await;
    // What the broken one held at Microsoft is free again after a while.
    now_at(&school, TimeDelta::minutes(10));
    school.held_classes(5).await;
    let (asked, broken) = (Asked { scope: Scope::All, cause: SyncCause::Force }, tokio::sync::Notify::new());
    let mut seen = 0;
    let each = |_: &_| {
        seen += 1;
        if seen == 3 {
            broken.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = broken.notified() => {}
        _ = sync_whole(&school.world.app, asked, each) => panic!("it was not broken off in time"),
    }
    now_at(&school, TimeDelta::zero());
    let done = school.count("SELECT done AS n FROM backfill").await;
    assert!(done >= 2, "{done}");
    let ahead = school.run(&["sync", "--all", "--force", "--dry-run"]).await;
    assert!(ahead.out.contains("It would go on with the run begun "), "{}", ahead.out);
    assert!(ahead.out.contains(&format!(", after {done} conferences.")), "{}", ahead.out);
    let said = school.run(&["sync", "--all", "--force"]).await;
    assert!(said.err.contains("going on with the run begun"), "{}", said.err);
    assert!(said.out.contains(&format!("{} conferences read", 5 - done)), "{} {}", said.out, said.err);
    assert!(said.out.contains("Recordings found 5: matched 5"), "{}", said.out);
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM backfill").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enforcing_says_per_meeting_what_would_be_done_and_then_what_was() {
    let school = school_of_today().await;
    let mut classes = Vec::new();
    for number in 0..3 {
        classes.push(school.class(&format!("Class {number}"), 600 + number * 90).await);
    }
    assert!(school.world.sim.flip_recording(&classes[0].join_url, false));
    school.world.sim.clear_requests();
    let said = school.run(&["enforce", "--dry-run"]).await;
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
    assert!(
        said.out.contains("3 meetings looked at, 0 failed.\n  2 already_enabled\n  1 would_enable"),
        "{}",
        said.out
    );
    let changes = school.requests();
    assert!(!changes.iter().any(|asked| asked.starts_with("PATCH")), "{changes:?}");

    let said = school.run(&["enforce"]).await;
    assert!(
        said.out.contains("3 meetings looked at, 0 failed.\n  2 already_enabled\n  1 repaired"),
        "{}",
        said.out
    );
    let again = school.run(&["enforce", "--json"]).await;
    assert_eq!(again.code, 0);
    let report = again.json();
    assert_eq!((&report["success"], &report["checked"]), (&json!(true), &json!(3)), "{report}");
    assert_eq!(report["by_outcome"], json!([{ "status": "already_enabled", "count": 3 }]));

    school.world.sim.patch_tenant(&json!({ "access_policy": "none" })).unwrap();
    let said = school.run(&["enforce"]).await;
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(
        said.out.contains("3 meetings looked at, 3 failed.") && said.out.contains("  3 \u{d7} "),
        "{}",
        said.out
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_terminal_long_work_shows_how_far_it_is() {
    let school = school_of_today().await;
    for number in 0..3 {
        school.class(&format!("Class {number}"), 600 + number * 90).await;
    }
    school.world.sim.add_fault(&json!({ "path": "onlineMeetings", "slow_ms": 150 })).unwrap();
    // `script` gives it a terminal and writes down what it draws there.
    let plain = program(&school.world, &["enforce", "--dry-run"]);
    let line: Vec<String> = std::iter::once(plain.get_program())
        .chain(plain.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    let mut command = Command::new("script");
    command.args(["-q", "-e", "-c", &line.join(" "), "/dev/null"]).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", "/usr/bin:/bin").env("TERM", "xterm").stdin(std::process::Stdio::null());
    let said = ended(command).await;
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
    assert!(said.out.contains("meetings ") && said.out.contains("/3, "), "{:?}", said.out);
    assert!(said.out.contains("3 meetings looked at, 0 failed."), "{:?}", said.out);
}
