//! How many requests to Microsoft Graph the product makes: `cargo bench -p onrecord --bench requests [-- CLASSES]`.
//! A school of 10,000 classes that were held and read, played by the simulator; each line is one thing that happens
//! in it. Requests are counted, not timed: the figures are the same in a debug build (`--profile dev`).

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use msgraph_sim::{HoldRequest, Options, SeedEvent, Simulator};
use onrecord::app::App;
use onrecord::clock::Clock;
use onrecord::config::{Config, Sources};
use onrecord::graph::GraphClients;
use onrecord::lanes::DatabaseLanes;
use onrecord::model::id::{CourseId, IntegrationId, UserId};
use onrecord::model::sync::SyncCause;
use onrecord::ops::sync::{self, Asked};
use onrecord::store::conferences::NewConference;
use onrecord::store::meetings::NewMeeting;
use onrecord::store::sync::Scope;
use onrecord::store::{self, Tx};
use onrecord::{params, secrets, web, worker};
use serde_json::json;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// Classes that are over when the hour begins.
const CLASSES: i64 = 10_000;

/// Classes that something happens in during the hour.
const CHANGED: i64 = 100;

/// Classes of one day.
const A_DAY: i64 = 250;

/// Service accounts that organize them; Microsoft allows 2,000 meetings a month for each.
const ORGANIZERS: i64 = 5;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let classes = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(CLASSES);
    let school = School::open().await?;
    println!("| what | requests | at most | of which |\n|---|---|---|---|");
    let requests = school.schedule().await?;
    School::tell("scheduling one class", 4, &requests);
    let ended = school.fill(classes).await?;
    school.settle().await?;
    let over = format!("of {classes} ended classes");
    // While classes are due, three deltas of each organizer are asked for each minute.
    let once_more = (8 * CHANGED + 4 * ORGANIZERS) as u64;
    let an_hour = (3 * 60 * ORGANIZERS + 9 * CHANGED) as u64;

    let requests = school.sync_all().await?;
    School::tell(&format!("`sync --all` {over}, nothing changed"), 20, &requests);
    school.hold(&school.add(CHANGED, 0).await?)?;
    let requests = school.sync_all().await?;
    School::tell(&format!("`sync --all` {over}, {CHANGED} new"), 800, &requests);

    school.settle().await?;
    school.hold_again(&ended)?;
    let requests = school.sync_all().await?;
    School::tell(&format!("`sync --all` {over}, {CHANGED} held once more"), once_more, &requests);

    school.settle().await?;
    let requests = school.an_hour_of_work().await?;
    School::tell(&format!("an hour of the timetable {over}, nothing changed"), 100, &requests);
    school.hold(&school.add(CHANGED, 0).await?)?;
    let requests = school.an_hour_of_work().await?;
    School::tell(&format!("an hour of the timetable {over}, {CHANGED} new"), an_hour, &requests);
    Ok(())
}

/// Requests by method and kind of path.
type Requests = BTreeMap<String, u64>;

/// The school, the product, and Microsoft.
struct School {
    app: Arc<App>,
    sim: Simulator,
    course: CourseId,
    integration: IntegrationId,
    token: String,
    _folder: TempDir,
}

