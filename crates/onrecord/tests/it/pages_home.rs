//! The home page, the monitor and the inbox: what each person is told, and what each may decide.

use chrono::TimeDelta;
use onrecord::model::id::ArtifactId;
use onrecord::model::people::GlobalRole;
use onrecord::params;
use onrecord::store::Read as _;

use crate::lecture::{ADMIN, INSTRUCTOR, LEARNER, Lecture, OFFICER, OUTSIDER};
use crate::teaching::School;
use crate::world::World;

async fn home(lecture: &Lecture, who: &str) -> String {
    lecture.person(who).await.get("/").await.expect(200).text()
}

async fn write(world: &World, sql: &str, binds: Vec<sea_orm::Value>) {
    let tx = world.app.store.write().await.unwrap();
    tx.execute(sql, binds).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_learner_finds_the_recording_at_once_and_an_outsider_nothing() {
    let lecture = Lecture::held("Cells").await;
    let watch = format!("/recordings/{}", lecture.recording);
    let shown = home(&lecture, LEARNER).await;
    assert!(shown.contains("Where is my recording?") && shown.contains(&watch), "{shown}");
    assert!(!shown.contains("/conferences/new"));
    for who in [INSTRUCTOR, ADMIN, OFFICER] {
        assert!(home(&lecture, who).await.contains(&watch), "{who}");
    }
    let outsider = home(&lecture, OUTSIDER).await;
    assert!(!outsider.contains("Cells") && outsider.contains("You are in no course yet"), "{outsider}");
    let login = lecture.world.stranger().get("/").await.expect(303);
    assert_eq!(login.header("location"), "/login?next=/");
}

#[tokio::test]
async fn what_is_hidden_or_unpublished_is_not_offered() {
    let lecture = Lecture::held("Cells").await;
    let watch = format!("/recordings/{}", lecture.recording);
    lecture.set(lecture.recording, "hidden_at = $2", params![lecture.starts_at]).await;
    assert!(!home(&lecture, LEARNER).await.contains(&watch));
    write(&lecture.world, "UPDATE conference SET published = FALSE", params![]).await;
    let learner = home(&lecture, LEARNER).await;
    assert!(!learner.contains("Cells"), "{learner}");
    assert!(home(&lecture, INSTRUCTOR).await.contains("Cells"));
}

#[tokio::test]
async fn an_enrolment_that_ended_shows_nothing_any_more() {
    let lecture = Lecture::held("Cells").await;
    let ended = lecture.world.app.clock.now().date_naive().pred_opt().unwrap();
    let sql = "UPDATE enrolment SET ends_on = $1 WHERE user_id = $2";
    write(&lecture.world, sql, params![ended, lecture.learner]).await;
    assert!(!home(&lecture, LEARNER).await.contains("Cells"));
}

#[tokio::test]
async fn a_missing_recording_says_why_to_those_who_teach_and_stays_calm_with_learners() {
    let lecture = Lecture::held("Cells").await;
    write(&lecture.world, "DELETE FROM artifact", params![]).await;
    let sql = "UPDATE meeting SET verdict = 'missing', verdict_cause = 'not_enabled'";
    write(&lecture.world, sql, params![]).await;
    let teacher = home(&lecture, INSTRUCTOR).await;
    assert!(
        teacher.contains("One class needs attention") && teacher.contains("could not be switched on"),
        "{teacher}"
    );
    let learner = home(&lecture, LEARNER).await;
    assert!(learner.contains("There is no recording of this class."), "{learner}");
    assert!(!learner.contains("could not be switched on"), "causes are for staff");
    let admin = home(&lecture, ADMIN).await;
    assert!(admin.contains("One class of the last seven days has no recording"), "{admin}");
}

#[tokio::test]
async fn a_class_that_will_not_be_recorded_is_told_before_it_begins() {
    let school = School::new().await;
    let (_, meeting) = school.class_tomorrow().await;
    let sql = "UPDATE meeting SET auto_recording_status = 'failed_access_policy' WHERE id = $1";
    write(&school.world, sql, params![meeting]).await;
    let teacher = school.instructor().await.get("/").await.expect(200).text();
    assert!(teacher.contains("Failed to enable auto-recording") && teacher.contains("press Record yourself"));
    let admin = school.world.sign_in("admin@contoso.example").await.get("/").await.expect(200).text();
    assert!(admin.contains("application access policy is missing"), "{admin}");
    assert!(admin.contains("One class is harmed; it starts in"), "{admin}");
    let learner = school.world.sign_in("learner@contoso.example").await.get("/").await.expect(200).text();
    assert!(learner.contains(&format!("/join/{meeting}")) && !learner.contains("access policy"), "{learner}");
}

#[tokio::test]
async fn the_running_class_comes_first_and_cancelled_ones_are_not_next() {
    let school = School::new().await;
    let (conference, _) = school.class_tomorrow().await;
    school.world.advance(TimeDelta::hours(25) + TimeDelta::minutes(30));
    let learner = school.world.sign_in("learner@contoso.example").await;
    let shown = learner.get("/").await.expect(200).text();
    assert!(shown.contains("Your class is on") && shown.contains("since 09:00"), "{shown}");
    let sql = "UPDATE meeting SET cancelled_at = $2, verdict = 'cancelled' WHERE conference_id = $1";
    write(&school.world, sql, params![conference, school.world.app.clock.now()]).await;
    let shown = learner.get("/").await.expect(200).text();
    assert!(!shown.contains("/join/") && shown.contains("No class is planned at present"), "{shown}");
}

#[tokio::test]
async fn a_school_with_nothing_in_it_has_a_home_page_and_a_monitor() {
    let world = World::new().await;
    world.user(ADMIN, Some(GlobalRole::Admin)).await;
    let admin = world.sign_in(ADMIN).await;
    admin.get("/").await.expect(200);
    admin.get("/?tab=nonsense").await.expect(200);
    let monitor = admin.get("/admin/monitor").await.expect(200).text();
    assert!(monitor.contains("Nothing is waiting."), "{monitor}");
    let inbox = admin.get("/admin/inbox?cursor=garbage").await.expect(200).text();
    assert!(inbox.contains("The inbox is empty"), "{inbox}");
}

#[tokio::test]
async fn the_monitor_counts_what_there_is() {
    let lecture = Lecture::held("Cells").await;
    let now = lecture.world.app.clock.now();
    lecture.set(lecture.recording, "item_id = '01A', drive_id = 'b!1'", params![]).await;
    write(&lecture.world, "UPDATE meeting SET auto_recording_status = 'failed_license'", params![]).await;
    let shown = lecture.person(ADMIN).await.get("/admin/monitor").await.expect(200).text();
    for words in ["failed_license", "stored_in_onedrive: true", "upcoming", "SQLite"] {
        if words == "SQLite" && crate::database::on_postgres() {
            continue;
        }
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let sql = "INSERT INTO job (kind, subject, run_at, created_at) VALUES ('sync', 'meeting:1', $1, $1)";
    write(&lecture.world, sql, params![now - TimeDelta::hours(1)]).await;
    let shown = lecture.person(OFFICER).await.get("/admin/monitor").await.expect(200).text();
    assert!(shown.contains("Work is waiting and nobody does it"), "{shown}");
    for who in [INSTRUCTOR, LEARNER, OUTSIDER] {
        lecture.person(who).await.get("/admin/monitor").await.expect(404);
    }
}

#[tokio::test]
async fn what_was_given_up_gets_another_try_from_an_administrator_only() {
    let lecture = Lecture::held("Cells").await;
    let now = lecture.world.app.clock.now();
    let sql = format!(
        "INSERT INTO job (kind, subject, run_at, attempts, last_error, dead_at, created_at)
         VALUES ('sync', 'meeting:{}', $1, 8, 'Download failed: 403', $1, $1)",
        lecture.meeting
    );
    write(&lecture.world, &sql, params![now]).await;
    let officer = lecture.person(OFFICER).await;
    let shown = officer.get("/admin/monitor").await.expect(200).text();
    assert!(shown.contains("Download failed: 403") && shown.contains("Cells, "), "{shown}");
    assert!(!shown.contains("/admin/jobs/1/retry"), "an officer only looks");
    officer.submit("/admin/jobs/1/retry", &[]).await.expect(403);
    lecture.person(LEARNER).await.submit("/admin/jobs/1/retry", &[]).await.expect(404);
    let admin = lecture.person(ADMIN).await;
    admin.submit("/admin/jobs/1/retry", &[]).await.expect(303);
    admin.submit("/admin/jobs/1/retry", &[]).await.expect(404);
    let row =
        lecture.world.app.store.row("SELECT COUNT(dead_at) AS dead, COUNT(*) AS n FROM job", params![]).await;
    let row = row.unwrap().unwrap();
    assert_eq!((row.get::<i64>("dead").unwrap(), row.get::<i64>("n").unwrap()), (0, 1));
}

#[tokio::test]
async fn another_try_from_the_command_line_is_audited_as_the_operators() {
    let lecture = Lecture::held("Cells").await;
    let now = lecture.world.app.clock.now();
    let sql = "INSERT INTO job (kind, subject, run_at, attempts, last_error, dead_at, created_at)
               VALUES ('sync', 'meeting:1', $1, 8, 'Download failed: 403', $1, $1)";
    write(&lecture.world, sql, params![now]).await;
    assert_eq!(lecture.world.command(&["jobs", "retry", "1"]).await, 0);
    assert_eq!(lecture.count("SELECT COUNT(dead_at) FROM job").await, 0);
    let audited = "SELECT COUNT(*) FROM audit_entry
                   WHERE action = 'job.retried' AND subject = 'job:1' AND actor_id IS NULL";
    assert_eq!(lecture.count(audited).await, 1);
    assert_eq!(lecture.world.command(&["jobs", "retry", "1"]).await, 1, "it is dead no more");
    assert_eq!(lecture.count(audited).await, 1);
}

#[tokio::test]
async fn the_inbox_offers_the_classes_of_the_time_and_remembers_what_was_decided() {
    let lecture = Lecture::held("Cells").await;
    let stray = lecture.artifact("recording", 2).await;
    lecture.set(stray, "meeting_id = NULL, name = 'Meeting.mp4', confidence = 'none'", params![]).await;
    let officer = lecture.person(OFFICER).await.get("/admin/inbox").await.expect(200).text();
    assert!(
        officer.contains("Meeting.mp4") && !officer.contains("/assign"),
        "an officer only looks: {officer}"
    );
    let admin = lecture.person(ADMIN).await;
    let shown = admin.get("/admin/inbox").await.expect(200).text();
    assert!(
        shown.contains("One thing belongs to no class yet") && shown.contains("BIO-204 Cells"),
        "{shown}"
    );
    for who in [INSTRUCTOR, LEARNER] {
        lecture.person(who).await.get("/admin/inbox").await.expect(404);
    }
    let assign = format!("/admin/inbox/{stray}/assign");
    for wrong in ["", "x", "4711"] {
        admin.submit(&assign, &[("meeting_id", wrong)]).await.expect(422);
    }
    let meeting = lecture.meeting.to_string();
    lecture.person(OFFICER).await.submit(&assign, &[("meeting_id", &meeting)]).await.expect(403);
    admin.submit(&assign, &[("meeting_id", &meeting)]).await.expect(303);
    admin.submit(&assign, &[("meeting_id", &meeting)]).await.expect(404);
    assert_eq!(belongs_to(&lecture, stray).await, Some(lecture.meeting.0));
    let other = lecture.artifact("recording", 3).await;
    lecture.set(other, "meeting_id = NULL, confidence = 'none'", params![]).await;
    admin.submit(&format!("/admin/inbox/{other}/dismiss"), &[("reason", "other_meeting")]).await.expect(303);
    let shown = admin.get("/admin/inbox").await.expect(200).text();
    assert!(shown.contains("The inbox is empty"), "{shown}");
}

async fn belongs_to(lecture: &Lecture, id: ArtifactId) -> Option<i64> {
    let row = lecture.world.app.store.row("SELECT meeting_id FROM artifact WHERE id = $1", params![id]).await;
    row.unwrap().unwrap().get("meeting_id").unwrap()
}

#[tokio::test]
async fn a_long_inbox_goes_on_page_by_page() {
    let lecture = Lecture::held("Cells").await;
    for part in 2..15 {
        let stray = lecture.artifact("recording", part).await;
        let name = format!("stray-{part:02}.mp4");
        lecture.set(stray, "meeting_id = NULL, name = $2, confidence = 'none'", params![name]).await;
    }
    let admin = lecture.person(ADMIN).await;
    let first = admin.get("/admin/inbox").await.expect(200).text();
    assert!(first.contains("stray-11.mp4") && !first.contains("stray-12.mp4"));
    let next = first.split("/admin/inbox?cursor=").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let second = admin.get(&format!("/admin/inbox?cursor={next}")).await.expect(200).text();
    assert!(
        second.contains("stray-12.mp4")
            && second.contains("stray-14.mp4")
            && !second.contains("stray-11.mp4")
    );
}
