//! `/sim/…`: the levers of the simulator, without sign-in and only for tests, demos and curious people.
//! Unknown fields are refused by name, because a misspelt lever that silently does nothing wastes an afternoon.

use chrono::{DateTime, Utc};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::milli;
use crate::faults::Fault;
use crate::http::{Call, Reply};
use crate::script;
use crate::script::{HoldError, HoldRequest, RecordRequest};
use crate::seed::{self, SeedEvent, SeedUser};
use crate::server::Shared;

const HELP: &str = "The simulator has GET|PATCH /sim/tenant, POST /sim/hold, POST /sim/begin, POST /sim/record, POST /sim/end, POST /sim/events, POST /sim/users, GET|POST /sim/clock, GET|POST|DELETE /sim/faults, GET|DELETE /sim/requests, GET|DELETE /sim/mails, GET|PATCH /sim/meetings, POST /sim/drives/forget, GET|DELETE /sim/subscriptions, POST /sim/lifecycle.";

pub(crate) fn answer(shared: &Shared, call: &Call) -> Reply {
    let segments: Vec<&str> = call.segments.iter().skip(1).map(String::as_str).collect();
    let done = match (&call.method, segments.as_slice()) {
        (&Method::GET, []) => Ok(Reply::ok(json!({ "help": HELP, "now": milli(call.now) }))),
        (&Method::POST, ["hold"]) => body::<HoldRequest>(call).and_then(|request| hold(shared, &request)),
        (&Method::POST, ["begin"]) => body::<HoldRequest>(call).and_then(|request| begin(shared, &request)),
        (&Method::POST, ["record"]) => {
            body::<RecordRequest>(call).and_then(|request| record(shared, &request))
        }
        (&Method::POST, ["end"]) => body::<HoldRequest>(call).and_then(|request| end(shared, &request)),
        (&Method::POST, ["events"]) => {
            body::<SeedEvent>(call).and_then(|event| seed_event(shared, call, &event))
        }
        (&Method::POST, ["users"]) => body::<SeedUser>(call).and_then(|user| seed_user(shared, &user)),
        (&Method::GET, ["clock"]) => Ok(clock(shared)),
        (&Method::POST, ["clock"]) => body::<ClockStep>(call).map(|step| move_clock(shared, &step)),
        (&Method::GET, ["tenant"]) => Ok(Reply::ok(shared.world().tenant.shown())),
        (&Method::PATCH, ["tenant"]) => patch_tenant(shared, call),
        (&Method::GET, ["faults"]) => Ok(Reply::ok(json!({ "faults": *shared.faults() }))),
        (&Method::POST, ["faults"]) => body::<Fault>(call).and_then(|fault| add_fault(shared, fault)),
        (&Method::DELETE, ["faults"]) => {
            shared.faults().clear();
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::DELETE, ["faults", id]) => remove_fault(shared, id),
        (&Method::GET, ["requests"]) => {
            let since = call.option("since").and_then(|since| since.parse().ok()).unwrap_or(0);
            Ok(Reply::ok(shared.log().shown(since)))
        }
        (&Method::DELETE, ["requests"]) => {
            *shared.log() = crate::log::RequestLog::default();
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::GET, ["mails"]) => Ok(Reply::ok(json!({ "mails": shared.world().mails }))),
        (&Method::DELETE, ["mails"]) => {
            shared.world().mails.clear();
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::PATCH, ["meetings"]) => {
            body::<MeetingChange>(call).and_then(|change| change_meeting(shared, &change))
        }
        (&Method::GET, ["meetings"]) => Ok(meetings(shared)),
        (&Method::GET, ["subscriptions"]) => Ok(Reply::ok(json!({ "subscriptions": subscriptions(shared) }))),
        (&Method::DELETE, ["subscriptions"]) => {
            Ok(Reply::ok(json!({ "lost": lose_subscriptions(shared, call.option("resource")) })))
        }
        (&Method::POST, ["lifecycle"]) => body::<Lifecycle>(call)
            .and_then(|wanted| {
                lifecycle(shared, &wanted).map_err(|text| problem(StatusCode::UNPROCESSABLE_ENTITY, &text))
            })
            .map(|told| Reply::ok(json!({ "told": told }))),
        (&Method::POST, ["drives", "forget"]) => Ok(forget_deltas(shared)),
        _ => {
            Err(problem(StatusCode::NOT_FOUND, &format!("There is no {} {}. {HELP}", call.method, call.path)))
        }
    };
    shared.news.notify_one();
    done.unwrap_or_else(|reply| reply)
}

