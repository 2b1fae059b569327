//! Reading a form or a file that a person sent. What is missing from it is empty, as an unticked box is; what cannot be read
//! becomes a page that says so.

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Form, FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::page::html;
use super::pages::error::ErrorPage;
use super::text::english;
use crate::app::App;

/// A form, urlencoded.
#[derive(Debug)]
pub struct FormOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for FormOf<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
        let bytes = bytes.map_err(|rejection| unreadable(rejection.status(), &rejection.body_text()))?;
        // Not every database can keep U+0000, and nobody can type it.
        if bytes.contains(&0) || bytes.windows(3).any(|three| three == b"%00") {
            return Err(unreadable(StatusCode::UNPROCESSABLE_ENTITY, "A field holds the character U+0000."));
        }
        let read = Form::<T>::from_request(Request::from_parts(parts, Body::from(bytes)), state).await;
        read.map(|Form(form)| Self(form))
            .map_err(|rejection| unreadable(rejection.status(), &rejection.body_text()))
    }
}

/// A file that a person uploaded.
#[derive(Debug, Default)]
pub struct Upload {
    /// What is in the part `file`.
    pub file: Vec<u8>,
    /// Whether `replace` was ticked.
    pub replace: bool,
    /// Whether `force` was ticked.
    pub force: bool,
}

impl Upload {
    /// Reads a multipart form of at most the size that the settings allow; the error is the page to answer with.
    pub async fn read(app: &App, mut request: Request) -> Result<Self, Response> {
        let most = app.config.limits.upload_mib.get() as usize * 1024 * 1024;
        DefaultBodyLimit::max(most).apply(&mut request);
        let parts = Multipart::from_request(request, &()).await;
        let mut parts = parts.map_err(|refusal| unreadable(refusal.status(), &refusal.body_text()))?;
        let mut upload = Self::default();
        while let Some(part) =
            parts.next_field().await.map_err(|error| unreadable(error.status(), &error.body_text()))?
        {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|error| unreadable(error.status(), &error.body_text()))?;
            match name.as_str() {
                "file" => upload.file = bytes.to_vec(),
                "replace" => upload.replace = bytes.as_ref() == b"yes",
                "force" => upload.force = bytes.as_ref() == b"yes",
                _ => {}
            }
        }
        Ok(upload)
    }
}

/// The page for a form that could not be read.
pub fn unreadable(status: StatusCode, why: &str) -> Response {
    let page = ErrorPage { status: status.as_u16(), ..ErrorPage::bad_request(english(), why) };
    html(status, &page).into_response()
}
