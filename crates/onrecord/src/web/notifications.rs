//! Where Microsoft posts what is new. Anybody can post here: the answer never tells what was believed, comes within a
//! second, and costs a few look-ups. Microsoft is never asked anything meanwhile.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use crate::app::App;
use crate::model::notification;
use crate::ops::news;

/// Microsoft takes an endpoint for slow after three seconds; a post that cannot be written down by then comes again.
const PATIENCE: Duration = Duration::from_millis(900);

/// The largest post. Microsoft's own are a few KiB.
const LARGEST: usize = 256 << 10;

/// The longest validation token that is echoed.
const LONGEST_TOKEN: usize = 2_048;

/// `POST /graph/notifications` and `POST /graph/lifecycle`: both kinds say themselves what they are.
pub async fn receive(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if let Some(token) = validation_token(query.as_deref().unwrap_or_default()) {
        return echo(&token);
    }
    let body = match body {
        Ok(body) if body.len() <= LARGEST => body,
        Ok(_) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(rejection) => return rejection.status().into_response(),
    };
    let Ok(items) = notification::read(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match tokio::time::timeout(PATIENCE, news::hear(&app, &items)).await {
        Ok(Ok(_)) => StatusCode::ACCEPTED.into_response(),
        Ok(Err(error)) => {
            tracing::error!(%error, "news of recordings could not be written down; Microsoft sends it again");
            unavailable()
        }
        Err(_) => {
            tracing::warn!("news of recordings could not be written down in time; Microsoft sends it again");
            unavailable()
        }
    }
}

fn unavailable() -> Response {
    let soon = [(header::RETRY_AFTER, HeaderValue::from_static("10"))];
    (StatusCode::SERVICE_UNAVAILABLE, soon).into_response()
}

/// The token that Microsoft wants echoed before it accepts a subscription, decoded.
fn validation_token(query: &str) -> Option<Vec<u8>> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("validationToken="))?;
    Some(percent_decode_str(&value.replace('+', " ")).collect())
}

/// Exactly the token and nothing else. What no token of Microsoft's holds, such as a tag, is not echoed at all: then
/// nothing that is posted here can be shown as a page.
fn echo(token: &[u8]) -> Response {
    let is_plain = |byte: &u8| (b' '..=b'~').contains(byte) && !b"<>".contains(byte);
    if token.is_empty() || token.len() > LONGEST_TOKEN || !token.iter().all(is_plain) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let kind = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::OK, kind, token.to_vec()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_and_decoded_once() {
        for (query, token) in [
            ("validationToken=Validation%3A%20Testing+it%2Bnow", Some("Validation: Testing it+now")),
            ("x=1&validationToken=a%2525", Some("a%25")),
            ("validationToken=", Some("")),
            ("xvalidationToken=a", None),
            ("", None),
        ] {
            let found = validation_token(query).map(|token| String::from_utf8(token).expect("text"));
            assert_eq!(found.as_deref(), token, "{query}");
        }
    }

    #[test]
    fn only_plain_and_short_tokens_are_echoed() {
        assert_eq!(echo(b"Validation: Testing client application reachability").status(), StatusCode::OK);
        let long = vec![b'a'; LONGEST_TOKEN + 1];
        for bad in [&b""[..], b"<script>", b"a\nb", b"\xff\xfe", b"a\0", &long] {
            assert_eq!(echo(bad).status(), StatusCode::BAD_REQUEST);
        }
    }
}
