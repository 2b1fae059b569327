//! People are told by mail: once for each class and person, only what they may see when it is sent, and however the mail
//! server behaves.

use chrono::TimeDelta;
use onrecord::model::id::Id as _;
use onrecord::params;
use onrecord::store::Read as _;
use serde_json::{Value, json};

use crate::mail_server::{MailServer, Mood};
use crate::school::{Class, School};

const INSTRUCTOR: &str = "instructor@contoso.example";
const LEARNER: &str = "learner@contoso.example";
const ADMIN: &str = "admin@contoso.example";
const OFFICER: &str = "officer@contoso.example";

/// A school that sends through this server, at all hours unless `more` says otherwise.
async fn school(server: &MailServer, more: &[(&str, &str)]) -> School {
    let mut settings = vec![
        ("ONRECORD_MAIL_URL", server.url.as_str()),
        ("ONRECORD_MAIL_FROM", "onrecord@contoso.example"),
        ("ONRECORD_MAIL_QUIET_HOURS", "off"),
    ];
    settings.extend(more);
    School::with(&settings).await
}

/// A class that was just held, recorded and synced.
async fn recorded(school: &School, title: &str) -> Class {
    let class = school.class(title, -60).await;
    school.hold(&class);
    school.sync(&class).await;
    pass(school, 1).await;
    class
}

/// Time passes, and the worker does what became due.
async fn pass(school: &School, minutes: i64) {
    school.wait(TimeDelta::minutes(minutes));
    school.timetable().await;
    // What the first round queued for later in the same minute.
    school.timetable().await;
}

/// From six in the morning to five in the afternoon, when the daily mail goes out.
async fn until_the_daily_mail(school: &School) {
    let now = school.world.app.clock.now();
    let five = now.date_naive().and_hms_opt(17, 0, 30).expect("a time").and_utc();
    let five = if five > now { five } else { five + TimeDelta::days(1) };
    pass(school, (five - now).num_minutes() + 1).await;
}

/// Why the mails of somebody were dropped.
async fn dropped(school: &School, email: &str) -> Vec<String> {
    let sql = "SELECT m.dropped_because AS why FROM mail m JOIN \"user\" u ON u.id = m.user_id
               WHERE u.email = $1 AND m.dropped_at IS NOT NULL ORDER BY m.id";
    let rows = school.world.app.store.rows(sql, params![email]).await.expect("a query");
    rows.iter().map(|row| row.get("why").expect("a word")).collect()
}

async fn execute(school: &School, sql: &str, binds: Vec<sea_orm::Value>) {
    let tx = school.world.app.store.write().await.expect("a transaction");
    tx.execute(sql, binds).await.expect("it is done");
    tx.commit().await.expect("it is written");
}

#[tokio::test]
async fn a_recording_is_told_once_to_each_at_their_pace() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    let class = recorded(&school, "Algebra").await;
    assert!(server.letters().is_empty(), "it waits for others that belong into the same letter");
    pass(&school, 6).await;
    let letters = server.letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    let letter = &letters[0];
    assert_eq!(letter.to, INSTRUCTOR);
    assert!(letter.header("subject").starts_with("Recording ready: Algebra"), "{}", letter.header("subject"));
    assert!(letter.header("from").contains("onrecord@contoso.example"));
    assert_eq!(letter.header("auto-submitted"), "auto-generated");
    assert_eq!(letter.header("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
    assert!(letter.header("list-unsubscribe").starts_with("<http://127.0.0.1:8080/mail/stop/"));
    let link = format!("http://127.0.0.1:8080/conferences/{}?tab=recordings", class.conference);
    let text = letter.text();
    assert!(text.contains(&link) && text.contains("text/html") && text.contains("text/plain"), "{text}");
    for never in ["tempauth", "sharepoint", &school.world.sim.url(), LEARNER, "<img"] {
        assert!(!text.contains(never), "{never} in {text}");
    }
    until_the_daily_mail(&school).await;
    assert_eq!(server.to(LEARNER).len(), 1);
    for _ in 0..3 {
        school.sync(&class).await;
        pass(&school, 60).await;
    }
    assert_eq!(server.to(INSTRUCTOR).len() + server.to(LEARNER).len(), 2, "once for each");
    let audited = school.count("SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'mail.sent'").await;
    assert_eq!(audited, server.letters().len() as i64);
}

#[tokio::test]
async fn several_recordings_of_a_day_are_one_letter() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    recorded(&school, "Algebra").await;
    recorded(&school, "Geometry").await;
    until_the_daily_mail(&school).await;
    let letters = server.to(LEARNER);
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].header("subject"), "2 recordings are ready");
    assert!(letters[0].text().contains("Algebra") && letters[0].text().contains("Geometry"));
}

