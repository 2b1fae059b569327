//! Reading a form that a person sent. What is missing from it is empty, as an unticked box is; what cannot be read
//! becomes a page that says so.

use axum::extract::{Form, FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::page::html;
use super::pages::error::ErrorPage;
use super::text::english;

/// A form, urlencoded.
#[derive(Debug)]
pub struct FormOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for FormOf<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let read = Form::<T>::from_request(request, state).await;
        read.map(|Form(form)| Self(form))
            .map_err(|rejection| unreadable(rejection.status(), &rejection.body_text()))
    }
}

/// The page for a form that could not be read.
pub fn unreadable(status: StatusCode, why: &str) -> Response {
    html(status, &ErrorPage::bad_request(english(), why)).into_response()
}
