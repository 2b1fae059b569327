//! Starting and stopping a simulator, and its levers as plain calls for tests and the demo.
//! Several may run in one process; they share nothing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::log::LoggedRequest;
use crate::script::{self, HoldError, HoldOutcome, HoldRequest, LiveState, RecordRequest};
use crate::seed::{self, SeedEvent, SeedUser, SeededEvent};
use crate::server::{Shared, download_port, graph_port};
use crate::tenant::{LinkHost, Tenant};
use crate::world::World;
use crate::{control, delivery, save};

/// How to start a simulator. The default listens on any free local port and keeps nothing.
#[derive(Debug, Clone)]
pub struct Options {
    pub listen: SocketAddr,
    /// Where downloads are served; the same address on any free port by default.
    pub download_listen: Option<SocketAddr>,
    /// Where the state is kept between starts.
    pub state_dir: Option<PathBuf>,
    /// What the tenant begins with when there is no saved state.
    pub scenario: Option<Scenario>,
    /// How far the clock begins ahead of the system's, in seconds.
    pub clock_offset_s: i64,
    pub join_links: JoinLinks,
    /// The same seed gives the same ids.
    pub seed: u64,
}

/// Where join links lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum JoinLinks {
    /// To the simulator's own page, on the host that made the meeting.
    #[default]
    Local,
    /// Nowhere: they look like Microsoft's.
    Teams,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            download_listen: None,
            state_dir: None,
            scenario: None,
            clock_offset_s: 0,
            join_links: JoinLinks::Local,
            seed: 1,
        }
    }
}

/// A tenant as a file describes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// As in `PATCH /sim/tenant`.
    pub tenant: Map<String, Value>,
    pub users: Vec<SeedUser>,
    pub events: Vec<SeedEvent>,
}

impl Scenario {
    /// Reads a scenario from a JSON file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(path).with_context(|| format!("reading the scenario {}", path.display()))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("the scenario {} is not understood", path.display()))
    }
}

/// A running simulator; it stops when told to, and when dropped (then without a last save).
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    download_address: SocketAddr,
    state_dir: Option<PathBuf>,
    tasks: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator")
            .field("address", &self.address)
            .field("download_address", &self.download_address)
            .finish_non_exhaustive()
    }
}

