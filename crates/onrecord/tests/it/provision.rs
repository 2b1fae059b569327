//! From the job to `enabled`: the steps in Teams, their order and number, and everything that can go wrong on the
//! way, including what went wrong in the system this replaces.

use chrono::TimeDelta;
use onrecord::model::conference::AutoRecordingStatus as Status;
use onrecord::model::people::CourseRole;
use onrecord::store::Read as _;
use onrecord::{params, worker};
use serde_json::json;

use crate::teaching::{School, number};

#[tokio::test]
async fn a_class_becomes_enabled_with_four_requests_and_only_after_the_read_back() {
    let school = School::new().await;
    let (conference, meeting) = school.class_tomorrow().await;
    school.run_jobs().await;
    assert_eq!(
        school.asked(),
        [
            "POST /v1.0/users/{id}/events",
            "GET /v1.0/users/{id}/onlineMeetings",
            "PATCH /v1.0/users/{id}/onlineMeetings/{id}",
            "GET /v1.0/users/{id}/onlineMeetings/{id}",
        ]
    );
    let meeting = school.meeting(meeting).await;
    assert_eq!(meeting.auto_recording_status, Status::Enabled);
    assert_eq!(meeting.read_back_at, Some(school.world.app.clock.now()));
    assert!(meeting.chat_thread_id.is_some() && meeting.organizer_id.is_some());
    let shown = school.conference(conference).await;
    assert_eq!(shown["auto_recording_status"], "enabled");
    assert_eq!(shown["meetings"][0]["join_url"].as_str(), meeting.join_url.as_deref());

    let event = school.event(&meeting).await;
    assert_eq!(event.subject.as_deref(), Some("Algebra 1 - 2026-09-02 09:00"));
    let body = event.body_html().unwrap_or_default();
    assert!(body.contains("Bring &lt;paper&gt; &amp; pencil."), "{body}");
    assert!(body.contains("This class is recorded"), "the notice is in the invitation");
    assert_eq!(
        event.attendees.iter().filter_map(|a| a.address()).collect::<Vec<_>>(),
        ["instructor@contoso.example"]
    );
    let online = school.online_meeting(&meeting).await;
    assert!(online.is_recording_enforced());
    assert_eq!(online.allowed_presenters, Some(msgraph::AllowedPresenters::RoleIsPresenter));
    let people = online.attendees();
    assert_eq!(people.len(), 1, "learners are not invited unless the course says so");
    assert_eq!(people[0].role, Some(msgraph::ParticipantRole::Presenter));

    school.world.sim.clear_requests();
    school.wait(TimeDelta::hours(1)).await;
    let asked = school.asked();
    assert!(asked.len() == 1 && asked[0].starts_with("GET"), "only the guard reads it once more: {asked:?}");
    assert_eq!(school.audited("recording.enabled").await, 1);
}

/// The system this replaces stored the calendar event's id only: its recording status was `pending` for ever.
#[tokio::test]
async fn recording_status_is_never_pending_for_ever() {
    let school = School::unconnected().await;
    let (conference, meeting) = school.class_tomorrow().await;
    school.run_jobs().await;
    let waiting = school.conference(conference).await;
    assert_eq!(waiting["auto_recording_status"], "pending");
    let why = waiting["meetings"][0]["auto_recording_detail"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("not connected"), "{why}");
    school.wait(TimeDelta::hours(26)).await;
    let status = school.meeting(meeting).await.auto_recording_status;
    assert_eq!(status, Status::FailedUnknown, "at class start a conclusion is drawn");
    assert_eq!(school.audited("recording.enable_failed").await, 1);
}

#[tokio::test]
async fn a_class_scheduled_before_teams_was_connected_is_provisioned_once_it_is() {
    let school = School::unconnected().await;
    let (_, meeting) = school.class_tomorrow().await;
    school.run_jobs().await;
    assert_eq!(school.meeting(meeting).await.auto_recording_status, Status::Pending);
    school.connect().await;
    school.run_jobs().await;
    let meeting = school.meeting(meeting).await;
    assert_eq!(meeting.auto_recording_status, Status::Enabled);
    assert!(meeting.service_account_id.is_some(), "an account was chosen late");
}