impl School {
    async fn open() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let sim = Simulator::start(Options::default()).await?;
        let now = Utc.with_ymd_and_hms(2026, 9, 1, 6, 0, 0).single().context("a moment")?;
        sim.set_now(now);
        let tenant = sim.tenant();
        let known = |name: &str| tenant[name].as_str().unwrap_or_default().to_owned();
        let organizers: Vec<String> =
            (0..ORGANIZERS).map(|number| format!("recordings{number}@contoso.example")).collect();
        let people: serde_json::Map<String, serde_json::Value> =
            organizers.iter().map(|email| (email.clone(), json!({ "kind": "service" }))).collect();
        // Hours pass here within a second; a token that ended so quickly would be asked for too often.
        let tenant = json!({ "users": people, "token_lifetime_s": 100_000_000 });
        sim.patch_tenant(&tenant).map_err(anyhow::Error::msg)?;
        let environment = [
            ("ONRECORD_GRAPH_URL", sim.url()),
            ("ONRECORD_LOGIN_URL", sim.url()),
            ("TEAMS_TENANT_ID", known("tenant_id")),
            ("TEAMS_CLIENT_ID", known("client_id")),
            ("TEAMS_CLIENT_SECRET", known("client_secret")),
            ("TEAMS_RECORDING_ADMIN_EMAIL", organizers.join(",")),
            // Nobody can be reached here: sweeps alone.
            ("ONRECORD_NOTIFICATIONS", "off".to_owned()),
        ];
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let sources = Sources { data_dir: Some(folder.path().to_owned()), config_file: None, environment };
        let config = Config::load(&sources).map_err(|error| anyhow::anyhow!("{error}"))?;
        let mut app = App::open(config, Clock::manual(now)).await?;
        // The clock stands still: nobody waits for a turn.
        let lanes = DatabaseLanes::new(app.store.clone(), app.clock.clone()).unpaced();
        app.graph = GraphClients::with_lanes(Arc::new(lanes), app.clock.clone());
        let app = Arc::new(app);
        let integration = onrecord::ops::integration::apply_config(&app).await?.id;
        let tx = app.store.write().await?;
        let course = tx
            .insert(
                "INSERT INTO course (code, title, created_at, updated_at) VALUES ('MAT-1', 'Algebra', $1, $1) RETURNING id",
                params![now],
            )
            .await?;
        let token = token(&tx, now).await?;
        tx.commit().await?;
        Ok(Self { app, sim, course, integration, token, _folder: folder })
    }

    /// Somebody schedules one class, and the worker makes its meeting.
    async fn schedule(&self) -> anyhow::Result<Requests> {
        // What the timetable asks at the first start is not part of it.
        worker::run_until_idle(&self.app).await;
        self.sim.clear_requests();
        let class = json!({
            "title": "Algebra", "course_id": self.course, "platform": "teams", "time_zone": "Europe/Amsterdam",
            "time_slots": [{ "date": "2026-12-01", "start_time": "09:00", "end_time": "10:00" }],
        });
        let request = Request::post("/api/v1/conferences")
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Body::from(class.to_string()))?;
        let answer = web::router(Arc::clone(&self.app)).oneshot(request).await?;
        anyhow::ensure!(answer.status() == StatusCode::CREATED, "the class is refused: {}", answer.status());
        worker::run_until_idle(&self.app).await;
        Ok(self.counted())
    }

    /// Classes that were held on earlier days, and what is known of them.
    async fn fill(&self, classes: i64) -> anyhow::Result<Vec<String>> {
        let mut all = Vec::new();
        for day in 1..=(classes + A_DAY - 1) / A_DAY {
            let meetings = self.add(A_DAY.min(classes - all.len() as i64), day).await?;
            self.hold(&meetings)?;
            all.extend(meetings);
        }
        for organizer in store::delta::organizers_ever(&self.app.store).await? {
            let subject = format!("organizer:{}/{}", self.integration, organizer.entra_object_id);
            sync::delta_round(&self.app, &subject).await?;
        }
        Ok(all)
    }

    /// Classes of an hour that ended so many days ago, known to both sides. Returns the meetings' ids.
    async fn add(&self, classes: i64, days_ago: i64) -> anyhow::Result<Vec<String>> {
        let now = self.app.clock.now();
        let ends_at = now - TimeDelta::days(days_ago);
        let starts_at = ends_at - TimeDelta::hours(1);
        let tx = self.app.store.write().await?;
        let mut added = Vec::new();
        for number in 0..classes {
            let title = format!("Class {days_ago}-{number}");
            let event = SeedEvent {
                organizer: Some(format!("recordings{}@contoso.example", number % ORGANIZERS)),
                subject: format!("{title} - {}", starts_at.format("%Y-%m-%d %H:%M")),
                start: Some(starts_at),
                end: Some(ends_at),
                record_automatically: true,
                ..SeedEvent::default()
            };
            let event = self.sim.seed_event(&event).map_err(anyhow::Error::msg)?;
            let conference = NewConference {
                external_id: None,
                course_id: self.course,
                integration_id: self.integration,
                title,
                description: String::new(),
                time_zone: "UTC".to_owned(),
                published: true,
                created_by: None,
                first_starts_at: starts_at,
                last_ends_at: ends_at,
            };
            let conference = store::conferences::insert(&tx, &conference, now).await?;
            let meeting = NewMeeting {
                external_id: None,
                starts_at,
                ends_at,
                transaction_id: format!("bench-{}", event.meeting_id),
                service_account_id: None,
                organizer_email: None,
                event_id: Some(event.event_id),
                join_url: Some(event.join_url),
            };
            let meeting = store::meetings::insert(&tx, conference, &meeting, now).await?;
            tx.execute(
                "UPDATE meeting SET auto_recording_status = 'enabled', organizer_id = $2, online_meeting_id = $3,
                     chat_thread_id = $4, sent_revision = wanted_revision, verdict = 'upcoming' WHERE id = $1",
                params![meeting, event.organizer_id, event.meeting_id.as_str(), event.thread_id],
            )
            .await?;
            added.push(event.meeting_id);
        }
        tx.commit().await?;
        Ok(added)
    }

    fn hold(&self, meetings: &[String]) -> anyhow::Result<()> {
        for id in meetings {
            let sheet = format!("Sheet of {}.pdf", &id[id.len().saturating_sub(12)..]);
            let request = HoldRequest {
                meeting_id: Some(id.clone()),
                files: Some(vec![sheet]),
                ..HoldRequest::default()
            };
            self.sim.hold(&request)?;
        }
        Ok(())
    }

    /// Some classes meet again by the same link and are recorded again.
    fn hold_again(&self, meetings: &[String]) -> anyhow::Result<()> {
        let apart = (meetings.len() / CHANGED as usize).max(1);
        let some: Vec<String> = meetings.iter().step_by(apart).take(CHANGED as usize).cloned().collect();
        self.hold(&some)
    }

    /// Everything that was read is settled; an hour begins.
    async fn settle(&self) -> anyhow::Result<()> {
        let now = self.app.clock.now();
        let tx = self.app.store.write().await?;
        tx.execute(
            "UPDATE meeting SET verdict = 'recorded', settled_at = $1, synced_at = $1, next_sync_at = NULL
             WHERE ends_at <= $1",
            params![now],
        )
        .await?;
        tx.execute("DELETE FROM job WHERE kind IN ('sync', 'delta')", params![]).await?;
        tx.commit().await?;
        self.advance(TimeDelta::hours(1));
        Ok(())
    }

    fn advance(&self, span: TimeDelta) {
        self.app.clock.advance(span);
        self.sim.set_now(self.app.clock.now());
    }

    /// `onrecord sync --all --status ended`, as cron runs it.
    async fn sync_all(&self) -> anyhow::Result<Requests> {
        self.sim.clear_requests();
        let asked = Asked { scope: Scope::Ended, cause: SyncCause::Command };
        let mut failed = 0;
        let each = |synced: &sync::Synced| {
            failed += usize::from(!synced.result.as_ref().is_ok_and(|report| report.success));
        };
        sync::sync_whole(&self.app, asked, each).await?;
        let requests = self.counted();
        if failed > 0 {
            println!("| {failed} classes are not wholly read yet | | | |");
        }
        Ok(requests)
    }

    /// The timetable and its jobs for an hour, each minute.
    async fn an_hour_of_work(&self) -> anyhow::Result<Requests> {
        self.sim.clear_requests();
        for _ in 0..60 {
            worker::run_until_idle(&self.app).await;
            self.advance(TimeDelta::minutes(1));
        }
        Ok(self.counted())
    }

    /// Requests to Graph since the log was cleared, without looking people up, which is remembered.
    fn counted(&self) -> Requests {
        let mut requests = Requests::new();
        for request in self.sim.requests().into_iter().filter(|request| request.port == "graph") {
            let path = request.template.trim_start_matches("/v1.0");
            if path != "/users/{id}" {
                *requests.entry(format!("{} {path}", request.method)).or_default() += 1;
            }
        }
        requests
    }

    fn tell(what: &str, most: u64, requests: &Requests) {
        let all: u64 = requests.values().sum();
        let parts: Vec<String> = requests.iter().map(|(what, count)| format!("{count} {what}")).collect();
        let miss = if all > most { " (too many)" } else { "" };
        println!("| {what} | {all}{miss} | {most} | {} |", parts.join(", "));
    }
}

async fn token(tx: &Tx, now: DateTime<Utc>) -> anyhow::Result<String> {
    let admin: UserId = tx
        .insert(
            "INSERT INTO \"user\" (email, name, role, created_at, updated_at)
             VALUES ('admin@contoso.example', 'Admin', 'admin', $1, $1) RETURNING id",
            params![now],
        )
        .await?;
    let token = secrets::random_token()?;
    tx.execute(
        "INSERT INTO api_token (user_id, token_hash, name, scope, created_at, expires_at)
         VALUES ($1, $2, 'bench', 'admin', $3, $4)",
        params![admin, secrets::hash_token(&token), now, now + TimeDelta::days(90)],
    )
    .await?;
    Ok(token)
}
