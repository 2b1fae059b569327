//! Taking over what existed before: everything is read, once, whatever breaks off; and at the end the numbers agree.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use msgraph_sim::{HoldRequest, Outcome};
use onrecord::model::sync::SyncCause;
use onrecord::ops::enforce::{self, Mode};
use onrecord::ops::sync::{Asked, Synced, plan, reconcile, sync_whole};
use onrecord::store::sync::Scope;
use serde_json::json;

use crate::school::{Class, Entered, School, state, states};

const FORCE: Asked = Asked { scope: Scope::All, cause: SyncCause::Force };

impl School {
    async fn read_all(&self) -> Vec<Synced> {
        let mut synced = Vec::new();
        sync_whole(&self.world.app, FORCE, |one| synced.push(one.clone())).await.expect("everything is read");
        synced
    }

    pub(crate) async fn held_classes(&self, count: i64) -> Vec<Class> {
        let mut classes = Vec::new();
        for number in 0..count {
            let class = self.class(&format!("Class {number}"), -180 - number * 90).await;
            let started_at = Some(self.now() - TimeDelta::minutes(180 + number * 90));
            self.hold_as(&class, HoldRequest { started_at, ..HoldRequest::default() });
            classes.push(class);
        }
        classes
    }

    async fn all_recordings(&self) -> i64 {
        self.count("SELECT COUNT(*) AS n FROM artifact WHERE kind = 'recording'").await
    }
}

#[tokio::test]
async fn a_backfill_that_was_killed_goes_on_where_it_stood() {
    let school = School::open().await;
    let classes = school.held_classes(6).await;
    let (mut first, killed) = (BTreeSet::new(), tokio::sync::Notify::new());
    {
        let each = |one: &Synced| {
            first.insert(one.conference);
            if first.len() == 3 {
                killed.notify_one();
            }
        };
        tokio::select! {
            biased;
            () = killed.notified() => {}
            _ = sync_whole(&school.world.app, FORCE, each) => panic!("it was not killed in time"),
        }
    }
    school.wait(TimeDelta::minutes(2));
    let ahead = plan(&school.world.app, FORCE).await.unwrap();
    assert!(ahead.resumed_from.is_some() && ahead.done >= 2, "{ahead:?}");
    school.world.sim.clear_requests();
    let second: BTreeSet<_> = school.read_all().await.into_iter().map(|one| one.conference).collect();
    assert!(second.len() <= 4, "what was done is not done again: {second:?}");
    let full = school.requests().iter().filter(|line| line.ends_with("/root/delta")).count();
    assert_eq!(full, 0, "the onedrive is not read in full again");
    let all: BTreeSet<_> = first.union(&second).copied().collect();
    assert_eq!(all, classes.iter().map(|class| class.conference).collect());
    assert_eq!(school.all_recordings().await, 6, "each once");
    assert_eq!(plan(&school.world.app, FORCE).await.unwrap().resumed_from, None, "the next begins anew");
    assert_eq!(school.read_all().await.len(), 6);
}

#[tokio::test]
async fn a_backfill_that_was_broken_off_long_ago_begins_anew() {
    let school = School::open().await;
    school.held_classes(2).await;
    let killed = tokio::sync::Notify::new();
    tokio::select! {
        biased;
        () = killed.notified() => {}
        _ = sync_whole(&school.world.app, FORCE, |_| killed.notify_one()) => {}
    }
    school.wait(TimeDelta::hours(25));
    assert_eq!(school.read_all().await.len(), 2);
}

#[tokio::test]
async fn a_dry_run_asks_nobody_and_changes_nothing() {
    let school = School::open().await;
    let classes = school.held_classes(2).await;
    school.class("Old", -60 * 24 * 70).await;
    school.world.sim.clear_requests();
    let plan = plan(&school.world.app, FORCE).await.unwrap();
    assert_eq!((plan.conferences, plan.meetings, plan.file_only, plan.organizers), (3, 3, 1, 1));
    assert_eq!(school.requests(), Vec::<String>::new());
    assert!(school.artifacts(&classes[0], "recording").await.is_empty());
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM backfill").await, 0);
}

