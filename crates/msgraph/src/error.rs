//! What can go wrong, in terms a caller can act on.
//!
//! Graph's services spell their errors differently, send HTML or nothing at all; here all of it becomes one closed
//! enum. No variant ever carries a secret, a token or a pre-authenticated URL.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::page::Link;
use crate::redact;

/// The two ids that Microsoft's support asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestIds {
    /// Given by Graph in its answer; missing when no answer came.
    pub request_id: Option<String>,
    /// Given by this client, one per logical attempt.
    pub client_request_id: Option<String>,
}

impl fmt::Display for RequestIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.request_id, &self.client_request_id) {
            (Some(request), Some(client)) => {
                write!(f, "request-id {request}, client-request-id {client}")
            }
            (Some(request), None) => write!(f, "request-id {request}"),
            (None, Some(client)) => write!(f, "client-request-id {client}"),
            (None, None) => f.write_str("no request id"),
        }
    }
}

/// Why a call failed. `code` and `inner_code` are Graph's words as received: compare them with [`Error::has_code`],
/// because the services differ in case.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A setting of the builder cannot be used.
    #[error("{name}: {what}")]
    Setting {
        /// The setting, as the builder names it.
        name: &'static str,
        /// What is wrong and what to do.
        what: String,
    },
    /// An argument cannot be sent, for example an empty id.
    #[error("invalid argument: {what}")]
    Invalid {
        /// What is wrong with it.
        what: String,
    },
    /// The service, or the lane kept for it, asks to wait longer than the client may wait inline.
    #[error("Graph asks to wait {} s ({ids})", retry_after.as_secs_f32().ceil())]
    Throttled {
        /// Come again after this time.
        retry_after: Duration,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// 401 even with a fresh token.
    #[error("not signed in to Graph: {code}: {message} ({ids})")]
    Unauthorized {
        /// Graph's code.
        code: String,
        /// Graph's text.
        message: String,
        /// What a token would have to satisfy, as JSON, if Graph said so (a claims challenge).
        claims: Option<String>,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// 403: a permission, a policy or a tenant switch. Which one is in the codes and the text.
    #[error("Graph forbids it: {code}{}: {message} ({ids})", Inner(inner_code.as_ref()))]
    Forbidden {
        /// Graph's code.
        code: String,
        /// The innermost code, for example `GraphAccessToTranscriptsDisabled`.
        inner_code: Option<String>,
        /// Graph's text.
        message: String,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// 404.
    #[error("Graph does not find it: {code}: {message} ({ids})")]
    NotFound {
        /// Graph's code, which tells a missing user from a missing mailbox or drive.
        code: String,
        /// Graph's text.
        message: String,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// 410: a delta link is too old. Start again at `location`, or in full if there is none.
    #[error("the delta link is too old: {code}: {message} ({ids})")]
    Gone {
        /// Graph's code, usually `resyncRequired`.
        code: String,
        /// Graph's text.
        message: String,
        /// Where to start again; only ever a link of Graph's own origin.
        location: Option<Link>,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// 409.
    #[error("Graph reports a conflict: {code}: {message} ({ids})")]
    Conflict {
        /// Graph's code.
        code: String,
        /// Graph's text.
        message: String,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// An event with this transaction id exists already: the earlier call did succeed. Find it by its transaction id.
    #[error("an event with this transaction id exists already ({ids})")]
    DuplicateTransaction {
        /// The event, if Graph named it.
        existing_event_id: Option<String>,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// 412: somebody changed it meanwhile. Read it again and repeat.
    #[error("changed by somebody else meanwhile: {code}: {message} ({ids})")]
    PreconditionFailed {
        /// Graph's code.
        code: String,
        /// Graph's text.
        message: String,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// Any other refusal or failure of the service.
    #[error("Graph answers {status}: {code}: {message} ({ids})")]
    Upstream {
        /// HTTP status.
        status: u16,
        /// Graph's code; empty when the body was not Graph's.
        code: String,
        /// Graph's text.
        message: String,
        /// `Retry-After`, if one came.
        retry_after: Option<Duration>,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// No connection could be made: name, address, proxy or TLS. Nothing was sent.
    #[error("cannot reach the server: {what} ({ids})")]
    Unreachable {
        /// The cause, without any URL.
        what: String,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// The connection broke while it was used.
    #[error("the connection broke: {what} ({ids})")]
    Transport {
        /// The cause, without any URL.
        what: String,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// No answer in time.
    #[error("no answer in time ({ids})")]
    Timeout {
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// The body is not what was announced: HTML instead of JSON, cut short, a wrong byte range.
    #[error("broken answer: {what} ({ids})")]
    BrokenBody {
        /// What came instead.
        what: String,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// The body is sound but has a shape this client does not understand.
    #[error("unexpected answer: {what} ({ids})")]
    Decode {
        /// What was not understood.
        what: String,
        /// Ids for support.
        ids: Box<RequestIds>,
    },
    /// The token endpoint refused.
    #[error("no token: {error}: {description}")]
    Token {
        /// HTTP status.
        status: u16,
        /// The number after `AADSTS`, by which people search for the remedy.
        aadsts: Option<u32>,
        /// OAuth's error word, for example `invalid_client`.
        error: String,
        /// Microsoft's text, without secrets.
        description: String,
        /// `Retry-After`, if one came.
        retry_after: Option<Duration>,
    },
    /// A link in an answer leads to another origin. It was not followed, because the token would have gone with it.
    #[error("a link leads to another server ({host}); it was not followed")]
    ForeignLink {
        /// Where it would have led.
        host: String,
    },
    /// A list has more pages than can be real, or a page names itself as its next.
    #[error("a list did not end after {pages} pages")]
    TooManyPages {
        /// Pages read.
        pages: usize,
    },
    /// The file was changed or replaced while it was being read.
    #[error("the file changed while it was read: {what}")]
    Changed {
        /// Which mark differs.
        what: String,
    },
    /// 416: the range begins behind the end of the file.
    #[error("the range begins behind the end of the file")]
    Unsatisfiable {
        /// Size of the file, if told.
        total_size: Option<u64>,
    },
}

struct Inner<'a>(Option<&'a String>);

impl fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |code| write!(f, " / {code}"))
    }
}

impl Error {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Throttled { .. }
            | Self::Unreachable { .. }
            | Self::Transport { .. }
            | Self::Timeout { .. }
            | Self::BrokenBody { .. } => true,
            Self::Upstream { status, .. } => {
                matches!(status, 408 | 429 | 500 | 502 | 503 | 504 | 509)
            }
            Self::Token { status, aadsts, error, .. } => {
                *status >= 500
                    || *status == 429
                    || matches!(error.as_str(), "temporarily_unavailable" | "server_error")
                    || matches!(aadsts, Some(90_033 | 90_090 | 90_006 | 50_033 | 90_024 | 90_055))
            }
            _ => false,
        }
    }

    /// How long the service asks to wait, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after, .. } => Some(*retry_after),
            Self::Upstream { retry_after, .. } | Self::Token { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Ids for support and for the log, where a request was made.
    pub fn request_ids(&self) -> Option<&RequestIds> {
        match self {
            Self::Throttled { ids, .. }
            | Self::Unauthorized { ids, .. }
            | Self::Forbidden { ids, .. }
            | Self::NotFound { ids, .. }
            | Self::Gone { ids, .. }
            | Self::Conflict { ids, .. }
            | Self::DuplicateTransaction { ids, .. }
            | Self::PreconditionFailed { ids, .. }
            | Self::Upstream { ids, .. }
            | Self::Unreachable { ids, .. }
            | Self::Transport { ids, .. }
            | Self::Timeout { ids }
            | Self::BrokenBody { ids, .. }
            | Self::Decode { ids, .. } => Some(ids),
            _ => None,
        }
    }

    /// Graph's code, if it sent one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Unauthorized { code, .. }
            | Self::Forbidden { code, .. }
            | Self::NotFound { code, .. }
            | Self::Gone { code, .. }
            | Self::Conflict { code, .. }
            | Self::PreconditionFailed { code, .. }
            | Self::Upstream { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether Graph's code or inner code is this one, in any case of letters.
    pub fn has_code(&self, wanted: &str) -> bool {
        let inner = match self {
            Self::Forbidden { inner_code, .. } => inner_code.as_deref(),
            _ => None,
        };
        self.code().into_iter().chain(inner).any(|code| code.eq_ignore_ascii_case(wanted))
    }

    /// Turns an answer with an error status into an error.
    pub(crate) fn from_answer(answer: &Refusal<'_>) -> Self {
        let Problem { code, inner_code, message, existing_event_id } = Problem::parse(answer.body);
        let ids = Box::new(answer.ids.clone());
        if code.eq_ignore_ascii_case("ErrorDuplicateTransactionId") {
            return Self::DuplicateTransaction { existing_event_id, ids };
        }
        match answer.status.as_u16() {
            401 => Self::Unauthorized { code, message, claims: claims_challenge(answer.headers), ids },
            403 => Self::Forbidden { code, inner_code, message, ids },
            404 => Self::NotFound { code, message, ids },
            409 => Self::Conflict { code, message, ids },
            410 => Self::Gone { code, message, location: answer.location.clone(), ids },
            412 => Self::PreconditionFailed { code, message, ids },
            416 => Self::Unsatisfiable { total_size: unsatisfied_total(answer.headers) },
            429 => Self::Throttled { retry_after: answer.retry_after.unwrap_or(answer.fallback), ids },
            status => Self::Upstream { status, code, message, retry_after: answer.retry_after, ids },
        }
    }
}

/// An answer with an error status, read to its end.
pub(crate) struct Refusal<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) ids: &'a RequestIds,
    pub(crate) retry_after: Option<Duration>,
    /// What to wait after a 429 that does not say.
    pub(crate) fallback: Duration,
    /// `Location`, already checked to be of Graph's origin.
    pub(crate) location: Option<Link>,
}

/// `Content-Range: bytes */1234` of a 416.
fn unsatisfied_total(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(http::header::CONTENT_RANGE)?.to_str().ok()?;
    text.trim().strip_prefix("bytes */")?.parse().ok()
}

/// The decoded `claims` of a `Bearer` challenge, if it is JSON.
fn claims_challenge(headers: &HeaderMap) -> Option<String> {
    let challenges = headers.get_all(http::header::WWW_AUTHENTICATE).iter();
    challenges.filter_map(|challenge| challenge.to_str().ok()).find_map(|challenge| {
        let bearer = challenge.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "));
        let (_, rest) = challenge.split_once("claims=\"").filter(|_| bearer)?;
        let encoded = rest.split('"').next()?.trim_end_matches('=');
        let decoded = STANDARD_NO_PAD.decode(encoded).or_else(|_| URL_SAFE_NO_PAD.decode(encoded)).ok()?;
        let claims: Value = serde_json::from_slice(&decoded).ok()?;
        claims.is_object().then(|| claims.to_string())
    })
}

/// The error object of Graph, in any of its spellings.
#[derive(Debug, Default, PartialEq, Eq)]
struct Problem {
    code: String,
    inner_code: Option<String>,
    message: String,
    existing_event_id: Option<String>,
}

impl Problem {
    fn parse(body: &[u8]) -> Self {
        let Ok(Value::Object(outer)) = serde_json::from_slice::<Value>(body) else {
            return Self { message: foreign_body(body), ..Self::default() };
        };
        let outer = Value::Object(outer);
        let error = field(&outer, "error").unwrap_or(&outer);
        let text = |key| field(error, key).and_then(Value::as_str).unwrap_or_default();
        let existing =
            field(error, "@event.existingEventId").or_else(|| field(&outer, "@event.existingEventId"));
        Self {
            code: redact::text(text("code")),
            inner_code: innermost_code(error),
            message: redact::text(text("message")),
            existing_event_id: existing.and_then(Value::as_str).map(str::to_owned),
        }
    }
}

/// A member of an object, whatever the case of its name.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn innermost_code(error: &Value) -> Option<String> {
    let mut at = field(error, "innerError");
    let mut code = None;
    while let Some(inner) = at {
        if let Some(text) = field(inner, "code").and_then(Value::as_str) {
            code = Some(redact::text(text));
        }
        at = field(inner, "innerError");
    }
    code
}

/// What to say of a body that is not Graph's JSON. Its text is not repeated: it is a page of some gateway.
fn foreign_body(body: &[u8]) -> String {
    if body.iter().all(u8::is_ascii_whitespace) {
        "the answer has no body".to_owned()
    } else if body.trim_ascii_start().starts_with(b"<") {
        "the answer is a page in HTML, not from Graph itself".to_owned()
    } else {
        "the answer is not JSON".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Error {
        Error::from_answer(&Refusal {
            status: StatusCode::from_u16(status).expect("a valid status"),
            headers: &HeaderMap::new(),
            body: body.as_bytes(),
            ids: &RequestIds::default(),
            retry_after: None,
            fallback: Duration::from_secs(2),
            location: None,
        })
    }

    #[test]
    fn inner_error_is_found_in_both_spellings_and_nested() {
        for key in ["innerError", "innererror"] {
            let body = format!(
                r#"{{"error":{{"code":"Forbidden","message":"no","{key}":{{"code":"Outer","{key}":{{"code":"SpeakerAttributionNotAllowed"}}}}}}}}"#
            );
            let error = refused(403, &body);
            assert!(
                error.has_code("forbidden") && error.has_code("speakerattributionnotallowed"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn status_decides_before_the_code() {
        assert!(matches!(
            refused(404, r#"{"error":{"code":"Forbidden","message":"x"}}"#),
            Error::NotFound { .. }
        ));
        assert!(matches!(refused(507, "{}"), Error::Upstream { status: 507, .. }));
        assert!(!refused(507, "{}").is_retryable());
        assert!(refused(504, "").is_retryable());
    }

    #[test]
    fn duplicate_transaction_is_seen_with_400_and_409() {
        let body = r#"{"error":{"code":"errorDuplicateTransactionId","message":"twice","@event.existingEventId":"AAMk="}}"#;
        for status in [400, 409] {
            let Error::DuplicateTransaction { existing_event_id, .. } = refused(status, body) else {
                panic!("status {status}");
            };
            assert_eq!(existing_event_id.as_deref(), Some("AAMk="));
        }
    }

    #[test]
    fn html_empty_and_odd_bodies_never_panic_and_are_not_repeated() {
        for body in [
            "",
            "<html><body>secret words</body></html>",
            "[1,2]",
            "\"text\"",
            "{\"error\":null}",
            "{\"error\":\"x\"}",
        ] {
            let error = refused(503, body);
            assert!(error.is_retryable());
            assert!(!error.to_string().contains("secret words"));
        }
    }

    #[test]
    fn a_claims_challenge_is_decoded_whatever_stands_round_it() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.append(http::header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Negotiate"));
            headers.append(http::header::WWW_AUTHENTICATE, text.parse().expect("a header"));
            claims_challenge(&headers)
        };
        let wanted = Some(r#"{"access_token":{"nbf":{"value":"1"}}}"#.to_owned());
        let encoded = "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7InZhbHVlIjoiMSJ9fX0=";
        for challenge in [
            format!("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{encoded}\""),
            format!("bearer claims=\"{}\", error=\"insufficient_claims\"", encoded.trim_end_matches('=')),
        ] {
            assert_eq!(read(&challenge), wanted, "{challenge}");
        }
        for none in
            ["Bearer realm=\"\"", "Bearer claims=\"###\"", "Bearer claims=\"W10=\"", "Basic claims=\"e30=\""]
        {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn transient_token_errors_are_retryable_and_wrong_secrets_are_not() {
        let token = |aadsts, error: &str| Error::Token {
            status: 400,
            aadsts,
            error: error.to_owned(),
            description: String::new(),
            retry_after: None,
        };
        assert!(token(Some(90_033), "invalid_request").is_retryable());
        assert!(token(None, "temporarily_unavailable").is_retryable());
        assert!(!token(Some(7_000_215), "invalid_client").is_retryable());
    }
}
