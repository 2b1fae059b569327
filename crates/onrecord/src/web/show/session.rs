//! Signing in and out, and setting a password by a one-time link.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::ops::Error;
use crate::ops::sign_in::{self, Attempt, SignIn as Outcome};
use crate::web::auth::{self, Reader, local_path};
use crate::web::caller;
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::QueryOf;
use crate::web::page::html;
use crate::web::pages::sign_in::{SignIn, Welcome};
use crate::web::text::english;

/// Where to go after signing in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    next: String,
}

/// `GET /login`. Who is signed in already goes on.
pub async fn login(reader: Option<Reader>, QueryOf(asked): QueryOf<Asked>) -> Response {
    let next = local_path(&asked.next);
    if reader.is_some() {
        return Redirect::to(next).into_response();
    }
    html(StatusCode::OK, &SignIn::new(english(), next)).into_response()
}

/// The sign-in form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LoginForm {
    email: String,
    password: String,
    next: String,
}

/// `POST /login`.
pub async fn sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    caller: Caller,
    FormOf(form): FormOf<LoginForm>,
) -> Result<Response, PageError> {
    let next = local_path(&form.next);
    let from = caller::address(&headers, &caller.0, &app.config.http.trusted_proxies);
    let attempt = Attempt { email: form.email.clone(), password: form.password, from };
    let page = SignIn::new(english(), next);
    match sign_in::sign_in(&app, attempt).await? {
        Outcome::Done(token) => Ok(with_cookie(auth::cookie(&app.config, &token), next)),
        Outcome::Refused => {
            Ok(html(StatusCode::UNPROCESSABLE_ENTITY, &page.refused(form.email)).into_response())
        }
        Outcome::Slowed(wait) => {
            let seconds = wait.num_seconds().max(1);
            let page = page.slowed(form.email, (seconds + 59) / 60);
            let mut response = html(StatusCode::TOO_MANY_REQUESTS, &page).into_response();
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            Ok(response)
        }
    }
}

fn with_cookie(cookie: HeaderValue, next: &str) -> Response {
    ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response()
}

/// What the connection says of the caller.
#[derive(Debug)]
pub struct Caller(Extensions);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _state: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.clone()))
    }
}

/// `POST /logout`. Signing out twice is no error.
pub async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, PageError> {
    if let Some(cookie) = auth::session_cookie(&headers) {
        sign_in::sign_out(&app, cookie).await?;
    }
    Ok(with_cookie(auth::no_cookie(&app.config), "/login"))
}

/// `GET /welcome/{token}`.
pub async fn welcome(State(app): State<Arc<App>>, Path(token): Path<String>) -> Result<Response, PageError> {
    let t = english();
    match sign_in::link_owner(&app, &token).await? {
        Some(user) => {
            Ok(html(StatusCode::OK, &Welcome::open(t, user.name, user.email, None)).into_response())
        }
        None => Ok(spent()),
    }
}

fn spent() -> Response {
    html(StatusCode::GONE, &Welcome::spent(english())).into_response()
}

/// The form that sets a password.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    password: String,
}

/// `POST /welcome/{token}`.
pub async fn set_password(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    FormOf(form): FormOf<PasswordForm>,
) -> Result<Response, PageError> {
    match sign_in::set_password_by_link(&app, &token, form.password).await {
        Ok(session) => Ok(with_cookie(auth::cookie(&app.config, &session), "/")),
        Err(Error::NotFound) => Ok(spent()),
        Err(Error::Invalid(errors)) => {
            let Some(user) = sign_in::link_owner(&app, &token).await? else {
                return Ok(spent());
            };
            let fault = errors.into_iter().next().map(|error| error.message);
            let page = Welcome::open(english(), user.name, user.email, fault);
            Ok(html(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
