//! `import DIR`: a school's CSV files come in whole or not at all, a repeat changes nothing, and each fault is named
//! by file and line.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use onrecord::model::people::{CourseRole, GlobalRole};
use onrecord::ops::Error;
use onrecord::ops::actor::Actor;
use onrecord::ops::import::{self, Counts, Options, Report, Source};
use onrecord::params;
use onrecord::store::Read as _;

use crate::world::World;

const USERS: &str = "id,email,name,role\nu1,Ada@Contoso.example,Ada Lovelace,\nu2,bob@contoso.example,Bob,officer\n\
     u3,cy@contoso.example,\"Cy, the third\",\n";
const COURSES: &str =
    "id,code,title,term,starts_on,ends_on\nc1,BIO-204,Genetics,2026,2026-09-01,\nc2,MAT-110,Analysis,,,\n";
const ENROLMENTS: &str = "course_id,user_id,role,section,ends_on\nc1,u1,instructor,,\nc1,u3,learner,A,2027-01-31\nc2,u3,learner,,\n";
const CONFERENCES: &str = "id,course_id,title,description,published,time_zone\nk1,c1,Lecture,\"Two\nlines\",true,Europe/Berlin\n\
     k2,c2,Exercise,,,UTC\n";
const SLOTS: &str = "id,conference_id,date,start_time,end_time,join_url,event_id,organizer\n\
     s1,k1,2026-08-03,09:00,10:00,https://teams.microsoft.com/l/meetup-join/old,,Teacher@contoso.example\n\
     s2,k1,2026-08-10,09:00,10:00,,,\ns3,k2,2026-10-01,09:00,10:00,,,\n";
const RECORDINGS: &str = "id,conference_id,title,onedrive_drive_id,onedrive_item_id,file_size,duration_minutes,recorded_at\n\
     r1,k1,First,b!d,i1,1000,58.5,2026-08-03 09:02\nr2,k1,Second,b!d,i2,,0,2026-08-10T07:01:00Z\n";

