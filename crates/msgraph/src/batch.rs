//! Several calls in one request (`$batch`), each with its own result.
//!
//! It saves round trips, not quota: Graph counts every inner call for itself, and runs those to one mailbox four at a
//! time as ever. It is used where many small calls go to different things, never for bytes or for steps that build
//! on one another. Docs: `json-batching`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::client::{Client, asked_for_silence};
use crate::error::{Error, Refusal, RequestIds};
use crate::lane::{Lane, Paused, Permit};
use crate::reply::parse_json;
use crate::retry::{Course, Repeat, retry_after};

/// Calls that Graph takes at most in one request.
const MOST: usize = 20;

#[derive(Deserialize)]
struct Answers {
    responses: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: Value,
    status: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    body: Value,
}

/// One call on its way: to be sent after `wait`, until it has a result.
struct Entry<'a, T> {
    call: Call,
    course: Course<'a>,
    wait: Duration,
    result: Option<Result<T, Error>>,
}

impl Client {
    /// Sends calls twenty at a time and reads their JSON answers, in order. A call that is throttled or meets a passing
    /// fault is sent again by itself, after its own time; the others are not repeated.
    pub(crate) async fn batch<T: DeserializeOwned + 'static>(
        &self,
        calls: Vec<Call>,
    ) -> Vec<Result<T, Error>> {
        let mut entries: Vec<Entry<'_, T>> = calls
            .into_iter()
            .map(|call| {
                let course = Course::new(self.retry(), call.repeat);
                Entry { call, course, wait: Duration::ZERO, result: None }
            })
            .collect();
        loop {
            let mut waiting: Vec<&mut Entry<'_, T>> =
                entries.iter_mut().filter(|entry| entry.result.is_none()).collect();
            let Some(wait) = waiting.iter().map(|entry| entry.wait).min() else { break };
            if !wait.is_zero() {
                self.retry().rest.of(wait).await;
            }
            for entry in &mut waiting {
                entry.wait -= wait;
            }
            let mut ready: Vec<_> = waiting.into_iter().filter(|entry| entry.wait.is_zero()).collect();
            for chunk in ready.chunks_mut(MOST) {
                self.send_batch(chunk).await;
            }
        }
        entries.into_iter().filter_map(|entry| entry.result).collect()
    }

    async fn send_batch<T: DeserializeOwned>(&self, entries: &mut [&mut Entry<'_, T>]) {
        let (permits, open) = self.enter_lanes(entries).await;
        let mut sent = Vec::new();
        let mut requests = Vec::new();
        for (index, entry) in entries.iter_mut().enumerate() {
            if !open.contains(&entry.call.lane) || entry.result.is_some() {
                continue;
            }
            match inner(index, &entry.call, self.graph_url()) {
                Ok(request) => {
                    requests.push(request);
                    sent.push(index);
                }
                Err(error) => entry.result = Some(Err(error)),
            }
        }
        if requests.is_empty() {
            return;
        }
        // Whether the whole may be repeated is for each inner call to say.
        let outer = Call::post(Lane::Batch, "$batch").json(&json!({ "requests": requests }));
        let safe = sent.iter().all(|index| entries[*index].call.repeat == Repeat::Safe);
        let outer = outer.repeat(if safe { Repeat::Safe } else { Repeat::Once });
        let answered: Result<Answers, Error> = self.json(&outer).await;
        drop(permits);
        match answered {
            Err(error) => {
                for index in sent {
                    entries[index].result = Some(Err(error.clone()));
                }
            }
            Ok(Answers { mut responses }) => {
                for index in sent {
                    let id = index.to_string();
                    let found = responses.iter().position(|answer| is_id(&answer.id, &id));
                    let outcome = match found {
                        Some(at) => read(responses.swap_remove(at), entries[index].course.fallback()),
                        None => Err(missing()),
                    };
                    self.settle(entries[index], outcome).await;
                }
            }
        }
    }

    /// One place in every lane that the calls use. What is closed is put off or given up; the lanes that are open
    /// come back.
    async fn enter_lanes<T>(&self, entries: &mut [&mut Entry<'_, T>]) -> (Vec<Permit>, Vec<Lane>) {
        let mut lanes: Vec<Lane> = entries.iter().map(|entry| entry.call.lane.clone()).collect();
        // In one order for everybody, so that two batches never wait for each other.
        lanes.sort_by_key(Lane::key);
        lanes.dedup();
        let (mut permits, mut open) = (Vec::new(), Vec::new());
        for lane in lanes {
            match self.lanes().enter(&lane).await {
                Ok(permit) => {
                    permits.push(permit);
                    open.push(lane);
                }
                Err(Paused { retry_after }) => {
                    for entry in entries.iter_mut().filter(|entry| entry.call.lane == lane) {
                        let closed = Error::Throttled { retry_after, ids: Box::default() };
                        let again = entry.course.put_off(closed);
                        entry.follow(again);
                    }
                }
            }
        }
        (permits, open)
    }

    async fn settle<T>(&self, entry: &mut Entry<'_, T>, outcome: Result<Value, Error>)
    where
        T: DeserializeOwned,
    {
        let error = match outcome.and_then(|body| shaped(&body)) {
            Ok(value) => {
                entry.result = Some(Ok(value));
                return;
            }
            Err(error) => error,
        };
        if let Some(wait) = asked_for_silence(&error) {
            self.lanes().throttled(&entry.call.lane, wait).await;
        }
        let again = entry.course.judge(error);
        entry.follow(again);
    }
}

impl<T> Entry<'_, T> {
    fn follow(&mut self, again: Result<Duration, Error>) {
        match again {
            Ok(wait) => self.wait = wait,
            Err(error) => self.result = Some(Err(error)),
        }
    }
}

fn shaped<T: DeserializeOwned>(body: &Value) -> Result<T, Error> {
    parse_json(body.to_string().as_bytes(), Box::default())
}

/// A call as it stands inside the batch: its address without host and version.
fn inner(index: usize, call: &Call, graph: &url::Url) -> Result<Value, Error> {
    let url = call.url(graph)?;
    let below = url.path().strip_prefix(graph.path().trim_end_matches('/')).unwrap_or(url.path());
    let path = below.strip_prefix("/v1.0").unwrap_or(below);
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut headers = Map::new();
    if !call.prefer.is_empty() {
        headers.insert("Prefer".to_owned(), call.prefer.join(", ").into());
    }
    let mut request =
        json!({ "id": index.to_string(), "method": call.method.as_str(), "url": format!("{path}{query}") });
    if let Some(body) = &call.body {
        headers.insert("Content-Type".to_owned(), "application/json".into());
        request["body"] = serde_json::from_slice(body)
            .map_err(|cause| Error::Invalid { what: format!("the body is not JSON: {cause}") })?;
    }
    if !headers.is_empty() {
        request["headers"] = Value::Object(headers);
    }
    Ok(request)
}

/// Ids are compared without case; some answers write them as numbers.
fn is_id(found: &Value, wanted: &str) -> bool {
    match found {
        Value::String(text) => text.eq_ignore_ascii_case(wanted),
        Value::Number(number) => number.to_string().as_str() == wanted,
        _ => false,
    }
}

fn missing() -> Error {
    let what = "an answer of a batch is missing".to_owned();
    Error::BrokenBody { what, ids: Box::default() }
}

/// An inner answer becomes what the same answer would be outside: its body, or an error.
fn read(answer: Answer, fallback: Duration) -> Result<Value, Error> {
    let status = StatusCode::from_u16(answer.status).map_err(|_| missing())?;
    let headers = header_map(answer.headers.unwrap_or_default());
    if status.is_success() {
        return Ok(plain(answer.body));
    }
    if status.is_redirection() {
        let what = "a redirect where JSON was expected".to_owned();
        return Err(Error::Decode { what, ids: Box::default() });
    }
    let request_id = headers.get("request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let body = if answer.body.is_null() { Vec::new() } else { plain(answer.body).to_string().into_bytes() };
    Err(Error::from_answer(&Refusal {
        status,
        headers: &headers,
        body: &body,
        ids: &RequestIds { request_id, client_request_id: None },
        retry_after: retry_after(&headers),
        fallback,
        location: None,
    }))
}

/// Bodies that were not sent as JSON are base64 of it.
fn plain(body: Value) -> Value {
    let Value::String(text) = &body else { return body };
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    decoded.unwrap_or(body)
}

fn header_map(headers: Map<String, Value>) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&text))
        {
            map.append(name, value);
        }
    }
    map
}
