//! What a person may ask under privacy law: what is held about them, and to be forgotten; and how much is kept of who
//! watches what.

use chrono::TimeDelta;
use onrecord::params;
use onrecord::store::Read as _;
use onrecord::worker;
use serde_json::{Value, json};

use crate::lecture::{ADMIN, INSTRUCTOR, LEARNER, Lecture, OFFICER, OUTSIDER};
use crate::school::{Class, School};

/// A class that was held by the people of the course, with chat, attendance and transcript.
async fn held(school: &School) -> Class {
    let class = school.class("Algebra", -60).await;
    let person = |email: &str, name: &str, role: &str| msgraph_sim::Person {
        email: Some(email.to_owned()),
        name: Some(name.to_owned()),
        role: Some(role.to_owned()),
        ..msgraph_sim::Person::default()
    };
    let attendees = msgraph_sim::Attendees::People(vec![
        msgraph_sim::Attendee::Person(person(INSTRUCTOR, "Ines Tructor", "Presenter")),
        msgraph_sim::Attendee::Person(person(LEARNER, "Lea Rner", "Attendee")),
    ]);
    school.hold_as(&class, msgraph_sim::HoldRequest { attendees: Some(attendees), ..Default::default() });
    school.sync(&class).await;
    class
}

async fn erase(school: &School, reason: &str) -> Value {
    let officer = school.world.sign_in(OFFICER).await;
    let path = format!("/api/v1/users/{}/erasure", school.learner);
    officer.post(&path, &json!({ "reason": reason })).await.expect(201).json()
}

/// Every text of the database in which a word stands, with its table and column.
async fn found(school: &School, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (table, column) in [
        ("user", "name"),
        ("user", "email"),
        ("attendance_record", "name"),
        ("attendance_record", "email"),
        ("chat_message", "sender"),
        ("transcript_cue", "speaker"),
        ("transcript_cue", "text"),
        ("chat_message", "text"),
        ("audit_detail", "detail"),
        ("audit_entry", "subject"),
        ("audit_entry", "action"),
        ("erasure", "report"),
        ("user_alias", "email"),
    ] {
        for word in words {
            let sql = format!("SELECT COUNT(*) AS n FROM \"{table}\" WHERE {column} LIKE '%{word}%'");
            if school.count(&sql).await > 0 {
                found.push(format!("{table}.{column}: {word}"));
            }
        }
    }
    found
}

/// Texts of the archive in which a word stands.
fn in_archive(school: &School, word: &str) -> Vec<String> {
    fn files(folder: &std::path::Path, all: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { files(&entry.path(), all) } else { all.push(entry.path()) }
        }
    }
    let mut all = Vec::new();
    files(&school.world.folder().join("archive"), &mut all);
    let holds =
        |path: &std::path::PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains(word);
    all.into_iter().filter(|path| holds(path)).map(|path| path.display().to_string()).collect()
}

