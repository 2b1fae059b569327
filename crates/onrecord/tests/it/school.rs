//! Classes for the tests about what a class leaves behind: a course with its people, and classes that stand in the
//! calendar of Microsoft 365 and in OnRecord alike.

use chrono::{DateTime, TimeDelta, Utc};
use msgraph_sim::{HoldOutcome, HoldRequest, SeedEvent, SeedUser};
use onrecord::model::conference::Meeting;
use onrecord::model::id::{ConferenceId, CourseId, IntegrationId, MeetingId, UserId};
use onrecord::model::people::{CourseRole, GlobalRole};
use onrecord::store::conferences::NewConference;
use onrecord::store::meetings::NewMeeting;
use onrecord::store::{self, Read as _, artifacts};
use onrecord::{params, worker};
use serde_json::Value;

use crate::world::{Answer, World};

/// A school with one course.
pub(crate) struct School {
    pub(crate) world: World,
    pub(crate) course: CourseId,
    pub(crate) integration: IntegrationId,
    pub(crate) learner: UserId,
}

/// A class in OnRecord and in Teams.
#[derive(Debug, Clone)]
pub(crate) struct Class {
    pub(crate) conference: ConferenceId,
    pub(crate) meeting: MeetingId,
    pub(crate) join_url: String,
}

/// How a class is entered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entered<'a> {
    pub(crate) title: &'a str,
    /// Minutes from now until it begins.
    pub(crate) in_minutes: i64,
    /// Address of the organizer; empty for the service account.
    pub(crate) organizer: &'a str,
    /// Whether OnRecord knows the online meeting's id already.
    pub(crate) is_named: bool,
}

impl School {
    /// A school that opens now.
    pub(crate) async fn open() -> Self {
        Self::with(&[]).await
    }