#[tokio::test]
async fn each_cause_has_its_reason_and_is_tried_again_until_it_is_mended() {
    let without = |role: &str, school: &School| {
        let roles = school.world.sim.tenant()["roles"].clone();
        let kept: Vec<_> = roles.as_array().expect("roles").iter().filter(|r| *r != role).cloned().collect();
        json!({ "roles": kept })
    };
    for cause in ["calendar role", "meetings role", "policy", "mailbox", "secret"] {
        let school = School::new().await;
        let sim = &school.world.sim;
        let healthy = sim.tenant();
        let (patch, expected) = match cause {
            "calendar role" => (without("Calendars.ReadWrite", &school), Status::FailedPermission),
            "meetings role" => (without("OnlineMeetings.ReadWrite.All", &school), Status::FailedPermission),
            "policy" => (json!({ "access_policy": "none" }), Status::FailedAccessPolicy),
            "mailbox" => {
                let users = json!({ "users": { "recordings@contoso.example": { "mailbox": false } } });
                (users, Status::FailedLicense)
            }
            _ => (json!({ "secret_expired": true }), Status::FailedPermission),
        };
        sim.patch_tenant(&patch).expect("the tenant takes it");
        let (_, id) = school.class_tomorrow().await;
        school.run_jobs().await;
        let meeting = school.meeting(id).await;
        assert_eq!(meeting.auto_recording_status, expected, "{cause}: {}", meeting.auto_recording_detail);
        assert!(!meeting.auto_recording_detail.is_empty());
        school.wait(TimeDelta::minutes(5)).await;
        assert_eq!(school.audited("recording.enable_failed").await, 1, "{cause}: alerted once per reason");
        let mended = json!({
            "roles": healthy["roles"], "access_policy": "all", "secret_expired": false,
            "users": { "recordings@contoso.example": { "mailbox": true } },
        });
        sim.patch_tenant(&mended).expect("the tenant takes it");
        school.graph().await.forget_token().await;
        school.wait(TimeDelta::hours(6)).await;
        let meeting = school.meeting(id).await;
        assert_eq!(
            meeting.auto_recording_status,
            Status::Enabled,
            "{cause}: {}",
            meeting.auto_recording_detail
        );
    }
}

#[tokio::test]
async fn a_mailbox_without_teams_gets_no_second_invitation_until_it_has_it() {
    let school = School::new().await;
    let allow = |allowed: bool| json!({ "users": { "recordings@contoso.example": { "teams_meetings_allowed": allowed } } });
    school.world.sim.patch_tenant(&allow(false)).expect("the tenant takes it");
    let (_, id) = school.class_tomorrow().await;
    school.run_jobs().await;
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::FailedProvider);
    school.wait(TimeDelta::hours(3)).await;
    let posts = |school: &School| {
        school.asked().iter().filter(|line| line.starts_with("POST") && line.ends_with("/events")).count()
    };
    assert_eq!(posts(&school), 1);
    school.world.sim.patch_tenant(&allow(true)).expect("the tenant takes it");
    school.wait(TimeDelta::hours(6)).await;
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::Enabled);
    assert_eq!(posts(&school), 2);
}

#[tokio::test]
async fn a_late_link_and_an_empty_lookup_are_waited_for() {
    let school = School::new().await;
    let switches = json!({ "switches": { "late_join_url_s": 5, "late_lookup_s": 20 } });
    school.world.sim.patch_tenant(&switches).expect("the tenant takes it");
    let (_, id) = school.class_tomorrow().await;
    school.run_jobs().await;
    let meeting = school.meeting(id).await;
    assert_eq!(meeting.auto_recording_status, Status::Pending, "nothing is wrong yet");
    assert!(meeting.event_id.is_some() && meeting.join_url.is_none(), "the first step is kept");
    for _ in 0..6 {
        school.wait(TimeDelta::seconds(20)).await;
    }
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::Enabled);
    let posts = school.asked().iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(posts, 1, "one event only");
    assert_eq!(school.audited("recording.enable_failed").await, 0);
}

#[tokio::test]
async fn a_meeting_that_teams_never_shows_is_a_failure_after_two_minutes() {
    let school = School::new().await;
    let never = json!({ "switches": { "late_lookup_s": 1_000_000 } });
    school.world.sim.patch_tenant(&never).expect("the tenant takes it");
    let (_, id) = school.class_tomorrow().await;
    school.run_jobs().await;
    for _ in 0..8 {
        school.wait(TimeDelta::minutes(1)).await;
    }
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::FailedNotFound);
    assert_eq!(school.audited("recording.enable_failed").await, 1);
}