#[tokio::test]
async fn a_person_is_forgotten_everywhere_and_no_sync_brings_them_back() {
    let school = School::open().await;
    let class = held(&school).await;
    let before = found(&school, &["Lea Rner", "learner@contoso"]).await;
    assert!(before.iter().any(|place| place.starts_with("attendance_record.name")), "{before:?}");
    let spoke = !in_archive(&school, "Lea Rner").is_empty();
    let rows = school.count("SELECT COUNT(*) AS n FROM attendance_record").await;
    let done = erase(&school, "they asked for it").await;
    assert_eq!(done["state"], "done", "{done}");
    assert!(done["report"]["at_microsoft"].as_str().unwrap().contains("Teams chat"), "{done}");
    let name = done["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("Person-"), "{done}");
    assert_eq!(found(&school, &["Lea Rner", "learner@contoso"]).await, Vec::<String>::new());
    assert_eq!(in_archive(&school, "Lea Rner"), Vec::<String>::new(), "spoke before: {spoke}");
    school.sync(&class).await;
    assert_eq!(found(&school, &["Lea Rner", "learner@contoso"]).await, Vec::<String>::new(), "after a sync");
    assert_eq!(
        school.count("SELECT COUNT(*) AS n FROM attendance_record").await,
        rows,
        "who was there is counted"
    );
    let attended =
        school.read(INSTRUCTOR, &format!("/api/v1/conferences/{}/attendance", class.conference)).await;
    assert!(attended["items"].to_string().contains(&name), "{attended}");
    school.world.sign_in(OFFICER).await.get("/admin/requests").await.expect(200);
    worker::run_until_idle(&school.world.app).await;
    let verified = onrecord::ops::audit::verify(&school.world.app).await.unwrap();
    assert!(verified.ok, "the chain stands: {:?}", verified.problems);
    let again = school.world.sign_in(OFFICER).await;
    let path = format!("/api/v1/users/{}/erasure", school.learner);
    again.post(&path, &json!({ "reason": "once more" })).await.expect(409);
}

#[tokio::test]
async fn what_microsoft_offers_after_the_erasure_names_nobody_again() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let late = msgraph_sim::Delays { transcript: 7_200, chat: 7_200, ..Default::default() };
    school.hold_as(&class, mentioned(late));
    school.sync(&class).await;
    let name = erase(&school, "they asked for it").await["name"].as_str().unwrap().to_owned();
    school.wait(TimeDelta::hours(3));
    school.sync(&class).await;
    let words = ["Lea Rner", "LEA RNER", "learner@contoso", "Learner@Contoso"];
    assert_eq!(found(&school, &words).await, Vec::<String>::new());
    for word in words {
        assert_eq!(in_archive(&school, word), Vec::<String>::new());
    }
    let spoken = format!("SELECT COUNT(*) AS n FROM transcript_cue WHERE speaker = '{name}'");
    assert!(school.count(&spoken).await > 0, "what was said stays, under the pseudonym");
    let asked = format!("SELECT COUNT(*) AS n FROM chat_message WHERE text = 'Ask {name} or {name}!'");
    assert_eq!(school.count(&asked).await, 1, "and where others name them");
    let others = "SELECT COUNT(*) AS n FROM transcript_cue WHERE speaker = 'Ines Tructor'";
    assert!(school.count(others).await > 0, "others are named as before");
    assert_eq!(school.sync(&class).await["details"]["chat"]["updated"], 0, "nothing changes for ever");
}

/// A class in whose chat the learner is named by name and address, in letters of all kinds.
fn mentioned(delays: msgraph_sim::Delays) -> msgraph_sim::HoldRequest {
    let line =
        |from: &str, text: &str| msgraph_sim::ChatLine { from: from.to_owned(), text: text.to_owned() };
    let attendees = [INSTRUCTOR, LEARNER].map(|email| msgraph_sim::Attendee::Email(email.to_owned()));
    msgraph_sim::HoldRequest {
        attendees: Some(msgraph_sim::Attendees::People(attendees.into())),
        chat: Some(vec![
            line(INSTRUCTOR, "Ask LEA RNER or Learner@Contoso.Example!"),
            line(LEARNER, "Me? I am Lea Rner."),
        ]),
        delays,
        ..Default::default()
    }
}

#[tokio::test]
async fn an_erasure_before_the_class_was_read_keeps_the_name_out_of_all_of_it() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, mentioned(msgraph_sim::Delays::default()));
    erase(&school, "they asked for it").await;
    school.sync(&class).await;
    assert_eq!(found(&school, &["Lea Rner", "LEA RNER", "contoso.example!"]).await, Vec::<String>::new());
    assert_eq!(in_archive(&school, "Lea Rner"), Vec::<String>::new());
    assert!(school.count("SELECT COUNT(*) AS n FROM attendance_record").await >= 2, "they were there");
}

#[tokio::test]
async fn an_erasure_while_a_transcript_is_under_way_is_not_undone_by_it() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, mentioned(msgraph_sim::Delays::default()));
    let slow = json!({ "path": "*/transcripts/*/content*", "slow_ms": 1_000, "times": 1 });
    school.world.sim.add_fault(&slow).expect("a fault");
    let forgotten = async {
        while school.count("SELECT COUNT(*) AS n FROM artifact WHERE kind = 'transcript'").await == 0 {
            tokio::task::yield_now().await;
        }
        erase(&school, "they asked for it").await
    };
    let (_, done) = tokio::join!(school.sync(&class), forgotten);
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(found(&school, &["Lea Rner", "learner@contoso"]).await, Vec::<String>::new());
    assert_eq!(in_archive(&school, "Lea Rner"), Vec::<String>::new());
    let name = done["name"].as_str().unwrap();
    let spoken = format!("SELECT COUNT(*) AS n FROM transcript_cue WHERE speaker = '{name}'");
    assert!(school.count(&spoken).await > 0, "the transcript came, and names the pseudonym");
}