#[tokio::test]
async fn what_was_hidden_meanwhile_is_not_told_and_is_when_it_is_shown_again() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    let class = recorded(&school, "Algebra").await;
    let recording = school.artifacts(&class, "recording").await[0].id;
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    let path = format!("/api/v1/recordings/{recording}");
    instructor.post(&format!("{path}/hide"), &json!({ "reason": "a mistake" })).await.expect(200);
    until_the_daily_mail(&school).await;
    assert!(server.to(LEARNER).is_empty());
    assert_eq!(dropped(&school, LEARNER).await, ["hidden"]);
    instructor.post(&format!("{path}/show"), &Value::Null).await;
    pass(&school, 1).await;
    until_the_daily_mail(&school).await;
    assert_eq!(server.to(LEARNER).len(), 1);
}

#[tokio::test]
async fn whoever_may_no_longer_see_it_is_not_told() {
    let cases = [
        ("UPDATE conference SET published = FALSE", "not_allowed"),
        ("DELETE FROM enrolment WHERE role = 'learner'", "not_allowed"),
        ("UPDATE \"user\" SET disabled_at = updated_at WHERE email = 'learner@contoso.example'", "disabled"),
    ];
    for (change, why) in cases {
        let server = MailServer::open().await;
        let school = school(&server, &[]).await;
        recorded(&school, "Algebra").await;
        execute(&school, change, params![]).await;
        until_the_daily_mail(&school).await;
        assert!(server.to(LEARNER).is_empty(), "{change}");
        assert_eq!(dropped(&school, LEARNER).await, [why], "{change}");
    }
}

#[tokio::test]
async fn learners_are_told_when_a_recorded_class_is_published() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    let class = school.class("Algebra", -60).await;
    execute(&school, "UPDATE conference SET published = FALSE", params![]).await;
    school.hold(&class);
    school.sync(&class).await;
    pass(&school, 1).await;
    until_the_daily_mail(&school).await;
    assert!(server.to(LEARNER).is_empty() && server.to(INSTRUCTOR).len() == 1);
    let path = format!("/api/v1/conferences/{}", class.conference);
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    instructor.patch(&path, &json!({ "published": true })).await.expect(200);
    pass(&school, 1).await;
    until_the_daily_mail(&school).await;
    assert_eq!(server.to(LEARNER).len(), 1);
    assert_eq!(server.to(INSTRUCTOR).len(), 1, "they were told before");
}

#[tokio::test]
async fn a_server_that_is_busy_gone_or_breaks_off_gets_the_same_letter_until_it_takes_it() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    server.will(&[Mood::Busy, Mood::Closed, Mood::TakenInSilence]);
    recorded(&school, "Algebra").await;
    pass(&school, 6).await;
    assert!(server.letters().is_empty());
    let monitor = school.read(ADMIN, "/api/v1/monitor").await;
    assert!(monitor["problems"].to_string().contains("try again later"), "{}", monitor["problems"]);
    let page = school.world.sign_in(ADMIN).await.get("/admin/mail").await.expect(200).text();
    assert!(
        page.contains("One mail waits because it is not taken") && page.contains("try again later"),
        "{page}"
    );
    for _ in 0..6 {
        pass(&school, 10).await;
    }
    let letters = server.to(INSTRUCTOR);
    assert_eq!(letters.len(), 2, "nobody can know whether the one before the break arrived");
    assert_eq!(letters[0].header("message-id"), letters[1].header("message-id"), "so it is the same letter");
    assert!(letters[0].header("message-id").ends_with("@127.0.0.1>"));
    pass(&school, 60).await;
    assert_eq!(server.to(INSTRUCTOR).len(), 2);
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_given_up_and_a_server_that_does_not_know_us_is_not() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    server.will(&[Mood::NoRelaying, Mood::NoSuchUser]);
    recorded(&school, "Algebra").await;
    pass(&school, 6).await;
    assert!(dropped(&school, INSTRUCTOR).await.is_empty(), "that is ours to mend");
    pass(&school, 10).await;
    assert_eq!(dropped(&school, INSTRUCTOR).await, ["refused"]);
    let page = school.world.sign_in(ADMIN).await.get("/admin/mail").await.expect(200).text();
    assert!(page.contains("no such user"), "{page}");
    pass(&school, 120).await;
    assert!(server.to(INSTRUCTOR).is_empty());
}

