//! `/admin/requests`: what people ask of the school under privacy law.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;

use super::{may_change, tabs};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::people::normal_email;
use crate::ops::actor::Actor;
use crate::ops::erasure as ops;
use crate::ops::{Error, FieldError, Result as Done, rights};
use crate::store::erasures::Erasure;
use crate::store::users;
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::page::{Place, html};
use crate::web::pages::privacy::{RequestRow, Requests};
use crate::web::parts::{Empty, Field, FieldKind, Mark};
use crate::web::show::account::fault;
use crate::web::text::Text;
use crate::web::when::When;

/// Requests shown.
const SHOWN: i64 = 100;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    email: String,
    reason: String,
    step: String,
}

/// `GET /admin/requests`.
pub async fn page(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Oversee).await?;
    Ok(render(&app, &reader, StatusCode::OK, (&Typed::default(), &[])).await?)
}

async fn render(
    app: &App,
    reader: &Reader,
    status: StatusCode,
    (typed, errors): (&Typed, &[FieldError]),
) -> Done<Response> {
    let t = reader.text();
    let found = ops::list(app, Actor::Viewer(&reader.viewer), None, SHOWN).await?;
    let when = When::new(t, chrono_tz::UTC, app.clock.now());
    let view = Requests {
        page: reader.page(t.get("requests-title"), Place::Retention),
        tabs: tabs(t, "/admin/requests"),
        fields: vec![
            Field::new("email", t.get("email"), FieldKind::Email)
                .value(typed.email.clone())
                .error(fault(errors, "email"))
                .required(),
            Field::new("reason", t.get("reason"), FieldKind::Text)
                .value(typed.reason.clone())
                .hint(t.get("request-reason-hint"))
                .error(fault(errors, "reason")),
        ],
        rows: found.iter().map(|erasure| row(t, &when, erasure)).collect(),
        empty: found.is_empty().then(|| Empty {
            icon: "people",
            title: t.get("requests-empty").into(),
            text: t.get("requests-empty-text").into(),
            action: None,
        }),
        may_change: may_change(&reader.viewer),
    };
    Ok(html(status, &view).into_response())
}

fn row(t: &'static Text, when: &When, erasure: &Erasure) -> RequestRow {
    let (state, lines) = match (erasure.done_at, erasure.blocked_by.is_empty()) {
        (Some(_), _) => {
            (Mark::Recorded.pill_with(t.get("request-done")), outcome(t, erasure.report.as_ref()))
        }
        (None, false) => {
            let lines = vec![erasure.blocked_by.clone(), t.get("request-restricted").to_owned()];
            (Mark::Waiting.pill_with(t.get("request-blocked")), lines)
        }
        (None, true) => (Mark::Waiting.pill_with(t.get("request-under-way")), Vec::new()),
    };
    RequestRow {
        name: erasure.name.clone(),
        when: when.day_time(erasure.requested_at),
        reason: erasure.reason.clone(),
        state,
        lines,
    }
}

fn outcome(t: &Text, report: Option<&Value>) -> Vec<String> {
    let Some(report) = report else { return Vec::new() };
    let count = |name: &str| report["changed"][name].as_i64().unwrap_or(0);
    let counts = [
        ("attendance", count("attendance").into()),
        ("chat", count("chat").into()),
        ("captions", count("captions").into()),
        ("visits", count("visits").into()),
        ("objects", report["archive_objects"].as_i64().unwrap_or(0).into()),
    ];
    let said = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
    vec![t.with("request-counts", &counts), said("kept"), said("at_microsoft")]
}

/// `POST /admin/requests`.
pub async fn answer(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Retain).await?;
    match settle(&app, &reader, &typed).await {
        Ok(answer) => Ok(answer),
        Err(Error::Invalid(errors)) => {
            Ok(render(&app, &reader, StatusCode::UNPROCESSABLE_ENTITY, (&typed, &errors)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn settle(app: &App, reader: &Reader, typed: &Typed) -> Done<Response> {
    let actor = Actor::Viewer(&reader.viewer);
    let found = users::find_by_email(&app.store, &normal_email(&typed.email)).await?;
    let user =
        found.ok_or_else(|| Error::invalid("email", reader.text().get("request-nobody").to_owned()))?;
    if typed.step == "erase" {
        ops::request(app, actor, user.id, &typed.reason).await?;
        return Ok(Redirect::to("/admin/requests").into_response());
    }
    Ok(file(&ops::export(app, actor, user.id).await?))
}

/// An export as a file.
pub(in crate::web::show) fn file(held: &Value) -> Response {
    let text = format!("{held:#}\n");
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"onrecord-data.json\""),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}