impl Simulator {
    /// Listens on both ports and begins to serve.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("listening on {}", options.listen))?;
        let address = listener.local_addr().context("asking for the own address")?;
        let wanted = options.download_listen.unwrap_or_else(|| SocketAddr::new(options.listen.ip(), 0));
        let downloads = TcpListener::bind(wanted)
            .await
            .with_context(|| format!("listening on {wanted} for downloads"))?;
        let download_address = downloads.local_addr().context("asking for the own address")?;
        let (mut world, clock) = prepare(&options, address)?;
        world.download_port = download_address.port();
        let same_host = download_address.ip() == address.ip() || download_address.ip().is_unspecified();
        world.download_host = (!same_host).then(|| download_address.ip().to_string());
        let client = delivery::client().context("preparing the client for notifications")?;
        let shared = Arc::new(Shared::new(world, clock, client));
        let graph = Router::new().fallback(graph_port).with_state(Arc::clone(&shared));
        let files = Router::new().fallback(download_port).with_state(Arc::clone(&shared));
        let mut tasks = vec![
            run(serve(listener, graph, Arc::clone(&shared))),
            run(serve(downloads, files, Arc::clone(&shared))),
            run(delivery::run(Arc::clone(&shared))),
        ];
        if let Some(directory) = &options.state_dir {
            save::save(&shared, directory).await?;
            tasks.push(run(save::run(Arc::clone(&shared), directory.clone())));
        }
        Ok(Self { shared, address, download_address, state_dir: options.state_dir, tasks })
    }

    /// `http://127.0.0.1:8081`, without a slash at the end; Graph is below `/v1.0`, sign-in below `/{tenant}`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn download_url(&self) -> String {
        format!("http://{}", self.download_address)
    }

    /// Stops serving, saves if there is a place for it, and waits for both.
    pub async fn shutdown(mut self) -> anyhow::Result<()> {
        self.shared.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            // A client that holds its connection open must not keep us.
            let abort = task.abort_handle();
            if tokio::time::timeout(Duration::from_secs(2), task).await.is_err() {
                abort.abort();
            }
        }
        if let Some(directory) = &self.state_dir {
            save::save(&self.shared, directory).await?;
        }
        Ok(())
    }

    /// Lets a class take place; see `POST /sim/hold`.
    pub fn hold(&self, request: &HoldRequest) -> Result<HoldOutcome, HoldError> {
        let held = script::hold(&mut self.shared.world(), request, self.now());
        self.shared.news.notify_one();
        held
    }

    /// A class begins; see `POST /sim/begin`.
    pub fn begin(&self, request: &HoldRequest) -> Result<LiveState, HoldError> {
        let begun = script::begin(&mut self.shared.world(), request, self.now());
        self.shared.news.notify_one();
        begun
    }

    /// Somebody presses Record or Stop in a class that is on; see `POST /sim/record`.
    pub fn record(&self, join_url: &str, on: bool) -> Result<LiveState, HoldError> {
        let request = RecordRequest { join_url: join_url.to_owned(), on };
        let recorded = script::record(&mut self.shared.world(), &request, self.now());
        self.shared.news.notify_one();
        recorded
    }

    /// A class that is on ends; see `POST /sim/end`.
    pub fn end(&self, join_url: &str) -> Result<HoldOutcome, HoldError> {
        let request = HoldRequest { join_url: Some(join_url.to_owned()), ..HoldRequest::default() };
        let ended = script::end(&mut self.shared.world(), &request, self.now());
        self.shared.news.notify_one();
        ended
    }

    /// The simulator's present.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    /// Moves the clock forward; what becomes due lands at once.
    pub fn advance(&self, step: Duration) {
        self.shared.clock.advance_ms(i64::try_from(step.as_millis()).unwrap_or(i64::MAX));
        self.clock_moved();
    }

    /// Sets the present; time goes on from there.
    pub fn set_now(&self, now: DateTime<Utc>) {
        self.shared.clock.set(now);
        self.clock_moved();
    }

    fn clock_moved(&self) {
        let mut world = self.shared.world();
        world.settle(self.shared.clock.now());
        world.touch();
        drop(world);
        self.shared.news.notify_one();
    }

    /// The tenant with all settings and switches, as `GET /sim/tenant` shows it.
    pub fn tenant(&self) -> Value {
        self.shared.world().tenant.shown()
    }

    /// Merges settings into the tenant; the error names what was not understood.
    pub fn patch_tenant(&self, patch: &Value) -> Result<Value, String> {
        let patch = patch.as_object().ok_or("the patch must be an object")?;
        seed::patch_tenant(&mut self.shared.world(), patch, self.now())
    }

    /// Adds a fault as `POST /sim/faults` takes it and gives its number.
    pub fn add_fault(&self, fault: &Value) -> Result<u64, String> {
        let fault = serde_json::from_value(fault.clone()).map_err(|error| error.to_string())?;
        seed::add_fault(&mut self.shared.faults(), fault).map(|fault| fault.id)
    }

    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// The request log, oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.log().all()
    }

    pub fn clear_requests(&self) {
        *self.shared.log() = crate::log::RequestLog::default();
    }

    /// Mails that were sent, as `GET /sim/mails` shows them.
    pub fn mails(&self) -> Vec<Value> {
        self.shared.world().mails.clone()
    }

    /// Adds a person and gives the object id.
    pub fn seed_user(&self, user: &SeedUser) -> Result<String, String> {
        seed::user(&mut self.shared.world(), user)
    }

    /// Makes a calendar event with its meeting, as if somebody had made it in Outlook.
    pub fn seed_event(&self, event: &SeedEvent) -> Result<SeededEvent, String> {
        seed::event(&mut self.shared.world(), event, (&self.url(), self.now()))
    }

    /// All subscriptions as Graph lists them, without their client states.
    pub fn subscriptions(&self) -> Vec<Value> {
        control::subscriptions(&self.shared)
    }

    /// Subscriptions vanish without a word: those whose resource contains `resource`, or all. Says how many.
    pub fn lose_subscriptions(&self, resource: Option<&str>) -> usize {
        control::lose_subscriptions(&self.shared, resource)
    }

    /// Sends lifecycle notifications as `POST /sim/lifecycle` takes it, and says to how many subscriptions.
    pub fn lifecycle(&self, wanted: &Value) -> Result<usize, String> {
        let wanted = serde_json::from_value(wanted.clone()).map_err(|error| error.to_string())?;
        let told = control::lifecycle(&self.shared, &wanted);
        self.shared.news.notify_one();
        told
    }

    /// Somebody switches automatic recording in the meeting options; names the meeting by id or join link. False if unknown.
    pub fn flip_recording(&self, meeting: &str, on: bool) -> bool {
        self.change_meeting(meeting, "recordAutomatically", on.into())
    }

    /// Somebody changes one meeting option; names the meeting by id or join link. False if unknown.
    pub fn change_meeting(&self, meeting: &str, name: &str, value: Value) -> bool {
        let mut world = self.shared.world();
        let named = world.meetings.get(meeting).or_else(|| world.meeting_by_link(meeting));
        let id = named.map(|found| found.id.clone());
        let Some(found) = id.and_then(|id| world.meetings.get_mut(&id)) else {
            return false;
        };
        found.props.insert(name.to_owned(), value);
        world.touch();
        true
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The world as saved, or a new one with its scenario.
fn prepare(options: &Options, address: SocketAddr) -> anyhow::Result<(World, Clock)> {
    let saved = options.state_dir.as_deref().map(save::load).transpose()?.flatten();
    let blobs = Blobs::in_directory(options.state_dir.as_deref().map(save::blob_directory));
    if let Some(mut world) = saved {
        world.blobs = blobs;
        let clock = Clock::ahead_by(world.clock_offset_ms);
        return Ok((world, clock));
    }
    let mut tenant = Tenant::healthy();
    tenant.switches.join_links = match options.join_links {
        JoinLinks::Local => LinkHost::Local,
        JoinLinks::Teams => LinkHost::Teams,
    };
    let mut world = World::new(tenant, options.seed);
    world.blobs = blobs;
    let clock = Clock::ahead_by(options.clock_offset_s.saturating_mul(1000));
    if let Some(scenario) = &options.scenario {
        let wrong = |text: String| anyhow::anyhow!("the scenario is not understood: {text}");
        seed::patch_tenant(&mut world, &scenario.tenant, clock.now()).map_err(wrong)?;
        for user in &scenario.users {
            seed::user(&mut world, user).map_err(wrong)?;
        }
        for event in &scenario.events {
            seed::event(&mut world, event, (&format!("http://{address}"), clock.now())).map_err(wrong)?;
        }
    }
    Ok((world, clock))
}

async fn serve(listener: TcpListener, router: Router, shared: Arc<Shared>) {
    let stopped = async move { shared.stop.cancelled().await };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "a port of the simulator stopped");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the servers and the delivery worker live as long as the simulator and end with it"
)]
fn run(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}