#[tokio::test]
async fn a_letter_that_nobody_takes_for_three_days_is_a_dead_letter() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    recorded(&school, "Algebra").await;
    server.will(&[Mood::Busy; 400]);
    for _ in 0..(24 * 4) {
        school.wait(TimeDelta::minutes(60));
        school.timetable().await;
    }
    let dead = "SELECT COUNT(*) AS n FROM job WHERE kind = 'mail' AND dead_at IS NOT NULL";
    assert!(school.count(dead).await >= 1);
    assert!(server.letters().is_empty());
}

#[tokio::test]
async fn a_server_without_tls_where_tls_is_asked_for_gets_nothing() {
    let server = MailServer::open().await;
    let url = server.url.replace("smtp:", "smtps:");
    let school = school(&server, &[("ONRECORD_MAIL_URL", &url)]).await;
    recorded(&school, "Algebra").await;
    pass(&school, 6).await;
    assert!(server.letters().is_empty());
    let failing = "SELECT COUNT(*) AS n FROM mail WHERE error <> ''";
    assert_eq!(school.count(failing).await, 1);
}

#[tokio::test]
async fn nothing_of_a_title_gets_into_the_headers() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    recorded(&school, "Algebra\r\nBcc: everybody@contoso.example\r\n\r\nÜbung").await;
    pass(&school, 6).await;
    let letters = server.to(INSTRUCTOR);
    assert_eq!(letters.len(), 1);
    assert!(letters[0].header("bcc").is_empty(), "{}", letters[0].raw);
    assert_eq!(server.letters().len(), 1);
}

#[tokio::test]
async fn quiet_hours_put_off_what_can_wait() {
    let server = MailServer::open().await;
    let quiet = [("ONRECORD_MAIL_QUIET_HOURS", "22:00-08:00"), ("ONRECORD_MAIL_TIME_ZONE", "UTC")];
    let school = school(&server, &quiet).await;
    recorded(&school, "Algebra").await;
    pass(&school, 60).await;
    assert!(server.letters().is_empty(), "it is seven in the morning");
    pass(&school, 61).await;
    assert_eq!(server.to(INSTRUCTOR).len(), 1);
}

#[tokio::test]
async fn one_click_stops_the_mails_of_a_letter_and_a_forged_link_stops_nothing() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    recorded(&school, "Algebra").await;
    until_the_daily_mail(&school).await;
    let link = server.to(LEARNER)[0].header("list-unsubscribe");
    let path = link.trim_matches(['<', '>']).trim_start_matches("http://127.0.0.1:8080").to_owned();
    let stranger = school.world.stranger();
    let chosen = "SELECT COUNT(*) AS n FROM mail_choice WHERE pace = 'off'";
    let shown = stranger.get(&path).await.expect(200).text();
    assert!(shown.contains(LEARNER) && shown.contains("Recording ready"), "{shown}");
    assert_eq!(school.count(chosen).await, 0, "looking stops nothing");
    let middle = path.len() - 12;
    let forged = format!("{}{}{}", &path[..middle], "AAAA", &path[middle + 4..]);
    for bad in [forged.as_str(), "/mail/stop/x", "/mail/stop/v1.00000000.AAAA"] {
        stranger.get(bad).await.expect(410);
        stranger.submit(bad, &[("List-Unsubscribe", "One-Click")]).await.expect(410);
    }
    assert_eq!(school.count(chosen).await, 0);
    stranger.submit(&path, &[("List-Unsubscribe", "One-Click")]).await.expect(200);
    assert_eq!(school.count(chosen).await, 1);
    recorded(&school, "Geometry").await;
    until_the_daily_mail(&school).await;
    assert_eq!(server.to(LEARNER).len(), 1, "they wanted no more");
    assert_eq!(server.to(INSTRUCTOR).len(), 2, "others go on");
}

