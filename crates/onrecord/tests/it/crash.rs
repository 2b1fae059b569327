//! Killed anywhere and started again, the product ends where it would have ended unharmed. The product runs as a process
//! of its own (this test binary, started with an order) and really dies: by `abort` at a fail point, with no destructor
//! run. `ONRECORD_KILLS=200` makes the random kills many; CI does with few. Needs a debug build.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt as _;
use onrecord::app::App;
use onrecord::clock::Clock;
use onrecord::config::{Config, Sources};
use onrecord::ops::actor::Actor;
use onrecord::ops::import::{self, Options, Source};
use onrecord::store::Read as _;
use onrecord::{ops, params, web, worker};
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;

use crate::dice::{Dice, wished};
use crate::fates::Fate;
use crate::term::Term;
use crate::world::World;

/// The environment variable that carries an order to the process.
const ORDER: &str = "ONRECORD_TEST_ORDER";

/// A kill costs this much time at school: longer than any lease.
const RECOVERY: TimeDelta = TimeDelta::minutes(2);

/// What a process is started for.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    data_dir: PathBuf,
    environment: BTreeMap<String, String>,
    now: DateTime<Utc>,
    task: Task,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Task {
    /// `onrecord import DIR`.
    Import(PathBuf),
    /// `onrecord worker`, until nothing is due.
    Work,
    /// Somebody asks through the router; repeating it must do no harm.
    Ask { method: String, path: String, body: String, token: String },
}

impl Order {
    #[expect(clippy::disallowed_methods, reason = "how the test that kills tells the process what to do")]
    fn given() -> Option<Self> {
        serde_json::from_str(&std::env::var(ORDER).ok()?).ok()
    }

    async fn carry_out(self) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sources =
            Sources { data_dir: Some(self.data_dir), config_file: None, environment: self.environment };
        let config = Config::load(&sources).expect("the settings are right");
        let app = Arc::new(App::open(config, Clock::manual(self.now)).await.expect("the product opens"));
        ops::integration::apply_config(&app).await.expect("the settings are applied");
        match self.task {
            Task::Import(folder) => {
                let source = Source::Folder(folder);
                import::run(&app, Actor::Operator, &source, Options::default()).await.expect("an import");
            }
            Task::Work => worker::run_until_idle(&app).await,
            Task::Ask { method, path, body, token } => {
                let request = Request::builder()
                    .method(Method::from_bytes(method.as_bytes()).expect("a method"))
                    .uri(path)
                    .header("authorization", format!("Bearer {token}"))
                    .header("content-type", "application/json")
                    .body(Body::from(body))
                    .expect("a request");
                let answer = web::router(Arc::clone(&app)).oneshot(request).await.expect("an answer");
                let status = answer.status();
                let body = answer.into_body().collect().await.map(|body| body.to_bytes().to_vec());
                let said = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
                // What an earlier life of this process did already is refused with 409.
                assert!(status.is_success() || status.as_u16() == 409, "{status} {said}");
                ops::visits::save(&app).await.expect("visits are counted");
            }
        }
    }
}

/// The product as a process of its own. As a test of its own it does nothing.
#[tokio::test]
#[ignore = "started with an order by the tests beside it"]
async fn process() {
    if let Some(order) = Order::given() {
        order.carry_out().await;
    }
}

/// When processes die.
enum Killing {
    Never,
    /// At each named step once: the file lists those that were met.
    EachStep(PathBuf),
    /// At random steps, so many times in all.
    Random(Dice, u64),
}

/// A school whose product is killed now and then.
struct Stage {
    term: Term,
    killing: Killing,
    kills: u64,
}

impl Stage {
    async fn set(killing: impl FnOnce(&World) -> Killing) -> Self {
        let mut term = Term::planned(4, 1).await;
        let fates = [Fate::Held, Fate::TwoParts, Fate::Cancelled, Fate::NotHeld];
        for (class, fate) in term.classes.iter_mut().zip(fates) {
            class.fate = fate;
            // Days away, because each kill costs time.
            class.starts_at += TimeDelta::days(4);
        }
        let killing = killing(&term.world);
        Self { term, killing, kills: 0 }
    }