fn source(files: &[(&'static str, &str)]) -> Source {
    Source::Contents(
        files.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect::<BTreeMap<_, _>>(),
    )
}

fn school() -> Source {
    source(&[
        ("users.csv", USERS),
        ("courses.csv", COURSES),
        ("enrolments.csv", ENROLMENTS),
        ("conferences.csv", CONFERENCES),
        ("time_slots.csv", SLOTS),
        ("recordings.csv", RECORDINGS),
    ])
}

async fn run(world: &World, source: &Source, options: Options) -> Report {
    import::run(&world.app, Actor::Operator, source, options).await.expect("an import")
}

async fn plain(world: &World, files: &[(&'static str, &str)]) -> Report {
    run(world, &source(files), Options::default()).await
}

#[track_caller]
fn clean(report: &Report) {
    assert!(report.errors.is_empty() && report.applied, "{:#?}", report.errors);
}

async fn count(world: &World, sql: &str) -> i64 {
    let row = world.app.store.row(&format!("SELECT COUNT(*) AS n FROM {sql}"), params![]).await;
    row.expect("a query").expect("a row").get("n").expect("a count")
}

async fn text(world: &World, sql: &str) -> String {
    let row = world.app.store.row(sql, params![]).await.expect("a query").expect("a row");
    row.get("x").expect("text")
}

/// The messages as `file:line: message`.
fn told(report: &Report) -> Vec<String> {
    report.errors.iter().map(|e| format!("{}:{}: {}", e.file, e.line, e.message)).collect()
}

#[track_caller]
fn tells(report: &Report, place: &str, words: &str) {
    let told = told(report);
    assert!(
        told.iter().any(|line| line.starts_with(place) && line.contains(words)),
        "{place} {words}: {told:#?}"
    );
}

#[tokio::test]
async fn a_school_comes_in_whole_and_a_repeat_changes_nothing() {
    let world = World::new().await;
    let report = run(&world, &school(), Options::default()).await;
    clean(&report);
    for (file, added) in [
        ("users.csv", 3),
        ("courses.csv", 2),
        ("enrolments.csv", 3),
        ("conferences.csv", 2),
        ("time_slots.csv", 3),
        ("recordings.csv", 2),
    ] {
        assert_eq!(report.of(file), Counts { rows: added, added, ..Counts::default() }, "{file}");
    }
    let again = run(&world, &school(), Options::default()).await;
    clean(&again);
    for (file, counts) in &again.files {
        assert_eq!(counts.unchanged, counts.rows, "{file}: {counts:?}");
    }
    assert_eq!(count(&world, "\"user\" WHERE email = 'ada@contoso.example' AND external_id = 'u1'").await, 1);
    assert_eq!(count(&world, "enrolment WHERE section = 'A'").await, 1);
}

#[tokio::test]
async fn past_slots_keep_their_links_and_only_slots_to_come_are_made_in_teams() {
    let world = World::new().await;
    clean(&run(&world, &school(), Options::default()).await);
    let link = "meeting WHERE external_id = 's1' AND join_url LIKE '%/old' AND organizer_email = 'teacher@contoso.example'";
    assert_eq!(count(&world, link).await, 1);
    assert_eq!(count(&world, "job WHERE kind = 'provision'").await, 1);
    assert_eq!(count(&world, "meeting WHERE external_id = 's3' AND service_account_id IS NOT NULL").await, 1);
    assert_eq!(count(&world, "meeting WHERE external_id = 's2' AND service_account_id IS NULL").await, 1);
    let row = world.app.store.row("SELECT starts_at FROM meeting WHERE external_id = 's1'", params![]).await;
    let starts: chrono::DateTime<chrono::Utc> =
        row.expect("a query").expect("a row").get("starts_at").expect("a time");
    assert_eq!(starts.to_rfc3339(), "2026-08-03T07:00:00+00:00", "wall time in Berlin");
    let spans = "conference c WHERE c.first_starts_at = (SELECT MIN(m.starts_at) FROM meeting m WHERE m.conference_id = c.id)
        AND c.last_ends_at = (SELECT MAX(m.ends_at) FROM meeting m WHERE m.conference_id = c.id)";
    assert_eq!(count(&world, spans).await, 2);
}

#[tokio::test]
async fn whom_the_file_names_organizes_a_class_that_is_still_to_be_made() {
    let world = World::new().await;
    let dean = json!({ "users": { "dean@contoso.example": { "kind": "teacher" } } });
    world.sim.patch_tenant(&dean).expect("the tenant takes it");
    let slots = SLOTS.replace("2026-10-01,09:00,10:00,,,", "2026-10-01,09:00,10:00,,,dean@contoso.example");
    let files = [
        ("users.csv", USERS),
        ("courses.csv", COURSES),
        ("enrolments.csv", ENROLMENTS),
        ("conferences.csv", CONFERENCES),
        ("time_slots.csv", slots.as_str()),
    ];
    clean(&plain(&world, &files).await);
    onrecord::worker::run_until_idle(&world.app).await;
    let users = world.sim.tenant()["users"].as_array().expect("users").clone();
    let dean = users.iter().find(|user| user["email"] == "dean@contoso.example").expect("the dean");
    let organizer = text(&world, "SELECT organizer_id AS x FROM meeting WHERE external_id = 's3'").await;
    assert_eq!(Some(organizer.as_str()), dean["id"].as_str());
    let recorded = "meeting WHERE external_id = 's3' AND auto_recording_status = 'enabled'";
    assert_eq!(count(&world, recorded).await, 1);
}

#[tokio::test]
async fn imported_recordings_belong_to_the_class_of_their_time() {
    let world = World::new().await;
    clean(&run(&world, &school(), Options::default()).await);
    let of = "SELECT m.external_id AS x FROM artifact a JOIN meeting m ON m.id = a.meeting_id WHERE a.external_id =";
    assert_eq!(text(&world, &format!("{of} 'r1'")).await, "s1");
    assert_eq!(text(&world, &format!("{of} 'r2'")).await, "s2");
    let facts = "artifact WHERE external_id = 'r1' AND duration_ms = 3510000 AND size_bytes = 1000 AND confidence = 'certain'
        AND match_basis = 'import' AND kind = 'recording'";
    assert_eq!(count(&world, facts).await, 1);
    assert_eq!(
        count(&world, "artifact WHERE external_id = 'r2' AND duration_ms IS NULL").await,
        1,
        "0 is not known"
    );
}

#[tokio::test]
async fn one_wrong_row_leaves_everything_as_it_was() {
    let world = World::new().await;
    let users = "id,email,role\nu1,ada@contoso.example,\nu2,nonsense,boss\nu3,cy@contoso.example,learner\n";
    let report = plain(&world, &[("users.csv", users), ("courses.csv", COURSES)]).await;
    assert!(!report.applied);
    tells(&report, "users.csv:3: email", "no address");
    tells(&report, "users.csv:3: role", "admin, officer");
    tells(&report, "users.csv:4: role", "learner");
    assert_eq!(count(&world, "\"user\"").await, 0);
    assert_eq!(count(&world, "course").await, 0);
    assert_eq!(count(&world, "audit_entry WHERE action = 'import.applied'").await, 0);
}

#[tokio::test]
async fn partial_keeps_the_good_rows() {
    let world = World::new().await;
    let users = "id,email\nu1,ada@contoso.example\nu2,nonsense\n";
    let enrolments = "course_id,user_id,role\nc1,u1,learner\nc1,u2,learner\n";
    let files = source(&[("users.csv", users), ("courses.csv", COURSES), ("enrolments.csv", enrolments)]);
    let report = run(&world, &files, Options { partial: true, ..Options::default() }).await;
    assert!(report.applied);
    tells(&report, "enrolments.csv:3", "no person \"u2\"");
    assert_eq!((report.of("users.csv").added, report.of("users.csv").wrong), (1, 1));
    assert_eq!(count(&world, "enrolment").await, 1);
}

#[tokio::test]
async fn a_dry_run_counts_and_writes_nothing() {
    let world = World::new().await;
    let report = run(&world, &school(), Options { dry_run: true, ..Options::default() }).await;
    assert!(!report.applied && report.errors.is_empty());
    assert_eq!(report.of("time_slots.csv").added, 3);
    for table in ["\"user\"", "course", "conference", "meeting", "artifact", "job"] {
        assert_eq!(count(&world, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn headers_are_held_to_the_documented_columns() {
    let world = World::new().await;
    for (file, header, words) in [
        ("users.csv", "id,email,shoe_size", "\"shoe_size\" is no column"),
        ("users.csv", "id,name", "\"email\" is missing"),
        ("users.csv", "id,email,email", "stands twice"),
        ("users.csv", "id;email;name", "semicolons"),
        ("users.csv", "", "empty"),
        ("conferences.csv", "id,title,course_id", "\"time_zone\" is missing"),
    ] {
        let report = plain(&world, &[(file, header)]).await;
        tells(&report, &format!("{file}:1: "), words);
    }
    let with_mark = "\u{feff}id,Email \nu1,a@b.example\n";
    clean(&plain(&world, &[("users.csv", with_mark)]).await);
}

#[tokio::test]
async fn broken_rows_are_named_by_line() {
    let world = World::new().await;
    let users = b"id,email\nu1\nu2,a@b.example,x\nu3,\xff@b.example\n\"u4,a@b.example\n".to_vec();
    let files = Source::Contents([("users.csv", users)].into());
    let report = run(&world, &files, Options::default()).await;
    tells(&report, "users.csv:2:", "1 fields, the header 2");
    tells(&report, "users.csv:3:", "3 fields");
    tells(&report, "users.csv:4:", "UTF-8");
    tells(&report, "users.csv:5:", "quotation mark");
    assert!(!report.applied);
}

#[tokio::test]
async fn duplicates_and_contradictions_are_named() {
    let world = World::new().await;
    clean(&plain(&world, &[("users.csv", USERS)]).await);
    let users = "id,email\nu9,ada@contoso.example\nu1,bob@contoso.example\nu5,n@b.example\nu5,m@b.example\nu6,n@b.example\n";
    let report = plain(&world, &[("users.csv", users)]).await;
    tells(&report, "users.csv:2:", "belongs to the person with the id \"u1\"");
    tells(&report, "users.csv:3:", "somebody else");
    tells(&report, "users.csv:5:", "id: \"u5\"");
    tells(&report, "users.csv:6:", "email: \"n@b.example\"");
    let enrolments =
        "course_id,user_id,role\nc1,u1,learner\nc1,u1,instructor\nc7,u1,learner\nc1,u7,learner\nc1,u2,boss\n";
    let report = plain(&world, &[("courses.csv", COURSES), ("enrolments.csv", enrolments)]).await;
    tells(&report, "enrolments.csv:3:", "line 2");
    tells(&report, "enrolments.csv:4:", "no course \"c7\"");
    tells(&report, "enrolments.csv:5:", "no person \"u7\"");
    tells(&report, "enrolments.csv:6: role", "instructor or learner");
}

#[tokio::test]
async fn times_that_do_not_exist_and_other_nonsense_are_refused() {
    let world = World::new().await;
    clean(&plain(&world, &[("courses.csv", COURSES), ("conferences.csv", CONFERENCES)]).await);
    let slots = "id,conference_id,date,start_time,end_time,join_url\na,k1,2026-03-29,02:30,04:00,\nb,k1,2026-02-30,09:00,10:00,\n\
         c,k1,2026-03-01,10:00,09:00,\nd,k8,2026-03-01,10:00,11:00,\ne,k1,2026-03-01,25:00,11:00,\nf,k1,2026-03-02,10:00,11:00,teams\n";
    let report = plain(&world, &[("time_slots.csv", slots)]).await;
    for (line, words) in [
        (2, "start_time"),
        (3, "date"),
        (4, "end_time"),
        (5, "no conference \"k8\""),
        (6, "start_time"),
        (7, "join_url"),
    ] {
        tells(&report, &format!("time_slots.csv:{line}:"), words);
    }
    let conferences = "id,course_id,title,time_zone,published\nk5,c1,X,Mars/Base,perhaps\n";
    let report = plain(&world, &[("conferences.csv", conferences)]).await;
    tells(&report, "conferences.csv:2: time_zone", "IANA");
    tells(&report, "conferences.csv:2: published", "neither true nor false");
    let recordings = "id,conference_id,onedrive_drive_id,onedrive_item_id,file_size,duration_minutes,recorded_at\nr,k1,d,i,-1,x,noon\n";
    let report = plain(&world, &[("recordings.csv", recordings)]).await;
    assert_eq!(report.error_count, 3, "{:?}", told(&report));
}

#[tokio::test]
async fn a_roster_is_replaced_only_when_asked_and_never_emptied_by_accident() {
    let world = World::new().await;
    let users: String = (1..=10).map(|n| format!("u{n},u{n}@contoso.example\n")).collect::<Vec<_>>().concat();
    let users = format!("id,email\n{users}");
    let all: String = (1..=10).map(|n| format!("c1,u{n},learner\n")).collect::<Vec<_>>().concat();
    let header = "course_id,user_id,role\n";
    clean(
        &plain(
            &world,
            &[("users.csv", &users), ("courses.csv", COURSES), ("enrolments.csv", &format!("{header}{all}"))],
        )
        .await,
    );
    let eight: String = (1..=8).map(|n| format!("c1,u{n},learner\n")).collect::<Vec<_>>().concat();
    let files = source(&[("enrolments.csv", &format!("{header}{eight}"))]);
    clean(&run(&world, &files, Options::default()).await);
    assert_eq!(count(&world, "enrolment").await, 10, "absent people stay");
    let replace = Options { replace_roster: true, ..Options::default() };
    let report = run(&world, &files, replace).await;
    clean(&report);
    assert_eq!(report.of("enrolments.csv").removed, 2);
    let one = source(&[("enrolments.csv", &format!("{header}c1,u1,learner\n"))]);
    let report = run(&world, &one, replace).await;
    tells(&report, "enrolments.csv:0:", "7 of 8");
    assert_eq!(count(&world, "enrolment").await, 8);
    clean(&run(&world, &one, Options { force: true, ..replace }).await);
    assert_eq!(count(&world, "enrolment").await, 1);
    assert_eq!(count(&world, "job WHERE kind = 'roster'").await, 1, "one debounced job for the course");
}

#[tokio::test]
async fn an_import_takes_no_role_away_and_adopts_who_is_there() {
    let world = World::new().await;
    let admin = world.user("ada@contoso.example", Some(GlobalRole::Admin)).await;
    clean(&plain(&world, &[("users.csv", USERS)]).await);
    assert_eq!(
        count(&world, &format!("\"user\" WHERE id = {admin} AND role = 'admin' AND external_id = 'u1'"))
            .await,
        1
    );
}

#[tokio::test]
async fn no_import_leaves_the_school_without_administrator_and_each_role_is_in_the_audit() {
    let world = World::new().await;
    world.user("ada@contoso.example", Some(GlobalRole::Admin)).await;
    world.user("ben@contoso.example", Some(GlobalRole::Admin)).await;
    let both = "id,email,name,role\nu1,ada@contoso.example,,officer\nu2,ben@contoso.example,,officer\n";
    let report = plain(&world, &[("users.csv", both)]).await;
    tells(&report, "users.csv:3: role", "only administrator");
    assert_eq!(count(&world, "\"user\" WHERE role = 'admin'").await, 2);
    let one = "id,email,name,role\nu1,ada@contoso.example,,officer\nu3,cy@contoso.example,Cy,admin\nu4,di@contoso.example,Di,\n";
    clean(&plain(&world, &[("users.csv", one)]).await);
    let entries = |action: &str| format!("audit_entry WHERE action = '{action}'");
    assert_eq!(count(&world, &entries("user.changed")).await, 1, "whose role changed");
    assert_eq!(count(&world, &entries("user.added")).await, 1, "who came with a role");
}

#[tokio::test]
async fn recording_cannot_be_switched_off_by_import() {
    let world = World::new().await;
    let conferences = "id,course_id,title,time_zone,enable_recording\nk1,c1,Lecture,UTC,false\n";
    clean(&plain(&world, &[("courses.csv", COURSES), ("conferences.csv", conferences)]).await);
    assert_eq!(count(&world, "audit_entry WHERE action = 'recording.disable_refused'").await, 1);
}

#[tokio::test]
async fn changes_are_told_to_teams_and_held_classes_keep_their_time() {
    let world = World::new().await;
    clean(&run(&world, &school(), Options::default()).await);
    let moved = SLOTS.replace("s3,k2,2026-10-01,09:00", "s3,k2,2026-10-01,08:00");
    let report = plain(&world, &[("time_slots.csv", &moved)]).await;
    clean(&report);
    assert_eq!((report.of("time_slots.csv").changed, report.of("time_slots.csv").unchanged), (1, 2));
    assert_eq!(count(&world, "job WHERE kind = 'update'").await, 1);
    let held = SLOTS.replace("s2,k1,2026-08-10", "s2,k1,2026-08-11");
    tells(&plain(&world, &[("time_slots.csv", &held)]).await, "time_slots.csv:3:", "has begun");
}

#[tokio::test]
async fn a_folder_without_the_right_files_is_refused_in_plain_words() {
    let world = World::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |path: std::path::PathBuf| {
        let app = world.app.clone();
        async move {
            match import::run(&app, Actor::Operator, &Source::Folder(path), Options::default()).await {
                Err(Error::Invalid(errors)) => errors[0].message.clone(),
                other => panic!("{other:?}"),
            }
        }
    };
    assert!(refused(folder.path().join("nowhere")).await.contains("cannot be read"));
    assert!(refused(folder.path().to_owned()).await.contains("none of the files"));
    std::fs::write(folder.path().join("enrollments.csv"), "x").expect("written");
    assert!(refused(folder.path().to_owned()).await.contains("enrollments.csv"));
    std::fs::remove_file(folder.path().join("enrollments.csv")).expect("removed");
    std::fs::write(folder.path().join("users.csv"), USERS).expect("written");
    let report = run(&world, &Source::Folder(folder.path().to_owned()), Options::default()).await;
    assert_eq!(report.of("users.csv").added, 3);
}

#[tokio::test]
async fn many_errors_are_counted_and_the_first_hundred_told() {
    let world = World::new().await;
    let rows: String = (0..2_500).map(|n| format!("u{n},nonsense\n")).collect::<Vec<_>>().concat();
    let report = plain(&world, &[("users.csv", &format!("id,email\n{rows}"))]).await;
    assert_eq!((report.errors.len(), report.error_count), (100, 2_500));
    assert_eq!(report.of("users.csv").wrong, 2_500);
}

#[tokio::test]
async fn several_batches_come_in_alike() {
    let world = World::new().await;
    let users: String =
        (0..2_500).map(|n| format!("u{n},u{n}@contoso.example,Person {n}\n")).collect::<Vec<_>>().concat();
    let enrolments: String =
        (0..2_500).map(|n| format!("c{},u{n},learner\n", 1 + n % 2)).collect::<Vec<_>>().concat();
    let (users, enrolments) =
        (format!("id,email,name\n{users}"), format!("course_id,user_id,role\n{enrolments}"));
    let files = source(&[("users.csv", &users), ("courses.csv", COURSES), ("enrolments.csv", &enrolments)]);
    clean(&run(&world, &files, Options::default()).await);
    let renamed = source(&[("users.csv", &users.replace("Person", "Human"))]);
    let report = run(&world, &renamed, Options::default()).await;
    assert_eq!(report.of("users.csv").changed, 2_500);
    assert_eq!(count(&world, "\"user\" WHERE name LIKE 'Human %'").await, 2_500);
    let again = run(&world, &files, Options::default()).await;
    assert_eq!(again.of("enrolments.csv").unchanged, 2_500);
}

#[tokio::test]
async fn only_an_administrator_imports() {
    let world = World::new().await;
    world.user("officer@contoso.example", Some(GlobalRole::Officer)).await;
    let person = world.user("teacher@contoso.example", None).await;
    let course = world.course("BIO-204").await;
    world.enrol(course, person, CourseRole::Instructor).await;
    let viewer = onrecord::model::access::Viewer {
        user_id: person,
        name: String::new(),
        email: String::new(),
        language: "en".to_owned(),
        role: Some(GlobalRole::Officer),
        scope: onrecord::model::access::Scope::Admin,
    };
    let refused = import::run(&world.app, Actor::Viewer(&viewer), &school(), Options::default()).await;
    assert!(matches!(refused, Err(Error::Denied(_))));
    let report: Value = serde_json::to_value(run(&world, &school(), Options::default()).await).expect("JSON");
    assert_eq!(report["applied"], true);
}
