//! Random histories of policies, holds, time, people and runs that were broken off: nothing on hold is ever removed,
//! nothing is removed that no policy and no person wants, nothing without a copy where the policy demands one, and a
//! dry run is what the run does. `ONRECORD_HISTORIES=100000` makes it a long run; CI plays few.

use chrono::TimeDelta;
use onrecord::model::id::ArtifactId;
use onrecord::model::retention::Kept;
use onrecord::params;
use onrecord::store::{Read as _, holds, retention};
use serde_json::{Value, json};

use crate::dice::{Dice, wished};
use crate::lecture::{Lecture, OFFICER, body};
use crate::world::{Answer, Client};

/// Things that happen in one history.
const STEPS: u64 = 30;

/// A recording as a history looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    id: ArtifactId,
    is_binned: bool,
    is_purged: bool,
    is_held: bool,
    needs_copy: bool,
}

async fn states(lecture: &Lecture) -> Vec<State> {
    let store = &lecture.world.app.store;
    let now = lecture.world.app.clock.now();
    let rows = store
        .rows(
            "SELECT id, binned_at IS NOT NULL AND (restored_at IS NULL OR restored_at < binned_at) AS is_binned,
                 purged_at IS NOT NULL AS is_purged, verified_at IS NULL AND item_id IS NOT NULL AS needs_copy
             FROM artifact WHERE kind = 'recording' ORDER BY id",
            params![],
        )
        .await
        .expect("a query");
    let mut states = Vec::new();
    for row in rows {
        let id: ArtifactId = row.id("id").expect("an id");
        let target =
            holds::Target { kind: Kept::Recording, artifact: Some(id), meeting: Some(lecture.meeting) };
        states.push(State {
            id,
            is_binned: row.get("is_binned").expect("a flag"),
            is_purged: row.get("is_purged").expect("a flag"),
            is_held: holds::on(store, target, now).await.expect("a query").is_some(),
            needs_copy: row.get("needs_copy").expect("a flag"),
        });
    }
    states
}

fn acts(run: &Value) -> Vec<String> {
    let items = run["items"].as_array().expect("items");
    items.iter().map(|item| format!("{} {} {}", item["act"], item["kind"], item["subject_id"])).collect()
}

async fn run(officer: &Client<'_>, dry: bool) -> Value {
    officer.post("/api/v1/retention/runs", &json!({ "dry_run": dry })).await.expect(201).json()
}

/// A plan of long ago that lists everything, of a run that a crash broke off.
async fn broken_off(lecture: &Lecture) {
    let now = lecture.world.app.clock.now();
    let sql = "INSERT INTO retention_run (mode, started_at, planned) VALUES ('real', $1, 0)";
    lecture.execute(sql, params![now]).await;
    for act in ["bin", "purge"] {
        let sql = format!(
            "INSERT INTO retention_item (run_id, act, kind, subject_id, policy_id, why, state)
             SELECT (SELECT MAX(id) FROM retention_run), '{act}', 'recording', a.id,
                 (SELECT MAX(id) FROM retention_policy WHERE ended_at IS NULL), 'planned long ago', 'planned'
             FROM artifact a WHERE a.kind = 'recording'"
        );
        lecture.execute(&sql, params![]).await;
    }
}

