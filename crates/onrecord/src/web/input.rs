//! Reading what was sent. Whatever is wrong becomes problem+json with the right status: 400 unreadable, 413, 415,
//! 422 with the field's name for wrong types and unknown fields, 404 for an id that is none.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{ApiError, PageError, problem};
use crate::ops::{Error, FieldError};

/// A JSON body. Types that deny unknown fields answer 422 with the field's name.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim() == "application/json" || kind.trim().ends_with("+json"));
        if !is_json {
            let text = "Send JSON with the header Content-Type: application/json.";
            return Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, text, Vec::new()));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))?;
        without_nul(&bytes)?;
        parse(&bytes).map(Self)
    }
}

/// A JSON body that may be missing, empty or `null`.
#[derive(Debug)]
pub struct JsonIfAny<T>(pub Option<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonIfAny<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(None));
        }
        parse(&bytes).map(Self)
    }
}

fn unreadable(rejection: &BytesRejection) -> Response {
    let status = rejection.status();
    let text = if status == StatusCode::PAYLOAD_TOO_LARGE {
        "The body is larger than this address takes."
    } else {
        "The body could not be read to its end."
    };
    problem(status, text, Vec::new())
}

/// Parses JSON; the error is the answer to send.
#[expect(clippy::result_large_err, reason = "an axum rejection is a response, made once per refused request")]
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Response> {
    // A list would fill the fields in their order, which nobody means.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(wrong_field("", "invalid type: a list, expected an object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { wrong_field(&path, &inner.to_string()) } else { not_json(&inner) }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

/// U+0000 stands in no text that a person wrote, and not every database can keep it.
#[expect(clippy::result_large_err, reason = "an axum rejection is a response, made once per refused request")]
fn without_nul(json: &[u8]) -> Result<(), Response> {
    if !holds_nul(json) {
        return Ok(());
    }
    let text = "A text holds the character U+0000. Leave it out.";
    let place = serde_json::from_slice(json).ok().and_then(|value| place_of_nul(&value));
    Err(ApiError(Error::invalid(place.unwrap_or_default(), text)).into_response())
}

/// Whether a text in `json` says `\u0000`; a NUL byte itself is no JSON.
fn holds_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(place) = rest.iter().position(|byte| *byte == b'\\') {
        let escaped = &rest[place + 1..];
        if escaped.starts_with(b"u0000") {
            return true;
        }
        rest = escaped.get(1..).unwrap_or_default();
    }
    false
}

/// The field whose text holds U+0000, such as `time_slots[2].date`.
fn place_of_nul(value: &Value) -> Option<String> {
    let joined = |outer: String, inner: String| match inner.chars().next() {
        None => outer,
        Some('[') => outer + &inner,
        Some(_) => format!("{outer}.{inner}"),
    };
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| Some(joined(format!("[{index}]"), place_of_nul(item)?))),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            if name.contains('\0') {
                Some(String::new())
            } else {
                Some(joined(name.clone(), place_of_nul(field)?))
            }
        }),
        _ => None,
    }
}

fn not_json(error: &serde_json::Error) -> Response {
    problem(StatusCode::BAD_REQUEST, format!("The body is not JSON: {error}."), Vec::new())
}

/// serde says "unknown field `x`, expected …" or "missing field `x`" at the parent's path: the field is named itself.
fn wrong_field(path: &str, message: &str) -> Response {
    let named = ["unknown field `", "missing field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start)?.split('`').next());
    let parent = path.trim_matches('.');
    let field = match named {
        Some(name) if parent.is_empty() || parent.ends_with(name) => name.to_owned(),
        Some(name) => format!("{parent}.{name}"),
        None => parent.to_owned(),
    };
    let message = message.split(" at line ").next().unwrap_or(message);
    ApiError(Error::Invalid(vec![FieldError::new(field, format!("{message}."))])).into_response()
}

/// An id in the path; anything else than a number is nobody's id and answers 404.
#[derive(Debug, Clone, Copy)]
pub struct PathId<I>(pub I);

impl<S: Send + Sync, I: std::str::FromStr> FromRequestParts<S> for PathId<I> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        text.and_then(|Path(text)| text.parse().ok()).map(Self).ok_or_else(|| refused(parts, Error::NotFound))
    }
}

/// Two ids in a path; what is no id is not there.
pub struct PathIds<I, J>(pub I, pub J);

impl<S: Send + Sync, I: std::str::FromStr, J: std::str::FromStr> FromRequestParts<S> for PathIds<I, J> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let texts = Path::<(String, String)>::from_request_parts(parts, state).await.ok();
        let ids = texts.and_then(|Path((one, other))| Some(Self(one.parse().ok()?, other.parse().ok()?)));
        ids.ok_or_else(|| refused(parts, Error::NotFound))
    }
}

/// The answer to what stands wrong in an address: a page for people, a problem for programs.
fn refused(parts: &Parts, error: Error) -> Response {
    if super::is_program(parts.uri.path()) {
        ApiError(error).into_response()
    } else {
        PageError(error).into_response()
    }
}

/// Query parameters; a wrong one answers 422: a page for people, a problem for programs.
#[derive(Debug)]
pub struct QueryOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        read.map(|Query(query)| Self(query)).map_err(|rejection| {
            refused(parts, Error::invalid("query", format!("{}.", rejection.body_text())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_found_where_it_is_meant_and_only_there() {
        for (json, place) in [
            (r#"{"title":"a\u0000"}"#, Some("title")),
            (r#"{"time_slots":[{"date":"x"},{"date":"\u0000"}]}"#, Some("time_slots[1].date")),
            (r#"{"\u0000":1}"#, Some("")),
            (r#"{"title":"\\u0000"}"#, None),
            (r#"{"title":"\u00001"}"#, Some("title")),
            (r#"{"title":"\""#, None),
        ] {
            assert_eq!(holds_nul(json.as_bytes()), place.is_some(), "{json}");
            if let Some(place) = place {
                let value = serde_json::from_str(json).unwrap();
                assert_eq!(place_of_nul(&value).as_deref(), Some(place), "{json}");
            }
        }
    }
}
