//! The audit: read in pages, searched, taken out, proved against whoever changes history, and shortened.

use chrono::TimeDelta;
use onrecord::model::audit_head::SignedHead;
use onrecord::model::people::GlobalRole;
use onrecord::ops::audit;
use onrecord::params;
use onrecord::store::Read as _;
use serde_json::{Value, json};

use crate::dice::{Dice, wished};
use crate::lecture::{ADMIN, INSTRUCTOR, LEARNER, Lecture, OFFICER};
use crate::world::World;

async fn written(world: &World, entries: usize) {
    for number in 0..entries {
        let tx = world.app.store.write().await.unwrap();
        let about = (format!("course:{number}"), json!({ "number": number }));
        audit::record(&world.app, &tx, None, "course.created", about).await.unwrap();
        tx.commit().await.unwrap();
    }
    audit::seal(&world.app).await.unwrap();
}

#[tokio::test]
async fn an_officer_reads_the_audit_in_pages() {
    let world = World::new().await;
    world.user("officer@contoso.example", Some(GlobalRole::Officer)).await;
    written(&world, 5).await;
    let officer = world.sign_in("officer@contoso.example").await;
    let first = officer.get("/api/v1/audit?limit=3&action=course.created").await.expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = officer.get(&format!("/api/v1/audit?limit=3&action=course.created&cursor={cursor}")).await;
    let rest = rest.expect(200).json();
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["next_cursor"].is_null()), (2, true));
    officer.get("/api/v1/audit?limit=1000").await.expect(422);
    officer.get("/api/v1/audit?from=yesterday").await.expect(422);
    officer.get("/admin/audit?action=course.created").await.expect(200);
}

