//! Exceptions to recording: two people with different roles, a reason and an end. While one is in force recording is off
//! in Teams and stays off; before and afterwards it is on.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use msgraph_sim::HoldRequest;
use onrecord::model::conference::AutoRecordingStatus as Status;
use onrecord::model::id::{ConferenceId, MeetingId};
use onrecord::model::people::{CourseRole, GlobalRole};
use onrecord::ops::enforce::{Mode, Swept, sweep};
use onrecord::worker;
use serde_json::{Value, json};

use crate::mail_server::MailServer;
use crate::teaching::{School, number, wrong_fields};
use crate::world::Answer;

const ADMIN: &str = "admin@contoso.example";
const OFFICER: &str = "officer@contoso.example";
const INSTRUCTOR: &str = "instructor@contoso.example";
const LEARNER: &str = "learner@contoso.example";

/// A school with an officer, and a class tomorrow from nine to ten in Berlin that is set to be recorded.
async fn school() -> (School, ConferenceId, MeetingId) {
    in_school(School::new().await).await
}

async fn in_school(school: School) -> (School, ConferenceId, MeetingId) {
    school.world.user(OFFICER, Some(GlobalRole::Officer)).await;
    let (conference, meeting) = school.class_tomorrow().await;
    school.run_jobs().await;
    assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Enabled);
    (school, conference, meeting)
}

async fn ask(school: &School, who: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/courses/{}/exceptions", school.course);
    school.world.sign_in(who).await.post(&path, body).await
}

/// Asks for an exception for one class and returns its number.
async fn asked(school: &School, who: &str, meeting: MeetingId) -> i64 {
    let body = json!({ "meeting_id": meeting.0, "reason": "An oral exam" });
    number(&ask(school, who, &body).await.expect(201).json()["id"])
}

async fn decide(school: &School, who: &str, id: i64, ruling: &str) -> Answer {
    let path = format!("/api/v1/courses/{}/exceptions/{id}/decision", school.course);
    school.world.sign_in(who).await.post(&path, &json!({ "ruling": ruling, "note": "" })).await
}

/// The officer approves what the instructor asked for, and the worker does the rest.
async fn approved(school: &School, meeting: MeetingId) -> i64 {
    let id = asked(school, INSTRUCTOR, meeting).await;
    decide(school, OFFICER, id, "approved").await.expect(200);
    school.run_jobs().await;
    id
}

async fn end(school: &School, who: &str, id: i64) -> Answer {
    let path = format!("/api/v1/courses/{}/exceptions/{id}/end", school.course);
    school.world.sign_in(who).await.post(&path, &json!({ "reason": "The exam is cancelled" })).await
}

/// What Teams itself says: whether it will record.
async fn is_on_in_teams(school: &School, meeting: MeetingId) -> bool {
    let meeting = school.meeting(meeting).await;
    let read = school.online_meeting(&meeting).await;
    assert_ne!(read.is_recording_enforced(), read.is_recording_off());
    read.is_recording_enforced()
}

/// Time passes in steps of ten minutes, and the worker does what became due at each.
async fn pass(school: &School, minutes: i64) {
    for _ in 0..minutes / 10 {
        school.wait(TimeDelta::minutes(10)).await;
    }
}

/// How often options of a meeting were written since the log was cleared.
fn writes(school: &School) -> usize {
    school
        .asked()
        .iter()
        .filter(|asked| asked.starts_with("PATCH") && asked.contains("onlineMeetings"))
        .count()
}

#[tokio::test]
async fn it_takes_two_people_with_two_roles() {
    let (school, _, meeting) = school().await;
    let other = school.world.user("second@contoso.example", None).await;
    school.world.enrol(school.course, other, CourseRole::Instructor).await;
    let id = asked(&school, INSTRUCTOR, meeting).await;
    school.run_jobs().await;
    assert!(is_on_in_teams(&school, meeting).await, "asking changes nothing");
    decide(&school, INSTRUCTOR, id, "approved").await.expect(403);
    decide(&school, "second@contoso.example", id, "approved").await.expect(403);
    decide(&school, LEARNER, id, "approved").await.expect(403);
    decide(&school, "outsider@contoso.example", id, "approved").await.expect(404);
    school.run_jobs().await;
    assert!(is_on_in_teams(&school, meeting).await);
    let decided = decide(&school, ADMIN, id, "approved").await.expect(200).json();
    assert_eq!((&decided["state"], &decided["decided_as"]), (&json!("approved"), &json!("admin")));
    decide(&school, OFFICER, id, "refused").await.expect(409);
    school.run_jobs().await;
    assert!(!is_on_in_teams(&school, meeting).await);
    assert_eq!(school.audited("exception.asked").await, 1);
    assert_eq!(school.audited("exception.approved").await, 1);
    assert_eq!(school.audited("recording.exempted").await, 1);
}

