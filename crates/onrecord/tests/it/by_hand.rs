//! Classes held elsewhere: staff bring the recording, as a link or as a file; and recordings that Teams lists and no
//! known drive holds.

use axum::body::Body;
use axum::http::Method;
use chrono::TimeDelta;
use msgraph_sim::{Attendee, Attendees, HoldOutcome, HoldRequest, Outcome, Person, SeedEvent};
use onrecord::params;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::school::{Class, School};
use crate::world::{Answer, Client};

const ADMIN: &str = "admin@contoso.example";
const INSTRUCTOR: &str = "instructor@contoso.example";
const LEARNER: &str = "learner@contoso.example";

const REASON: &str = "Held in Zoom, because Teams was down";

/// A real MP4, such as somebody brings along: what Teams recorded of another class.
async fn film(school: &School) -> Vec<u8> {
    let class = school.class("Elsewhere", -120).await;
    school.hold(&class);
    school.sync(&class).await;
    let id = school.artifacts(&class, "recording").await[0].id;
    let admin = school.world.sign_in(ADMIN).await;
    admin.get(&format!("/api/v1/recordings/{id}/content")).await.expect(200).body
}

async fn send(client: &Client<'_>, class: &Class, film: &[u8], reason: &str) -> Answer {
    let reason: String = url::form_urlencoded::byte_serialize(reason.as_bytes()).collect();
    let path = format!("/api/v1/meetings/{}/recordings/upload?name=zoom.mp4&reason={reason}", class.meeting);
    client.request(Method::POST, &path, &[("content-type", "video/mp4")], Body::from(film.to_vec())).await
}

/// Objects in the archive that are recordings.
fn archived(school: &School) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
        let each = entries.map(|entry| entry.unwrap().path());
        each.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
    }
    count(&school.world.folder().join("archive/Recordings"))
}

/// Asks the simulated Microsoft as an administrator of the tenant would.
async fn at_microsoft(school: &School, path: &str) -> Value {
    let tenant = school.world.sim.tenant();
    let text = |name: &str| tenant[name].as_str().unwrap_or_default().to_owned();
    let http = reqwest::Client::builder().build().unwrap();
    let base = school.world.sim.url();
    let form = [
        ("client_id", text("client_id")),
        ("client_secret", text("client_secret")),
        ("grant_type", "client_credentials".to_owned()),
        ("scope", "https://graph.microsoft.com/.default".to_owned()),
    ];
    let token = http.post(format!("{base}/{}/oauth2/v2.0/token", text("tenant_id"))).form(&form);
    let token: Value = token.send().await.unwrap().json().await.unwrap();
    let asked = http.get(format!("{base}/v1.0{path}")).bearer_auth(token["access_token"].as_str().unwrap());
    asked.send().await.unwrap().json().await.unwrap()
}

/// A private meeting of this person leaves a recording in their own OneDrive; its link.
async fn link_of(school: &School, organizer: &str) -> String {
    let held = private(school, organizer);
    let recording = &held.recordings[0];
    let (drive, item) = (recording.drive_id.clone().unwrap(), recording.item_id.clone().unwrap());
    let item = at_microsoft(school, &format!("/drives/{drive}/items/{item}")).await;
    item["webUrl"].as_str().expect("a link").to_owned()
}

fn private(school: &School, organizer: &str) -> HoldOutcome {
    let began = school.now() - TimeDelta::hours(30);
    let event = SeedEvent {
        organizer: (!organizer.is_empty()).then(|| organizer.to_owned()),
        subject: format!("Zoom class {organizer}"),
        start: Some(began),
        end: Some(began + TimeDelta::minutes(45)),
        attendees: Vec::new(),
        record_automatically: true,
    };
    let event = school.world.sim.seed_event(&event).unwrap();
    let request =
        HoldRequest { join_url: Some(event.join_url), started_at: Some(began), ..HoldRequest::default() };
    school.world.sim.hold(&request).unwrap()
}