fn problem(status: StatusCode, message: &str) -> Reply {
    Reply::json(status, json!({ "error": { "code": "simulator", "message": message } }))
}

/// Reads a control body; what does not fit is named.
fn body<T: serde::de::DeserializeOwned>(call: &Call) -> Result<T, Reply> {
    let bytes: &[u8] = if call.body.is_empty() { b"{}" } else { &call.body };
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| problem(StatusCode::BAD_REQUEST, &format!("The body is no JSON: {error}")))?;
    serde_json::from_value(value)
        .map_err(|error| problem(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()))
}

fn hold(shared: &Shared, request: &HoldRequest) -> Result<Reply, Reply> {
    let outcome = script::hold(&mut shared.world(), request, shared.clock.now()).map_err(not_held)?;
    Ok(Reply::ok(json!(outcome)))
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn not_held(error: HoldError) -> Reply {
    let status = match error {
        HoldError::UnknownMeeting(_) => StatusCode::NOT_FOUND,
        HoldError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    problem(status, &error.to_string())
}

fn begin(shared: &Shared, request: &HoldRequest) -> Result<Reply, Reply> {
    let state = script::begin(&mut shared.world(), request, shared.clock.now()).map_err(not_held)?;
    Ok(Reply::ok(json!(state)))
}

fn record(shared: &Shared, request: &RecordRequest) -> Result<Reply, Reply> {
    let state = script::record(&mut shared.world(), request, shared.clock.now()).map_err(not_held)?;
    Ok(Reply::ok(json!(state)))
}

fn end(shared: &Shared, request: &HoldRequest) -> Result<Reply, Reply> {
    let outcome = script::end(&mut shared.world(), request, shared.clock.now()).map_err(not_held)?;
    Ok(Reply::ok(json!(outcome)))
}

fn seed_event(shared: &Shared, call: &Call, event: &SeedEvent) -> Result<Reply, Reply> {
    let now = shared.clock.now();
    seed::event(&mut shared.world(), event, (&call.origin, now))
        .map(|seeded| Reply::created(json!(seeded)))
        .map_err(|text| problem(StatusCode::UNPROCESSABLE_ENTITY, &text))
}

fn seed_user(shared: &Shared, user: &SeedUser) -> Result<Reply, Reply> {
    seed::user(&mut shared.world(), user)
        .map(|id| Reply::created(json!({ "id": id })))
        .map_err(|text| problem(StatusCode::UNPROCESSABLE_ENTITY, &text))
}

/// A step or a time for the clock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockStep {
    advance_s: Option<f64>,
    #[serde(alias = "set")]
    now: Option<DateTime<Utc>>,
}

fn move_clock(shared: &Shared, step: &ClockStep) -> Reply {
    if let Some(now) = step.now {
        shared.clock.set(now);
    }
    if let Some(seconds) = step.advance_s {
        shared.clock.advance_ms((seconds * 1000.0) as i64);
    }
    let now = shared.clock.now();
    let mut world = shared.world();
    world.settle(now);
    world.touch();
    drop(world);
    clock(shared)
}

fn clock(shared: &Shared) -> Reply {
    Reply::ok(
        json!({ "now": milli(shared.clock.now()), "offset_s": shared.clock.offset_ms() as f64 / 1000.0 }),
    )
}

fn patch_tenant(shared: &Shared, call: &Call) -> Result<Reply, Reply> {
    let patch: serde_json::Map<String, Value> = body(call)?;
    seed::patch_tenant(&mut shared.world(), &patch, call.now)
        .map(Reply::ok)
        .map_err(|text| problem(StatusCode::UNPROCESSABLE_ENTITY, &text))
}

fn add_fault(shared: &Shared, fault: Fault) -> Result<Reply, Reply> {
    seed::add_fault(&mut shared.faults(), fault)
        .map(|fault| Reply::created(json!(fault)))
        .map_err(|text| problem(StatusCode::UNPROCESSABLE_ENTITY, &text))
}

fn remove_fault(shared: &Shared, id: &str) -> Result<Reply, Reply> {
    let mut faults = shared.faults();
    let before = faults.len();
    faults.retain(|fault| fault.id.to_string() != id);
    if faults.len() == before {
        return Err(problem(StatusCode::NOT_FOUND, &format!("There is no fault {id}.")));
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Somebody changes the meeting's options in Teams.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeetingChange {
    join_url: String,
    set: serde_json::Map<String, Value>,
}

fn change_meeting(shared: &Shared, change: &MeetingChange) -> Result<Reply, Reply> {
    let mut world = shared.world();
    let id = world.meeting_by_link(&change.join_url).map(|meeting| meeting.id.clone());
    let id = id.ok_or_else(|| problem(StatusCode::NOT_FOUND, "No meeting is known by this join_url."))?;
    if let Some(meeting) = world.meetings.get_mut(&id) {
        meeting.props.extend(change.set.clone());
    }
    world.touch();
    Ok(Reply::ok(json!({ "meeting_id": id })))
}

fn meetings(shared: &Shared) -> Reply {
    let world = shared.world();
    let shown: Vec<Value> = world
        .meetings
        .values()
        .map(|meeting| {
            json!({ "id": meeting.id, "event_id": meeting.event_id, "organizer": meeting.organizer, "subject": meeting.subject,
                "join_url": meeting.join_url, "thread_id": meeting.thread_id, "start": meeting.start, "end": meeting.end,
                "record_automatically": meeting.flag("recordAutomatically"), "held": meeting.held,
                "running_since": meeting.live.as_ref().map(|live| live.started_at) })
        })
        .collect();
    Reply::ok(json!({ "meetings": shown }))
}

/// Makes every delta token given so far too old.
fn forget_deltas(shared: &Shared) -> Reply {
    let mut world = shared.world();
    let horizon = world.next_sequence();
    for drive in world.drives.values_mut() {
        drive.horizon = horizon;
    }
    Reply::ok(json!({ "forgotten": world.drives.len() }))
}

/// All subscriptions, without their client states.
pub(crate) fn subscriptions(shared: &Shared) -> Vec<Value> {
    let now = shared.clock.now();
    let mut world = shared.world();
    world.subscriptions.retain(|_, subscription| subscription.expires_at > now);
    let shown = world.subscriptions.values().map(|subscription| {
        let mut shown = subscription.shown();
        shown["clientState"] = Value::Null;
        shown
    });
    shown.collect()
}

/// Microsoft loses subscriptions without a word: those whose resource contains this text, or all.
pub(crate) fn lose_subscriptions(shared: &Shared, resource: Option<&str>) -> usize {
    let mut world = shared.world();
    let before = world.subscriptions.len();
    world
        .subscriptions
        .retain(|_, subscription| resource.is_some_and(|text| !subscription.resource.contains(text)));
    world.touch();
    before - world.subscriptions.len()
}

/// Word of their own life for subscriptions whose resource contains `resource`, or all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lifecycle {
    event: String,
    resource: Option<String>,
}

/// Sends lifecycle notifications as Graph would, and says to how many subscriptions. A removed one is gone.
pub(crate) fn lifecycle(shared: &Shared, wanted: &Lifecycle) -> Result<usize, String> {
    let everywhere = match wanted.event.as_str() {
        "reauthorizationRequired" => true,
        "subscriptionRemoved" | "missed" => false,
        other => {
            return Err(format!(
                "event: {other} is not reauthorizationRequired, subscriptionRemoved or missed"
            ));
        }
    };
    let mut world = shared.world();
    let tenant_id = world.tenant.tenant_id.clone();
    let fits = |subscription: &&crate::subscription::Subscription| {
        (everywhere || subscription.wish.tells_removal())
            && wanted.resource.as_deref().is_none_or(|text| subscription.resource.contains(text))
    };
    let told: Vec<_> = world.subscriptions.values().filter(fits).cloned().collect();
    for subscription in &told {
        if wanted.event == "subscriptionRemoved" {
            world.subscriptions.remove(&subscription.id);
        }
        if let Some(url) = subscription.lifecycle_url.clone() {
            let body = crate::delivery::lifecycle(&wanted.event, subscription, &tenant_id);
            world.lifecycle.push((url, body));
        }
    }
    world.touch();
    Ok(told.len())
}
