//! A school in a box: a fresh database, a clock that stands still, the product's router in this process, and
//! people who ask through it. Tests say what happens at school and look at what the product answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

use msgraph_sim::{Options, Simulator};
use onrecord::app::App;
use onrecord::bucket::Bucket;
use onrecord::clock::Clock;
use onrecord::config::{Config, Sources};
use onrecord::graph::GraphClients;
use onrecord::lanes::DatabaseLanes;
use onrecord::model::access::Scope;
use onrecord::model::id::{CourseId, UserId};
use onrecord::model::people::{CourseRole, GlobalRole};
use onrecord::store::{Read as _, Store};
use onrecord::{params, secrets, web};

use crate::database::TestDatabase;

/// What seals secrets in every test.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// When every test begins: a Tuesday morning in term.
pub(crate) fn opening_time() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 9, 1, 6, 0, 0).single().expect("a moment")
}

/// The Graph clients of `app`, on such lanes.
fn graph(app: &App, lanes: fn(DatabaseLanes) -> DatabaseLanes) -> GraphClients {
    let shared = DatabaseLanes::new(app.store.clone(), app.clock.clone());
    GraphClients::with_lanes(Arc::new(lanes(shared)), app.clock.clone())
}

/// One school. Several live side by side.
pub(crate) struct World {
    /// What the product's operations are handed.
    pub(crate) app: Arc<App>,
    /// Microsoft 365, played by the simulator; its clock stands where the product's does.
    pub(crate) sim: Arc<Simulator>,
    router: Router,
    folder: TempDir,
    database: Option<TestDatabase>,
    environment: BTreeMap<String, String>,
}

