//! `/mail/stop/{token}`: one click stops the mails of a letter, without signing in. Looking at the page changes nothing:
//! programs that check links before people see them do no harm.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::mail::kind_words;
use crate::app::App;
use crate::ops::{Error, mail};
use crate::web::error::PageError;
use crate::web::page::html;
use crate::web::pages::mail::{MailStop, StopStep};
use crate::web::text::english;

/// `GET /mail/stop/{token}`.
pub async fn page(State(app): State<Arc<App>>, Path(token): Path<String>) -> Result<Response, PageError> {
    let t = english();
    match mail::stoppable(&app, &token).await {
        Ok((_, email, kinds)) => {
            let kinds = kinds.into_iter().map(|kind| kind_words(t, kind)).collect();
            Ok(html(StatusCode::OK, &MailStop::new(t, StopStep::Ask { email, kinds })).into_response())
        }
        Err(Error::NotFound) => Ok(unknown()),
        Err(error) => Err(error.into()),
    }
}

/// `POST /mail/stop/{token}`: what the button does, and what mail programs do by themselves (RFC 8058).
pub async fn stop(State(app): State<Arc<App>>, Path(token): Path<String>) -> Result<Response, PageError> {
    match mail::stop(&app, &token).await {
        Ok(()) => Ok(html(StatusCode::OK, &MailStop::done(english())).into_response()),
        Err(Error::NotFound) => Ok(unknown()),
        Err(error) => Err(error.into()),
    }
}

fn unknown() -> Response {
    html(StatusCode::GONE, &MailStop::unknown(english())).into_response()
}