#[tokio::test]
async fn an_uploaded_recording_is_kept_hashed_counted_apart_and_played_from_the_archive() {
    let school = School::open().await;
    let film = film(&school).await;
    let class = school.class("Algebra", -60).await;
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    let made = send(&instructor, &class, &film, REASON).await.expect(201).json();
    assert_eq!(made["source"], json!("manual"), "{made}");
    assert_eq!(made["manual_reason"], json!(REASON));
    assert_eq!(made["safety"], json!("verified"));
    assert_eq!(made["file_size"], json!(film.len()));
    assert_eq!(made["duration_minutes"], json!(60), "read from the file itself");
    let row = &school.artifacts(&class, "recording").await[0];
    assert_eq!(row.sha256.as_deref(), Some(onrecord::model::hex::hex(&Sha256::digest(&film)).as_str()));
    assert_eq!(school.row(&class).await.verdict.to_string(), "recorded");
    school.world.sim.clear_requests();
    let learner = school.world.sign_in(LEARNER).await;
    let content = format!("/recordings/{}/content", row.id);
    assert_eq!(learner.get(&content).await.expect(200).body, film);
    let part = learner.get_with(&content, &[("range", "bytes=100-299")]).await.expect(206);
    assert_eq!(part.body, film[100..300]);
    let listed = learner.get(&format!("/api/v1/recordings/{}", row.id)).await.expect(200).json();
    assert_eq!(listed["manual_reason"], json!(null), "why is for staff");
    assert_eq!(school.requests(), Vec::<String>::new(), "nothing of it is at Microsoft");
    let monitor = school.read(ADMIN, "/api/v1/monitor").await;
    assert_eq!(
        (&monitor["recordings_manual"], &monitor["recorded_manual"]),
        (&json!(1), &json!(1)),
        "{monitor}"
    );
    assert_eq!(
        school.count("SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'recording.uploaded'").await,
        1
    );
    let page = instructor.get(&format!("/conferences/{}?tab=recordings", class.conference)).await.text();
    assert!(page.contains("Brought by hand") && page.contains("Held in Zoom"), "{page}");
    let overview = instructor.get(&format!("/conferences/{}", class.conference)).await.text();
    assert!(overview.contains("Recording brought by hand"), "{overview}");
    let ledger = school.world.sign_in(ADMIN).await.get("/admin/ledger").await.expect(200).text();
    assert!(ledger.contains("Brought by hand"), "{ledger}");
    send(&instructor, &class, &film, REASON).await.expect(409);
    assert_eq!(archived(&school), 1, "the second copy is not kept");
    school.sync(&class).await;
    assert_eq!(school.artifacts(&class, "recording").await.len(), 1, "no sync takes it away");
}

#[tokio::test]
async fn what_teams_recorded_stands_beside_what_was_brought_and_is_not_mixed_with_it() {
    let school = School::open().await;
    let film = film(&school).await;
    let class = school.class("Algebra", -60).await;
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    send(&instructor, &class, &film, REASON).await.expect(201);
    school.hold(&class);
    school.sync(&class).await;
    let rows = school.artifacts(&class, "recording").await;
    let manual = rows.iter().filter(|row| row.match_basis.to_string() == "manual").count();
    assert_eq!((rows.len(), manual), (2, 1), "{rows:?}");
    assert!(rows.iter().all(|row| row.graph_id.is_none() == (row.match_basis.to_string() == "manual")));
    assert!(rows.iter().all(|row| row.graph_id.is_none() || row.item_id.is_some()), "its own file: {rows:?}");
    let monitor = school.read(ADMIN, "/api/v1/monitor").await;
    assert_eq!(monitor["recorded_manual"], json!(0), "Teams has it, too: {monitor}");
}