#[tokio::test]
async fn an_event_whose_answer_was_lost_is_found_by_its_transaction() {
    for (status, names_event) in [(409, false), (400, true)] {
        let school = School::new().await;
        let switches = json!({ "switches": {
            "duplicate_transaction_status": status, "duplicate_transaction_names_event": names_event } });
        school.world.sim.patch_tenant(&switches).expect("the tenant takes it");
        let lost = json!({ "method": "POST", "path": "/events", "cut_after": 10, "times": 1 });
        school.world.sim.add_fault(&lost).expect("a fault");
        let (_, id) = school.class_tomorrow().await;
        let twin = school.request(&[("2026-09-02", "09:00", "10:00")]);
        school.instructor().await.post("/api/v1/conferences", &twin).await.expect(201);
        school.run_jobs().await;
        school.wait(TimeDelta::minutes(5)).await;
        let meeting = school.meeting(id).await;
        assert_eq!(meeting.auto_recording_status, Status::Enabled, "{}", meeting.auto_recording_detail);
        let event = school.event(&meeting).await;
        assert_eq!(event.transaction_id.as_deref(), Some(meeting.transaction_id.as_str()));
        let organizer = meeting.organizer_id.as_deref().expect("known");
        let all = school.graph().await.calendar_view(organizer, meeting.starts_at, meeting.ends_at).await;
        assert_eq!(
            all.expect("a calendar").len(),
            2,
            "one event for each class, though their titles are the same"
        );
    }
}

#[tokio::test]
async fn a_worker_killed_after_any_request_loses_nothing() {
    for killed_after in 1..=6 {
        let school = School::new().await;
        let (_, id) = school.class_tomorrow().await;
        {
            // The future is dropped in the middle, as a killed process would be.
            let mut running = Box::pin(school.run_jobs());
            while school.world.sim.requests().len() < killed_after {
                let step = std::time::Duration::from_millis(1);
                if tokio::time::timeout(step, &mut running).await.is_ok() {
                    break;
                }
            }
        }
        school.wait(TimeDelta::minutes(3)).await;
        let meeting = school.meeting(id).await;
        assert_eq!(meeting.auto_recording_status, Status::Enabled, "killed after {killed_after}");
        let organizer = meeting.organizer_id.as_deref().expect("known");
        let all = school.graph().await.calendar_view(organizer, meeting.starts_at, meeting.ends_at).await;
        assert_eq!(all.expect("a calendar").len(), 1, "killed after {killed_after}: one event");
    }
}

#[tokio::test]
async fn two_workers_never_do_the_same_class_twice() {
    let school = School::new().await;
    let slots: Vec<_> = (2..10).map(|day| format!("2026-09-{day:02}")).collect();
    let slots: Vec<_> = slots.iter().map(|day| (day.as_str(), "09:00", "10:00")).collect();
    school.instructor().await.post("/api/v1/conferences", &school.request(&slots)).await.expect(201);
    let app = &school.world.app;
    tokio::join!(worker::run_until_idle(app), worker::run_until_idle(app), worker::run_until_idle(app));
    let posts = school.asked().iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!((posts, school.asked().len()), (8, 32));
    let left = app.store.row("SELECT COUNT(*) AS n FROM job WHERE kind <> 'duty'", params![]).await;
    assert_eq!(left.expect("a query").expect("a row").get::<i64>("n").expect("a number"), 0);
}

#[tokio::test]
async fn a_throttled_tenant_is_left_alone_as_long_as_it_asks() {
    let school = School::new().await;
    let busy = json!({ "path": "/onlineMeetings", "status": 429, "retry_after": 600, "times": 1 });
    school.world.sim.add_fault(&busy).expect("a fault");
    let (_, id) = school.class_tomorrow().await;
    school.run_jobs().await;
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::FailedThrottled);
    let before = school.asked().len();
    let (_, other) = school.class_tomorrow_at("14:00", "15:00").await;
    school.run_jobs().await;
    let asked = school.asked();
    assert!(
        asked[before..].iter().all(|line| !line.contains("onlineMeetings")),
        "other work keeps off the lane, too: {asked:?}"
    );
    school.wait(TimeDelta::minutes(11)).await;
    school.wait(TimeDelta::minutes(11)).await;
    for id in [id, other] {
        assert_eq!(school.meeting(id).await.auto_recording_status, Status::Enabled);
    }
}

