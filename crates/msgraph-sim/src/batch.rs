//! `POST /$batch`: up to twenty calls in one.
//! Doc: concepts/json-batching. Each inner call is answered, struck and logged like any other.

use std::collections::HashSet;

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::auth;
use crate::faults::Fault;
use crate::http::{Call, Refusal, Reply, ReplyBody, decode_query, split_path};
use crate::server::{Shared, perform};

const MOST: usize = 20;

/// Answers all inner calls in their order.
pub(crate) async fn answer(shared: &Shared, call: &Call) -> (Reply, Vec<Fault>) {
    // The token is looked at once, for the whole.
    if let Err(refusal) = auth::roles_of(&shared.world(), call) {
        return (refusal.into_reply(call, "batch"), Vec::new());
    }
    let inner = match read(call) {
        Ok(inner) => inner,
        Err(refusal) => return (refusal.into_reply(call, "batch"), Vec::new()),
    };
    let mut responses = Vec::new();
    let mut failed: HashSet<String> = HashSet::new();
    for (id, depends_on, request) in inner {
        if depends_on.iter().any(|other| failed.contains(other)) {
            failed.insert(id.to_lowercase());
            responses.push(json!({ "id": id, "status": 424, "headers": { "Content-Type": "application/json" },
                "body": { "error": { "code": "FailedDependency", "message": "A request this one depends on has failed." } } }));
            continue;
        }
        let (reply, _) = perform(shared, &request, true).await;
        if reply.status.is_client_error() || reply.status.is_server_error() {
            failed.insert(id.to_lowercase());
        }
        responses.push(show(&id, reply));
    }
    (Reply::ok(json!({ "responses": responses })), Vec::new())
}

fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message)
}

type Inner = (String, Vec<String>, Call);

fn read(call: &Call) -> Result<Vec<Inner>, Refusal> {
    if call.method != Method::POST {
        return Err(crate::http::unknown(call));
    }
    let body = call.object()?;
    let requests = body
        .get("requests")
        .and_then(Value::as_array)
        .ok_or_else(|| malformed("Invalid batch payload format."))?;
    if requests.is_empty() || requests.len() > MOST {
        return Err(malformed(format!("The number of batch requests must be between 1 and {MOST}.")));
    }
    let mut seen = HashSet::new();
    let mut inner = Vec::new();
    for request in requests {
        let id = request["id"]
            .as_str()
            .ok_or_else(|| malformed("Each request of a batch needs an id."))?
            .to_owned();
        if !seen.insert(id.to_lowercase()) {
            return Err(malformed(format!("Request id '{id}' is used twice.")));
        }
        let depends_on: Vec<String> = request["dependsOn"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|other| other.as_str().map(str::to_lowercase))
            .collect();
        if depends_on.iter().any(|other| !seen.contains(other)) {
            return Err(malformed(format!("Request '{id}' depends on one that does not come before it.")));
        }
        inner.push((id, depends_on, inner_call(call, request)?));
    }
    Ok(inner)
}

fn inner_call(outer: &Call, request: &Value) -> Result<Call, Refusal> {
    let url = request["url"]
        .as_str()
        .filter(|url| !url.is_empty())
        .ok_or_else(|| malformed("Each request of a batch needs a url."))?;
    let method = request["method"]
        .as_str()
        .and_then(|method| Method::from_bytes(method.to_uppercase().as_bytes()).ok())
        .ok_or_else(|| malformed("Each request of a batch needs a method."))?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let version = outer.base.strip_prefix(&outer.origin).unwrap_or("/v1.0");
    let path = format!("{version}/{}", path.trim_start_matches('/'));
    let mut headers = HeaderMap::new();
    if let Some(token) = outer.headers.get("authorization") {
        headers.insert("authorization", token.clone());
    }
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value.as_str().unwrap_or_default()),
        ) {
            headers.insert(name, value);
        }
    }
    let body = match &request["body"] {
        Value::Null => Bytes::new(),
        Value::String(text) => Bytes::from(
            base64::engine::general_purpose::STANDARD
                .decode(text)
                .unwrap_or_else(|_| text.clone().into_bytes()),
        ),
        other => {
            if !headers.contains_key("content-type") {
                return Err(malformed("A request with a body needs a Content-Type header."));
            }
            Bytes::from(other.to_string())
        }
    };
    let mut segments = split_path(&path);
    segments.remove(0);
    Ok(Call {
        method,
        origin: outer.origin.clone(),
        base: outer.base.clone(),
        path,
        segments,
        raw_query: query.to_owned(),
        query: decode_query(query),
        headers,
        body,
        now: outer.now,
        roles: Vec::new(),
    })
}

fn show(id: &str, reply: Reply) -> Value {
    let mut headers: Map<String, Value> =
        reply.headers.into_iter().map(|(name, value)| (canonical(name), value.into())).collect();
    let body = match reply.body {
        ReplyBody::Empty => Value::Null,
        ReplyBody::Json(body) => {
            headers.entry("Content-Type").or_insert_with(|| "application/json".into());
            body
        }
        ReplyBody::Text(kind, text) => {
            headers.insert("Content-Type".to_owned(), kind.into());
            base64::engine::general_purpose::STANDARD.encode(text).into()
        }
        ReplyBody::File(kind, segments) => {
            headers.insert("Content-Type".to_owned(), kind.into());
            base64::engine::general_purpose::STANDARD.encode(segments.collect()).into()
        }
    };
    let mut shown = json!({ "id": id, "status": reply.status.as_u16(), "headers": headers });
    if !body.is_null() {
        shown["body"] = body;
    }
    shown
}

/// `retry-after` as `Retry-After`.
fn canonical(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
        })
        .collect::<Vec<_>>()
        .join("-")
}