#[tokio::test]
async fn bad_files_are_refused_with_a_sentence_and_nothing_of_them_remains() {
    let school = School::with(&[("ONRECORD_LIMIT_RECORDING_MIB", "4")]).await;
    let film = film(&school).await;
    let class = school.class("Algebra", -60).await;
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    let html = b"<!DOCTYPE html><title>Sign in</title>".repeat(50);
    let cases: [(&[u8], &str); 4] =
        [(&html, "no MP4"), (&film[..film.len() / 2], "breaks off"), (b"", "no MP4"), (&film[8..], "no MP4")];
    for (file, words) in cases {
        let refused = send(&instructor, &class, file, REASON).await.expect(422).json();
        let said = refused["errors"][0]["message"].as_str().unwrap_or_default();
        assert_eq!(refused["errors"][0]["field"], json!("file"));
        assert!(said.contains(words), "{said}");
    }
    let mut large = film.clone();
    large.extend(vec![0; 5 * 1024 * 1024]);
    let told = send(&instructor, &class, &large, REASON).await.expect(413).text();
    assert!(told.contains("ONRECORD_LIMIT_RECORDING_MIB"), "{told}");
    let pieces = futures::stream::iter(
        large.chunks(65_536).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>(),
    );
    let path = format!("/api/v1/meetings/{}/recordings/upload?reason=Zoom", class.meeting);
    let kind = [("content-type", "video/mp4")];
    instructor.request(Method::POST, &path, &kind, Body::from_stream(pieces)).await.expect(413);
    let broken = futures::stream::iter(vec![
        Ok(film[..film.len() / 2].to_vec()),
        Err(std::io::Error::other("the line went dead")),
    ]);
    instructor.request(Method::POST, &path, &kind, Body::from_stream(broken)).await.expect(422);
    send(&instructor, &class, &film, "  ").await.expect(422);
    send(&instructor, &class, &film, &"x".repeat(501)).await.expect(422);
    let html = [("content-type", "text/html")];
    instructor.request(Method::POST, &path, &html, Body::from(film.clone())).await.expect(415);
    let ahead = school.class("Algebra", 60).await;
    send(&instructor, &ahead, &film, REASON).await.expect(409);
    for (person, status) in
        [(LEARNER, 403), ("officer@contoso.example", 403), ("outsider@contoso.example", 404)]
    {
        let person = school.world.sign_in(person).await;
        send(&person, &class, &film, REASON).await.expect(status);
    }
    assert!(school.artifacts(&class, "recording").await.is_empty());
    assert_eq!(archived(&school), 0, "nothing half remains");
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM archive_draft").await, 0);
}

#[tokio::test]
async fn the_form_on_the_class_page_uploads_a_file() {
    let school = School::open().await;
    let film = film(&school).await;
    let class = school.class("Algebra", -60).await;
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    let tab = format!("/conferences/{}?tab=recordings", class.conference);
    let page = instructor.get(&tab).await.expect(200).text();
    let action = format!("/meetings/{}/recordings/upload", class.meeting);
    assert!(page.contains(&format!("action=\"{action}\" enctype=\"multipart/form-data\"")), "{page}");
    let learner = school.world.sign_in(LEARNER).await;
    assert!(!learner.get(&tab).await.expect(200).text().contains(&action));
    let mut body =
        b"--edge\r\ncontent-disposition: form-data; name=\"reason\"\r\n\r\nHeld in Zoom\r\n".to_vec();
    body.extend_from_slice(
        b"--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"C:\\\\x\\\\zoom 1.mp4\"\r\n",
    );
    body.extend_from_slice(b"content-type: video/mp4\r\n\r\n");
    body.extend_from_slice(&film);
    let cut = body.clone();
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let kind = [("content-type", "multipart/form-data; boundary=edge")];
    instructor.request(Method::POST, &action, &kind, Body::from(cut)).await.expect(422);
    assert!(school.artifacts(&class, "recording").await.is_empty(), "a form that broke off keeps nothing");
    instructor.request(Method::POST, &action, &kind, Body::from(body)).await.expect(303);
    let rows = school.artifacts(&class, "recording").await;
    assert_eq!(rows[0].name, "zoom 1.mp4");
    assert_eq!(rows[0].decided_reason, "Held in Zoom");
    let empty = b"--edge--\r\n".to_vec();
    instructor.request(Method::POST, &action, &kind, Body::from(empty)).await.expect(422);
}

