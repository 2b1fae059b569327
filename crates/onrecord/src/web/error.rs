//! Turns an operation's error into an answer: problem+json for the API, a page for people. The only place in the
//! web that chooses a status.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::page;
use super::pages::error::ErrorPage;
use super::text;
use crate::ops::{Error, FieldError};

/// An error on its way to a program: problem+json (RFC 9457).
#[derive(Debug)]
pub struct ApiError(pub Error);

/// An error on its way to a person: a page.
#[derive(Debug)]
pub struct PageError(pub Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The body of a problem+json answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what sort it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The status as a number.
    pub status: u16,
    /// What went wrong and what to do.
    pub detail: String,
    /// With 422: each wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<WrongField>,
}

/// One wrong field of what was sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WrongField {
    /// The field as the sender names it.
    pub field: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// A problem+json answer.
pub fn problem(status: StatusCode, detail: impl Into<String>, errors: Vec<FieldError>) -> Response {
    let body = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: detail.into(),
        errors: errors
            .into_iter()
            .map(|FieldError { field, message }| WrongField { field, message })
            .collect(),
    };
    let mut response = (status, Json(body)).into_response();
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"onrecord\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Status, words for the reader, and seconds to wait, of an operation's error. Logs what a reader must not see.
fn told(error: &Error) -> (StatusCode, String, Option<u64>) {
    let t = text::english();
    match error {
        Error::NotFound | Error::Lost(_) => (StatusCode::NOT_FOUND, error.to_string(), None),
        Error::Denied(_) => (StatusCode::FORBIDDEN, error.to_string(), None),
        Error::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, t.get("error-fields-wrong").to_owned(), None),
        Error::Conflict(_) | Error::Store(crate::store::Error::Conflict) => {
            (StatusCode::CONFLICT, error.to_string(), None)
        }
        Error::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, error.to_string(), None),
        Error::NotReady(_) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string(), Some(30)),
        Error::Graph(msgraph::Error::Throttled { retry_after, .. }) => {
            let text = t.get("error-microsoft-waits").to_owned();
            (StatusCode::SERVICE_UNAVAILABLE, text, Some(retry_after.as_secs().max(1)))
        }
        Error::Graph(error) => {
            tracing::warn!(%error, "Microsoft could not be asked");
            (StatusCode::BAD_GATEWAY, t.get("error-microsoft-odd").to_owned(), None)
        }
        Error::Corrupt(_) => (StatusCode::BAD_GATEWAY, error.to_string(), None),
        Error::Store(_) | Error::Bucket(_) | Error::Secrets(_) => {
            tracing::error!(%error, "a request failed");
            (StatusCode::INTERNAL_SERVER_ERROR, t.get("error-our-fault").to_owned(), None)
        }
    }
}

/// What is wrong, without the names by which programs know the fields.
fn for_people(error: &Error) -> String {
    match error {
        Error::Invalid(errors) => {
            errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

fn with_wait(mut response: Response, wait: Option<u64>) -> Response {
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, detail, wait) = told(&self.0);
        let errors = match self.0 {
            Error::Invalid(errors) => errors,
            _ => Vec::new(),
        };
        with_wait(problem(status, detail, errors), wait)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, detail, wait) = told(&self.0);
        let t = text::english();
        let mut page = match status {
            _ if matches!(self.0, Error::Lost(_)) => ErrorPage::not_found(t).telling(&detail),
            _ if matches!(self.0, Error::NotReady(_)) => ErrorPage::unavailable(t).telling(&detail),
            StatusCode::NOT_FOUND => ErrorPage::not_found(t),
            StatusCode::FORBIDDEN => ErrorPage::forbidden(t, &detail),
            StatusCode::CONFLICT => ErrorPage::conflict(t, &detail),
            StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE => {
                ErrorPage::bad_request(t, &for_people(&self.0))
            }
            StatusCode::INTERNAL_SERVER_ERROR => ErrorPage::internal(t, ""),
            _ => ErrorPage::unavailable(t),
        };
        page.status = status.as_u16();
        with_wait(page::html(status, &page).into_response(), wait)
    }
}