    /// A school with other settings.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::of(World::with(settings).await).await
    }

    /// A school in this world.
    pub(crate) async fn of(world: World) -> Self {
        let course = world.course("MAT-1").await;
        let instructor = world.user("instructor@contoso.example", None).await;
        let learner = world.user("learner@contoso.example", None).await;
        world.user("admin@contoso.example", Some(GlobalRole::Admin)).await;
        world.user("officer@contoso.example", Some(GlobalRole::Officer)).await;
        world.user("outsider@contoso.example", None).await;
        world.enrol(course, instructor, CourseRole::Instructor).await;
        world.enrol(course, learner, CourseRole::Learner).await;
        for (email, name, kind) in [
            ("instructor@contoso.example", "Ines Tructor", "teacher"),
            ("learner@contoso.example", "Lea Rner", "student"),
        ] {
            let user = SeedUser {
                email: email.into(),
                display_name: name.into(),
                kind: Some(kind.into()),
                id: None,
            };
            world.sim.seed_user(&user).expect("a person of the tenant");
        }
        let integration = integration(&world).await;
        Self { world, course, integration, learner }
    }

    /// A published class of an hour, organized by the service account.
    pub(crate) async fn class(&self, title: &str, in_minutes: i64) -> Class {
        self.enter(Entered { title, in_minutes, organizer: "", is_named: true }).await
    }

    /// A published class of an hour.
    pub(crate) async fn enter(&self, entered: Entered<'_>) -> Class {
        let starts_at = self.now() + TimeDelta::minutes(entered.in_minutes);
        let ends_at = starts_at + TimeDelta::hours(1);
        let event = SeedEvent {
            organizer: (!entered.organizer.is_empty()).then(|| entered.organizer.to_owned()),
            subject: format!("{} - {}", entered.title, starts_at.format("%Y-%m-%d %H:%M")),
            start: Some(starts_at),
            end: Some(ends_at),
            attendees: vec!["instructor@contoso.example".into(), "learner@contoso.example".into()],
            record_automatically: true,
        };
        let event = self.world.sim.seed_event(&event).expect("an event");
        let now = self.now();
        let tx = self.world.app.store.write().await.expect("a transaction");
        let conference = NewConference {
            external_id: None,
            course_id: self.course,
            integration_id: self.integration,
            title: entered.title.to_owned(),
            description: String::new(),
            time_zone: "UTC".to_owned(),
            published: true,
            created_by: None,
            first_starts_at: starts_at,
            last_ends_at: ends_at,
        };
        let conference = store::conferences::insert(&tx, &conference, now).await.expect("a conference");
        let meeting = NewMeeting {
            external_id: None,
            starts_at,
            ends_at,
            transaction_id: format!("transaction-{}", event.meeting_id),
            service_account_id: None,
            organizer_email: (!entered.organizer.is_empty()).then(|| entered.organizer.to_owned()),
            event_id: Some(event.event_id.clone()),
            join_url: Some(event.join_url.clone()),
        };
        let meeting = store::meetings::insert(&tx, conference, &meeting, now).await.expect("a meeting");
        let organizer = Some(event.organizer_id.clone());
        tx.execute(
            "UPDATE meeting SET auto_recording_status = 'enabled', organizer_id = $2, sent_revision = wanted_revision WHERE id = $1",
            params![meeting, organizer.filter(|_| entered.is_named || entered.organizer.is_empty())],
        )
        .await
        .expect("it is enabled");
        if entered.is_named {
            tx.execute(
                "UPDATE meeting SET online_meeting_id = $2, chat_thread_id = $3 WHERE id = $1",
                params![meeting, event.meeting_id, event.thread_id],
            )
            .await
            .expect("it is named");
        }
        tx.commit().await.expect("it is written");
        Class { conference, meeting, join_url: event.join_url }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.world.app.clock.now()
    }

    /// The class takes place and ends now.
    pub(crate) fn hold(&self, class: &Class) -> HoldOutcome {
        self.hold_as(class, HoldRequest::default())
    }

    /// The class takes place in another way than usual.
    pub(crate) fn hold_as(&self, class: &Class, request: HoldRequest) -> HoldOutcome {
        let request = HoldRequest { join_url: Some(class.join_url.clone()), ..request };
        self.world.sim.hold(&request).expect("the class can be held")
    }

    /// The instructor presses Sync Data.
    pub(crate) async fn press(&self, class: &Class) -> Answer {
        let instructor = self.world.sign_in("instructor@contoso.example").await;
        instructor.post(&format!("/conferences/{}/sync/", class.conference), &Value::Null).await
    }

    /// The instructor presses Sync Data and reads the result.
    pub(crate) async fn sync(&self, class: &Class) -> Value {
        self.press(class).await.expect(200).json()
    }

    /// What somebody reads at an address.
    pub(crate) async fn read(&self, email: &str, path: &str) -> Value {
        self.world.sign_in(email).await.get(path).await.expect(200).json()
    }

    /// Moves time here and at Microsoft.
    pub(crate) fn wait(&self, span: TimeDelta) {
        self.world.advance(span);
    }

    /// The meeting's row.
    pub(crate) async fn row(&self, class: &Class) -> Meeting {
        let row = store::meetings::find(&self.world.app.store, class.meeting).await;
        row.expect("a query").expect("the meeting is there")
    }

    /// Everything the database holds of one kind for a class.
    pub(crate) async fn artifacts(
        &self,
        class: &Class,
        kind: &str,
    ) -> Vec<onrecord::model::artifact::Artifact> {
        use onrecord::model::words::Word as _;
        let kind = onrecord::model::artifact::ArtifactKind::parse(kind).expect("a kind");
        artifacts::of_meeting(&self.world.app.store, class.meeting, kind).await.expect("a query")
    }

    /// A number out of the database.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let row = self.world.app.store.row(sql, params![]).await.expect("a query").expect("a row");
        row.get("n").expect("a number")
    }

    /// Requests to Graph since the log was cleared.
    pub(crate) fn requests(&self) -> Vec<String> {
        let all = self.world.sim.requests().into_iter().filter(|request| request.port == "graph");
        all.map(|request| format!("{} {}", request.method, request.template)).collect()
    }

    /// A meeting that was recorded and whose class was never entered: its file fits nothing.
    pub(crate) async fn held_without_class(&self, title: &str) {
        let stray = self.class(title, -60).await;
        self.hold(&stray);
        let tx = self.world.app.store.write().await.expect("a transaction");
        let forget =
            "UPDATE meeting SET online_meeting_id = 'x', organizer_id = NULL, join_url = NULL WHERE id = $1";
        tx.execute(forget, params![stray.meeting]).await.expect("it is written");
        tx.commit().await.expect("it is written");
    }

    /// The timetable and the jobs it makes, until nothing is due.
    pub(crate) async fn timetable(&self) {
        worker::run_until_idle(&self.world.app).await;
    }
}

/// The integration that the settings describe, with its service account.
async fn integration(world: &World) -> IntegrationId {
    let tenant = world.sim.tenant();
    let now = world.app.clock.now();
    let known = |name: &str| tenant[name].as_str().unwrap_or_default().to_owned();
    let id = onrecord::ops::integration::apply_config(&world.app).await.expect("an integration").id;
    let tx = world.app.store.write().await.expect("a transaction");
    tx.execute(
        "INSERT INTO service_account (integration_id, email, entra_object_id, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (integration_id, email) DO UPDATE SET entra_object_id = excluded.entra_object_id",
        params![id, known("service_account_email"), known("service_account_id"), now],
    )
    .await
    .expect("a service account");
    tx.commit().await.expect("it is written");
    id
}

/// The state of one kind in a sync's answer.
pub(crate) fn state<'a>(answer: &'a Value, kind: &str) -> &'a str {
    answer["details"][kind]["state"].as_str().unwrap_or_default()
}

/// The states of all kinds, in the order people read them.
pub(crate) fn states(answer: &Value) -> Vec<&str> {
    ["recordings", "transcripts", "attendance", "chat", "files"].map(|kind| state(answer, kind)).into()
}
