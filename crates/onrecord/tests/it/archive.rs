//! The archive: copies that are proved before they count, found by people under their class's name, served without the
//! viewer noticing, read again, and never trusted when they are damaged.

use std::path::PathBuf;

use axum::body::Body;
use axum::http::Method;
use chrono::TimeDelta;
use msgraph_sim::HoldRequest;
use onrecord::model::archive_name::VIDEO;
use onrecord::model::id::ArtifactId;
use onrecord::ops::keep::{self, Asked, Outcome};
use serde_json::{Value, json};

use crate::school::{Class, School};
use crate::world::Answer;

const ADMIN: &str = "admin@contoso.example";
const INSTRUCTOR: &str = "instructor@contoso.example";
const LEARNER: &str = "learner@contoso.example";

/// Small parts, so that a copy has many.
pub(crate) const SMALL_PARTS: (&str, &str) = ("ONRECORD_ARCHIVE_PART_KIB", "64");

/// A class that was held and synced, with a recording of this size at Microsoft; what the recording is.
pub(crate) async fn recorded(school: &School, title: &str, size: u64) -> (Class, ArtifactId, Vec<u8>) {
    let class = school.class(title, -120).await;
    school.hold_as(&class, HoldRequest { size_bytes: Some(size), ..HoldRequest::default() });
    school.sync(&class).await;
    let id = school.artifacts(&class, "recording").await[0].id;
    let admin = school.world.sign_in(ADMIN).await;
    let whole = admin.get(&format!("/api/v1/recordings/{id}/content")).await.expect(200).body;
    (class, id, whole)
}

async fn ask(school: &School, who: &str, id: ArtifactId) -> Answer {
    let person = school.world.sign_in(who).await;
    person.request(Method::POST, &format!("/api/v1/recordings/{id}/archive"), &[], Body::empty()).await
}

async fn of(school: &School, id: ArtifactId) -> Value {
    school.read(ADMIN, &format!("/api/v1/recordings/{id}")).await
}

/// Files below the archive's folder, by their path from there.
fn files(school: &School) -> Vec<(String, PathBuf)> {
    fn collect(root: &std::path::Path, folder: &std::path::Path, found: &mut Vec<(String, PathBuf)>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                collect(root, &path, found);
            } else {
                found.push((path.strip_prefix(root).unwrap().display().to_string(), path));
            }
        }
    }
    let root = school.world.folder().join("archive");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    found.retain(|(name, _)| name.starts_with("Recordings/"));
    found.sort();
    found
}