#[tokio::test]
async fn names_and_addresses_go_from_the_archive_in_whatever_letters() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold_as(&class, mentioned(msgraph_sim::Delays::default()));
    school.sync(&class).await;
    let recording = school.artifacts(&class, "recording").await[0].id;
    let path = format!("/api/v1/recordings/{recording}/archive");
    school.world.sign_in(ADMIN).await.post(&path, &Value::Null).await;
    worker::run_until_idle(&school.world.app).await;
    let words = ["Lea Rner", "LEA RNER", "Learner@Contoso"];
    for word in words {
        assert!(!in_archive(&school, word).is_empty(), "{word} is there before");
    }
    erase(&school, "they asked for it").await;
    assert_eq!(found(&school, &words).await, Vec::<String>::new());
    for word in words {
        assert_eq!(in_archive(&school, word), Vec::<String>::new());
    }
    // What lies beside a recording is made from rows: they must not bring it back.
    assert_eq!(school.world.command(&["cleanup", "--days", "1", "--archive"]).await, 0);
    for word in words {
        assert_eq!(in_archive(&school, word), Vec::<String>::new(), "after another archiving");
    }
}

#[tokio::test]
async fn what_a_hold_blocks_is_kept_from_view_and_done_when_it_ends() {
    let school = School::open().await;
    let class = held(&school).await;
    let officer = school.world.sign_in(OFFICER).await;
    let hold = json!({ "scope": "course", "subject_id": school.course, "reason": "an inquiry" });
    let hold = officer.post("/api/v1/holds", &hold).await.expect(201).json();
    let blocked = erase(&school, "they asked for it").await;
    assert_eq!(blocked["state"], "blocked", "{blocked}");
    assert!(blocked["blocked_by"].as_str().unwrap().contains("an inquiry"), "{blocked}");
    assert!(school.count("SELECT COUNT(*) AS n FROM attendance_record WHERE name = 'Lea Rner'").await > 0);
    for tab in ["attendance", "chat"] {
        let page = format!("/conferences/{}?tab={tab}", class.conference);
        let page = school.world.sign_in(INSTRUCTOR).await.get(&page).await.expect(200).text();
        assert!(!page.contains("Lea Rner") && !page.contains(LEARNER), "{tab}");
        let list = school.read(INSTRUCTOR, &format!("/api/v1/conferences/{}/{tab}", class.conference)).await;
        assert!(!list.to_string().contains("Lea Rner") && !list.to_string().contains(LEARNER), "{list}");
    }
    let course = format!("/courses/{}", school.course);
    for path in [course.clone(), format!("{course}/acknowledgements"), format!("/api/v1{course}/roster")] {
        let shown = school.world.sign_in(INSTRUCTOR).await.get(&path).await.expect(200).text();
        assert!(!shown.contains("Lea Rner") && !shown.contains(LEARNER), "{path}");
    }
    worker::run_until_idle(&school.world.app).await;
    assert_eq!(school.read(OFFICER, "/api/v1/erasures").await["items"][0]["state"], "blocked");
    let release = format!("/api/v1/holds/{}/release", hold["id"]);
    officer.post(&release, &json!({ "reason": "closed" })).await.expect(200);
    // Nobody waits for a duty.
    assert_eq!(school.read(OFFICER, "/api/v1/erasures").await["items"][0]["state"], "done");
    assert_eq!(found(&school, &["Lea Rner"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_hold_that_begins_later_keeps_what_it_will_need() {
    let school = School::open().await;
    held(&school).await;
    let tomorrow = (school.now() + TimeDelta::days(1)).to_rfc3339();
    let hold = json!({
        "scope": "course", "subject_id": school.course, "reason": "an inquiry", "starts_at": tomorrow,
    });
    school.world.sign_in(OFFICER).await.post("/api/v1/holds", &hold).await.expect(201);
    assert_eq!(erase(&school, "they asked for it").await["state"], "blocked");
}

#[tokio::test]
async fn legal_retention_blocks_until_its_day() {
    let school = School::open().await;
    held(&school).await;
    let officer = school.world.sign_in(OFFICER).await;
    let law = json!({ "name": "Exam law", "nature": "legal", "kind": "attendance", "days": 30 });
    officer.post("/api/v1/retention/policies", &law).await.expect(201);
    let blocked = erase(&school, "they asked for it").await;
    assert!(blocked["blocked_by"].as_str().unwrap().contains("Exam law"), "{blocked}");
    school.wait(TimeDelta::days(31));
    school.timetable().await;
    assert_eq!(school.read(OFFICER, "/api/v1/erasures").await["items"][0]["state"], "done");
}

#[tokio::test]
async fn everybody_may_have_what_is_held_about_them_and_nobody_else_may() {
    let school = School::open().await;
    let class = held(&school).await;
    let recording = school.artifacts(&class, "recording").await[0].id;
    let learner = school.world.sign_in(LEARNER).await;
    learner.get(&format!("/recordings/{recording}/content")).await.expect(200);
    let own = learner.get("/api/v1/me/data").await.expect(200).json();
    assert_eq!(own["account"][0]["email"], LEARNER);
    assert_eq!(own["visits"][0]["title"], "Algebra", "{own}");
    assert_eq!(own["attendance"][0]["name"], "Lea Rner", "{own}");
    assert_eq!(own["courses"][0]["code"], "MAT-1");
    assert!(!own.to_string().contains("Ines Tructor"), "of others nothing: {own}");
    let file = learner.get("/account/data.json").await.expect(200);
    assert!(file.header("content-disposition").starts_with("attachment"));
    let page = learner.get("/account/data").await.expect(200).text();
    assert!(page.contains("Algebra") && page.contains("180 days"), "{page}");
    let path = format!("/api/v1/users/{}/data", school.learner);
    for who in [INSTRUCTOR, OUTSIDER, LEARNER] {
        school.world.sign_in(who).await.get(&path).await.expect(404);
    }
    let same = school.read(OFFICER, &path).await;
    assert_eq!(same["attendance"], own["attendance"]);
    let form = [("email", LEARNER), ("step", "export")];
    let answer = school.world.sign_in(OFFICER).await.submit("/admin/requests", &form).await.expect(200);
    assert!(answer.text().contains("Lea Rner"));
    assert!(
        school.count("SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'person.exported'").await >= 3
    );
}

#[tokio::test]
async fn those_with_a_role_are_not_forgotten_and_reasons_are_asked() {
    let school = School::open().await;
    let officer = school.world.sign_in(OFFICER).await;
    let id = school.count("SELECT id AS n FROM \"user\" WHERE email = 'admin@contoso.example'").await;
    let path = format!("/api/v1/users/{id}/erasure");
    officer.post(&path, &json!({ "reason": "x" })).await.expect(409);
    let path = format!("/api/v1/users/{}/erasure", school.learner);
    officer.post(&path, &json!({})).await.expect(422);
    school.world.sign_in(INSTRUCTOR).await.post(&path, &json!({ "reason": "x" })).await.expect(404);
    officer.submit("/admin/requests", &[("email", "nobody@nowhere.example")]).await.expect(422);
}

async fn settings(lecture: &Lecture, body: Value) {
    lecture.person(OFFICER).await.patch("/api/v1/privacy", &body).await.expect(200);
}

/// Two views by one person and a download by another; what the counters say.
async fn visits(lecture: &Lecture) -> (i64, i64) {
    let learner = lecture.person(LEARNER).await;
    for _ in 0..3 {
        learner.get(&lecture.watch()).await.expect(200);
    }
    lecture.world.app.clock.advance(TimeDelta::minutes(45));
    learner.get_with(&lecture.watch(), &[("user-agent", "Browser/1")]).await.expect(200);
    lecture.person(INSTRUCTOR).await.get(&lecture.download()).await.expect(200);
    let json = lecture.person(INSTRUCTOR).await.get(&lecture.api("")).await.expect(200).json();
    (json["view_count"].as_i64().unwrap(), json["download_count"].as_i64().unwrap())
}

#[tokio::test]
async fn counters_are_exact_however_little_is_kept() {
    for (detail, named, hashed) in [("named", 3, 0), ("pseudonymous", 0, 3), ("counts_only", 0, 3)] {
        let lecture = Lecture::held("Cells").await;
        settings(&lecture, json!({ "access_detail": detail })).await;
        assert_eq!(visits(&lecture).await, (2, 1), "{detail}");
        let count = async |condition: &str| {
            lecture.count(&format!("SELECT COUNT(*) FROM visit WHERE {condition}")).await
        };
        assert_eq!(count("user_id IS NOT NULL").await, named, "{detail}");
        assert_eq!(count("user_id IS NULL").await, hashed, "{detail}");
        assert_eq!(count("address IS NOT NULL OR user_agent IS NOT NULL").await, 0, "off by default");
        let whose = lecture.count("SELECT COUNT(*) FROM audit_detail WHERE user_id IS NOT NULL").await;
        assert_eq!(whose, named, "{detail}");
        let chained =
            "SELECT COUNT(*) FROM audit_entry WHERE action LIKE 'recording.%' AND actor_id IS NOT NULL";
        assert_eq!(lecture.count(chained).await, 0, "who came never enters the chain");
        assert_eq!(lecture.audited("recording.watched").await, 2, "{detail}");
        let own = lecture.person(LEARNER).await.get("/account/data").await.expect(200).text();
        assert_eq!(own.contains("watched</span>"), detail == "named", "{detail}");
        lecture.world.app.clock.advance(TimeDelta::hours(3));
        worker::run_until_idle(&lecture.world.app).await;
        let left = if detail == "counts_only" { 0 } else { 3 };
        assert_eq!(lecture.count("SELECT COUNT(*) FROM visit").await, left, "{detail}");
        lecture.world.app.clock.advance(TimeDelta::days(181));
        worker::run_until_idle(&lecture.world.app).await;
        assert_eq!(lecture.count("SELECT COUNT(*) FROM visit").await, 0, "{detail}");
        let forgotten = "SELECT COUNT(*) FROM audit_detail WHERE visit_id IS NOT NULL";
        assert!(lecture.count(forgotten).await == 0 || detail == "counts_only", "{detail}");
        let json = lecture.person(INSTRUCTOR).await.get(&lecture.api("")).await.expect(200).json();
        assert_eq!((&json["view_count"], &json["download_count"]), (&json!(2), &json!(1)), "{detail}");
        let verified = onrecord::ops::audit::verify(&lecture.world.app).await.unwrap();
        assert!(verified.ok, "{:?}", verified.problems);
        lecture.person(OFFICER).await.get("/admin/audit").await.expect(200);
    }
}

#[tokio::test]
async fn the_audit_finds_visits_by_person() {
    let lecture = Lecture::held("Cells").await;
    lecture.person(LEARNER).await.get(&lecture.watch()).await.expect(200);
    let path = format!("/api/v1/audit?who={}&action=recording.watched", lecture.learner);
    let found = lecture.person(OFFICER).await.get(&path).await.expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["items"][0]["actor_id"], json!(lecture.learner));
    assert_eq!(found["items"][0]["actor_name"], "learner");
}

#[tokio::test]
async fn address_and_browser_are_kept_only_where_the_school_wants_it() {
    let lecture = Lecture::held("Cells").await;
    settings(&lecture, json!({ "access_network": true })).await;
    visits(&lecture).await;
    assert_eq!(lecture.count("SELECT COUNT(*) FROM visit WHERE user_agent = 'Browser/1'").await, 1);
}

#[tokio::test]
async fn staff_say_why_they_watch_where_the_school_wants_it() {
    let lecture = Lecture::held("Cells").await;
    let officer = lecture.person(OFFICER).await;
    officer.get(&lecture.watch()).await.expect(200);
    settings(&lecture, json!({ "playback_reason": true })).await;
    lecture.world.app.clock.advance(TimeDelta::hours(1));
    for path in [lecture.watch(), lecture.download(), lecture.api("/content")] {
        officer.get(&path).await.expect(403);
    }
    let player = format!("/recordings/{}", lecture.recording);
    let asked = officer.get(&player).await.expect(303);
    assert_eq!(asked.header("location"), format!("{player}/reason"));
    let path = format!("{player}/reason");
    officer.get(&path).await.expect(200);
    officer.submit(&path, &[("reason", " ")]).await.expect(422);
    officer.submit(&path, &[("reason", "a complaint about the sound")]).await.expect(303);
    officer.get(&player).await.expect(200);
    officer.get(&lecture.watch()).await.expect(200);
    assert_eq!(lecture.audited("recording.reason_given").await, 1);
    lecture.person(ADMIN).await.get(&lecture.watch()).await.expect(403);
    for who in [LEARNER, INSTRUCTOR] {
        lecture.person(who).await.get(&lecture.watch()).await.expect(200);
    }
    lecture.world.app.clock.advance(TimeDelta::hours(13));
    officer.get(&lecture.watch()).await.expect(403);
    let why = lecture.person(OFFICER).await;
    why.post(&lecture.api("/reason"), &json!({ "reason": "again" })).await.expect(204);
    officer.get(&lecture.watch()).await.expect(200);
}

#[tokio::test]
async fn names_never_enter_what_the_chain_is_made_of() {
    let school = School::open().await;
    held(&school).await;
    let admin = school.world.sign_in(ADMIN).await;
    let person = json!({ "email": "new.person@contoso.example", "name": "New Person" });
    admin.post("/api/v1/users", &person).await.expect(201);
    erase(&school, "they asked for it").await;
    let rows =
        school.world.app.store.rows("SELECT subject, action FROM audit_entry", params![]).await.unwrap();
    assert!(rows.len() > 2, "something was written: {}", rows.len());
    for row in rows {
        let subject: String = row.get("subject").unwrap();
        let (word, id) = subject.split_once(':').expect("word:id");
        assert!(word.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{subject}");
        assert!(id.chars().all(|c| c.is_ascii_digit()), "{subject}");
    }
}
