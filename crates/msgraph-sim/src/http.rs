//! One request as the routes see it, and one answer as they give it.
//! Decoding happens here and exactly once: no route may decode again, or ids with `%` in them would change.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::media::Segments;

/// A decoded request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// `http://127.0.0.1:8081`, from the request's Host.
    pub(crate) origin: String,
    /// `http://…/v1.0`: what links in answers begin with.
    pub(crate) base: String,
    /// Raw path without query, as it came.
    pub(crate) path: String,
    /// Path segments behind the version, each decoded once; `OData` keys are segments of their own.
    pub(crate) segments: Vec<String>,
    pub(crate) raw_query: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) now: DateTime<Utc>,
    /// Permissions of the calling app; filled in once the token is accepted.
    pub(crate) roles: Vec<String>,
}

/// Which service speaks: each words its refusals differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Exchange,
    Teams,
    Files,
    Directory,
}

impl Call {
    /// A query option by its decoded name, with or without `$`.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key.strip_prefix('$').unwrap_or(key).eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether any `Prefer` header holds this preference.
    pub(crate) fn prefers(&self, preference: &str) -> bool {
        self.preferences().any(|given| given.eq_ignore_ascii_case(preference))
    }

    /// The value of `Prefer: name="value"`.
    pub(crate) fn preference(&self, name: &str) -> Option<String> {
        self.preferences().find_map(|given| {
            let (key, value) = given.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
        })
    }

    fn preferences(&self) -> impl Iterator<Item = &str> {
        self.headers
            .get_all("prefer")
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
    }

    /// The body as a JSON object; an empty body is an empty object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(Refusal::bad("BadRequest", "The request body must be a JSON object.")),
            Err(error) => {
                Err(Refusal::bad("BadRequest", format!("Unable to read JSON request payload. {error}")))
            }
        }
    }

    /// Refuses unless the app holds one of these permissions.
    pub(crate) fn need(&self, family: Family, any_of: &[&str]) -> Result<(), Refusal> {
        if any_of.iter().any(|role| self.roles.iter().any(|held| held == role)) {
            return Ok(());
        }
        let wanted = any_of.join(", ");
        Err(match family {
            Family::Exchange => Refusal::new(
                StatusCode::FORBIDDEN,
                "ErrorAccessDenied",
                "Access is denied. Check credentials and try again.",
            ),
            Family::Teams => Refusal::new(
                StatusCode::FORBIDDEN,
                "Forbidden",
                format!("Missing role permissions on the request. API requires one of '{wanted}'."),
            ),
            Family::Files => Refusal::new(StatusCode::FORBIDDEN, "accessDenied", "Access denied"),
            Family::Directory => Refusal::new(
                StatusCode::FORBIDDEN,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ),
        })
    }
}

/// Decodes one path segment once; bytes that are no UTF-8 are replaced.
pub(crate) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Query names and values, each decoded once; `+` means a space as in forms.
pub(crate) fn decode_query(raw: &str) -> Vec<(String, String)> {
    raw.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Splits a raw path into decoded segments; `users('x')` becomes `users`, `x`.
pub(crate) fn split_path(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let segment = decode(raw);
        match odata_key(&segment) {
            Some((name, key)) => segments.extend([name, key]),
            None => segments.push(segment),
        }
    }
    segments
}

/// `onlineMeetings('MSo1')` as name and key; functions with named arguments stay whole.
fn odata_key(segment: &str) -> Option<(String, String)> {
    let inner = segment.strip_suffix("')")?;
    let (name, key) = inner.split_once("('")?;
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    (plain && !key.contains('\'')).then(|| (name.to_owned(), key.to_owned()))
}

/// Arguments of `name(a='1',b=@b)`. Aliases are query options, with or without `@`; because SDKs write such
/// calls without commas, any alias makes all query options arguments.
pub(crate) fn function_arguments(call: &Call, segment: &str) -> Vec<(String, String)> {
    let inner = segment.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or_default();
    let plain = |text: &str| text.trim().trim_matches('\'').to_owned();
    let mut arguments: Vec<(String, String)> = inner
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), plain(value)))
        .filter(|(_, value)| !value.contains('@'))
        .collect();
    if inner.contains('@') {
        let options = call.query.iter().filter(|(name, _)| !name.starts_with('$'));
        arguments
            .extend(options.map(|(name, value)| (name.trim_start_matches('@').to_owned(), plain(value))));
    }
    arguments
}

/// An answer before faults and transport touch it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: ReplyBody,
}

#[derive(Debug, Clone)]
pub(crate) enum ReplyBody {
    Empty,
    Json(Value),
    Text(&'static str, String),
    File(&'static str, Segments),
}

impl Reply {
    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: ReplyBody::Json(body) }
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(crate) fn created(body: Value) -> Self {
        Self::json(StatusCode::CREATED, body)
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: ReplyBody::Empty }
    }

    pub(crate) fn text(content_type: &'static str, text: impl Into<String>) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: ReplyBody::Text(content_type, text.into()) }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// An error in Graph's own shape.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) inner_code: Option<&'static str>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), inner_code: None, headers: Vec::new() }
    }

    pub(crate) fn bad(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn missing(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// The file that is not there, in OneDrive's words.
    pub(crate) fn item_missing() -> Self {
        Self::missing("itemNotFound", "The resource could not be found.")
    }

    pub(crate) fn inner(mut self, code: &'static str) -> Self {
        self.inner_code = Some(code);
        self
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The JSON error; drive errors spell `innerError`, Teams ones `innererror` now and then, as in life.
    pub(crate) fn into_reply(self, call: &Call, request_id: &str) -> Reply {
        let mut inner = json!({
            "date": call.now.format("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": request_id,
            "client-request-id": call.header("client-request-id").unwrap_or(request_id),
        });
        if let (Some(code), Some(map)) = (self.inner_code, inner.as_object_mut()) {
            map.insert("code".to_owned(), json!(code));
        }
        let spelling = if call.path.contains("/chats") { "innererror" } else { "innerError" };
        let body = json!({ "error": { "code": self.code, "message": self.message, spelling: inner } });
        Reply { status: self.status, headers: self.headers, body: ReplyBody::Json(body) }
    }
}

/// What every route gives back.
pub(crate) type Answer = Result<Reply, Refusal>;

/// The endpoint nobody built: loud, so that no test passes by accident.
pub(crate) fn unknown(call: &Call) -> Refusal {
    tracing::error!(method = %call.method, path = %call.path, "unknown endpoint: the simulator does not answer this");
    Refusal::new(
        StatusCode::NOT_IMPLEMENTED,
        "notSupported",
        format!("The simulator has no {} {}.", call.method, call.path),
    )
}