/// One thing happens.
async fn step(lecture: &Lecture, officer: &Client<'_>, dice: &mut Dice) -> String {
    let recordings = states(lecture).await;
    let one = recordings[dice.below(recordings.len() as u64) as usize].id;
    let code = |answer: Answer| answer.status.as_u16();
    match dice.below(9) {
        0 => {
            let (scope, id) = match dice.below(4) {
                0 => ("conference", lecture.conference.0),
                1 => ("course", lecture.course.0),
                2 => ("person", lecture.learner.0),
                _ => ("recording", one.0),
            };
            let hold = json!({ "scope": scope, "subject_id": id, "reason": "a history" });
            format!("hold on {scope} {id}: {}", code(officer.post("/api/v1/holds", &hold).await))
        }
        1 | 2 => {
            let hold = lecture.count("SELECT COALESCE(MAX(id), 0) FROM hold WHERE released_at IS NULL").await;
            let path = format!("/api/v1/holds/{hold}/release");
            format!("release {hold}: {}", code(officer.post(&path, &json!({ "reason": "over" })).await))
        }
        3 => {
            let policy = json!({
                "name": "a history", "days": 1 + dice.below(60), "copy_first": dice.below(2) == 0,
                "nature": if dice.below(4) == 0 { "legal" } else { "removal" },
                "kind": if dice.below(2) == 0 { json!("recording") } else { json!(null) },
            });
            format!("{policy}: {}", code(officer.post("/api/v1/retention/policies", &policy).await))
        }
        4 => {
            let sql = "SELECT COALESCE(MIN(id), 0) FROM retention_policy WHERE ended_at IS NULL";
            let policy = lecture.count(sql).await;
            let path = format!("/api/v1/retention/policies/{policy}");
            format!("end policy {policy}: {}", code(officer.delete(&path).await))
        }
        5 => {
            let days = 1 + dice.below(40) as i64;
            lecture.world.app.clock.advance(TimeDelta::days(days));
            format!("{days} days")
        }
        6 => {
            let path = format!("/api/v1/recordings/{one}/restore");
            format!("restore {one}: {}", code(officer.post(&path, &json!({})).await))
        }
        7 => {
            let held = recordings.iter().any(|state| state.id == one && state.is_held);
            let path = format!("/api/v1/recordings/{one}/remove");
            let answer = code(officer.post(&path, &json!({ "reason": "a history" })).await);
            assert!(!(held && answer == 200), "a person removed what is on hold");
            format!("remove {one}: {answer}")
        }
        _ => {
            broken_off(lecture).await;
            "a run is broken off".to_owned()
        }
    }
}

/// Runs the policies and holds what they did to what they may do.
async fn check(lecture: &Lecture, officer: &Client<'_>) {
    let before = states(lecture).await;
    let policies = retention::in_force(&lecture.world.app.store).await.expect("a query");
    let removes = policies.iter().any(|policy| policy.nature.to_string() == "removal");
    let all_want_copies = policies.iter().all(|policy| policy.copy_first);
    let dry = run(officer, true).await;
    assert_eq!(before, states(lecture).await, "a dry run changes nothing");
    let real = run(officer, false).await;
    if real["resumed"] == false {
        assert_eq!(acts(&dry), acts(&real), "a dry run is what the run does");
        assert!(real["items"].as_array().unwrap().iter().all(|item| item["state"] == "done"), "{real}");
    }
    for (was, is) in before.iter().zip(states(lecture).await) {
        let binned = !was.is_binned && is.is_binned;
        let purged = !was.is_purged && is.is_purged;
        assert!(!(was.is_held && (binned || purged)), "what is on hold was removed: {was:?}");
        assert!(!binned || removes, "nobody wants it removed: {was:?}");
        assert!(!(binned && was.needs_copy && all_want_copies), "it was removed without a copy: {was:?}");
        assert!(!purged || was.is_binned, "what does not lie in the bin was purged: {was:?}");
    }
}

#[tokio::test]
async fn nothing_is_removed_that_something_keeps() {
    let seed = wished("ONRECORD_SEED", 1);
    for history in 0..wished("ONRECORD_HISTORIES", 12) {
        let mut dice = Dice::seeded(seed.wrapping_mul(1_000_003).wrapping_add(history));
        let lecture = Lecture::held("Cells").await;
        for part in 2..=4 {
            let id = lecture.archived(part, &body(part as u8, 20)).await;
            if part > 2 {
                let columns =
                    "verified_at = NULL, archive_key = NULL, drive_id = 'b!1', item_id = 'i' || part";
                lecture.set(id, columns, params![]).await;
            }
        }
        let officer = lecture.person(OFFICER).await;
        let mut told = Vec::new();
        for _ in 0..STEPS {
            told.push(step(&lecture, &officer, &mut dice).await);
            if dice.below(3) == 0 || told.last().is_some_and(|said| said.contains("broken off")) {
                check(&lecture, &officer).await;
            }
        }
        assert_eq!(told.len() as u64, STEPS, "history {history} of seed {seed}: {told:#?}");
    }
}
