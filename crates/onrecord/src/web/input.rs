//! Reading what was sent. Whatever is wrong becomes problem+json with the right status: 400 unreadable, 413, 415,
//! 422 with the field's name for wrong types and unknown fields, 404 for an id that is none.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

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
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { wrong_field(&path, &inner.to_string()) } else { not_json(&inner) }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(value)
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
        text.and_then(|Path(text)| text.parse().ok()).map(Self).ok_or_else(|| nobodys(parts))
    }
}

/// The answer to an id that is none: a page for people, a problem for programs.
fn nobodys(parts: &Parts) -> Response {
    if super::is_program(parts.uri.path()) {
        ApiError(Error::NotFound).into_response()
    } else {
        PageError(Error::NotFound).into_response()
    }
}

/// Query parameters; a wrong one answers 422.
#[derive(Debug)]
pub struct QueryOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        read.map(|Query(query)| Self(query))
            .map_err(|rejection| ApiError(Error::invalid("query", format!("{}.", rejection.body_text()))))
    }
}
