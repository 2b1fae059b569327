//! The sweep of meetings that were there before, and of those that somebody switched off.

use chrono::TimeDelta;
use msgraph_sim::SeedEvent;
use onrecord::model::conference::AutoRecordingStatus as Status;
use onrecord::model::id::MeetingId;
use onrecord::ops::enforce::{Mode, Report, Swept, sweep};
use onrecord::store::conferences::{self, NewConference};
use onrecord::store::integrations;
use onrecord::store::meetings::{self, NewMeeting};

use crate::teaching::School;

/// A class that somebody made in Outlook, `hours` from now, and its row as an import leaves it.
async fn imported(school: &School, hours: i64, organizer: Option<&str>, by: By) -> MeetingId {
    let now = school.world.app.clock.now();
    let (starts_at, ends_at) = (now + TimeDelta::hours(hours), now + TimeDelta::hours(hours + 1));
    let seeded = school
        .world
        .sim
        .seed_event(&SeedEvent {
            organizer: organizer.map(str::to_owned),
            subject: "Physics".to_owned(),
            start: Some(starts_at),
            end: Some(ends_at),
            ..SeedEvent::default()
        })
        .expect("an event");
    let app = &school.world.app;
    let tx = app.store.write().await.expect("a transaction");
    let integration_id = integrations::first(&tx).await.expect("a query").expect("an integration").id;
    let new = NewConference {
        external_id: None,
        course_id: school.course,
        integration_id,
        title: "Physics".to_owned(),
        description: String::new(),
        time_zone: "UTC".to_owned(),
        published: true,
        created_by: None,
        first_starts_at: starts_at,
        last_ends_at: ends_at,
    };
    let conference = conferences::insert(&tx, &new, now).await.expect("a conference");
    let meeting = NewMeeting {
        external_id: None,
        starts_at,
        ends_at,
        transaction_id: uuid::Uuid::new_v4().to_string(),
        service_account_id: None,
        organizer_email: organizer.map(str::to_owned),
        event_id: (by == By::Event).then_some(seeded.event_id),
        join_url: (by == By::Link).then_some(seeded.join_url),
    };
    let id = meetings::insert(&tx, conference, &meeting, now).await.expect("a meeting");
    tx.commit().await.expect("written");
    id
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Link,
    Event,
}

fn outcome(report: &Report, id: MeetingId) -> Swept {
    let line = report.meetings.iter().find(|line| line.meeting_id == id);
    line.unwrap_or_else(|| panic!("{id} was not looked at")).outcome
}

#[tokio::test]
async fn meetings_made_before_are_found_by_link_or_event_and_recorded() {
    let school = School::new().await;
    let by_link = imported(&school, 24, Some("instructor@contoso.example"), By::Link).await;
    let by_event = imported(&school, 48, Some("instructor@contoso.example"), By::Event).await;
    let without_organizer = imported(&school, 72, None, By::Link).await;
    let past = imported(&school, -48, Some("instructor@contoso.example"), By::Link).await;
    let app = &school.world.app;

    let dry = sweep(app, Mode::DryRun).await.expect("a report");
    assert_eq!(outcome(&dry, by_link), Swept::WouldEnable);
    assert_eq!(outcome(&dry, past), Swept::WouldIdentify);
    assert!(school.asked().is_empty(), "a dry run changes nothing");
    assert!(school.meeting(by_link).await.online_meeting_id.is_none());

    let report = sweep(app, Mode::Apply).await.expect("a report");
    assert!(report.success, "{report:?}");
    for id in [by_link, by_event, without_organizer] {
        assert_eq!(outcome(&report, id), Swept::Enabled);
        let meeting = school.meeting(id).await;
        assert_eq!(meeting.auto_recording_status, Status::Enabled);
        assert!(school.online_meeting(&meeting).await.is_recording_enforced());
    }
    assert_eq!(outcome(&report, past), Swept::Identified);
    let past = school.meeting(past).await;
    assert!(past.online_meeting_id.is_some() && past.auto_recording_status.is_failure());
    assert!(!school.online_meeting(&past).await.is_recording_enforced(), "what is over is only identified");

    let again = sweep(app, Mode::Apply).await.expect("a report");
    assert_eq!(again.checked, 3, "a settled past is not looked at again");
    assert!(again.meetings.iter().all(|line| line.outcome == Swept::Already));
}

#[tokio::test]
async fn those_who_were_invited_before_keep_their_place() {
    let school = School::new().await;
    let now = school.world.app.clock.now();
    let id = imported(&school, 24, Some("instructor@contoso.example"), By::Link).await;
    sweep(&school.world.app, Mode::Apply).await.expect("a report");
    let meeting = school.meeting(id).await;
    assert_eq!(meeting.organizer_email.as_deref(), Some("instructor@contoso.example"));
    assert_eq!(meeting.service_account_id, None);
    assert!(meeting.starts_at > now);
}

#[tokio::test]
async fn what_somebody_switched_off_is_repaired_and_audited() {
    let school = School::new().await;
    let (_, id) = school.class_tomorrow().await;
    school.run_jobs().await;
    let meeting = school.meeting(id).await;
    let online = meeting.online_meeting_id.as_deref().expect("known");
    assert!(school.world.sim.flip_recording(online, false));
    let report = sweep(&school.world.app, Mode::Apply).await.expect("a report");
    assert_eq!(outcome(&report, id), Swept::Repaired);
    assert!(school.online_meeting(&meeting).await.is_recording_enforced());
    assert_eq!(school.audited("recording.drift_found").await, 1);
}

#[tokio::test]
async fn an_unknown_organizer_fails_alone_and_says_what_to_do() {
    let school = School::new().await;
    let good = imported(&school, 24, Some("instructor@contoso.example"), By::Link).await;
    let bad = imported(&school, 25, Some("instructor@contoso.example"), By::Link).await;
    let tx = school.world.app.store.write().await.expect("a transaction");
    let sql = "UPDATE meeting SET organizer_email = 'nobody@contoso.example' WHERE id = $1";
    tx.execute(sql, onrecord::params![bad]).await.expect("written");
    tx.commit().await.expect("written");
    let report = sweep(&school.world.app, Mode::Apply).await.expect("a report");
    assert!(!report.success);
    assert_eq!((outcome(&report, good), outcome(&report, bad)), (Swept::Enabled, Swept::Failed));
    let line = report.meetings.iter().find(|line| line.meeting_id == bad).expect("there");
    assert!(line.detail.contains("nobody@contoso.example"), "{line:?}");
    assert_eq!(line.auto_recording_status, Status::FailedNotFound);
}