#[tokio::test]
async fn an_admin_may_ask_and_an_instructor_or_officer_decide_and_a_refusal_changes_nothing() {
    let (school, _, meeting) = school().await;
    let id = asked(&school, ADMIN, meeting).await;
    let refused = decide(&school, INSTRUCTOR, id, "refused").await.expect(200).json();
    assert_eq!(refused["state"], "refused");
    school.run_jobs().await;
    assert!(is_on_in_teams(&school, meeting).await);
    let id = asked(&school, ADMIN, meeting).await;
    decide(&school, INSTRUCTOR, id, "approved").await.expect(200);
    school.run_jobs().await;
    assert!(!is_on_in_teams(&school, meeting).await);
}

#[tokio::test]
async fn everybody_reads_that_the_class_is_not_recorded_and_only_staff_why() {
    let (school, conference, meeting) = school().await;
    approved(&school, meeting).await;
    let shown = school.conference(conference).await;
    assert_eq!(shown["auto_recording_status"], "exempted");
    assert_eq!(shown["meetings"][0]["auto_recording_status"], "exempted");
    let row = school.meeting(meeting).await;
    assert_eq!(row.read_back_at, Some(school.world.app.clock.now()), "off was read back");
    let path = format!("/conferences/{conference}");
    for (who, knows_why) in [(LEARNER, false), (INSTRUCTOR, true), (OFFICER, true)] {
        let page = school.world.sign_in(who).await.get(&path).await.expect(200).text();
        assert!(page.contains("No: an approved exception covers it"), "{who}: {page}");
        assert_eq!(page.contains("An oral exam"), knows_why, "{who}");
        assert!(!page.contains("Failed to enable"), "{who}");
        let tab =
            school.world.sign_in(who).await.get(&format!("{path}?tab=recordings")).await.expect(200).text();
        for shown in [page, tab] {
            assert!(shown.contains("An approved exception covers"), "{who}: {shown}");
            assert!(
                !shown.contains("It is recorded") && !shown.contains("is recorded and transcribed"),
                "{who}: {shown}"
            );
        }
    }
    let alerts = school.world.sign_in(ADMIN).await.get("/api/v1/alerts").await.expect(200).json();
    assert_eq!(alerts["items"], json!([]));
}

#[tokio::test]
async fn no_guard_sweep_or_edit_switches_it_on_again_and_the_class_is_exempted() {
    let (school, conference, meeting) = school().await;
    approved(&school, meeting).await;
    school.world.sim.clear_requests();
    // The guard looks a day, an hour and ten minutes before class.
    pass(&school, 60).await;
    let report = sweep(&school.world.app, Mode::Apply).await.expect("a report");
    assert_eq!(report.meetings[0].outcome, Swept::Exempted);
    assert_eq!(sweep(&school.world.app, Mode::DryRun).await.unwrap().meetings[0].outcome, Swept::Exempted);
    assert_eq!(writes(&school), 0, "{:?}", school.asked());
    let change = json!({ "title": "Algebra, oral exam" });
    let path = format!("/api/v1/conferences/{conference}");
    school.instructor().await.patch(&path, &change).await.expect(200);
    school.run_jobs().await;
    assert!(!is_on_in_teams(&school, meeting).await, "an edit leaves it off");
    pass(&school, 24 * 60).await;
    assert!(!is_on_in_teams(&school, meeting).await);
    let row = school.meeting(meeting).await;
    assert!(row.has_started(school.world.app.clock.now()) && row.auto_recording_status == Status::Exempted);
    let request = HoldRequest { join_url: row.join_url.clone(), ..HoldRequest::default() };
    school.world.sim.begin(&request).expect("the class begins");
    pass(&school, 30).await;
    assert_eq!(school.audited("alert.raised").await, 0, "nobody is told to press Record");
    school.world.sim.end(row.join_url.as_deref().unwrap()).expect("the class ends");
    pass(&school, 60).await;
    let row = school.meeting(meeting).await;
    assert_eq!(row.verdict.to_string(), "exempted");
    assert!(row.verdict_evidence.contains(&"exempted".to_owned()), "{:?}", row.verdict_evidence);
    let ledger = school.world.sign_in(OFFICER).await.get("/api/v1/ledger").await.expect(200).json();
    assert_eq!(ledger["items"][0]["verdict"], "exempted");
    pass(&school, 6 * 60).await;
    assert_eq!(school.meeting(meeting).await.verdict.to_string(), "exempted", "it never becomes missing");
}