#[tokio::test]
async fn a_button_copies_recording_transcript_and_chat_to_where_people_find_them() {
    let school = School::with(&[SMALL_PARTS]).await;
    let (class, id, whole) = recorded(&school, "Cells & membranes", 300_000).await;
    assert_eq!(of(&school, id).await["safety"], json!("offered"));
    ask(&school, LEARNER, id).await.expect(403);
    ask(&school, INSTRUCTOR, id).await.expect(202);
    school.timetable().await;
    let shown = of(&school, id).await;
    assert_eq!(shown["safety"], json!("verified"), "{shown}");
    let row = &school.artifacts(&class, "recording").await[0];
    let stamp = row.started_at.unwrap().format("%Y%m%d_%H%M%S");
    let stem = format!("Recordings/MAT-1/Cells & membranes_{stamp}");
    let names: Vec<String> = files(&school).into_iter().map(|(name, _)| name).collect();
    let expected = [format!("{stem}.mp4"), format!("{stem}_chat.txt"), format!("{stem}_transcript.vtt")];
    assert_eq!(names, expected);
    assert_eq!(std::fs::read(&files(&school)[0].1).unwrap(), whole);
    assert_eq!(row.sha256.as_deref().map(str::len), Some(64));
    let chat = std::fs::read_to_string(&files(&school)[1].1).unwrap();
    let said = school.read(ADMIN, &format!("/api/v1/conferences/{}/chat", class.conference)).await;
    let first = said["items"][0]["text"].as_str().unwrap();
    assert!(chat.contains(first) && chat.starts_with("[2026-09-01 "), "{chat}");
    let vtt = std::fs::read_to_string(&files(&school)[2].1).unwrap();
    assert!(vtt.starts_with("WEBVTT") && vtt.contains("-->"), "{vtt}");
    // From now on it comes from the archive, and Microsoft is not asked.
    school.world.sim.clear_requests();
    let learner = school.world.sign_in(LEARNER).await;
    assert_eq!(learner.get(&format!("/recordings/{id}/content")).await.expect(200).body, whole);
    assert_eq!(school.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn two_classes_of_one_name_and_time_never_share_a_file() {
    let school = School::with(&[SMALL_PARTS]).await;
    let (_, one, first) = recorded(&school, "Cells", 150_000).await;
    let (_, two, second) = recorded(&school, "Cells", 160_000).await;
    for id in [one, two] {
        ask(&school, ADMIN, id).await.expect(202);
    }
    school.timetable().await;
    let keys = [of(&school, one).await["archive_key"].clone(), of(&school, two).await["archive_key"].clone()];
    assert_ne!(keys[0], keys[1]);
    let learner = school.world.sign_in(LEARNER).await;
    for (id, whole) in [(one, first), (two, second)] {
        assert_eq!(learner.get(&format!("/recordings/{id}/content")).await.expect(200).body, whole);
    }
}

#[tokio::test]
async fn cleanup_copies_what_is_old_enough_and_says_beforehand_what_it_will_do() {
    let school = School::with(&[SMALL_PARTS]).await;
    let (_, old, _) = recorded(&school, "Old", 150_000).await;
    school.wait(TimeDelta::days(100));
    let (_, young, _) = recorded(&school, "Young", 150_000).await;
    let app = &school.world.app;
    let plan = keep::plan(app, Asked { days: 90 }).await.unwrap();
    assert_eq!(plan.recordings.len(), 1, "{plan:?}");
    assert_eq!(plan.recordings[0].outcome, Outcome::ToCopy);
    assert_eq!(school.world.command(&["cleanup", "--days", "90", "--dry-run"]).await, 0);
    assert_eq!(of(&school, old).await["safety"], json!("offered"), "a dry run copied");
    let mut told = Vec::new();
    let report = keep::run(app, plan.clone(), |line| told.push(line.recording_id)).await.unwrap();
    assert!(report.success, "{report:?}");
    assert_eq!((report.archived, report.already_archived, told), (1, 0, vec![old.0]));
    assert_eq!(of(&school, old).await["safety"], json!("verified"));
    assert_eq!(of(&school, young).await["safety"], json!("offered"));
    let again = keep::plan(app, Asked { days: 90 }).await.unwrap();
    assert_eq!(again.recordings[0].outcome, Outcome::AlreadyArchived);
    assert_eq!(school.world.command(&["cleanup_old_recordings", "--archive"]).await, 2, "--days is missing");
}

#[tokio::test]
async fn a_copy_that_breaks_off_goes_on_where_it_stood_after_a_restart_too() {
    let school = School::with(&[SMALL_PARTS]).await;
    let (_, id, whole) = recorded(&school, "Cells", 1_000_000).await;
    school.world.sim.add_fault(&json!({ "path": "/download/", "cut_after": 400_000, "times": 1 })).unwrap();
    school
        .world
        .sim
        .add_fault(&json!({ "path": "/download/", "status": 403, "after": 1, "times": 8 }))
        .unwrap();
    keep::copy(&school.world.app, id).await.unwrap_err();
    assert!(files(&school).is_empty(), "a half copy is visible");
    school.world.sim.clear_faults();
    school.world.sim.clear_requests();
    let world = school.world.restarted();
    keep::copy(&world.app, id).await.unwrap();
    assert_eq!(of(&school, id).await["safety"], json!("verified"));
    assert_eq!(std::fs::read(&files(&school)[0].1).unwrap(), whole);
    let sent = school.world.sim.requests().into_iter().filter(|request| request.port == "download");
    let partial = sent.filter(|request| request.status == 206).count();
    assert!(partial >= 1, "it was fetched from its beginning");
}

#[tokio::test]
async fn what_is_damaged_in_the_archive_is_found_told_never_served_and_copied_anew() {
    let school = School::with(&[SMALL_PARTS]).await;
    let (_, id, whole) = recorded(&school, "Cells", 300_000).await;
    keep::copy(&school.world.app, id).await.unwrap();
    assert_eq!(school.world.command(&["archive", "--verify"]).await, 0);
    let path = files(&school)[0].1.clone();
    let mut spoilt = whole.clone();
    spoilt[200_000] ^= 1;
    std::fs::write(&path, spoilt).unwrap();
    let report = keep::verify(&school.world.app, |_| {}).await.unwrap();
    assert!(!report.ok && report.damaged[0].copied_anew, "{report:?}");
    assert_eq!(school.world.command(&["archive", "--verify", "--json"]).await, 1, "it is still damaged");
    let shown = of(&school, id).await;
    assert_eq!(shown["safety"], json!("damaged"), "{shown}");
    let learner = school.world.sign_in(LEARNER).await;
    assert_eq!(learner.get(&format!("/recordings/{id}/content")).await.expect(200).body, whole);
    let admin = school.world.sign_in(ADMIN).await;
    let page = admin.get("/admin/storage").await.expect(200).text();
    assert!(page.contains("is damaged") && page.contains("copies it anew"), "{page}");
    school.wait(TimeDelta::minutes(1));
    school.timetable().await;
    assert_eq!(of(&school, id).await["safety"], json!("verified"));
    let left = files(&school).into_iter().filter(|(name, _)| name.ends_with(VIDEO)).collect::<Vec<_>>();
    assert_eq!(left.len(), 1, "the damaged one stays behind: {left:?}");
    assert_eq!(std::fs::read(&left[0].1).unwrap(), whole);
    assert_eq!(school.world.command(&["archive", "--verify"]).await, 0);
}

#[tokio::test]
async fn a_text_beside_a_recording_that_was_changed_is_written_again() {
    let school = School::with(&[SMALL_PARTS]).await;
    let (_, id, _) = recorded(&school, "Cells", 150_000).await;
    keep::copy(&school.world.app, id).await.unwrap();
    let path = files(&school)[1].1.clone();
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, "somebody wrote this").unwrap();
    let report = keep::verify(&school.world.app, |_| {}).await.unwrap();
    assert_eq!((report.ok, report.texts_checked, report.texts_mended), (true, 2, 1), "{report:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
}

#[tokio::test]
async fn an_original_goes_only_by_the_setting_and_only_with_a_sound_copy() {
    let settings = [SMALL_PARTS, ("ONRECORD_ARCHIVE_REMOVE_ORIGINALS_AFTER_DAYS", "10")];
    let school = School::with(&settings).await;
    let (class, id, whole) = recorded(&school, "Cells", 300_000).await;
    keep::copy(&school.world.app, id).await.unwrap();
    school.wait(TimeDelta::days(9));
    school.timetable().await;
    assert_eq!(of(&school, id).await["stored_in_onedrive"], json!(true), "too early");
    let path = files(&school)[0].1.clone();
    std::fs::write(&path, &whole[..299_999]).unwrap();
    school.wait(TimeDelta::days(2));
    school.timetable().await;
    assert_eq!(of(&school, id).await["stored_in_onedrive"], json!(true), "its only sound copy was removed");
    std::fs::write(&path, &whole).unwrap();
    school.wait(TimeDelta::hours(1));
    school.timetable().await;
    let shown = of(&school, id).await;
    assert_eq!((&shown["safety"], &shown["stored_in_onedrive"]), (&json!("source_removed"), &json!(false)));
    let learner = school.world.sign_in(LEARNER).await;
    assert_eq!(learner.get(&format!("/recordings/{id}/content")).await.expect(200).body, whole);
    school.sync(&class).await;
    assert_eq!(of(&school, id).await["safety"], json!("source_removed"), "the next sync forgot it");
}

#[tokio::test]
async fn an_original_stays_while_a_hold_is_on_its_class() {
    let settings = [SMALL_PARTS, ("ONRECORD_ARCHIVE_REMOVE_ORIGINALS_AFTER_DAYS", "10")];
    let school = School::with(&settings).await;
    let (class, id, _) = recorded(&school, "Cells", 300_000).await;
    keep::copy(&school.world.app, id).await.unwrap();
    let admin = school.world.sign_in(ADMIN).await;
    let hold =
        json!({ "scope": "conference", "subject_id": class.conference, "reason": "A complaint is open." });
    let hold = admin.post("/api/v1/holds", &hold).await.expect(201).json();
    school.wait(TimeDelta::days(11));
    school.timetable().await;
    assert_eq!(of(&school, id).await["stored_in_onedrive"], json!(true), "a hold was overridden");
    let release = format!("/api/v1/holds/{}/release", hold["id"]);
    admin.post(&release, &json!({ "reason": "It was settled." })).await.expect(200);
    school.wait(TimeDelta::hours(1));
    school.timetable().await;
    assert_eq!(of(&school, id).await["stored_in_onedrive"], json!(false));
}