impl World {
    /// A school with nobody in it.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A school whose settings differ from the usual ones, as environment variables.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::made(settings, DatabaseLanes::unpaced, None).await
    }

    /// A school that keeps to Microsoft's paces, second by second.
    pub(crate) async fn paced() -> Self {
        Self::made(&[], |lanes| lanes, None).await
    }

    /// A school whose archive is this one instead of a folder.
    pub(crate) async fn over(settings: &[(&str, &str)], archive: Bucket) -> Self {
        Self::made(settings, DatabaseLanes::unpaced, Some(archive)).await
    }

    async fn made(
        settings: &[(&str, &str)],
        lanes: fn(DatabaseLanes) -> DatabaseLanes,
        archive: Option<Bucket>,
    ) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder");
        let database = TestDatabase::fresh(folder.path()).await;
        let sim = Simulator::start(Options::default()).await.expect("the simulator starts");
        let sim = Arc::new(sim);
        sim.set_now(opening_time());
        let tenant = sim.tenant();
        let known = |name: &str| tenant[name].as_str().unwrap_or_default().to_owned();
        let usual = [
            ("ONRECORD_DATABASE_URL", database.url.clone()),
            ("ONRECORD_SECRET_KEY", KEY.to_owned()),
            ("ONRECORD_PUBLIC_URL", "http://127.0.0.1:8080".to_owned()),
            ("ONRECORD_GRAPH_URL", sim.url()),
            ("ONRECORD_LOGIN_URL", sim.url()),
            // Tests that want to be told say so: the others count requests.
            ("ONRECORD_NOTIFICATIONS", "off".to_owned()),
            ("TEAMS_TENANT_ID", known("tenant_id")),
            ("TEAMS_CLIENT_ID", known("client_id")),
            ("TEAMS_CLIENT_SECRET", known("client_secret")),
            ("TEAMS_RECORDING_ADMIN_EMAIL", known("service_account_email")),
        ];
        let mut environment: BTreeMap<String, String> =
            usual.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let data_dir = Some(folder.path().to_owned());
        let sources = Sources { data_dir, config_file: None, environment: environment.clone() };
        let config = Config::load(&sources).expect("the settings are right");
        let store = Store::open(&database.url).await.expect("the database opens");
        store.migrate().await.expect("the schema is made");
        let at_microsoft = Arc::clone(&sim);
        let clock = Clock::manual_followed(opening_time(), move |span| {
            at_microsoft.advance(span.to_std().unwrap_or_default());
        });
        let mut app = App::assemble(config, store, clock).expect("the product opens");
        app.graph = graph(&app, lanes);
        if let Some(archive) = archive {
            app.bucket = archive;
        }
        onrecord::ops::integration::apply_config(&app).await.expect("the settings are applied");
        let app = Arc::new(app);
        let router = web::router(Arc::clone(&app));
        Self { app, sim, router, folder, database: Some(database), environment }
    }

    /// The settings of this school, for a process of its own.
    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// The data directory.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Moves time, here and at Microsoft.
    pub(crate) fn advance(&self, span: TimeDelta) {
        self.app.clock.advance(span);
        self.sim.set_now(self.app.clock.now());
    }

    /// A person. Their address is `email`; nobody needs a password here.
    pub(crate) async fn user(&self, email: &str, role: Option<GlobalRole>) -> UserId {
        let tx = self.app.store.write().await.expect("a transaction");
        let id = tx
            .insert(
                "INSERT INTO \"user\" (email, name, role, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $4) RETURNING id",
                params![email, email.split('@').next().unwrap_or(email), role, self.app.clock.now()],
            )
            .await
            .expect("a new person");
        tx.commit().await.expect("it is written");
        id
    }

    /// A course.
    pub(crate) async fn course(&self, code: &str) -> CourseId {
        let tx = self.app.store.write().await.expect("a transaction");
        let id = tx
            .insert(
                "INSERT INTO course (code, title, created_at, updated_at) VALUES ($1, $2, $3, $3) RETURNING id",
                params![code, format!("Course {code}"), self.app.clock.now()],
            )
            .await
            .expect("a new course");
        tx.commit().await.expect("it is written");
        id
    }

    /// Puts a person into a course.
    pub(crate) async fn enrol(&self, course: CourseId, user: UserId, role: CourseRole) {
        let tx = self.app.store.write().await.expect("a transaction");
        tx.execute(
            "INSERT INTO enrolment (course_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)",
            params![course, user, role, self.app.clock.now()],
        )
        .await
        .expect("a new enrolment");
        tx.commit().await.expect("it is written");
    }

    /// A person of this address at their keyboard, signed in by a token with all their rights.
    pub(crate) async fn sign_in(&self, email: &str) -> Client<'_> {
        self.sign_in_with(email, Scope::Admin).await
    }

    /// The same with a token of smaller scope.
    pub(crate) async fn sign_in_with(&self, email: &str, scope: Scope) -> Client<'_> {
        let row = self.app.store.row("SELECT id FROM \"user\" WHERE email = $1", params![email]).await;
        let user: UserId = row.expect("a query").expect("that person is here").id("id").expect("an id");
        let token = secrets::random_token().expect("randomness");
        let now = self.app.clock.now();
        let tx = self.app.store.write().await.expect("a transaction");
        tx.execute(
            "INSERT INTO api_token (user_id, token_hash, name, scope, created_at, expires_at)
             VALUES ($1, $2, 'test', $3, $4, $5)",
            params![user, secrets::hash_token(&token), scope, now, now + TimeDelta::days(400)],
        )
        .await
        .expect("a new token");
        tx.commit().await.expect("it is written");
        Client { world: self, token: Some(token) }
    }

    /// Somebody who has not signed in.
    pub(crate) fn stranger(&self) -> Client<'_> {
        Client { world: self, token: None }
    }

    /// The same school after a restart: another process with an empty memory over the same rows.
    pub(crate) fn restarted(&self) -> Self {
        let app =
            App::assemble(Config::clone(&self.app.config), self.app.store.clone(), self.app.clock.clone());
        let mut app = app.expect("the product opens again");
        app.graph = graph(&app, DatabaseLanes::unpaced);
        app.bucket = self.app.bucket.clone();
        let app = Arc::new(app);
        let router = web::router(Arc::clone(&app));
        let folder = tempfile::tempdir().expect("a folder");
        let environment = self.environment.clone();
        Self { app, sim: Arc::clone(&self.sim), router, folder, database: None, environment }
    }

    /// Runs the program on this school's data directory, as an operator does at its machine, and returns its exit code.
    /// In a process of its own: it logs for the whole process, which is no matter of other tests.
    pub(crate) async fn command(&self, words: &[&str]) -> i32 {
        let settings = format!(
            "[database]\nurl = {:?}\n[secrets]\nkey = {KEY:?}\n[log]\nlevel = \"off\"\n",
            self.app.config.database_url().expose()
        );
        std::fs::write(self.folder.path().join("onrecord.toml"), settings).expect("the settings are written");
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_onrecord"));
        program.arg("--data-dir").arg(self.folder.path()).args(words).env_clear();
        let running = tokio::task::spawn_blocking(move || program.output());
        let output = running.await.expect("the command ends").expect("the program runs");
        output.status.code().expect("it ends by itself")
    }

    /// Answers on a real port from now on, as Microsoft needs it to tell us something, until what comes back goes.
    pub(crate) fn serve(&self, listener: tokio::net::TcpListener) -> tokio::task::JoinSet<()> {
        let router = self.router.clone();
        let mut serving = tokio::task::JoinSet::new();
        serving.spawn(async move {
            axum::serve(listener, router).await.expect("the product serves");
        });
        serving
    }

    /// Sends any request through the product.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router always answers");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes().to_vec());
        Answer { status: parts.status, headers: parts.headers, body: body.unwrap_or_default() }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let Some(database) = self.database.take() else { return };
        if crate::database::on_postgres() {
            // Dropping cannot wait; a thread of its own may.
            let removing = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(database.remove());
            });
            let _ = removing.join();
        }
    }
}