#[tokio::test]
async fn what_somebody_switches_on_during_an_exception_is_switched_off_again() {
    let (school, _, meeting) = school().await;
    approved(&school, meeting).await;
    let link = school.meeting(meeting).await.join_url.expect("a link");
    assert!(school.world.sim.flip_recording(&link, true));
    pass(&school, 120).await;
    assert!(!is_on_in_teams(&school, meeting).await);
    assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Exempted);
    assert_eq!(school.audited("recording.found_on").await, 1);
}

#[tokio::test]
async fn ended_by_either_before_class_it_is_on_again_and_read_back() {
    let (school, conference, meeting) = school().await;
    let id = approved(&school, meeting).await;
    end(&school, LEARNER, id).await.expect(403);
    end(&school, INSTRUCTOR, id).await.expect(200);
    school.run_jobs().await;
    assert!(is_on_in_teams(&school, meeting).await);
    let row = school.meeting(meeting).await;
    assert_eq!(row.auto_recording_status, Status::Enabled);
    assert_eq!(row.read_back_at, Some(school.world.app.clock.now()));
    assert_eq!(school.conference(conference).await["auto_recording_status"], "enabled");
    end(&school, OFFICER, id).await.expect(409);
    assert_eq!(school.audited("exception.ended").await, 1);
}

#[tokio::test]
async fn at_its_end_it_is_on_again_by_itself_even_after_class() {
    let (school, _, meeting) = school().await;
    approved(&school, meeting).await;
    // The class is from 25 to 26 hours from now; its exception ends with it.
    pass(&school, 25 * 60 + 50).await;
    assert!(!is_on_in_teams(&school, meeting).await, "until the class is over");
    pass(&school, 20).await;
    assert!(is_on_in_teams(&school, meeting).await, "whoever meets there again is recorded");
    assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Enabled);
    pass(&school, 6 * 60).await;
    assert_eq!(school.meeting(meeting).await.verdict.to_string(), "exempted");
    school.world.sim.clear_requests();
    pass(&school, 60).await;
    assert_eq!(writes(&school), 0, "once is enough");
}

#[tokio::test]
async fn an_exception_for_days_covers_classes_within_them_old_and_new_and_no_others() {
    let (school, _, within) = school().await;
    let slots = [("2026-09-07", "09:00", "10:00")];
    let made = school.instructor().await.post("/api/v1/conferences", &school.request(&slots)).await.json();
    let outside = MeetingId(number(&made["meetings"][0]["id"]));
    let span = json!({ "reason": "A week of exams", "ends_at": "2026-09-05T00:00:00Z" });
    let id = number(&ask(&school, OFFICER, &span).await.expect(201).json()["id"]);
    decide(&school, INSTRUCTOR, id, "approved").await.expect(200);
    school.run_jobs().await;
    let slots = [("2026-09-03", "09:00", "10:00")];
    let made = school.instructor().await.post("/api/v1/conferences", &school.request(&slots)).await.json();
    let later = MeetingId(number(&made["meetings"][0]["id"]));
    school.run_jobs().await;
    assert!(!is_on_in_teams(&school, within).await && !is_on_in_teams(&school, later).await);
    assert_eq!(school.meeting(later).await.auto_recording_status, Status::Exempted);
    assert!(is_on_in_teams(&school, outside).await);
    // A class that is moved out of it is recorded.
    let path = format!("/api/v1/conferences/{}", number(&made["id"]));
    let moved = json!({ "time_slots": [{ "id": later.0, "date": "2026-09-08", "start_time": "09:00", "end_time": "10:00" }] });
    school.instructor().await.patch(&path, &moved).await.expect(200);
    pass(&school, 10).await;
    assert!(is_on_in_teams(&school, later).await);
    assert_eq!(school.meeting(later).await.auto_recording_status, Status::Enabled);
}

#[tokio::test]
async fn what_teams_refuses_is_said_and_tried_again_until_it_is_off() {
    let (school, conference, meeting) = school().await;
    let fault = json!({ "path": "*/onlineMeetings/*", "method": "PATCH", "status": 403 });
    school.world.sim.add_fault(&fault).expect("a fault");
    approved(&school, meeting).await;
    let row = school.meeting(meeting).await;
    assert_eq!(row.auto_recording_status, Status::Pending, "nobody claims that it is off");
    let path = format!("/conferences/{conference}");
    let page = school.world.sign_in(INSTRUCTOR).await.get(&path).await.expect(200).text();
    assert!(page.contains("recording is not off yet"), "{page}");
    school.world.sim.clear_faults();
    pass(&school, 120).await;
    assert!(!is_on_in_teams(&school, meeting).await);
    assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Exempted);
}

