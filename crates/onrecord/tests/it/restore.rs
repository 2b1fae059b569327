//! Backups and the way back: a consistent file while OnRecord runs, refusals that say what to do, and the drill in which
//! everything is lost but backup and archive.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use http_body_util::BodyExt as _;
use onrecord::app::App;
use onrecord::clock::Clock;
use onrecord::config::Config;
use onrecord::graph::GraphClients;
use onrecord::lanes::DatabaseLanes;
use onrecord::model::finding::{Finding, Severity};
use onrecord::model::id::ArtifactId;
use onrecord::model::journal::sheet_key;
use onrecord::model::people::{CourseRole, GlobalRole};
use onrecord::ops::verify::{self, Depth};
use onrecord::ops::{backup, doctor};
use onrecord::store::{Read as _, Store};
use onrecord::{params, secrets, web, worker};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::archive::{SMALL_PARTS, recorded};
use crate::database::on_postgres;
use crate::lecture::{ADMIN, LEARNER, Lecture, OFFICER};
use crate::processes::program;
use crate::school::School;
use crate::world::World;

const ZOE: &str = "zoe@contoso.example";

/// Copies a recording into the archive.
async fn archived(school: &School, id: ArtifactId) {
    let admin = school.world.sign_in(ADMIN).await;
    admin.post(&format!("/api/v1/recordings/{id}/archive"), &json!({})).await.expect(202);
    school.timetable().await;
}

/// Puts a recording into the bin and waits until it is purged.
async fn purged(school: &School, ids: &[ArtifactId]) {
    let officer = school.world.sign_in(OFFICER).await;
    for id in ids {
        let reason = json!({ "reason": "the wrong room" });
        officer.post(&format!("/api/v1/recordings/{id}/remove"), &reason).await.expect(200);
    }
    school.wait(TimeDelta::days(31));
    let officer = school.world.sign_in(OFFICER).await;
    officer.post("/api/v1/retention/runs", &json!({ "dry_run": false })).await.expect(201);
}

/// Everything of the data directory is lost but the archive.
async fn disaster(world: &World) {
    world.app.store.close().await.expect("the database closes");
    for entry in std::fs::read_dir(world.folder()).expect("a folder").flatten() {
        if entry.file_name() == "archive" {
            continue;
        }
        let path = entry.path();
        let gone = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        gone.expect("it is deleted");
    }
}

/// The product over the database that was put back, as a new process would be.
struct Risen {
    app: Arc<App>,
    router: Router,
}

impl Risen {
    async fn of(world: &World) -> Self {
        let config = Config::clone(&world.app.config);
        let store = Store::open(config.database_url().expose()).await.expect("the database opens");
        let clock = Clock::manual(world.app.clock.now());
        let mut app = App::assemble(config, store, clock.clone()).expect("the product opens");
        let lanes = DatabaseLanes::new(app.store.clone(), clock.clone()).unpaced();
        app.graph = GraphClients::with_lanes(Arc::new(lanes), clock);
        onrecord::ops::integration::apply_config(&app).await.expect("the settings are applied");
        let app = Arc::new(app);
        Self { router: web::router(Arc::clone(&app)), app }
    }