#[tokio::test]
async fn the_numbers_at_the_end_agree_and_say_why() {
    let school = School::open().await;
    school.held_classes(3).await;
    school.held_without_class("Staff room").await;
    school.read_all().await;
    let all = reconcile(&school.world.app).await.unwrap();
    assert_eq!((all.found, all.matched, all.inbox), (4, 3, 1), "{all:?}");
    assert_eq!(all.found, all.matched + all.inbox + all.no_class + all.gone);
    assert_eq!(all.matched_by.iter().map(|one| one.count).sum::<i64>(), all.matched, "{all:?}");
    assert_eq!(all.inbox_why.iter().map(|one| one.count).sum::<i64>(), all.inbox, "{all:?}");
}

#[tokio::test]
async fn of_what_is_older_than_sixty_days_only_the_file_is_read_and_that_is_no_error() {
    let school = School::open().await;
    let named = school.class("Algebra", -60).await;
    let entered = Entered {
        title: "History",
        in_minutes: -60,
        organizer: "instructor@contoso.example",
        is_named: false,
    };
    let unnamed = school.enter(entered).await;
    school.hold(&named);
    school.hold(&unnamed);
    school.wait(TimeDelta::days(65));
    school.world.sim.add_fault(&json!({ "path": "onlineMeetings", "status": 404 })).unwrap();
    school.world.sim.add_fault(&json!({ "path": "chats", "status": 404 })).unwrap();
    let synced = school.read_all().await;
    assert!(synced.iter().all(|one| one.result.as_ref().is_ok_and(|report| report.success)), "{synced:?}");
    for class in [&named, &unnamed] {
        let rows = school.artifacts(class, "recording").await;
        assert_eq!(rows.len(), 1, "the file is there: {:?}", school.row(class).await);
        assert!(rows[0].item_id.is_some());
        let answer = school.sync(class).await;
        assert_eq!(states(&answer), ["ok"; 5], "{answer}");
        for kind in ["transcripts", "attendance", "chat"] {
            assert_eq!(
                answer["details"][kind]["note"],
                json!("no longer offered by Microsoft"),
                "{kind} {answer}"
            );
            assert_eq!(answer["details"][kind]["error"], json!(null));
        }
        assert_eq!(answer["details"]["recordings"]["note"], json!(null), "{answer}");
    }
    let instructor = school.world.sign_in("instructor@contoso.example").await;
    let page = instructor.get(&format!("/conferences/{}?tab=attendance", named.conference)).await.expect(200);
    assert!(page.text().contains("No longer offered by Microsoft"), "{}", page.text());
    let all = reconcile(&school.world.app).await.unwrap();
    assert!(all.no_longer_offered.iter().any(|one| one.status == "attendance" && one.count == 2), "{all:?}");
}

#[tokio::test]
async fn recordings_of_meetings_without_transcription_come_by_the_onedrive() {
    let school = School::open().await;
    let mut classes = Vec::new();
    for number in 0..3 {
        let class = school.class(&format!("Class {number}"), -90 - number * 90).await;
        let started_at = Some(school.now() - TimeDelta::minutes(90 + number * 90));
        let held = HoldRequest { outcome: Outcome::NoTranscript, started_at, ..HoldRequest::default() };
        school.hold_as(&class, held);
        classes.push(class);
    }
    // What lists the recordings of one meeting fails as well: the onedrive alone must do.
    school.world.sim.add_fault(&json!({ "path": "*/onlineMeetings/*/recordings", "status": 503 })).unwrap();
    school.timetable().await;
    for class in &classes {
        let rows = school.artifacts(class, "recording").await;
        assert_eq!(rows.len(), 1, "Microsoft's list leaves it out, its onedrive does not");
        assert!(rows[0].item_id.is_some());
    }
    school.world.sim.clear_faults();
    for class in &classes {
        assert_eq!(state(&school.sync(class).await, "recordings"), "ok");
        let rows = school.artifacts(class, "recording").await;
        assert!(rows.len() == 1 && rows[0].graph_id.is_some(), "one row when the list names it: {rows:?}");
    }
}