    /// Has a process do it; when the process dies, another takes over after a while.
    fn perform(&mut self, task: &Task) {
        loop {
            let fail_at = match &mut self.killing {
                Killing::Never => None,
                Killing::EachStep(seen) => Some(format!("new:{}", seen.display())),
                Killing::Random(_, left) if *left == 0 => None,
                Killing::Random(dice, _) => Some((dice.below(90) + 1).to_string()),
            };
            let world = &self.term.world;
            let order = Order {
                data_dir: world.folder().to_owned(),
                environment: world.environment().clone(),
                now: world.app.clock.now(),
                task: task.clone(),
            };
            if life(&order, fail_at) {
                // The lives of processes take real time, in which lanes were used.
                self.term.world.advance(TimeDelta::minutes(1));
                return;
            }
            self.kills += 1;
            if let Killing::Random(_, left) = &mut self.killing {
                *left -= 1;
            }
            self.term.world.advance(RECOVERY);
        }
    }

    async fn ask(&mut self, method: &str, path: String, body: &str) {
        let token = self.term.world.sign_in("admin@contoso.example").await.token().to_owned();
        let task = Task::Ask { method: method.to_owned(), path, body: body.to_owned(), token };
        self.perform(&task);
    }

    async fn id(&self, column: &str, class: usize) -> i64 {
        let sql = format!("SELECT {column} AS n FROM meeting WHERE external_id = $1");
        let class = self.term.classes[class].id.as_str();
        let row = self.term.world.app.store.row(&sql, params![class]).await.expect("a query");
        row.expect("the class is there").get("n").expect("a number")
    }

    /// From the school's files to a learner who has watched.
    async fn play(&mut self) {
        let folder = self.term.world.folder().join("files");
        std::fs::create_dir_all(&folder).expect("a folder");
        let Source::Contents(files) = self.term.files() else { panic!("the files are made here") };
        for (name, contents) in files {
            std::fs::write(folder.join(name), contents).expect("a file");
        }
        self.perform(&Task::Import(folder));
        self.perform(&Task::Work);
        self.move_a_class().await;
        let cancelled = self.id("conference_id", 2).await;
        self.ask("DELETE", format!("/api/v1/conferences/{cancelled}"), "").await;
        self.perform(&Task::Work);
        for class in self.term.classes.clone() {
            if class.fate != Fate::Cancelled {
                self.term.go_to(class.starts_at + TimeDelta::minutes(65));
                self.term.hold(&class).await;
            }
        }
        self.press(0).await;
        for hours in [1, 2, 7, 8, 30, 80] {
            self.term.go_to(self.term.classes[0].starts_at + TimeDelta::hours(hours));
            self.perform(&Task::Work);
        }
        self.press(1).await;
        self.watch().await;
    }

    /// The first class begins half an hour later, which Teams is told.
    async fn move_a_class(&mut self) {
        let (conference, meeting) = (self.id("conference_id", 0).await, self.id("id", 0).await);
        let start = self.term.classes[0].starts_at + TimeDelta::minutes(30);
        let end = start + TimeDelta::hours(1);
        let slot = serde_json::json!({ "time_slots": [{
            "id": meeting, "date": start.format("%Y-%m-%d").to_string(),
            "start_time": start.format("%H:%M").to_string(), "end_time": end.format("%H:%M").to_string(),
        }] });
        self.term.classes[0].starts_at = start;
        self.ask("PATCH", format!("/api/v1/conferences/{conference}"), &slot.to_string()).await;
        self.perform(&Task::Work);
    }

    async fn press(&mut self, class: usize) {
        let conference = self.id("conference_id", class).await;
        self.ask("POST", format!("/conferences/{conference}/sync/"), "").await;
    }