    async fn token(&self, email: &str) -> String {
        let token = secrets::random_token().expect("randomness");
        let now = self.app.clock.now();
        let tx = self.app.store.write().await.expect("a transaction");
        tx.execute(
            "INSERT INTO api_token (user_id, token_hash, name, scope, created_at, expires_at)
             VALUES ((SELECT id FROM \"user\" WHERE email = $1), $2, 'test', 'admin', $3, $4)",
            params![email, secrets::hash_token(&token), now, now + TimeDelta::days(1)],
        )
        .await
        .expect("a token");
        tx.commit().await.expect("it is written");
        token
    }

    /// Status and body of what a person gets at an address.
    async fn get(&self, email: &str, path: &str) -> (u16, Vec<u8>) {
        let token = self.token(email).await;
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        let request = request.body(Body::empty()).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("the router always answers");
        let status = answer.status().as_u16();
        (status, answer.into_body().collect().await.expect("a body").to_bytes().to_vec())
    }

    async fn count(&self, sql: &str) -> i64 {
        let row = self.app.store.row(sql, params![]).await.expect("a query").expect("a row");
        row.get("n").expect("a number")
    }
}

#[tokio::test]
async fn all_is_lost_but_backup_and_archive_and_a_learner_watches() {
    if on_postgres() {
        return;
    }
    let school = School::with(&[SMALL_PARTS]).await;
    let zoe = school.world.user(ZOE, None).await;
    school.world.enrol(school.course, zoe, CourseRole::Learner).await;
    let (_, kept, film) = recorded(&school, "Cells", 300_000).await;
    let (_, early, _) = recorded(&school, "The wrong room", 150_000).await;
    archived(&school, kept).await;
    archived(&school, early).await;
    let safe = tempfile::tempdir().expect("a safe place");
    let backups = safe.path().join("backups/");
    let at = backups.to_str().expect("a path").to_owned() + "/";
    assert_eq!(school.world.command(&["backup", &at]).await, 0);
    // What happens after the backup: a class comes and goes, another goes, a person is forgotten.
    let (_, late, _) = recorded(&school, "Too much said", 150_000).await;
    archived(&school, late).await;
    purged(&school, &[early, late]).await;
    let officer = school.world.sign_in(OFFICER).await;
    let path = format!("/api/v1/users/{}/erasure", school.learner);
    let done = officer.post(&path, &json!({ "reason": "they asked" })).await.expect(201).json();
    assert_eq!(done["state"], "done", "{done}");
    let journal = std::fs::read_to_string(school.world.folder().join("archive").join(sheet_key(1)));
    let journal = journal.expect("the journal is in the archive");
    assert!(!journal.contains("Lea") && !journal.contains("contoso"), "it names nobody: {journal}");
    disaster(&school.world).await;
    school.world.sim.add_fault(&json!({ "path": "/download/", "status": 404 })).expect("a fault");

    assert_eq!(school.world.command(&["restore", &at]).await, 0);
    let risen = Risen::of(&school.world).await;
    let (status, seen) = risen.get(ZOE, &format!("/recordings/{kept}/content")).await;
    assert_eq!((status, seen == film), (200, true), "a learner watches");
    assert_eq!(risen.get(ZOE, &format!("/recordings/{early}/content")).await.0, 404, "purged stays purged");
    let name = done["name"].as_str().expect("a pseudonym");
    let named = |table: &str, column: &str, word: &str| {
        format!("SELECT COUNT(*) AS n FROM \"{table}\" WHERE {column} LIKE '%{word}%'")
    };
    for (table, column) in
        [("user", "name"), ("user", "email"), ("chat_message", "sender"), ("transcript_cue", "speaker")]
    {
        for word in ["Lea Rner", "learner@contoso"] {
            assert_eq!(risen.count(&named(table, column, word)).await, 0, "{table}.{column}: {word}");
        }
    }
    assert_eq!(risen.count(&named("user", "name", name)).await, 1, "the same pseudonym");
    // Microsoft still tells of what was purged, and of the class that nobody remembers.
    school.wait(TimeDelta::hours(2));
    risen.app.clock.advance(TimeDelta::hours(2));
    worker::run_until_idle(&risen.app).await;
    let back = "SELECT COUNT(*) AS n FROM artifact WHERE kind = 'recording' AND purged_at IS NULL";
    assert_eq!(risen.count(back).await, 1, "nothing purged comes back");
    assert_eq!(risen.count(&named("attendance_record", "name", "Lea Rner")).await, 0, "nor does a name");
    let report = verify::all(&risen.app, &[], Depth::Bytes).await.expect("it is compared");
    assert!(report.ok && report.objects >= 3, "{report:#?}");
    assert_eq!(
        risen.count("SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'database.restored'").await,
        1
    );
    risen.app.store.close().await.expect("it closes");
    assert_eq!(school.world.command(&["verify", "--read"]).await, 0);
}

/// A backup of the school made now, and the file.
async fn backed_up(world: &World, folder: &Path) -> PathBuf {
    let file = folder.join("one.db");
    assert_eq!(world.command(&["backup", file.to_str().expect("a path")]).await, 0);
    file
}

#[tokio::test]
async fn a_backup_is_made_once_described_and_proved() {
    if on_postgres() {
        return;
    }
    let lecture = Lecture::held("Cells").await;
    let safe = tempfile::tempdir().expect("a safe place");
    let file = backed_up(&lecture.world, safe.path()).await;
    let path = file.to_str().expect("a path");
    let manifest = std::fs::read_to_string(format!("{path}.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["rows"]["artifact"], 1, "{manifest}");
    assert_eq!(manifest["size_bytes"], std::fs::metadata(&file).expect("a file").len());
    assert!(!manifest.to_string().contains("AAECAwQF"), "the key is not in it");
    assert_eq!(lecture.world.command(&["backup", path]).await, 2, "it is never overwritten");
    assert_eq!(lecture.world.command(&["backup"]).await, 2);
    assert_eq!(lecture.world.command(&["backup", "--check", path]).await, 0);
    assert_eq!(lecture.world.command(&["backup", "--check"]).await, 0, "the database itself");
    let mut bytes = std::fs::read(&file).expect("it is read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("it is spoilt");
    assert_eq!(lecture.world.command(&["backup", "--check", path]).await, 1);
    lecture.world.app.store.close().await.expect("it closes");
    assert_eq!(lecture.world.command(&["restore", path]).await, 2, "a damaged one is not put back");
    assert_eq!(lecture.world.command(&["restore", "/nowhere/x.db"]).await, 2);
    assert_eq!(lecture.world.command(&["restore"]).await, 2);
}

#[tokio::test]
async fn nothing_is_put_back_over_a_database_in_use_or_one_that_holds_more() {
    if on_postgres() {
        return;
    }
    let lecture = Lecture::held("Cells").await;
    let safe = tempfile::tempdir().expect("a safe place");
    let file = backed_up(&lecture.world, safe.path()).await;
    let path = file.to_str().expect("a path");
    lecture.world.app.store.close().await.expect("it closes");
    let lock = std::fs::File::create(lecture.world.folder().join("onrecord.lock")).expect("a lock file");
    lock.try_lock().expect("it is free");
    assert_eq!(lecture.world.command(&["restore", path]).await, 2, "it is in use");
    drop(lock);
    assert_eq!(lecture.world.command(&["restore", path]).await, 0, "nothing happened since");
    assert_eq!(lecture.world.command(&["user", "add", "new@contoso.example"]).await, 0);
    assert_eq!(lecture.world.command(&["restore", path]).await, 2, "it holds more");
    let asides = || {
        let entries = std::fs::read_dir(lecture.world.folder()).expect("a folder").flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().contains("before-restore")).count()
    };
    assert_eq!(asides(), 1);
    assert_eq!(lecture.world.command(&["restore", path, "--set-aside-newer"]).await, 0);
    assert_eq!(asides(), 2, "what was there is kept");
    let listed = program(&lecture.world, &["user", "list"]).output().expect("the program runs");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("learner@") && !listed.contains("new@"), "{listed}");
}

#[tokio::test]
async fn no_token_and_no_link_that_was_ended_since_comes_back() {
    if on_postgres() {
        return;
    }
    let lecture = Lecture::held("Cells").await;
    let admin = lecture.person(ADMIN).await;
    let token = json!({ "name": "cron", "scope": "read" });
    let token = admin.post("/api/v1/tokens", &token).await.expect(201).json();
    let secret = token["token"].as_str().expect("a token").to_owned();
    assert_eq!(lecture.world.command(&["user", "invite", LEARNER]).await, 0);
    let safe = tempfile::tempdir().expect("a safe place");
    let file = backed_up(&lecture.world, safe.path()).await;
    admin.delete(&format!("/api/v1/tokens/{}", token["id"])).await.expect(204);
    lecture.world.app.store.close().await.expect("it closes");
    let path = file.to_str().expect("a path");
    let done = program(&lecture.world, &["restore", path, "--set-aside-newer"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.contains("onrecord token create"), "{said}");
    let risen = Risen::of(&lecture.world).await;
    let request = Request::get("/api/v1/courses").header("authorization", format!("Bearer {secret}"));
    let request = request.body(Body::empty()).expect("a request");
    let answer = risen.router.clone().oneshot(request).await.expect("the router always answers");
    assert_eq!(answer.status().as_u16(), 401, "it was revoked before");
    for (table, open) in
        [("web_session", "TRUE"), ("one_time_link", "used_at IS NULL"), ("api_token", "revoked_at IS NULL")]
    {
        let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE {open}");
        assert_eq!(risen.count(&sql).await, 0, "{table}");
    }
    let told = "SELECT COUNT(*) AS n FROM audit_detail
                WHERE detail LIKE '%tokens_revoked%' AND detail NOT LIKE '%tokens_revoked\":0%'";
    assert_eq!(risen.count(told).await, 1);
}

#[tokio::test]
async fn a_database_that_nobody_backs_up_is_named() {
    if on_postgres() {
        return;
    }
    let world = World::new().await;
    world.user(ADMIN, Some(GlobalRole::Admin)).await;
    let person = json!({ "email": "first@contoso.example", "name": "The First" });
    world.sign_in(ADMIN).await.post("/api/v1/users", &person).await.expect(201);
    let examine = async || doctor::examine(&world.app).await.expect("an examination");
    let told = async |code: &str| {
        let findings = examine().await.findings;
        let found: Vec<_> = findings.into_iter().filter(|finding| finding.code == code).collect();
        let is_sound =
            |one: &Finding| one.severity == Severity::Warning && one.fix.contains("onrecord backup");
        assert!(found.iter().all(is_sound), "{found:?}");
        found.len()
    };
    assert_eq!(told("backup_missing").await, 0, "it is new");
    world.advance(TimeDelta::hours(49));
    assert_eq!(told("backup_missing").await, 1);
    let safe = tempfile::tempdir().expect("a safe place");
    backup::make(&world.app, &safe.path().join("a/")).await.expect("a backup");
    let seen = examine().await;
    assert!(seen.in_order.iter().any(|well| well.words.contains("Backed up at 20")), "{:?}", seen.in_order);
    world.advance(TimeDelta::hours(49));
    assert_eq!(told("backup_missing").await, 0);
    assert_eq!(told("backup_old").await, 1);
    // A backup that fails is none, however often it is begun.
    std::fs::create_dir(safe.path().join("c.db.json.unfinished")).expect("something is in the way");
    backup::make(&world.app, &safe.path().join("c.db")).await.expect_err("its manifest cannot be written");
    assert_eq!(told("backup_old").await, 1);
    backup::make(&world.app, &safe.path().join("b.db")).await.expect("a backup");
    assert_eq!(told("backup_old").await, 0);
}

#[tokio::test]
async fn verify_names_what_is_missing_changed_and_unknown() {
    let lecture = Lecture::held("Cells").await;
    let app = &lecture.world.app;
    let codes = async || {
        let report = verify::all(app, &[], Depth::Sizes).await.expect("it is compared");
        report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(codes().await, Vec::<&str>::new());
    let key = format!("recordings/{}-1.mp4", lecture.meeting);
    app.bucket.put(&key, "shorter".into()).await.expect("it is written");
    assert_eq!(codes().await, ["object_differs"]);
    app.bucket.delete(&key).await.expect("it is deleted");
    assert_eq!(codes().await, ["object_missing"]);
    app.bucket.put(&key, crate::lecture::body(1, 1_000).into()).await.expect("it is written");
    app.bucket.put("Recordings/BIO-204/stray.mp4", "x".into()).await.expect("it is written");
    assert_eq!(codes().await, ["object_unknown"]);
    app.bucket.delete("Recordings/BIO-204/stray.mp4").await.expect("it is deleted");
    let forged =
        "INSERT INTO audit_entry (at, action, subject, detail_hash) VALUES ($1, 'recording.purged', $2, 'x')";
    lecture.execute(forged, params![app.clock.now(), format!("recording:{}", lecture.recording)]).await;
    assert_eq!(codes().await, ["purged_yet_there"]);
}

#[tokio::test]
async fn a_lost_sheet_is_written_again_and_another_one_is_told() {
    let lecture = Lecture::held("Cells").await;
    let officer = lecture.person(OFFICER).await;
    officer.post(&lecture.api("/remove"), &json!({ "reason": "the wrong room" })).await.expect(200);
    lecture.world.app.clock.advance(TimeDelta::days(31));
    let officer = lecture.person(OFFICER).await;
    officer.post("/api/v1/retention/runs", &json!({ "dry_run": false })).await.expect(201);
    let app = &lecture.world.app;
    let key = sheet_key(1);
    let written = app.bucket.read(&key).await.expect("the sheet is there before its bytes are deleted");
    app.bucket.delete(&key).await.expect("it is deleted");
    let report = verify::all(app, &[], Depth::Sizes).await.expect("it is compared");
    assert!(report.ok && report.notes.iter().any(|note| note.contains("written again")), "{report:?}");
    assert_eq!(app.bucket.read(&key).await.expect("it is there again"), written);
    app.bucket.put(&key, "{}\n".into()).await.expect("it is changed");
    let report = verify::all(app, &[], Depth::Sizes).await.expect("it is compared");
    assert_eq!(report.findings[0].code, "journal_altered", "{report:?}");
    // A sheet that this database does not know and nobody can read stops what would delete more.
    app.bucket.put(&key, written).await.expect("it is put right");
    app.bucket.put(&sheet_key(2), "<html>".into()).await.expect("a stranger");
    let error = onrecord::ops::journal::catch_up(app).await.expect_err("it is no sheet");
    assert!(error.to_string().contains("journal/00000002.jsonl"), "{error}");
}

/// What this school's archive is called in settings.
fn archive_of(world: &World) -> String {
    let folder = world.folder().join("archive/");
    url::Url::from_directory_path(folder).expect("an absolute path").to_string()
}

#[tokio::test]
async fn a_database_that_is_older_than_its_archive_learns_what_was_removed() {
    let now = Lecture::held("Cells").await;
    let archive = archive_of(&now.world);
    // The same school an hour ago, as a dump would bring it back.
    let older = World::with(&[("ONRECORD_ARCHIVE_URL", &archive)]).await;
    let older = Lecture::held_in(older, "Cells").await;
    assert_eq!((older.recording, older.learner), (now.recording, now.learner));
    let heard = "INSERT INTO chat_message (meeting_id, graph_id, user_id, sender, sent_at, text)
                 VALUES ($1, 'g', $2, 'Lea Rner', $3, 'Hello')";
    for lecture in [&now, &older] {
        let at = lecture.world.app.clock.now();
        lecture.execute(heard, params![lecture.meeting, lecture.learner, at]).await;
    }
    let officer = now.person(OFFICER).await;
    officer.post(&now.api("/remove"), &json!({ "reason": "the wrong room" })).await.expect(200);
    let erasure = format!("/api/v1/users/{}/erasure", now.learner);
    let done = officer.post(&erasure, &json!({ "reason": "they asked" })).await.expect(201).json();
    now.world.app.clock.advance(TimeDelta::days(31));
    let policy = json!({ "name": "Chat goes", "kind": "chat", "days": 10 });
    let officer = now.person(OFFICER).await;
    officer.post("/api/v1/retention/policies", &policy).await.expect(201);
    officer.post("/api/v1/retention/runs", &json!({ "dry_run": false })).await.expect(201);

    let behind = verify::all(&older.world.app, &[], Depth::Sizes).await.expect("it is compared");
    assert!(behind.findings.iter().any(|finding| finding.code == "journal_behind"), "{behind:?}");
    let finished = program(&older.world, &["restore", "--finish"]).output().expect("the program runs");
    assert!(finished.status.success(), "{}", String::from_utf8_lossy(&finished.stderr));
    let learner = "SELECT COUNT(*) FROM \"user\" WHERE name = 'learner'";
    assert_eq!(older.count(learner).await, 0);
    let name = done["name"].as_str().expect("a pseudonym");
    assert_eq!(older.count(&format!("SELECT COUNT(*) FROM \"user\" WHERE name = '{name}'")).await, 1);
    assert_eq!(older.count("SELECT COUNT(*) FROM chat_message").await, 0, "the chat was removed");
    assert_eq!(older.count("SELECT COUNT(*) FROM artifact WHERE purged_at IS NULL").await, 0);
    assert_eq!(older.audited("recording.purged").await, 1);
    let after = verify::all(&older.world.app, &[], Depth::Sizes).await.expect("it is compared");
    assert!(after.ok, "{after:?}");
    // Once is enough, and what is removed from now on goes on the next sheet.
    let again = onrecord::ops::journal::catch_up(&older.world.app).await.expect("it is read");
    assert_eq!(again, onrecord::ops::journal::Applied::default());
    assert_eq!(older.audited("recording.purged").await, 1);
}