/// A person asking.
#[derive(Clone)]
pub(crate) struct Client<'w> {
    world: &'w World,
    token: Option<String>,
}

impl Client<'_> {
    /// The token that signs this person's requests.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// `GET path`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, &[], Body::empty()).await
    }

    /// `GET path` with headers.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request(Method::GET, path, headers, Body::empty()).await
    }

    /// `GET path`, piece by piece as the bytes come.
    pub(crate) async fn stream(&self, path: &str) -> axum::body::BodyDataStream {
        let mut request = Request::get(path);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = self.world.router.clone().oneshot(request).await.expect("the router always answers");
        assert!(response.status().is_success(), "{}", response.status());
        response.into_body().into_data_stream()
    }

    /// `HEAD path`.
    pub(crate) async fn head(&self, path: &str) -> Answer {
        self.request(Method::HEAD, path, &[], Body::empty()).await
    }

    /// `POST path` with JSON.
    pub(crate) async fn post(&self, path: &str, json: &Value) -> Answer {
        self.json(Method::POST, path, json).await
    }

    /// `PATCH path` with JSON.
    pub(crate) async fn patch(&self, path: &str, json: &Value) -> Answer {
        self.json(Method::PATCH, path, json).await
    }

    /// `PUT path` with JSON.
    pub(crate) async fn put(&self, path: &str, json: &Value) -> Answer {
        self.json(Method::PUT, path, json).await
    }

    /// `DELETE path`.
    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path, &[], Body::empty()).await
    }

    /// `POST path` as a form does.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        self.request(Method::POST, path, &kind, Body::from(form.finish())).await
    }

    async fn json(&self, method: Method, path: &str, json: &Value) -> Answer {
        let kind = [("content-type", "application/json")];
        self.request(method, path, &kind, Body::from(json.to_string())).await
    }

    /// Any request, signed as this person.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.world.send(request.body(body).expect("a request")).await
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body, as far as it came.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; a test that expects JSON fails with the text when it is none.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.text()))
    }

    /// A header as text, empty when missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The same answer, if it has this status; else the test fails and shows what came.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        let said: String = self.text().chars().take(4_000).collect();
        assert_eq!(self.status.as_u16(), status, "{said}");
        self
    }
}
