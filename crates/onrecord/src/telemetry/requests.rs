//! One line and one number per request, an id that ties log lines to an answer, and the three addresses for machines:
//! `/healthz`, `/readyz`, `/metrics`. The route is logged, never the address as asked for: paths and queries can carry tokens.

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tracing::Instrument as _;

/// The header that carries a request's id both ways.
pub const REQUEST_ID: &str = "x-request-id";

/// The id of the request at hand; handlers take it from the request's extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Add with `axum::middleware::from_fn` as the outermost layer of the router: gives the request an id (a well-formed one
/// of the caller is kept), logs one line when the answer's head is ready, and counts it.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let method = known_method(request.method());
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", id = %id, method, route);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| line(status, elapsed.as_millis() as u64, &route));
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("onrecord_http_requests_total", &labels).increment(1);
    metrics::histogram!("onrecord_http_request_seconds", "route" => route).record(elapsed.as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// `/healthz` (the process answers), `/readyz` (`ready` says so; its error is the reason shown) and `/metrics`.
pub fn machine_routes<S, F, R>(ready: F) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    F: Fn() -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<(), String>> + Send + 'static,
{
    let readyz = move || {
        let ready = ready.clone();
        async move { answer_ready(ready().await) }
    };
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(readyz)).route(
        "/metrics",
        get(async || ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], super::metrics::render())),
    )
}

fn answer_ready(ready: Result<(), String>) -> Response {
    match ready {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response(),
    }
}

fn line(status: u16, elapsed_ms: u64, route: &str) {
    match status {
        500.. => tracing::error!(status, elapsed_ms, "answered"),
        _ if matches!(route, "/healthz" | "/readyz" | "/metrics") || route.starts_with("/static/") => {
            tracing::debug!(status, elapsed_ms, "answered");
        }
        _ => tracing::info!(status, elapsed_ms, "answered"),
    }
}

fn request_id(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let sound = |id: &&str| {
        (8..=128).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    given.filter(sound).map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

/// Callers may invent methods; labels may not grow with them.
fn known_method(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt as _;

    use super::*;

    fn router() -> Router {
        super::super::metrics::install();
        let ready = async || Err("the database does not answer".to_owned());
        Router::new()
            .route(
                "/welcome/{token}",
                get(|request: Request| async move {
                    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
                }),
            )
            .merge(machine_routes(ready))
            .layer(axum::middleware::from_fn(observe))
    }

    async fn ask(path: &str, id: Option<&str>) -> (Response, String) {
        let mut request = Request::get(path);
        if let Some(id) = id {
            request = request.header(REQUEST_ID, id);
        }
        let mut response = router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = to_bytes(std::mem::take(response.body_mut()), 1 << 20).await.unwrap();
        (response, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_sound_id_is_kept_and_another_is_replaced() {
        let (response, body) = ask("/welcome/x", Some("from-a-proxy-1")).await;
        assert_eq!(
            (response.headers()[REQUEST_ID].to_str().unwrap(), body.as_str()),
            ("from-a-proxy-1", "from-a-proxy-1")
        );
        for bad in ["short", "with space and more", "x\"}injected{\""] {
            let (response, body) = ask("/welcome/x", Some(bad)).await;
            assert_ne!(body, bad);
            assert_eq!(response.headers()[REQUEST_ID].to_str().unwrap(), body);
        }
    }

    #[tokio::test]
    async fn health_answers_and_readiness_says_why_not() {
        let (health, _) = ask("/healthz", None).await;
        assert_eq!(health.status(), StatusCode::OK);
        let (ready, body) = ask("/readyz", None).await;
        assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("the database does not answer"));
    }

    #[tokio::test]
    async fn metrics_name_routes_and_never_what_was_asked_for() {
        ask("/welcome/hush-token?x=hush-query", None).await;
        ask("/hush-unknown", None).await;
        let (_, body) = ask("/metrics", None).await;
        assert!(body.contains("onrecord_http_requests_total") && body.contains("/welcome/{token}"), "{body}");
        assert!(body.contains("unmatched") && !body.contains("hush"), "{body}");
    }
}
