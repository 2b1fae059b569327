//! A school that schedules: a course with an instructor and a learner, connected to Microsoft 365 in the box.

use chrono::TimeDelta;
use onrecord::model::access::{Scope, Viewer};
use onrecord::model::conference::Meeting;
use onrecord::model::id::{ConferenceId, CourseId, MeetingId, UserId};
use onrecord::model::integration::SyncKind;
use onrecord::model::people::{CourseRole, GlobalRole};
use onrecord::model::words::Word as _;
use onrecord::store::{Read as _, integrations, meetings};
use onrecord::{ops, params, worker};
use serde_json::{Value, json};

use crate::world::{Client, World};

/// A world with people in it.
pub(crate) struct School {
    pub(crate) world: World,
    pub(crate) course: CourseId,
    admin: UserId,
}

impl School {
    /// A school whose tenant is connected.
    pub(crate) async fn new() -> Self {
        Self::in_world(World::new().await).await
    }

    /// A school with other settings.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::in_world(World::with(settings).await).await
    }

    /// A school before an administrator connected Teams.
    pub(crate) async fn unconnected() -> Self {
        let nothing =
            ["TEAMS_TENANT_ID", "TEAMS_CLIENT_ID", "TEAMS_CLIENT_SECRET", "TEAMS_RECORDING_ADMIN_EMAIL"];
        Self::in_world(World::with(&nothing.map(|name| (name, ""))).await).await
    }

    pub(crate) async fn in_world(world: World) -> Self {
        let admin = world.user("admin@contoso.example", Some(GlobalRole::Admin)).await;
        let instructor = world.user("instructor@contoso.example", None).await;
        let learner = world.user("learner@contoso.example", None).await;
        world.user("outsider@contoso.example", None).await;
        let course = world.course("ALG-1").await;
        world.enrol(course, instructor, CourseRole::Instructor).await;
        world.enrol(course, learner, CourseRole::Learner).await;
        Self { world, course, admin }
    }

    /// An administrator connects the tenant on the settings page.
    pub(crate) async fn connect(&self) {
        let tenant = self.world.sim.tenant();
        let known = |name: &str| tenant[name].as_str().unwrap_or_default().to_owned();
        let change = ops::integration::Change {
            tenant_id: known("tenant_id"),
            client_id: known("client_id"),
            client_secret: known("client_secret"),
            client_certificate: String::new(),
            service_accounts: known("service_account_email"),
            kinds: SyncKind::ALL.to_vec(),
        };
        let admin = Viewer {
            user_id: self.admin,
            name: "admin".to_owned(),
            email: "admin@contoso.example".to_owned(),
            language: "en".to_owned(),
            role: Some(GlobalRole::Admin),
            scope: Scope::Admin,
        };
        ops::integration::save(&self.world.app, &admin, &change).await.expect("saved");
    }

    /// Another mailbox that organizes classes.
    pub(crate) async fn add_account(&self, email: &str) {
        let app = &self.world.app;
        let user = json!({ "users": { (email): { "kind": "service" } } });
        self.world.sim.patch_tenant(&user).expect("the tenant takes it");
        let tx = app.store.write().await.expect("a transaction");
        let id = integrations::first(&tx).await.expect("a query").expect("an integration").id;
        integrations::add_account(&tx, id, email, app.clock.now()).await.expect("an account");
        tx.commit().await.expect("written");
    }

    /// The instructor at their keyboard.
    pub(crate) async fn instructor(&self) -> Client<'_> {
        self.world.sign_in("instructor@contoso.example").await
    }

    /// A request for a conference with these slots.
    pub(crate) fn request(&self, slots: &[(&str, &str, &str)]) -> Value {
        let slots: Vec<Value> = slots
            .iter()
            .map(|(date, start, end)| json!({ "date": date, "start_time": start, "end_time": end }))
            .collect();
        json!({
            "title": "Algebra 1", "description": "Bring <paper> & pencil.", "course_id": self.course.0,
            "platform": "teams", "time_zone": "Europe/Berlin", "time_slots": slots, "published": true,
        })
    }

    /// Schedules a class of one hour tomorrow at nine and returns conference and meeting.
    pub(crate) async fn class_tomorrow(&self) -> (ConferenceId, MeetingId) {
        self.class_tomorrow_at("09:00", "10:00").await
    }

    /// The same at another time.
    pub(crate) async fn class_tomorrow_at(&self, start: &str, end: &str) -> (ConferenceId, MeetingId) {
        let request = self.request(&[("2026-09-02", start, end)]);
        let made = self.instructor().await.post("/api/v1/conferences", &request).await.expect(201).json();
        (ConferenceId(number(&made["id"])), MeetingId(number(&made["meetings"][0]["id"])))
    }

    /// The worker does everything that is due.
    pub(crate) async fn run_jobs(&self) {
        worker::run_until_idle(&self.world.app).await;
    }

    /// Time passes, and the worker does what became due.
    pub(crate) async fn wait(&self, span: TimeDelta) {
        self.world.advance(span);
        self.run_jobs().await;
    }

    /// The meeting as it is stored.
    pub(crate) async fn meeting(&self, id: MeetingId) -> Meeting {
        meetings::find(&self.world.app.store, id).await.expect("a query").expect("the meeting")
    }

    /// The conference as its instructor reads it.
    pub(crate) async fn conference(&self, id: ConferenceId) -> Value {
        let path = format!("/api/v1/conferences/{id}");
        self.instructor().await.get(&path).await.expect(200).json()
    }

    /// A Graph client for looking at what is really in Teams.
    pub(crate) async fn graph(&self) -> msgraph::Client {
        let app = &self.world.app;
        let integration = integrations::first(&app.store).await.expect("a query").expect("an integration");
        ops::integration::connect(app, &integration).expect("a client")
    }

    /// The event of a meeting, read in Teams.
    pub(crate) async fn event(&self, meeting: &Meeting) -> msgraph::Event {
        let organizer = meeting.organizer_id.as_deref().expect("an organizer");
        let event = meeting.event_id.as_deref().expect("an event");
        self.graph().await.event(organizer, event).await.expect("the event is there")
    }

    /// The online meeting, read in Teams.
    pub(crate) async fn online_meeting(&self, meeting: &Meeting) -> msgraph::OnlineMeeting {
        let organizer = meeting.organizer_id.as_deref().expect("an organizer");
        let id = meeting.online_meeting_id.as_deref().expect("an id");
        self.graph().await.online_meeting(organizer, id).await.expect("the meeting is there")
    }

    /// How many audit entries of this action there are.
    pub(crate) async fn audited(&self, action: &str) -> i64 {
        let sql = "SELECT COUNT(*) AS n FROM audit_entry WHERE action = $1";
        let row = self.world.app.store.row(sql, params![action]).await.expect("a query");
        row.expect("a row").get("n").expect("a number")
    }

    /// What scheduling asked of calendar and Teams, as `METHOD path`: without sign-in, directory look-ups, and what
    /// the timetable asks about recordings and drives meanwhile.
    pub(crate) fn asked(&self) -> Vec<String> {
        let all = self.world.sim.requests();
        let counted = all.into_iter().filter(|request| {
            let path = &request.template;
            ["/events", "/onlineMeetings", "/calendar"].iter().any(|word| path.contains(word))
                && !path.contains("getAll")
        });
        counted.map(|request| format!("{} {}", request.method, request.template)).collect()
    }
}

/// A number in JSON.
#[track_caller]
pub(crate) fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The fields that a 422 names.
#[track_caller]
pub(crate) fn wrong_fields(answer: &crate::world::Answer) -> Vec<String> {
    let errors = answer.json()["errors"].clone();
    let errors = errors.as_array().unwrap_or_else(|| panic!("no errors in {}", answer.text()));
    errors.iter().filter_map(|error| error["field"].as_str().map(str::to_owned)).collect()
}