#[tokio::test]
async fn people_choose_how_fast_mails_come_but_not_that_an_alarm_does_not() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    let learner = school.world.sign_in(LEARNER).await;
    let page = learner.get("/account").await.expect(200).text();
    assert!(
        page.contains("name=\"mail_recording_ready\"") && !page.contains("name=\"mail_weekly_report\""),
        "{page}"
    );
    learner.submit("/account/mail", &[("mail_recording_ready", "at_once")]).await.expect(303);
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    instructor.submit("/account/mail", &[("mail_recording_ready", "off")]).await.expect(303);
    for (kind, pace) in
        [("mail_not_recording", "off"), ("mail_recording_ready", "hourly"), ("nonsense", "off")]
    {
        instructor.submit("/account/mail", &[(kind, pace)]).await.expect(422);
    }
    recorded(&school, "Algebra").await;
    pass(&school, 6).await;
    assert_eq!(server.to(LEARNER).len(), 1);
    assert!(server.to(INSTRUCTOR).is_empty());
}

#[tokio::test]
async fn a_school_that_switches_mail_on_is_not_told_its_past() {
    let quiet = School::open().await;
    recorded(&quiet, "Algebra").await;
    assert_eq!(quiet.count("SELECT COUNT(*) AS n FROM mail").await, 0);
    assert_eq!(quiet.count("SELECT COUNT(*) AS n FROM meeting WHERE news_at IS NOT NULL").await, 0);
    let page = quiet.world.sign_in(ADMIN).await.get("/admin/mail").await.expect(200).text();
    assert!(page.contains("Nobody is told by mail") && page.contains("ONRECORD_MAIL_URL"), "{page}");
    quiet.world.sign_in(ADMIN).await.submit("/admin/mail/test", &[]).await.expect(409);

    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    let old = school.class("Last term", -60 * 24 * 9).await;
    school.hold(&old);
    school.sync(&old).await;
    pass(&school, 1).await;
    until_the_daily_mail(&school).await;
    assert!(server.to(LEARNER).is_empty() && server.to(INSTRUCTOR).is_empty(), "{:?}", server.letters());
}

#[tokio::test]
async fn a_missing_recording_is_told_to_those_who_can_act() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    let class = school.class("Algebra", -60).await;
    let silent = msgraph_sim::HoldRequest { record: Some(false), ..msgraph_sim::HoldRequest::default() };
    school.hold_as(&class, silent);
    school.sync(&class).await;
    for _ in 0..6 {
        pass(&school, 60).await;
    }
    for email in [INSTRUCTOR, ADMIN] {
        let letters = server.to(email);
        let found: Vec<_> =
            letters.iter().filter(|one| one.header("subject").contains("Recording not found")).collect();
        assert_eq!(found.len(), 1, "{email}: {letters:?}");
        assert!(found[0].text().contains("Who acts"), "{}", found[0].text());
    }
    assert!(server.to(LEARNER).is_empty() && server.to(OFFICER).is_empty());
}

#[tokio::test]
async fn whoever_teaches_is_told_two_weeks_before_a_policy_removes_a_recording() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    recorded(&school, "Algebra").await;
    let kept = recorded(&school, "Geometry").await;
    let officer = school.world.sign_in(OFFICER).await;
    let policy = json!({ "name": "Recordings go", "kind": "recording", "days": 30 });
    officer.post("/api/v1/retention/policies", &policy).await.expect(201);
    let hold = json!({ "scope": "conference", "subject_id": kept.conference, "reason": "a complaint" });
    officer.post("/api/v1/holds", &hold).await.expect(201);
    let told = |email: &str| -> Vec<String> {
        let subjects = server.to(email).into_iter().map(|letter| letter.header("subject").clone());
        subjects.filter(|subject| subject.contains("To be removed")).collect()
    };
    // From six to nine: it is told in the morning.
    pass(&school, 180).await;
    for _ in 0..15 {
        pass(&school, 24 * 60).await;
    }
    assert_eq!(told(INSTRUCTOR), Vec::<String>::new(), "more than two weeks before");
    for _ in 0..6 {
        pass(&school, 24 * 60).await;
    }
    assert_eq!(told(INSTRUCTOR).len(), 1, "{:?}", told(INSTRUCTOR));
    assert!(told(INSTRUCTOR)[0].contains("Algebra"));
    assert_eq!((told(LEARNER).len(), told(ADMIN).len()), (0, 0));
    let letters = server.to(INSTRUCTOR);
    let letter =
        letters.iter().find(|letter| letter.header("subject").contains("To be removed")).expect("one");
    assert!(letter.text().contains("ask a privacy officer for a hold"), "{}", letter.text());
}