#[tokio::test]
async fn whoever_must_act_is_told_by_mail_once_and_before_class_that_it_is_not_off() {
    let server = MailServer::open().await;
    let settings = [
        ("ONRECORD_MAIL_URL", server.url.as_str()),
        ("ONRECORD_MAIL_FROM", "onrecord@contoso.example"),
        ("ONRECORD_MAIL_QUIET_HOURS", "off"),
    ];
    let (school, conference, meeting) = in_school(School::with(&settings).await).await;
    let fault = json!({ "path": "*/onlineMeetings/*", "method": "PATCH", "status": 403 });
    school.world.sim.add_fault(&fault).expect("a fault");
    let id = approved(&school, meeting).await;
    let told = |email: &str| {
        let letters = server.to(email).into_iter();
        letters.filter(|one| one.header("subject").starts_with("Will be recorded despite")).count()
    };
    // Until shortly before class, which is in twenty-five hours.
    pass(&school, 24 * 60 + 30).await;
    for who in [INSTRUCTOR, ADMIN] {
        assert_eq!(told(who), 1, "{who}: {:?}", server.to(who));
    }
    assert_eq!(told(LEARNER) + told(OFFICER), 0);
    let page = format!("/conferences/{conference}");
    let page = school.world.sign_in(INSTRUCTOR).await.get(&page).await.expect(200).text();
    assert!(page.contains("Whoever organizes the meeting can switch"), "{page}");
    let open = async || {
        let alerts = school.world.sign_in(ADMIN).await.get("/api/v1/alerts").await.expect(200).json();
        alerts["items"].as_array().expect("a list").iter().filter(|one| one["kind"] == "not_off").count()
    };
    assert_eq!(open().await, 1);
    end(&school, OFFICER, id).await.expect(200);
    school.world.sim.clear_faults();
    pass(&school, 10).await;
    assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Enabled);
    assert_eq!(open().await, 0, "nothing is to be switched off any more");
}

#[tokio::test]
async fn what_usually_mends_itself_is_told_only_when_class_is_near() {
    let (school, _, meeting) = school().await;
    let fault = json!({ "path": "*/onlineMeetings/*", "method": "PATCH", "status": 503 });
    school.world.sim.add_fault(&fault).expect("a fault");
    approved(&school, meeting).await;
    pass(&school, 120).await;
    assert_eq!(school.audited("alert.raised").await, 0);
    pass(&school, 22 * 60).await;
    assert_eq!(school.audited("alert.raised").await, 1);
    school.world.sim.clear_faults();
    pass(&school, 20).await;
    assert_eq!(school.audited("alert.resolved").await, 1, "it went off in the end");
    assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Exempted);
}

#[tokio::test]
async fn what_cannot_be_read_back_is_not_believed_and_mended_after_the_exception() {
    let (school, _, meeting) = school().await;
    let fault = json!({ "path": "*/onlineMeetings/*", "method": "GET", "status": 503 });
    school.world.sim.add_fault(&fault).expect("a fault");
    let id = approved(&school, meeting).await;
    assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Pending);
    end(&school, OFFICER, id).await.expect(200);
    school.world.sim.clear_faults();
    pass(&school, 120).await;
    assert!(is_on_in_teams(&school, meeting).await);
    assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Enabled);
}

/// A process is killed after Teams was told and before that was kept: with the exception over by then, recording is
/// switched on again all the same, long before the guard looks.
#[tokio::test]
async fn a_process_killed_in_between_leaves_no_class_unrecorded_after_the_exception() {
    let (school, _, meeting) = school().await;
    // Past the look right after its creation.
    pass(&school, 10).await;
    let id = asked(&school, INSTRUCTOR, meeting).await;
    decide(&school, OFFICER, id, "approved").await.expect(200);
    let slow = json!({ "path": "*/onlineMeetings/*", "method": "GET", "slow_ms": 60_000 });
    school.world.sim.add_fault(&slow).expect("a fault");
    school.world.sim.clear_requests();
    let told = async {
        while writes(&school) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = worker::run_until_idle(&school.world.app) => panic!("the answer is slow"),
        () = told => {}
    }
    school.world.sim.clear_faults();
    assert!(!is_on_in_teams(&school, meeting).await, "Teams was told");
    end(&school, OFFICER, id).await.expect(200);
    school.wait(TimeDelta::minutes(5)).await;
    assert!(is_on_in_teams(&school, meeting).await);
    assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Enabled);
}

