//! `/recordings/{id}/content`, `/recordings/{id}/download`, `/files/{id}/download` and the API's content: bytes
//! with ranges, never from a shared cache, never by redirect. Rights are asked for each request, and again while
//! a long answer runs.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::auth::SignedIn;
use super::caller;
use super::error::{ApiError, PageError};
use super::input::PathId;
use super::range::{self, Asked, Validators};
use super::text;
use crate::app::App;
use crate::model::access::Viewer;
use crate::model::captions;
use crate::model::file_name::{Disposition, disposition};
use crate::model::id::ArtifactId;
use crate::model::visit::{Trace, VisitKey, Way};
use crate::ops::media::{self, Audience, Opened, Opening, SeenMedium, Sending, Wanted, naming};
use crate::ops::{self, Error, privacy, transcripts, visits};
use crate::store::media::Medium;

/// How often a file may turn out to be another than its row said, within one request.
const CHANGES: usize = 2;

/// What a request asks of a medium.
struct Order {
    app: Arc<App>,
    viewer: Viewer,
    wanted: Wanted,
    way: Way,
    shown: Disposition,
    method: Method,
    headers: HeaderMap,
    trace: Trace,
}

/// What every request for bytes has in common; which bytes and what for is the route's.
pub struct Asking {
    app: Arc<App>,
    viewer: Viewer,
    id: ArtifactId,
    method: Method,
    headers: HeaderMap,
    trace: Trace,
}

impl FromRequestParts<Arc<App>> for Asking {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let SignedIn(viewer) = SignedIn::from_request_parts(parts, app).await?;
        let PathId(id) = PathId::from_request_parts(parts, app).await?;
        let (method, headers) = (parts.method.clone(), parts.headers.clone());
        let address = caller::address(&headers, &parts.extensions, &app.config.http.trusted_proxies);
        let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let trace = Trace {
            address: address.map(|address| address.to_string()),
            user_agent: user_agent.map(|agent| agent.chars().take(300).collect()),
        };
        Ok(Self { app: Arc::clone(app), viewer, id, method, headers, trace })
    }
}

impl Asking {
    fn for_watching(self, wanted: fn(ArtifactId) -> Wanted) -> Order {
        self.order(wanted, (Way::Watch, Disposition::Inline))
    }

    fn for_keeping(self, wanted: fn(ArtifactId) -> Wanted) -> Order {
        self.order(wanted, (Way::Download, Disposition::Attachment))
    }

    fn order(self, wanted: fn(ArtifactId) -> Wanted, (way, shown): (Way, Disposition)) -> Order {
        let Self { app, viewer, id, method, headers, trace } = self;
        Order { app, viewer, wanted: wanted(id), way, shown, method, headers, trace }
    }
}

/// `GET /recordings/{id}/content`: for the player.
pub async fn watch(asking: Asking) -> Result<Response, PageError> {
    Ok(answer(asking.for_watching(Wanted::recording)).await?)
}

/// `GET /recordings/{id}/download`: to keep.
pub async fn download(asking: Asking) -> Result<Response, PageError> {
    Ok(answer(asking.for_keeping(Wanted::recording)).await?)
}

/// `GET /files/{id}/download`: a file that was shared in the chat.
pub async fn download_file(asking: Asking) -> Result<Response, PageError> {
    Ok(answer(asking.for_keeping(Wanted::file)).await?)
}

/// The bytes of a recording, whole or in ranges. Counts as a download.
#[utoipa::path(
    get, path = "/api/v1/recordings/{id}/content", tag = "recordings",
    params(("id" = i64, Path, description = "The recording")),
    responses(
        (status = 200, description = "The whole recording", content_type = "video/mp4"),
        (status = 206, description = "The range asked for", content_type = "video/mp4"),
        (status = 304, description = "Unchanged since `If-None-Match`"),
        (status = 404, description = "No such recording, not for you, or not (any more) at Microsoft"),
        (status = 416, description = "The range lies beyond the end"),
        (status = 503, description = "Microsoft does not deliver now; see `Retry-After`"),
    )
)]
pub async fn api_content(asking: Asking) -> Result<Response, ApiError> {
    Ok(answer(asking.for_keeping(Wanted::recording)).await?)
}

/// `GET /recordings/{id}/captions.vtt`: for the player's track.
pub async fn captions(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<Response, PageError> {
    let cues = transcripts::read(&app, &viewer, id).await?;
    Ok(vtt(&captions::webvtt(&cues)))
}

/// A WebVTT answer.
pub fn vtt(file: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, captions::MIME_TYPE), (header::CACHE_CONTROL, "private, no-store")];
    (kind, file.to_owned()).into_response()
}