#[tokio::test]
async fn an_alarm_before_class_goes_out_at_once_and_not_when_it_was_mended() {
    let server = MailServer::open().await;
    let school = school(&server, &[("ONRECORD_MAIL_QUIET_HOURS", "22:00-08:00")]).await;
    let class = school.class("Algebra", 30).await;
    // Nobody looks at the class meanwhile: what is tried is what is told.
    let unguarded = "UPDATE meeting SET guard_at = NULL, auto_recording_status = 'enabled'";
    execute(&school, unguarded, params![]).await;
    let raise = "INSERT INTO alert (kind, meeting_id, detail, raised_at) VALUES ('not_enabled', $1, '', $2)";
    execute(&school, raise, params![class.meeting, school.world.app.clock.now()]).await;
    school.timetable().await;
    school.timetable().await;
    for email in [INSTRUCTOR, ADMIN] {
        let letters = server.to(email);
        assert_eq!(letters.len(), 1, "{email}");
        assert!(letters[0].header("subject").starts_with("Will not be recorded: Algebra"));
        assert!(letters[0].header("list-unsubscribe").is_empty(), "an alarm cannot be stopped");
    }
    let later = school.class("Geometry", 60 * 24).await;
    execute(&school, unguarded, params![]).await;
    execute(&school, raise, params![later.meeting, school.world.app.clock.now()]).await;
    pass(&school, 1).await;
    execute(&school, "UPDATE alert SET resolved_at = raised_at", params![]).await;
    pass(&school, 180).await;
    let told = server.to(ADMIN).iter().filter(|one| one.header("subject").starts_with("Will not")).count();
    assert_eq!(told, 1, "mended before the night was over");
    assert_eq!(dropped(&school, ADMIN).await, ["resolved"]);
}

#[tokio::test]
async fn microsoft_graph_sends_once_however_often_it_asks_us_to_wait() {
    let school = School::with(&[
        ("ONRECORD_MAIL_URL", "graph:"),
        ("ONRECORD_MAIL_FROM", "recordings@contoso.example"),
        ("ONRECORD_MAIL_QUIET_HOURS", "off"),
    ])
    .await;
    let from = school.world.sim.tenant()["service_account_email"].as_str().expect("an address").to_owned();
    assert_eq!(from, "recordings@contoso.example", "the mailbox of the settings is one of the tenant");
    let faults = [
        json!({ "path": "*sendMail", "status": 503, "retry_after": 0, "times": 1 }),
        json!({ "path": "*sendMail", "status": 429, "retry_after": 90, "times": 1 }),
    ];
    for fault in &faults {
        school.world.sim.add_fault(fault).expect("the simulator knows it");
    }
    recorded(&school, "Algebra").await;
    for _ in 0..6 {
        pass(&school, 10).await;
    }
    let mails = school.world.sim.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let message = &mails[0]["message"];
    assert_eq!(message["toRecipients"][0]["emailAddress"]["address"], json!(INSTRUCTOR));
    assert_eq!(mails[0]["save_to_sent_items"], json!(false));
    assert!(message["subject"].as_str().expect("a subject").starts_with("Recording ready: Algebra"));
    assert!(message["body"]["content"].as_str().expect("a body").contains("/mail/stop/"));
}

#[tokio::test]
async fn the_test_mail_says_whether_letters_arrive() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    let admin = school.world.sign_in(ADMIN).await;
    admin.submit("/admin/mail/test", &[]).await.expect(303);
    assert_eq!(server.to(ADMIN).len(), 1);
    server.will(&[Mood::NoRelaying]);
    let refused = admin.submit("/admin/mail/test", &[]).await.expect(409).text();
    assert!(refused.contains("relaying denied") && refused.contains("ONRECORD_MAIL_URL"), "{refused}");
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'mail.tested'").await, 2);
}