    async fn watch(&mut self) {
        let sql = "SELECT MIN(id) AS n FROM artifact WHERE kind = 'recording'";
        let row = self.term.world.app.store.row(sql, params![]).await.expect("a query").expect("a row");
        let recording: i64 = row.get("n").expect("a recording");
        self.ask("GET", format!("/recordings/{recording}/download"), "").await;
    }

    /// The end: what the product says, the visits, and that the audit's chain is whole.
    async fn end(&self) -> BTreeMap<String, Vec<String>> {
        let app = &self.term.world.app;
        let mut state = self.term.end_state().await;
        let sql = "SELECT COUNT(*) AS n FROM visit";
        let visits: i64 =
            app.store.row(sql, params![]).await.expect("a query").expect("a row").get("n").expect("n");
        state.insert("visits".to_owned(), vec![visits.to_string()]);
        let jobs = "SELECT kind || ' ' || subject AS job FROM job WHERE kind <> 'duty'";
        let left = app.store.rows(jobs, params![]).await.expect("a query");
        state.insert("jobs".to_owned(), left.iter().map(|row| row.get("job").expect("a job")).collect());
        ops::audit::seal(app).await.expect("sealed");
        let verified = ops::audit::verify(app).await.expect("the audit can be read");
        state.insert("audit".to_owned(), verified.problems);
        state
    }
}

/// One life of the product. False if it was killed; anything else that goes wrong fails the test.
fn life(order: &Order, fail_at: Option<String>) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    command
        .args(["crash::process", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(ORDER, serde_json::to_string(order).expect("an order is JSON"))
        .env_remove("ONRECORD_FAIL_AT")
        .stdin(Stdio::null());
    if let Some(fail_at) = fail_at {
        command.env("ONRECORD_FAIL_AT", fail_at);
    }
    let ended = tokio::task::block_in_place(|| command.output()).expect("the process starts");
    if ended.status.signal().is_some() {
        return false;
    }
    let said =
        format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && said.contains("1 passed"), "{:?}: {said}", order.task);
    true
}

/// The end state of a term that nobody harmed.
async fn unharmed() -> BTreeMap<String, Vec<String>> {
    let mut stage = Stage::set(|_| Killing::Never).await;
    stage.play().await;
    let wrong = stage.term.untruths().await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    stage.end().await
}

/// Killed once at every step that writes or calls, one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_named_step_it_ends_where_it_would_have_ended() {
    if !cfg!(debug_assertions) {
        return;
    }
    let expected = unharmed().await;
    let mut stage = Stage::set(|world| Killing::EachStep(world.folder().join("steps"))).await;
    let seen = stage.term.world.folder().join("steps");
    stage.play().await;
    let steps = std::fs::read_to_string(seen).expect("the steps were listed");
    assert_eq!(stage.end().await, expected, "{} kills at {steps}", stage.kills);
    for step in
        ["BeforeCommit ops/provision/steps.rs", "AfterCall mailbox", "AfterObject", "AfterCommit ops/sync/"]
    {
        assert!(steps.contains(step), "no process died at {step}: {steps}");
    }
    assert!(stage.kills >= 60, "only {} kills: {steps}", stage.kills);
}

/// Killed at random, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_it_ends_where_it_would_have_ended() {
    if !cfg!(debug_assertions) {
        return;
    }
    let (wanted, seed) = (wished("ONRECORD_KILLS", 20), wished("ONRECORD_SEED", 1));
    let expected = unharmed().await;
    let mut kills = 0;
    for round in 0.. {
        let dice = Dice::seeded(seed + round);
        let mut stage = Stage::set(|_| Killing::Random(dice, 30)).await;
        stage.play().await;
        assert_eq!(stage.end().await, expected, "seed {}, {} kills", seed + round, stage.kills);
        kills += stage.kills;
        if kills >= wanted {
            break;
        }
    }
}