#[tokio::test]
async fn a_link_into_ones_own_onedrive_is_attached_and_copied_at_once() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let link = link_of(&school, INSTRUCTOR).await;
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    let path = format!("/api/v1/meetings/{}/recordings/link", class.meeting);
    let body = json!({ "onedrive_url": link, "reason": REASON });
    let made = instructor.post(&path, &body).await.expect(201).json();
    assert_eq!((&made["source"], &made["stored_in_onedrive"]), (&json!("manual"), &json!(true)), "{made}");
    assert_eq!(made["duration_minutes"], json!(45));
    school.timetable().await;
    let row = &school.artifacts(&class, "recording").await[0];
    assert!(row.verified_at.is_some() && row.sha256.is_some() && row.archive_key.is_some(), "{row:?}");
    assert_eq!(school.row(&class).await.verdict.to_string(), "recorded");
    school.world.sim.add_fault(&json!({ "path": "drives", "status": 404 })).unwrap();
    let learner = school.world.sign_in(LEARNER).await;
    let content = learner.get(&format!("/recordings/{}/content", row.id)).await.expect(200);
    assert_eq!(content.body.len() as i64, row.size_bytes.unwrap(), "it outlives its owner's OneDrive");
    school.world.sim.clear_faults();
    instructor.post(&path, &body).await.expect(409);
    let other = school.class("Biology", -60).await;
    let elsewhere = format!("/api/v1/meetings/{}/recordings/link", other.meeting);
    let told = instructor.post(&elsewhere, &body).await.expect(409).text();
    assert!(!told.contains("Algebra"), "other classes are not named: {told}");
}

#[tokio::test]
async fn nobody_brings_before_a_class_what_they_could_not_open_themselves() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let link = link_of(&school, LEARNER).await;
    let path = format!("/api/v1/meetings/{}/recordings/link", class.meeting);
    let body = json!({ "onedrive_url": link, "reason": REASON });
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    let told = instructor.post(&path, &body).await.expect(403).json();
    assert!(told["detail"].as_str().unwrap().contains("your own OneDrive"), "{told}");
    for (wrong, status) in [
        (json!({ "onedrive_url": "https://nowhere.example/x.mp4", "reason": REASON }), 422),
        (json!({ "onedrive_url": "file:///etc/passwd", "reason": REASON }), 422),
        (json!({ "onedrive_url": "", "reason": REASON }), 422),
        (json!({ "onedrive_url": link, "reason": "" }), 422),
        (json!({ "url": link }), 422),
        (json!({}), 422),
    ] {
        instructor.post(&path, &wrong).await.expect(status);
    }
    let learner = school.world.sign_in(LEARNER).await;
    learner.post(&path, &body).await.expect(403);
    let admin = school.world.sign_in(ADMIN).await;
    admin.post(&path, &body).await.expect(201);
    assert_eq!(
        school.count("SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'recording.attached'").await,
        1
    );
}

#[tokio::test]
async fn a_file_that_is_no_video_is_not_attached() {
    let school = School::open().await;
    let held = school.class("Geometry", -200).await;
    let files = school.hold(&held).files;
    let class = school.class("Algebra", -60).await;
    let admin = school.world.sign_in(ADMIN).await;
    let path = format!("/meetings/{}/recordings/link", class.meeting);
    let fields = [("onedrive_url", files[0].web_url.as_str()), ("reason", REASON)];
    let told = admin.submit(&path, &fields).await.expect(422).text();
    assert!(told.contains("no MP4"), "{told}");
    assert!(school.artifacts(&class, "recording").await.is_empty());
}