async fn answer(order: Order) -> ops::Result<Response> {
    for _ in 0..CHANGES {
        let seen = media::authorize(&order.app, &order.viewer, order.wanted).await?;
        if order.way == Way::Download {
            media::may_keep(&order.app, &order.viewer, order.wanted, &seen).await?;
        }
        privacy::must_have_said_why(&order.app, &order.viewer, &seen).await?;
        let size = media::measure(&order.app, &seen.placed).await?;
        let known = validators(&seen.placed.medium, size);
        let asked = match size {
            Some(size) => range::asked(&conditions(&order), size, &known),
            None => Asked::Whole,
        };
        let mut response = match asked {
            Asked::Whole => StatusCode::OK.into_response(),
            Asked::Part(_) => StatusCode::PARTIAL_CONTENT.into_response(),
            Asked::NotModified => return Ok(described(StatusCode::NOT_MODIFIED.into_response(), &known)),
            Asked::PreconditionFailed => return Ok(StatusCode::PRECONDITION_FAILED.into_response()),
            Asked::Unsatisfiable => return Ok(unsatisfiable(size.unwrap_or(0))),
        };
        let part = if let Asked::Part(part) = asked { Some(part) } else { None };
        head(&mut response, &order, &seen, (size, part.clone()));
        let response = described(response, &known);
        if order.method == Method::HEAD {
            return Ok(response);
        }
        match media::open(&order.app, &seen.placed, part, size).await? {
            Opening::Ready(opened) => return send(order, opened, response).await,
            Opening::Changed => {}
        }
    }
    Err(Error::NotReady(text::english().get("op-being-changed").to_owned()))
}

/// Ranges are for GET only; the other conditions are for HEAD, too.
fn conditions(order: &Order) -> HeaderMap {
    let mut headers = order.headers.clone();
    if order.method == Method::HEAD {
        headers.remove(header::RANGE);
    }
    headers
}

/// No entry, no bytes: the visit is written before the body exists.
async fn send(order: Order, opened: Opened, mut response: Response) -> ops::Result<Response> {
    let Order { app, viewer, wanted, way, trace, .. } = order;
    let key = VisitKey { artifact_id: wanted.id, user_id: viewer.user_id, way };
    let visit = visits::open(&app, key, wanted.kind, &trace).await?;
    let sending = Sending::new(opened, Audience { app, viewer, wanted, key, visit });
    *response.body_mut() = Body::from_stream(sending);
    Ok(response)
}

/// The strongest names of these bytes: Microsoft's hash of the content, else its eTag. Only strong ones: a
/// download is resumed by them.
fn validators(medium: &Medium, size: Option<u64>) -> Validators {
    let named = |name: &str| {
        let digest = Sha256::digest(format!("{} {name} {size:?}", medium.id));
        format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&digest[..15]))
    };
    let name = medium.quick_xor_hash.as_deref().or(medium.e_tag.as_deref());
    Validators { e_tag: name.map(named), modified_at: size.map(|_| medium.updated_at) }
}

fn described(mut response: Response, known: &Validators) -> Response {
    let headers = response.headers_mut();
    if let Some(tag) = &known.e_tag {
        put(headers, header::ETAG, tag);
    }
    if let Some(modified) = known.modified_at {
        put(headers, header::LAST_MODIFIED, &range::http_date(modified));
    }
    put(headers, header::CACHE_CONTROL, "private, no-store");
    response
}

fn head(response: &mut Response, order: &Order, seen: &SeenMedium, sent: (Option<u64>, Option<Range<u64>>)) {
    let headers = response.headers_mut();
    put(headers, header::CONTENT_TYPE, naming::media_type(&seen.placed.medium));
    let name = naming::file_name(&seen.placed);
    put(headers, header::CONTENT_DISPOSITION, &disposition(order.shown, &name));
    put(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; media-src 'self'; sandbox");
    put(headers, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    match sent {
        (Some(size), Some(part)) => {
            put(headers, header::CONTENT_RANGE, &format!("bytes {}-{}/{size}", part.start, part.end - 1));
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
            put(headers, header::ACCEPT_RANGES, "bytes");
        }
        (Some(size), None) => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
            put(headers, header::ACCEPT_RANGES, "bytes");
        }
        (None, _) => put(headers, header::ACCEPT_RANGES, "none"),
    }
}

fn unsatisfiable(size: u64) -> Response {
    let text = "The range lies beyond the end of the file.";
    let mut response = super::error::problem(StatusCode::RANGE_NOT_SATISFIABLE, text, Vec::new());
    put(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
    put(response.headers_mut(), header::ACCEPT_RANGES, "bytes");
    response
}

/// Every value here is made of visible ASCII; should one not be, the header is left out.
fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