#[tokio::test]
async fn what_is_asked_for_must_make_sense() {
    let (school, _, meeting) = school().await;
    let wrong = [
        (json!({}), "reason"),
        (json!({ "reason": " ", "meeting_id": meeting.0 }), "reason"),
        (json!({ "reason": "x" }), "ends_at"),
        (json!({ "reason": "x", "meeting_id": 4711 }), "meeting_id"),
        (json!({ "reason": "x", "ends_at": "2026-09-01T05:00:00Z" }), "ends_at"),
        (json!({ "reason": "x", "ends_at": "2036-09-01T05:00:00Z" }), "ends_at"),
        (json!({ "reason": "x", "meeting_id": meeting.0, "ends_at": "2026-09-02T07:30:00Z" }), "ends_at"),
    ];
    for (body, field) in wrong {
        let answer = ask(&school, INSTRUCTOR, &body).await.expect(422);
        assert_eq!(wrong_fields(&answer), [field], "{body}");
    }
    ask(&school, LEARNER, &json!({ "reason": "x", "meeting_id": meeting.0 })).await.expect(403);
    let id = asked(&school, INSTRUCTOR, meeting).await;
    pass(&school, 25 * 60).await;
    decide(&school, OFFICER, id, "approved").await.expect(409);
    assert!(is_on_in_teams(&school, meeting).await, "too late for a class that has begun");
}

#[tokio::test]
async fn people_ask_and_decide_on_pages() {
    let (school, conference, meeting) = school().await;
    let home = format!("/courses/{}/exceptions", school.course);
    let instructor = school.instructor().await;
    let class = instructor.get(&format!("/conferences/{conference}")).await.expect(200).text();
    assert!(class.contains(&format!("{home}?class={meeting}")));
    let form = instructor.get(&format!("{home}?class={meeting}")).await.expect(200).text();
    assert!(form.contains(&format!("value=\"{meeting}\" selected")), "{form}");
    let empty =
        instructor.submit(&home, &[("scope", "span"), ("reason", "An exam")]).await.expect(422).text();
    assert!(empty.contains("An exception has an end"), "{empty}");
    let scope = meeting.to_string();
    instructor.submit(&home, &[("scope", &scope), ("reason", "An exam")]).await.expect(303);
    let own = instructor.get(&home).await.expect(200).text();
    assert!(own.contains("Waits for a decision") && !own.contains("value=\"approved\""), "not by oneself");
    let officer = school.world.sign_in(OFFICER).await;
    assert!(officer.get("/admin/cases").await.expect(200).text().contains(&home));
    assert!(officer.get(&home).await.expect(200).text().contains("value=\"approved\""));
    officer
        .submit(&format!("{home}/1/decision"), &[("ruling", "approved"), ("note", "Fine")])
        .await
        .expect(303);
    school.run_jobs().await;
    assert!(!is_on_in_teams(&school, meeting).await);
    instructor.submit(&format!("{home}/1/end"), &[("reason", "Over")]).await.expect(303);
    school.run_jobs().await;
    assert!(is_on_in_teams(&school, meeting).await);
    school.world.sign_in(LEARNER).await.get(&home).await.expect(403);
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory of the workspace") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// One body says `false`, one method sends it, one function calls that.
#[test]
fn one_path_alone_can_switch_recording_off() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the crates").to_owned();
    let mut files = Vec::new();
    sources(&crates.join("onrecord/src"), &mut files);
    sources(&crates.join("msgraph/src"), &mut files);
    let holding = |words: &str| -> Vec<String> {
        let mut found = Vec::new();
        for file in &files {
            let text = fs::read_to_string(file).expect("a source");
            let name = file.strip_prefix(&crates).expect("below the crates").display().to_string();
            found.extend(text.matches(words).map(|_| name.clone()));
        }
        found
    };
    assert_eq!(holding(".exempt_from_recording("), ["onrecord/src/ops/provision/exempt.rs"]);
    assert_eq!(holding("fn exempt_from_recording("), ["msgraph/src/online_meetings.rs"]);
    assert_eq!(
        holding("Enforcement::exempting("),
        ["msgraph/src/online_meetings.rs"; 2],
        "its call and its test"
    );
    assert_eq!(holding("record_automatically: false"), ["msgraph/src/online_meetings.rs"]);
    assert_eq!(holding("recordAutomatically\": false"), Vec::<String>::new());
}
