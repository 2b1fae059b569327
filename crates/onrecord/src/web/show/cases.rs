//! `/admin/cases`: what people asked or objected to about recording, over all courses. What is decided is decided on the
//! course's own page.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::exceptions::{PAGE, empty, pager, row};
use super::retention::tabs;
use crate::app::App;
use crate::model::id::{ExceptionId, ObjectionId};
use crate::ops::{Result as Done, exceptions as ops, objections as cases};
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::input::QueryOf;
use crate::web::listing;
use crate::web::page::{Place, html};
use crate::web::pages::exceptions::Cases;
use crate::web::pages::objections::CaseList;
use crate::web::parts::Empty;

/// Where the lists begin.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    cursor: String,
    exceptions: String,
}

/// `GET /admin/cases`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let t = reader.text();
    let now = app.clock.now();
    let objections = objections(&app, &reader, &asked.cursor).await?;
    let before = listing::cursor(Some(&asked.exceptions))?.map(ExceptionId);
    let mut found = ops::all(&app, &reader.viewer, (before, PAGE + 1)).await?;
    let next = listing::page(&mut found, PAGE, |row| row.exception.id.0);
    let view = Cases {
        page: reader.page(t.get("cases-title"), Place::Retention),
        tabs: tabs(t, "/admin/cases"),
        objections,
        exceptions_empty: found.is_empty().then(|| empty(t)),
        exceptions_pager: pager(t, ("/admin/cases", "exceptions"), (before.is_some(), next), found.len()),
        exceptions: found.iter().map(|line| row(t, now, line, None)).collect(),
    };
    Ok(html(StatusCode::OK, &view).into_response())
}

async fn objections(app: &App, reader: &Reader, cursor: &str) -> Done<CaseList> {
    let t = reader.text();
    let now = app.clock.now();
    let before = listing::cursor(Some(cursor))?.map(ObjectionId);
    let mut found = cases::list(app, &reader.viewer, (before, PAGE + 1)).await?;
    let next = listing::page(&mut found, PAGE, |row| row.case.id.0);
    Ok(CaseList {
        pager: pager(t, ("/admin/cases", "cursor"), (before.is_some(), next), found.len()),
        empty: found.is_empty().then(|| Empty {
            icon: "safe",
            title: t.get("objections-empty").into(),
            text: t.get("objections-empty-text").into(),
            action: None,
        }),
        rows: found.iter().map(|listed| super::objections::row(t, now, listed)).collect(),
    })
}