#[tokio::test]
async fn an_unreachable_microsoft_is_a_network_failure_and_comes_back() {
    let school = School::new().await;
    let down = json!({ "path": "/v1.0/users", "status": 503 });
    school.world.sim.add_fault(&down).expect("a fault");
    let (_, id) = school.class_tomorrow().await;
    school.run_jobs().await;
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::FailedNetwork);
    school.world.sim.clear_faults();
    school.wait(TimeDelta::minutes(30)).await;
    assert_eq!(school.meeting(id).await.auto_recording_status, Status::Enabled);
}

#[tokio::test]
async fn people_outside_entra_are_left_out_with_a_warning_and_asked_for_once() {
    let school = School::new().await;
    let guest = school.world.user("guest@elsewhere.example", None).await;
    school.world.enrol(school.course, guest, CourseRole::Instructor).await;
    let slots = [("2026-09-02", "09:00", "10:00"), ("2026-09-03", "09:00", "10:00")];
    let made = school
        .instructor()
        .await
        .post("/api/v1/conferences", &school.request(&slots))
        .await
        .expect(201)
        .json();
    school.run_jobs().await;
    let id = onrecord::model::id::ConferenceId(number(&made["id"]));
    let shown = school.conference(id).await;
    assert_eq!(shown["auto_recording_status"], "enabled", "the class goes on");
    assert_eq!(shown["meetings"][0]["left_out"], json!(["guest@elsewhere.example"]));
    let asked = school.world.sim.requests();
    let for_guest = asked.iter().filter(|request| request.path.contains("guest"));
    assert_eq!(for_guest.count(), 1, "the directory's answer is kept");
}

#[tokio::test]
async fn meetings_go_round_the_service_accounts() {
    let school = School::new().await;
    school.add_account("recordings2@contoso.example").await;
    let slots: Vec<_> = (2..8).map(|day| format!("2026-09-{day:02}")).collect();
    let slots: Vec<_> = slots.iter().map(|day| (day.as_str(), "09:00", "10:00")).collect();
    school.instructor().await.post("/api/v1/conferences", &school.request(&slots)).await.expect(201);
    school.run_jobs().await;
    let rows = school.world.app.store.rows(
        "SELECT organizer_id, COUNT(*) AS n FROM meeting WHERE auto_recording_status = 'enabled' GROUP BY organizer_id", params![]).await;
    let counts: Vec<i64> = rows.expect("a query").iter().map(|row| row.get("n").expect("a number")).collect();
    assert_eq!(counts, [3, 3]);
}

#[tokio::test]
async fn an_edit_flows_through_and_the_join_block_survives() {
    let school = School::new().await;
    let (conference, id) = school.class_tomorrow().await;
    school.run_jobs().await;
    let before = school.meeting(id).await;
    let edit = json!({ "title": "Algebra 2", "description": "New text" });
    let path = format!("/api/v1/conferences/{conference}");
    school.instructor().await.patch(&path, &edit).await.expect(200);
    school.run_jobs().await;
    let event = school.event(&before).await;
    assert_eq!(event.subject.as_deref(), Some("Algebra 2 - 2026-09-02 09:00"));
    let body = event.body_html().unwrap_or_default();
    assert!(body.contains("New text") && !body.contains("pencil"), "{body}");
    assert_eq!(event.join_url(), before.join_url.as_deref(), "the meeting is still there");
    assert!(event.is_online_meeting);
    let after = school.meeting(id).await;
    assert_eq!((after.sent_revision, after.auto_recording_status), (after.wanted_revision, Status::Enabled));
}

#[tokio::test]
async fn a_roster_change_reaches_near_classes_now_and_far_ones_in_time() {
    let school = School::new().await;
    let slots = [("2026-09-02", "09:00", "10:00"), ("2026-10-02", "09:00", "10:00")];
    let made = school
        .instructor()
        .await
        .post("/api/v1/conferences", &school.request(&slots))
        .await
        .expect(201)
        .json();
    school.run_jobs().await;
    let learner = school.world.user("aisha.khan@contoso.example", None).await;
    school.world.enrol(school.course, learner, CourseRole::Instructor).await;
    onrecord::ops::roster::changed(&school.world.app, school.course).await.expect("queued");
    school.run_jobs().await;
    let people = async |place: usize| {
        let id = onrecord::model::id::MeetingId(number(&made["meetings"][place]["id"]));
        let meeting = school.meeting(id).await;
        school.online_meeting(&meeting).await.attendees().len()
    };
    assert_eq!((people(0).await, people(1).await), (2, 1));
    school.wait(TimeDelta::days(18)).await;
    assert_eq!(people(1).await, 2);
}