#[tokio::test]
async fn on_mondays_the_week_is_told_and_each_morning_what_is_wrong() {
    let server = MailServer::open().await;
    let school = school(&server, &[]).await;
    let class = recorded(&school, "Algebra").await;
    // Tuesday, six o'clock; the next Monday at ten past seven.
    for _ in 0..6 {
        school.wait(TimeDelta::days(1));
        school.timetable().await;
        school.timetable().await;
    }
    pass(&school, 70).await;
    for email in [ADMIN, OFFICER] {
        let letters = server.to(email);
        let weekly: Vec<_> = letters
            .iter()
            .filter(|one| one.header("subject").starts_with("Classes from 2026-08-31"))
            .collect();
        assert_eq!(weekly.len(), 1, "{email}: {letters:?}");
        assert!(weekly[0].text().contains("Classes: 1 (the week before: 0)"), "{}", weekly[0].text());
    }
    assert!(server.to(ADMIN).iter().all(|one| !one.header("subject").starts_with("Daily check")));
    pass(&school, 60).await;
    assert_eq!(server.to(OFFICER).len(), 1, "once a week");
    let bury = "INSERT INTO job (kind, subject, run_at, created_at, dead_at, last_error)
                VALUES ('sync', $1, $2, $2, $2, 'a test')";
    let now = school.world.app.clock.now() + TimeDelta::hours(20);
    execute(&school, bury, params![format!("meeting:{}", class.meeting.get()), now]).await;
    pass(&school, 24 * 60).await;
    let subjects: Vec<String> = server.to(ADMIN).iter().map(|one| one.header("subject")).collect();
    assert!(subjects.iter().any(|one| one.starts_with("Daily check: one thing to mend")), "{subjects:?}");
    assert!(subjects.iter().any(|one| one.starts_with("One job was given up")), "{subjects:?}");
}

#[tokio::test]
async fn the_report_counts_the_week_for_those_who_oversee() {
    let school = School::open().await;
    recorded(&school, "Algebra").await;
    let report = school.read(OFFICER, "/api/v1/reports/week").await;
    assert_eq!(report["week"]["classes"], json!(1), "{report}");
    assert_eq!(report["week"]["recorded_percent"], json!(100));
    assert_eq!(report["week"]["recordings"], json!(1));
    assert_eq!(report["before"]["classes"], json!(0));
    assert_eq!(report["week"]["conferences_by_auto_recording_status"][0]["status"], json!("enabled"));
    let monitor = school.read(ADMIN, "/api/v1/monitor").await;
    assert_eq!(monitor["last_week"]["week"]["classes"], json!(1));
    let page = school.world.sign_in(OFFICER).await.get("/admin/reports").await.expect(200).text();
    assert!(page.contains("Last seven days") && page.contains("Nothing is missing."), "{page}");
    school.world.sign_in(LEARNER).await.get("/api/v1/reports/week").await.expect(404);
}

#[tokio::test]
async fn a_sign_of_life_is_given_while_all_is_well_and_only_then() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/alive", listener.local_addr().expect("an address"));
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&calls);
    let router = axum::Router::new().route(
        "/alive",
        axum::routing::get(move || async move {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }),
    );
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await });
    let count = || calls.load(std::sync::atomic::Ordering::SeqCst);
    let school = School::with(&[("ONRECORD_ALIVE_URL", &url)]).await;
    school.timetable().await;
    assert_eq!(count(), 1);
    school.wait(TimeDelta::minutes(4));
    school.timetable().await;
    assert_eq!(count(), 1, "every five minutes");
    school.wait(TimeDelta::minutes(1));
    school.timetable().await;
    assert_eq!(count(), 2);
    school.world.sim.patch_tenant(&json!({ "client_secret": "another~one" })).expect("the tenant takes it");
    onrecord::ops::doctor::examine(&school.world.app).await.expect("an examination");
    school.wait(TimeDelta::minutes(5));
    school.timetable().await;
    assert_eq!(count(), 2, "doctor found an error");
}
