//! From answers to bytes on the wire, and the faults that happen on the way.
//! Large files are streamed in shared chunks; a cut ends the connection as a broken line would.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use crate::download::{Opened, Wanted, wanted};
use crate::faults::Fault;
use crate::http::{Answer, Call, Refusal, Reply, ReplyBody};
use crate::media::Segments;
use crate::server::Shared;

/// What a fault answers in place of the route, if any does.
pub(crate) fn instead(shared: &Shared, call: &Call, faults: &[Fault]) -> Option<Answer> {
    for fault in faults {
        if fault.gone && call.path.contains("delta") {
            return Some(Err(gone(shared, call)));
        }
        let Some(status) = fault.status.and_then(|status| StatusCode::from_u16(status).ok()) else {
            continue;
        };
        let retry_after = fault.retry_after_text();
        let mut refusal = Refusal::new(
            status,
            fault.code.clone().unwrap_or_else(|| code(status).to_owned()),
            fault.message.clone().unwrap_or_else(|| format!("The simulator was asked to answer {status}.")),
        );
        if let Some(retry_after) = retry_after {
            refusal = refusal.with("retry-after", retry_after);
        }
        return Some(Err(refusal));
    }
    None
}

fn gone(shared: &Shared, call: &Call) -> Refusal {
    let drive = call.segments.iter().find_map(|segment| shared.world().drives.get(segment).cloned());
    let user = || {
        call.segments
            .get(1)
            .and_then(|user| shared.world().tenant.user(user).map(|user| crate::drive::drive_id(&user.id)))
    };
    let drive = drive.or_else(|| user().and_then(|id| shared.world().drives.get(&id).cloned()));
    match drive {
        Some(drive) if call.path.contains("drive") => crate::routes::drive_delta::gone(call, &drive),
        _ => Refusal::new(StatusCode::GONE, "resyncRequired", "The delta token is no longer valid.")
            .with("location", format!("{}{}", call.origin, call.path)),
    }
}

fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "BadRequest",
        401 => "InvalidAuthenticationToken",
        403 => "Forbidden",
        404 => "itemNotFound",
        409 => "Conflict",
        412 => "resourceModified",
        423 => "resourceLocked",
        429 => "TooManyRequests",
        503 => "serviceNotAvailable",
        504 => "gatewayTimeout",
        507 => "quotaLimitReached",
        509 => "bandwidthLimitExceeded",
        _ => "generalException",
    }
}

/// Lets faults change an answer that was made.
pub(crate) fn spoil(reply: &mut Reply, faults: &[Fault]) {
    for fault in faults {
        if fault.wrong_hash
            && let ReplyBody::Json(body) = &mut reply.body
        {
            wrong_hashes(body);
        }
        if fault.html {
            reply.body = ReplyBody::Text("text/html; charset=utf-8", "<!DOCTYPE html><html><head><title>Service unavailable</title></head><body><h2>Our services aren't available right now</h2></body></html>".to_owned());
            reply.headers.retain(|(name, _)| *name != "content-type");
        }
        if fault.empty {
            reply.body = ReplyBody::Empty;
        }
        if fault.malformed
            && let ReplyBody::Json(body) = &reply.body
        {
            let mut text = body.to_string();
            let mut half = text.len() / 2;
            while !text.is_char_boundary(half) {
                half -= 1;
            }
            text.truncate(half);
            reply.body = ReplyBody::Text("application/json", text);
        }
    }
}

fn wrong_hashes(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                if name == "quickXorHash" {
                    *inner = "d3JvbmctaGFzaC1vbi1wdXJwb3M=".into();
                } else {
                    wrong_hashes(inner);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(wrong_hashes),
        _ => {}
    }
}

/// Writes an answer that no fault touches.
pub(crate) fn write(reply: Reply, method: &Method) -> Response {
    write_struck(reply, method, &[])
}

/// Writes an answer; `cut_after` and `wrong_bytes` act on its body.
pub(crate) fn write_struck(reply: Reply, method: &Method, faults: &[Fault]) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = reply.status;
    let (kind, segments) = match reply.body {
        ReplyBody::Empty => (None, Segments::default()),
        ReplyBody::Json(body) => (Some("application/json"), Segments::from(Bytes::from(body.to_string()))),
        ReplyBody::Text(kind, text) => (Some(kind), Segments::from(Bytes::from(text))),
        ReplyBody::File(kind, segments) => (Some(kind), segments),
    };
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    let length = segments.len();
    fill(&mut response, method, (segments, 0, length), faults);
    response
}

/// A file of the download port: ranges, validators, and its faults.
pub(crate) fn file(call: &Call, opened: Opened, faults: &[Fault]) -> Response {
    let length = opened.segments.len();
    let ignores = faults.iter().any(|fault| fault.ignore_range);
    let stale = call.header("if-range").is_some_and(|tag| tag != opened.etag);
    let range = call.header("range").filter(|_| !ignores && !stale);
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    let name = percent_encoding::utf8_percent_encode(&opened.name, crate::routes::PATH_SAFE);
    for (name, value) in [
        (header::CONTENT_TYPE, opened.mime.clone()),
        (header::ETAG, opened.etag.clone()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")),
        (header::CACHE_CONTROL, "private, max-age=0".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    let (first, end) = match wanted(range, length) {
        Wanted::All => (0, length),
        Wanted::Part { first, last } => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            content_range(&mut response, &format!("bytes {first}-{last}/{length}"));
            (first, last + 1)
        }
        Wanted::Unsatisfiable => {
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            content_range(&mut response, &format!("bytes */{length}"));
            (0, 0)
        }
    };
    fill(&mut response, &call.method, (opened.segments, first, end), faults);
    response
}

fn content_range(response: &mut Response, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
}

/// Sets length and body; HEAD gets the length only.
fn fill(
    response: &mut Response,
    method: &Method,
    (segments, first, end): (Segments, u64, u64),
    faults: &[Fault],
) {
    if response.status() == StatusCode::NO_CONTENT || response.status() == StatusCode::NOT_MODIFIED {
        return;
    }
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(end - first));
    if *method == Method::HEAD {
        return;
    }
    let cut = faults.iter().filter_map(|fault| fault.cut_after).min().map(|bytes| first + bytes);
    let spoiled = faults.iter().any(|fault| fault.wrong_bytes);
    let start = Progress { segments, at: first, end, cut, spoiled };
    *response.body_mut() = Body::from_stream(stream::unfold(Some(start), next));
}

/// Where a stream stands.
struct Progress {
    segments: Segments,
    at: u64,
    end: u64,
    /// The line breaks here.
    cut: Option<u64>,
    spoiled: bool,
}

async fn next(progress: Option<Progress>) -> Option<(Result<Bytes, std::io::Error>, Option<Progress>)> {
    let mut progress = progress?;
    if progress.cut.is_some_and(|cut| progress.at >= cut && cut < progress.end) {
        let broken = std::io::Error::new(std::io::ErrorKind::ConnectionAborted, "cut on purpose");
        // A moment for what was written to reach the other side before the line breaks.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        return Some((Err(broken), None));
    }
    let until = progress.cut.map_or(progress.end, |cut| cut.min(progress.end));
    let mut chunk = progress.segments.chunk(progress.at, until)?;
    if progress.spoiled {
        progress.spoiled = false;
        let mut bytes = chunk.to_vec();
        if let Some(byte) = bytes.last_mut() {
            *byte = !*byte;
        }
        chunk = Bytes::from(bytes);
    }
    progress.at += chunk.len() as u64;
    Some((Ok(chunk), Some(progress)))
}