async fn without_chat(school: &School) {
    let tx = school.world.app.store.write().await.unwrap();
    tx.execute("UPDATE integration SET kinds_off = '[\"chat\",\"files\"]'", Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_full_onedrive_sends_the_file_to_a_colleague_and_it_is_found_there() {
    let school = School::open().await;
    without_chat(&school).await;
    let class = school.class("Algebra", -60).await;
    let held = school.hold_as(&class, HoldRequest { outcome: Outcome::QuotaFull, ..HoldRequest::default() });
    assert!(held.recordings[0].item_id.is_some(), "somebody had room");
    school.sync(&class).await;
    assert_eq!(school.artifacts(&class, "recording").await[0].item_id, None, "it may still come");
    school.wait(TimeDelta::minutes(20));
    school.timetable().await;
    let row = &school.artifacts(&class, "recording").await[0];
    assert_eq!((&row.drive_id, &row.item_id), (&held.recordings[0].drive_id, &held.recordings[0].item_id));
}

#[tokio::test]
async fn a_recording_that_lies_nowhere_is_taken_from_teams_at_once_and_its_last_day_is_told() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let guest = |name: &str| Attendee::Person(Person { name: Some(name.into()), ..Person::default() });
    let people = Attendees::People(vec![guest("A Guest"), guest("Another")]);
    let request = HoldRequest {
        outcome: Outcome::QuotaFull,
        attendees: Some(people),
        record: Some(true),
        ..HoldRequest::default()
    };
    let held = school.hold_as(&class, request);
    assert_eq!(held.recordings[0].item_id, None, "no drive had room");
    school.sync(&class).await;
    school.wait(TimeDelta::minutes(20));
    // The first try to take it fails: until it is here, the day on which it is lost is told.
    school
        .world
        .sim
        .add_fault(&json!({ "path": "*/recordings/*/content", "status": 500, "times": 20 }))
        .unwrap();
    school.timetable().await;
    let row = school.artifacts(&class, "recording").await[0].clone();
    assert!(row.verified_at.is_none() && row.archive_key.is_none(), "never visible half: {row:?}");
    let until = row.expected_expiry_at.expect("a day");
    assert_eq!((until - row.ended_at.unwrap()).num_days(), 21);
    let monitor = school.read(ADMIN, "/api/v1/monitor").await;
    let day = until.format("%Y-%m-%d").to_string();
    let is_told = |problem: &Value| problem.as_str().is_some_and(|text| text.contains(&day));
    assert!(monitor["problems"].as_array().unwrap().iter().any(is_told), "{monitor}");
    let page = school.world.sign_in(INSTRUCTOR).await;
    let page =
        page.get(&format!("/conferences/{}?tab=recordings", class.conference)).await.expect(200).text();
    assert!(page.contains("No OneDrive holds this recording"), "{page}");
    school.world.sim.clear_faults();
    school.wait(TimeDelta::hours(1));
    school.timetable().await;
    let row = school.artifacts(&class, "recording").await[0].clone();
    assert_eq!(row.quick_xor_hash.as_deref(), Some(held.recordings[0].quick_xor_hash.as_str()), "{row:?}");
    assert!(row.verified_at.is_some() && row.sha256.is_some());
    school.world.sim.add_fault(&json!({ "path": "*/recordings/*/content", "status": 404 })).unwrap();
    let learner = school.world.sign_in(LEARNER).await;
    let content = learner.get(&format!("/recordings/{}/content", row.id)).await.expect(200);
    assert_eq!(content.body.len() as u64, held.recordings[0].size_bytes, "Teams may delete it now");
    let monitor = school.read(ADMIN, "/api/v1/monitor").await;
    assert!(!monitor["problems"].as_array().unwrap().iter().any(is_told), "{monitor}");
}

#[tokio::test]
async fn what_a_dead_writer_left_in_the_archive_is_removed_later() {
    let school = School::open().await;
    let app = &school.world.app;
    app.bucket.put("Recordings/1/dead.mp4", bytes::Bytes::from_static(b"half")).await.unwrap();
    let tx = app.store.write().await.unwrap();
    tx.execute(
        "INSERT INTO archive_draft (key, begun_at, touched_at) VALUES ('Recordings/1/dead.mp4', $1, $1)",
        params![school.now()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    school.wait(TimeDelta::hours(20));
    school.timetable().await;
    assert!(app.bucket.exists("Recordings/1/dead.mp4").await.unwrap(), "it may still be written");
    school.wait(TimeDelta::hours(5));
    school.timetable().await;
    assert!(!app.bucket.exists("Recordings/1/dead.mp4").await.unwrap());
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM archive_draft").await, 0);
}
