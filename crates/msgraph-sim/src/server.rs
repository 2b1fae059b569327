//! Both ports: reading requests, asking the routes, letting faults strike, writing answers and the log.
//! The lock on the world is held only while a route runs, never while anything waits.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, milli};
use crate::delivery;
use crate::faults::{Fault, NotificationFault};
use crate::http::{Answer, Call, Refusal, Reply, ReplyBody, decode_query, split_path, unknown};
use crate::log::{LoggedRequest, RequestLog, template};
use crate::meter::{Admission, Meter};
use crate::tenant::Throttling;
use crate::transport;
use crate::world::World;
use crate::{auth, batch, control, download, join_page, rich, routes};

/// Largest request body: an upload fragment of just under 60 MiB fits.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
const GRAPH_JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// What both ports and the delivery worker share.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    world: Mutex<World>,
    faults: Mutex<Vec<Fault>>,
    log: Mutex<RequestLog>,
    meter: Meter,
    pub(crate) news: Notify,
    pub(crate) client: reqwest::Client,
    pub(crate) stop: CancellationToken,
}

impl Shared {
    pub(crate) fn new(world: World, clock: Clock, client: reqwest::Client) -> Self {
        Self {
            clock,
            world: Mutex::new(world),
            faults: Mutex::default(),
            log: Mutex::default(),
            meter: Meter::default(),
            news: Notify::new(),
            client,
            stop: CancellationToken::new(),
        }
    }

    /// The world, even after a panic elsewhere: a half-made change is better than a dead simulator.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, RequestLog> {
        self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The faults this request meets.
    fn strike(&self, method: &Method, path: &str) -> Vec<Fault> {
        let mut faults = self.faults();
        let striking = faults.iter_mut().filter(|fault| fault.notification.is_none());
        striking.filter_map(|fault| fault.strikes(method.as_str(), path).then(|| fault.clone())).collect()
    }

    /// Counts a call of Graph against Microsoft's limits, if they are on.
    fn admit(&self, call: &Call) -> Result<Admission, Refusal> {
        if self.world().tenant.switches.throttling == Throttling::Off {
            return Ok(Admission::default());
        }
        self.meter.admit(call, self.clock.now())
    }

    /// What happens to a notification about this resource, with its delay in seconds.
    pub(crate) fn notification_fault(&self, resource: &str) -> Option<(NotificationFault, i64)> {
        let mut faults = self.faults();
        faults.iter_mut().find_map(|fault| {
            let effect = fault.notification?;
            fault.strikes("POST", resource).then(|| (effect, fault.delay_s.unwrap_or(60)))
        })
    }
}

/// The Graph port: Graph itself, sign-in, control and the join page.
pub(crate) async fn graph_port(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let call = match read(&shared, request, "/v1.0").await {
        Ok(call) => call,
        Err(response) => return *response,
    };
    if call.segments.first().is_some_and(|first| first == "sim") {
        return transport::write(control::answer(&shared, &call), &call.method);
    }
    if join_page::is_ours(&call) {
        let reply = join_page::answer(&shared, &call);
        record(&shared, &call, ("page", false), (reply.status, &[]));
        return transport::write(reply, &call.method);
    }
    let is_batch = call.segments.len() == 1 && call.segments[0] == "$batch";
    let (reply, faults) = if is_batch && is_graph(&call) {
        batch::answer(&shared, &call).await
    } else {
        perform(&shared, &call, false).await
    };
    transport::write_struck(reply, &call.method, &faults)
}

fn is_graph(call: &Call) -> bool {
    ["/v1.0/", "/v2.0/"].iter().any(|version| call.path.starts_with(version))
}