#[tokio::test]
async fn a_resync_of_everything_neither_loses_nor_doubles() {
    let school = School::open().await;
    school
        .world
        .sim
        .patch_tenant(&json!({ "switches": { "page_size": 2, "delta_duplicates": true } }))
        .unwrap();
    let classes = school.held_classes(5).await;
    school.timetable().await;
    assert_eq!(school.all_recordings().await, 5);
    let before: Vec<_> = ids(&school, &classes).await;
    for after in 0..3 {
        let fault = json!({ "path": "delta", "gone": true, "times": 3, "after": after });
        school.world.sim.add_fault(&fault).unwrap();
        school.wait(TimeDelta::hours(2));
        school.timetable().await;
        school.world.sim.clear_faults();
    }
    school.wait(TimeDelta::hours(2));
    school.timetable().await;
    assert_eq!(school.all_recordings().await, 5);
    assert_eq!(ids(&school, &classes).await, before, "the same rows");
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM artifact WHERE gone_at IS NOT NULL").await, 0);
}

async fn ids(school: &School, classes: &[Class]) -> Vec<i64> {
    let mut ids = Vec::new();
    for class in classes {
        ids.extend(school.artifacts(class, "recording").await.into_iter().map(|row| row.id.0));
    }
    ids
}

#[tokio::test]
async fn the_first_recording_of_a_new_folder_is_not_passed_over() {
    let school = School::open().await;
    let tx = school.world.app.store.write().await.unwrap();
    tx.execute("UPDATE integration SET kinds_off = '[\"chat\",\"files\"]'", Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    // Another video lies in the onedrive, so that the folder is looked for before there is one.
    school.world.sim.patch_tenant(&json!({ "switches": { "recordings_folder": "Opnamen" } })).unwrap();
    let first = school.class("Algebra", -60).await;
    school.world.sim.add_fault(&json!({ "path": "special", "status": 404 })).unwrap();
    school.world.sim.add_fault(&json!({ "path": "root:/", "status": 404 })).unwrap();
    school.hold(&first);
    school.sync(&first).await;
    school.world.sim.clear_faults();
    let second = school.class("Biology", -60).await;
    school.hold(&second);
    school.wait(TimeDelta::seconds(20));
    school.sync(&second).await;
    assert!(
        school.artifacts(&second, "recording").await[0].item_id.is_some(),
        "seconds later the folder is there"
    );
}

#[tokio::test]
async fn enforcing_goes_on_where_it_was_killed() {
    let school = School::open().await;
    for number in 0..20 {
        school.class(&format!("Class {number}"), 600 + number * 60).await;
    }
    let (killed, mut seen) = (tokio::sync::Notify::new(), 0);
    {
        let each = |_: &enforce::Line| {
            seen += 1;
            if seen == 11 {
                killed.notify_one();
            }
        };
        tokio::select! {
            biased;
            () = killed.notified() => {}
            _ = enforce::sweep_telling(&school.world.app, Mode::Apply, each) => panic!("it was not killed in time"),
        }
    }
    // What the killed one held at Microsoft is free again after a while.
    school.wait(TimeDelta::minutes(3));
    let report = enforce::sweep(&school.world.app, Mode::Apply).await.unwrap();
    assert!(report.resumed_from.is_some() && report.meetings.len() == 12, "{report:?}");
    assert_eq!(report.checked, 20, "{report:?}");
    assert_eq!(report.by_outcome.iter().map(|one| one.count).sum::<i64>(), report.meetings.len() as i64);
    let again = enforce::sweep(&school.world.app, Mode::Apply).await.unwrap();
    assert!(again.resumed_from.is_none() && again.meetings.len() == 20, "{again:?}");
}