#[tokio::test]
async fn whoever_changes_history_is_found() {
    for (sql, word) in [
        ("UPDATE audit_entry SET action = 'course.changed' WHERE seq = 3", "altered"),
        ("DELETE FROM audit_detail WHERE entry_id = 3", ""),
        ("UPDATE audit_detail SET detail = '{}' WHERE entry_id = 3", "detail of entry 3"),
        ("UPDATE audit_entry SET seq = seq + 100 WHERE seq >= 4", "missing"),
    ] {
        let world = World::new().await;
        written(&world, 5).await;
        assert!(audit::verify(&world.app).await.unwrap().ok);
        let tx = world.app.store.write().await.unwrap();
        tx.execute(sql, params![]).await.unwrap();
        tx.commit().await.unwrap();
        let found = audit::verify(&world.app).await.unwrap();
        if word.is_empty() {
            assert!(found.ok, "an erased detail is no break: {:?}", found.problems);
        } else {
            assert!(
                !found.ok && found.problems.iter().any(|problem| problem.contains(word)),
                "{sql}: {found:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_audit_page_speaks_in_words_and_finds_a_person_by_address() {
    let world = World::new().await;
    let officer_id = world.user("officer@contoso.example", Some(GlobalRole::Officer)).await;
    let course = world.course("BIO-204").await;
    let detail = json!({ "old": { "title": "Cells" }, "new": { "title": "Cell Biology" } });
    let tx = world.app.store.write().await.unwrap();
    let about = (format!("course:{course}"), detail);
    audit::record(&world.app, &tx, Some(officer_id), "course.changed", about).await.unwrap();
    audit::record(&world.app, &tx, None, "job.retried", ("job:1".to_owned(), json!({}))).await.unwrap();
    tx.commit().await.unwrap();
    let officer = world.sign_in("officer@contoso.example").await;
    let page = officer.get("/admin/audit?who=Officer@contoso.example").await.expect(200).text();
    for words in ["Course changed", "title: Cells → Cell Biology", "BIO-204", "/courses/", "course.changed"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<p class=\"table__name\">Work tried again"), "somebody else did that: {page}");
    let nobody = officer.get("/api/v1/audit?who=nobody@contoso.example").await.expect(200).json();
    assert_eq!(nobody["items"], json!([]));
    officer.get("/api/v1/audit?who=somebody").await.expect(422);
}

/// Changes rows past the product, as somebody with the database's password does.
async fn tamper(world: &World, statements: &[String]) {
    let tx = world.app.store.write().await.unwrap();
    for sql in statements {
        tx.execute(sql, params![]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Keeps the audit as it is, so that each trial begins with it.
async fn keep(world: &World) {
    let keep =
        ["entry", "detail"].map(|name| format!("CREATE TABLE kept_{name} AS SELECT * FROM audit_{name}"));
    tamper(world, &keep).await;
}

async fn put_back(world: &World) {
    let back = [
        "DELETE FROM audit_detail",
        "DELETE FROM audit_entry",
        "INSERT INTO audit_entry SELECT * FROM kept_entry",
        "INSERT INTO audit_detail SELECT * FROM kept_detail",
    ];
    tamper(world, &back.map(str::to_owned)).await;
}

/// Calculates the chain anew from an entry on, as somebody does who knows how.
fn calculated_anew(entries: &[Value], from: i64) -> Vec<String> {
    let entry = |value: &Value| onrecord::model::audit::AuditEntry {
        id: onrecord::model::id::AuditEntryId(0),
        seq: value["seq"].as_i64(),
        at: value["at"].as_str().unwrap().parse().unwrap(),
        actor: None,
        action: value["action"].as_str().unwrap().to_owned(),
        subject: value["subject"].as_str().unwrap().to_owned(),
        detail_hash: value["detail_hash"].as_str().unwrap().to_owned(),
        hash: None,
        detail: None,
    };
    let mut previous = String::new();
    let mut statements = Vec::new();
    for value in entries {
        let mut entry = entry(value);
        let seq = entry.seq.unwrap();
        if seq == from {
            "course.deleted".clone_into(&mut entry.action);
            statements.push(format!("UPDATE audit_entry SET action = 'course.deleted' WHERE seq = {seq}"));
        }
        previous = onrecord::store::audit::chain_hash(&previous, seq, &entry);
        statements.push(format!("UPDATE audit_entry SET hash = '{previous}' WHERE seq = {seq}"));
    }
    statements
}

/// One way to change history, and the words that must name the place.
fn trial(dice: &mut Dice, entries: &[Value]) -> (Vec<String>, String) {
    let last = entries.len() as i64;
    let seq = 1 + dice.below(last as u64 - 1) as i64;
    let shift = |from: i64, by: i64| {
        vec![
            format!("UPDATE audit_entry SET seq = -seq WHERE seq >= {from}"),
            format!("UPDATE audit_entry SET seq = -seq + ({by}) WHERE seq < 0"),
        ]
    };
    match dice.below(9) {
        0 => (
            vec![format!("UPDATE audit_entry SET action = 'x.y' WHERE seq = {seq}")],
            format!("Entry {seq} "),
        ),
        1 => (
            vec![format!("UPDATE audit_entry SET subject = 'user:1' WHERE seq = {seq}")],
            format!("Entry {seq} "),
        ),
        2 => {
            (vec![format!("UPDATE audit_entry SET actor_id = 7 WHERE seq = {seq}")], format!("Entry {seq} "))
        }
        3 => {
            let of = format!("(SELECT id FROM audit_entry WHERE seq = {seq})");
            let words = format!("detail of entry {seq} ");
            (vec![format!("UPDATE audit_detail SET detail = '{{}}' WHERE entry_id = {of}")], words)
        }
        4 => {
            let of = format!("(SELECT id FROM audit_entry WHERE seq = {seq})");
            let mut dropped = vec![
                format!("DELETE FROM audit_detail WHERE entry_id = {of}"),
                format!("DELETE FROM audit_entry WHERE seq = {seq}"),
            ];
            // A careful one closes the gap.
            if dice.below(2) == 0 {
                dropped.extend(shift(seq + 1, -1));
                (dropped, format!("Entry {seq} "))
            } else {
                (dropped, format!("Entries {seq} to {seq} are missing"))
            }
        }
        5 => {
            let mut inserted = shift(seq + 1, 1);
            inserted.push(format!(
                "INSERT INTO audit_entry (at, actor_id, action, subject, detail_hash, seq, hash)
                 SELECT at, actor_id, 'recording.watched', subject, detail_hash, {}, hash FROM audit_entry
                 WHERE seq = {seq}",
                seq + 1
            ));
            (inserted, format!("Entry {} ", seq + 1))
        }
        6 => {
            let swapped = format!(
                "UPDATE audit_entry SET seq = CASE seq WHEN -{seq} THEN {next} ELSE {seq} END WHERE seq < 0",
                next = seq + 1
            );
            let negative = format!("UPDATE audit_entry SET seq = -seq WHERE seq IN ({seq}, {})", seq + 1);
            (vec![negative, swapped], format!("Entry {seq} "))
        }
        7 => {
            let cut = format!(
                "DELETE FROM audit_detail WHERE entry_id IN (SELECT id FROM audit_entry WHERE seq > {seq})"
            );
            let words = format!("ends at entry {seq},");
            (vec![cut, format!("DELETE FROM audit_entry WHERE seq > {seq}")], words)
        }
        _ => (calculated_anew(entries, seq), format!("Entry {last} is not the one that was the head")),
    }
}

#[tokio::test]
async fn however_history_is_changed_it_is_found_with_its_place() {
    let world = World::new().await;
    written(&world, 30).await;
    keep(&world).await;
    world.user(OFFICER, Some(GlobalRole::Officer)).await;
    let page = world.sign_in(OFFICER).await.get("/api/v1/audit/export?format=jsonl").await.expect(200).text();
    put_back(&world).await;
    let mut entries: Vec<Value> = page.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    entries.retain(|entry| !entry["seq"].is_null());
    entries.reverse();
    assert_eq!(entries.len(), 31, "the world begins with one");
    let head = audit::head(&world.app).await.unwrap().unwrap();
    let heads = [SignedHead::parse(&head.line()).unwrap()];
    assert!(audit::verify_against(&world.app, &heads).await.unwrap().ok);
    let mut dice = Dice::seeded(wished("ONRECORD_SEED", 1));
    for number in 0..60 {
        let (statements, words) = trial(&mut dice, &entries);
        tamper(&world, &statements).await;
        let found = audit::verify_against(&world.app, &heads).await.unwrap();
        let is_named = found.problems.iter().any(|problem| problem.contains(&words));
        assert!(!found.ok && is_named, "trial {number}: {statements:#?}: {words}: {found:#?}");
        put_back(&world).await;
    }
    assert!(audit::verify_against(&world.app, &heads).await.unwrap().ok, "nothing was found for no reason");
}

#[tokio::test]
async fn a_head_that_was_altered_or_is_another_schools_proves_nothing() {
    let world = World::new().await;
    written(&world, 5).await;
    let head = audit::head(&world.app).await.unwrap().unwrap();
    let later = SignedHead { seq: head.seq + 1, ..head.clone() };
    let found = audit::verify_against(&world.app, &[later]).await.unwrap();
    assert!(found.problems[0].contains("was altered"), "{found:?}");
    let strange =
        onrecord::secrets::SecretKeys::parse("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
    let (public_key, signature) = strange.sign(&head.text()).unwrap();
    let found =
        audit::verify_against(&world.app, &[SignedHead { public_key, signature, ..head.clone() }]).await;
    assert!(found.unwrap().problems[0].contains("none of this installation"), "a foreign key");
    assert_eq!(world.command(&["audit", "verify", "--head", &head.line()]).await, 0);
    let file = world.folder().join("heads");
    std::fs::write(&file, format!("{}\n\n", head.line())).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(world.command(&["verify", "--head", file]).await, 0);
    tamper(&world, &["DELETE FROM audit_detail", "DELETE FROM audit_entry WHERE seq > 2"].map(str::to_owned))
        .await;
    assert_eq!(world.command(&["audit", "verify"]).await, 0, "alone it cannot be told");
    assert_eq!(world.command(&["audit", "verify", "--head", file]).await, 1);
    assert_eq!(world.command(&["audit", "verify", "--head", "nonsense"]).await, 2);
    assert_eq!(world.command(&["audit", "head"]).await, 0);
}

#[tokio::test]
async fn the_audit_is_cut_off_at_its_beginning_and_still_proves_whole() {
    let world = World::new().await;
    // With the one that the world begins with.
    written(&world, 4).await;
    let old = audit::head(&world.app).await.unwrap().unwrap();
    world.app.clock.advance(TimeDelta::days(400));
    written(&world, 3).await;
    let newer = audit::head(&world.app).await.unwrap().unwrap();
    let before = world.app.clock.now() - TimeDelta::days(365);
    assert_eq!(audit::plan_cut(&world.app, before).await.unwrap().entries, 5);
    tamper(&world, &["UPDATE audit_entry SET action = 'x.y' WHERE seq = 2".to_owned()]).await;
    let refused = audit::cut(&world.app, before).await.unwrap_err().to_string();
    assert!(refused.contains("Entry 2 "), "evidence is kept: {refused}");
    tamper(&world, &["UPDATE audit_entry SET action = 'course.created' WHERE seq = 2".to_owned()]).await;
    assert_eq!(audit::cut(&world.app, before).await.unwrap().last_seq, 5);
    written(&world, 1).await;
    let found = audit::verify_against(&world.app, &[old, newer]).await.unwrap();
    assert_eq!((found.ok, found.cut_off, found.entries), (true, 5, 5), "{found:?}");
    assert!(found.notes[0].contains("cut off as too old"), "{found:?}");
    let left = world.app.store.row("SELECT COUNT(*) AS n FROM audit_entry WHERE seq <= 5", params![]).await;
    assert_eq!(left.unwrap().unwrap().get::<i64>("n").unwrap(), 0);
    assert_eq!(audit::cut(&world.app, before).await.unwrap().entries, 0, "a repeat cuts nothing");
    tamper(&world, &["UPDATE audit_checkpoint SET seq = 6".to_owned()]).await;
    let found = audit::verify(&world.app).await.unwrap();
    assert!(found.problems[0].contains("checkpoint"), "a checkpoint cannot be made up: {found:?}");
    tamper(&world, &["DELETE FROM audit_checkpoint".to_owned()]).await;
    assert!(audit::verify(&world.app).await.unwrap().problems[0].contains("Entries 1 to 5 are missing"));
    assert_eq!(world.command(&["audit", "cut", "--before", "2026-01-01", "--dry-run"]).await, 0);
    assert_eq!(world.command(&["audit", "cut", "--before", "2999-01-01"]).await, 2);
}

#[tokio::test]
async fn who_saw_this_and_everything_of_a_course_is_found_and_taken_out() {
    let lecture = Lecture::held("Cells").await;
    let other = lecture.world.course("MAT-1").await;
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(200);
    lecture.person(INSTRUCTOR).await.get(&lecture.download()).await.expect(200);
    let officer = lecture.person(OFFICER).await;
    let seen = officer.get(&lecture.api("/viewers")).await.expect(200).json();
    let learner = &seen["items"].as_array().unwrap().iter().find(|item| item["email"] == LEARNER).unwrap();
    assert_eq!((&learner["watched"], &learner["downloaded"]), (&json!(1), &json!(0)), "{seen}");
    assert_eq!(seen["items"].as_array().unwrap().len(), 2);
    officer.get("/api/v1/recordings/999999/viewers").await.expect(404);
    lecture.person(INSTRUCTOR).await.get(&lecture.api("/viewers")).await.expect(404);
    let count = async |query: &str| {
        let found =
            lecture.person(OFFICER).await.get(&format!("/api/v1/audit?{query}")).await.expect(200).json();
        found["items"].as_array().unwrap().len()
    };
    let (recording, meeting, course) = (lecture.recording, lecture.meeting, lecture.course);
    assert_eq!(count(&format!("recording={recording}&action=visits")).await, 2);
    assert_eq!(count(&format!("class={meeting}&action=visits")).await, 2);
    assert_eq!(count(&format!("course={course}&action=visits")).await, 2);
    assert_eq!(count(&format!("course={course}&action=visits&who={LEARNER}")).await, 1);
    assert_eq!(count(&format!("course={other}")).await, 0);
    assert_eq!(count(&format!("class={meeting}&from=2026-09-02")).await, 0);
    let wrong = format!("/api/v1/audit?course={course}&recording={recording}");
    officer.get(&wrong).await.expect(422);
    officer.get("/api/v1/audit?class=BIO").await.expect(422);
    assert_eq!(count("course=BIO-204&action=visits").await, 2);
    assert_eq!(count("course=BIO-2040").await, 0);
    let page =
        lecture.person(OFFICER).await.get(&format!("/admin/audit?class={meeting}")).await.expect(200).text();
    assert!(page.contains("Only Cells, ") && page.contains("Show all entries"), "{page}");
    let export = format!("/api/v1/audit/export?course={course}&action=visits");
    let csv = officer.get(&export).await.expect(200);
    assert!(csv.header("content-disposition").contains("onrecord-audit.csv"), "{:?}", csv.headers);
    let lines: Vec<String> = csv.text().lines().map(str::to_owned).collect();
    assert_eq!((lines.len(), lines[0].starts_with("seq,at,person_id")), (3, true), "{lines:?}");
    let jsonl = officer.get(&format!("{export}&format=jsonl")).await.expect(200).text();
    let first: Value = serde_json::from_str(jsonl.lines().next().unwrap()).unwrap();
    assert_eq!(first["subject"], format!("recording:{recording}"));
    officer.get(&format!("{export}&format=xml")).await.expect(422);
    assert_eq!(lecture.audited("audit.exported").await, 2, "who takes it out is on record");
    lecture.person(INSTRUCTOR).await.get(&export).await.expect(404);
    let page = lecture.person(ADMIN).await.get(&format!("/admin/audit?course={course}&action=visits")).await;
    let page = page.expect(200).text();
    assert!(page.contains("/api/v1/audit/export?") && page.contains("format=jsonl"), "{page}");
    let player = format!("/recordings/{recording}");
    let shown = lecture.person(OFFICER).await.get(&player).await.expect(200).text();
    assert!(shown.contains(&format!("/admin/audit?recording={recording}")), "{shown}");
    assert!(!lecture.person(LEARNER).await.get(&player).await.expect(200).text().contains("/admin/audit"));
}

#[tokio::test]
async fn an_export_of_many_pages_leaves_nothing_out() {
    let world = World::new().await;
    written(&world, 2_500).await;
    let file = world.folder().join("audit.jsonl");
    let path = file.to_str().unwrap();
    let words = ["audit", "export", "--format", "jsonl", "--action", "course.created", "--output", path];
    assert_eq!(world.command(&words).await, 0);
    let text = std::fs::read_to_string(&file).unwrap();
    let places: Vec<i64> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_i64().unwrap())
        .collect();
    assert_eq!(places, (2..=2_501).rev().collect::<Vec<_>>());
    assert_eq!(world.command(&words).await, 2, "a file is not overwritten");
    assert_eq!(world.command(&["audit", "export", "--from", "yesterday"]).await, 2);
}

#[tokio::test]
async fn the_timetable_cuts_the_audit_only_where_the_school_says_so() {
    // The newest entry stays, however old: the chain goes on from it.
    for (days, left) in [("", 6), ("400", 1)] {
        let settings = [("ONRECORD_AUDIT_DAYS", days)];
        let world = World::with(if days.is_empty() { &[] } else { &settings }).await;
        written(&world, 5).await;
        world.app.clock.advance(TimeDelta::days(402));
        onrecord::worker::run_until_idle(&world.app).await;
        let old = "SELECT COUNT(*) AS n FROM audit_entry WHERE at < $1";
        let before = world.app.clock.now() - TimeDelta::days(400);
        let row = world.app.store.row(old, params![before]).await.unwrap().unwrap();
        assert_eq!(row.get::<i64>("n").unwrap(), left, "{days}");
        let found = audit::verify(&world.app).await.unwrap();
        assert!(found.ok, "{:?}", found.problems);
    }
}