/// Answers one call with its faults and puts it in the log; inner calls of a batch come here too.
pub(crate) async fn perform(shared: &Shared, call: &Call, batched: bool) -> (Reply, Vec<Fault>) {
    let faults = shared.strike(&call.method, &call.path);
    let is_graph = is_graph(call);
    let mut admitted = if is_graph { shared.admit(call) } else { Ok(Admission::default()) };
    for fault in &faults {
        if let Some(slow) = fault.slow_ms {
            tokio::time::sleep(Duration::from_millis(slow)).await;
        }
    }
    let request_id = uuid::Uuid::new_v4().to_string();
    let limits =
        admitted.as_mut().map(|admission| std::mem::take(&mut admission.headers)).unwrap_or_default();
    let instead = match &admitted {
        Err(refusal) => Some(Err(refusal.clone())),
        Ok(_) => transport::instead(shared, call, &faults),
    };
    let answered = match instead {
        Some(answer) => answer,
        None if is_graph => graph(shared, call).await,
        None => Ok(login(shared, call).unwrap_or_else(|refusal| refusal.into_reply(call, &request_id))),
    };
    let mut reply = answered.unwrap_or_else(|refusal| refusal.into_reply(call, &request_id));
    transport::spoil(&mut reply, &faults);
    reply.headers.extend(limits);
    if is_graph {
        let echoed = call.header("client-request-id").unwrap_or(&request_id).to_owned();
        reply.headers.extend([
            ("request-id", request_id),
            ("client-request-id", echoed),
            ("odata-version", "4.0".to_owned()),
            ("x-ms-ags-diagnostic", r#"{"ServerInfo":{"DataCenter":"Simulator","Slice":"E","Ring":"0","ScaleUnit":"000","RoleInstance":"SIM"}}"#.to_owned()),
        ]);
        if matches!(reply.body, ReplyBody::Json(_))
            && !reply.headers.iter().any(|(name, _)| *name == "content-type")
        {
            reply.headers.push(("content-type", GRAPH_JSON.to_owned()));
        }
    }
    reply.headers.push(("date", call.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()));
    record(shared, call, (if is_graph { "graph" } else { "login" }, batched), (reply.status, &faults));
    shared.news.notify_one();
    (reply, faults)
}

async fn graph(shared: &Shared, call: &Call) -> Answer {
    let mut call = call.clone();
    {
        let mut world = shared.world();
        world.settle(call.now);
        call.roles = auth::roles_of(&world, &call)?;
        let subscribing = call.method == Method::POST && call.segments == ["subscriptions"];
        if !subscribing {
            return routes::answer(&mut world, &call);
        }
    }
    subscribe(shared, &call).await
}

/// Checks, asks the endpoints, then accepts: the answer comes after the handshake.
async fn subscribe(shared: &Shared, call: &Call) -> Answer {
    let (draft, token) = {
        let mut world = shared.world();
        let draft = routes::subscriptions::draft(&mut world, call)?;
        (
            draft,
            format!(
                "Validation: Testing client application reachability for subscription Request-Id: {}",
                world.random.guid()
            ),
        )
    };
    for url in std::iter::once(&draft.notification_url).chain(&draft.lifecycle_url) {
        delivery::handshake(&shared.client, url, &token)
            .await
            .map_err(|reason| routes::subscriptions::handshake_failed(&reason))?;
    }
    let shown = draft.shown();
    let mut world = shared.world();
    world.subscriptions.insert(draft.id.clone(), draft);
    world.touch();
    Ok(Reply::created(shown))
}

fn login(shared: &Shared, call: &Call) -> Answer {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (&call.method, segments.as_slice()) {
        (&Method::POST, [tenant, "oauth2", "v2.0", "token"]) => {
            Ok(auth::token(&mut shared.world(), tenant, call))
        }
        (
            &Method::GET,
            [tenant, "v2.0", ".well-known", "openid-configuration"]
            | [tenant, ".well-known", "openid-configuration"],
        ) => Ok(auth::discovery(&shared.world(), tenant, call)),
        (&Method::GET, [_, "discovery", "v2.0", "keys"]) => Ok(Reply::ok(rich::keys())),
        (&Method::GET, ["common", "discovery", "instance"]) => Ok(Reply::ok(json!({
            "tenant_discovery_endpoint": format!("{}/common/v2.0/.well-known/openid-configuration", call.origin),
            "api-version": "1.1", "metadata": [],
        }))),
        (&Method::GET, []) => Ok(join_page::front(&call.origin)),
        _ => Err(unknown(call)),
    }
}

/// The download port: pre-authenticated files, uploads, monitors.
pub(crate) async fn download_port(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let call = match read(&shared, request, "").await {
        Ok(call) => call,
        Err(response) => return *response,
    };
    let faults = shared.strike(&call.method, &call.path);
    for fault in &faults {
        if let Some(slow) = fault.slow_ms {
            tokio::time::sleep(Duration::from_millis(slow)).await;
        }
    }
    let request_id = uuid::Uuid::new_v4().to_string();
    let is_file = call.segments.first().is_some_and(|first| first == "download");
    let reply = match transport::instead(&shared, &call, &faults) {
        Some(answer) => answer,
        None if is_file && [Method::GET, Method::HEAD].contains(&call.method) => {
            let opened = {
                let mut world = shared.world();
                world.settle(call.now);
                download::open(&world, &call)
            };
            match opened {
                Ok(opened) => {
                    let response = transport::file(&call, opened, &faults);
                    record(&shared, &call, ("download", false), (response.status(), &faults));
                    return response;
                }
                Err(refusal) => Err(refusal),
            }
        }
        None => download::answer(&mut shared.world(), &call),
    };
    let mut reply = reply.unwrap_or_else(|refusal| refusal.into_reply(&call, &request_id));
    transport::spoil(&mut reply, &faults);
    record(&shared, &call, ("download", false), (reply.status, &faults));
    transport::write_struck(reply, &call.method, &faults)
}

/// Reads a request into a call; `version` is what links in answers begin with when the path names none.
async fn read(shared: &Shared, request: Request, version: &str) -> Result<Call, Box<Response>> {
    let (parts, body) = request.into_parts();
    let origin = origin(&parts.headers, &parts.uri);
    let path = parts.uri.path().to_owned();
    let mut segments = split_path(&path);
    let mut base = format!("{origin}{version}");
    if segments.first().is_some_and(|first| first == "v1.0" || first == "v2.0") && !version.is_empty() {
        base = format!("{origin}/{}", segments.remove(0));
    }
    let raw_query = parts.uri.query().unwrap_or_default().to_owned();
    let mut call = Call {
        method: parts.method,
        origin,
        base,
        path,
        segments,
        query: decode_query(&raw_query),
        raw_query,
        headers: parts.headers,
        body: Bytes::new(),
        now: shared.clock.now(),
        roles: Vec::new(),
    };
    match axum::body::to_bytes(body, BODY_LIMIT).await {
        Ok(bytes) => call.body = bytes,
        Err(error) => {
            let refusal = Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "requestTooLarge",
                format!("The request body could not be read: {error}"),
            );
            return Err(Box::new(transport::write(refusal.into_reply(&call, "unread"), &call.method)));
        }
    }
    Ok(call)
}

fn origin(headers: &HeaderMap, uri: &http::Uri) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str)).unwrap_or("127.0.0.1");
    format!("http://{host}")
}

fn record(
    shared: &Shared,
    call: &Call,
    (port, batched): (&'static str, bool),
    (status, faults): (StatusCode, &[Fault]),
) {
    let text = |name: &str| call.header(name).map(str::to_owned);
    let query = (port != "download").then(|| call.raw_query.clone());
    tracing::debug!(port, method = %call.method, path = %call.path, status = status.as_u16(), "answered");
    shared.log().add(LoggedRequest {
        number: 0,
        at: milli(call.now),
        port,
        method: call.method.to_string(),
        path: call.path.clone(),
        template: template(&call.path),
        query,
        status: status.as_u16(),
        batched,
        client_request_id: text("client-request-id"),
        user_agent: text("user-agent"),
        range: text("range"),
        prefer: text("prefer"),
        faults: faults.iter().map(|fault| fault.id).collect(),
    });
}
