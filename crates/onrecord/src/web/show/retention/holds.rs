//! `/admin/holds`: reasons for which nothing may be removed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;

use super::{may_change, tabs};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::hold::{HoldScope, HoldState};
use crate::model::id::HoldId;
use crate::model::people::normal_email;
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::holds as ops;
use crate::ops::{Error, FieldError, Result as Done, rights};
use crate::store::holds::Listed;
use crate::store::users;
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::listing;
use crate::web::page::{Place, html};
use crate::web::pages::retention::{HoldRow, Holds};
use crate::web::parts::{Choice, Empty, Field, FieldKind, Mark, Pager};
use crate::web::show::account::fault;
use crate::web::text::Text;
use crate::web::when::When;

/// Holds on one page.
const PAGE: i64 = 50;

/// Where the page begins, and what a new hold is on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    cursor: String,
    scope: String,
    subject_id: String,
}

/// The form of a hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    scope: String,
    subject_id: String,
    reason: String,
    starts_on: String,
    ends_on: String,
}

/// `GET /admin/holds`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Oversee).await?;
    let typed = Typed { scope: asked.scope, subject_id: asked.subject_id, ..Typed::default() };
    Ok(render(&app, &reader, StatusCode::OK, (&asked.cursor, &typed, &[])).await?)
}

async fn render(
    app: &App,
    reader: &Reader,
    status: StatusCode,
    (cursor, typed, errors): (&str, &Typed, &[FieldError]),
) -> Done<Response> {
    let t = reader.text();
    let now = app.clock.now();
    let before = listing::cursor(Some(cursor))?.map(HoldId);
    let mut found = ops::list(app, Actor::Viewer(&reader.viewer), before, PAGE + 1).await?;
    let next = listing::page(&mut found, PAGE, |row| row.hold.id.0);
    let may_change = may_change(&reader.viewer);
    let when = When::new(t, chrono_tz::UTC, now);
    let view = Holds {
        page: reader.page(t.get("holds-title"), Place::Retention),
        tabs: tabs(t, "/admin/holds"),
        empty: found.is_empty().then(|| Empty {
            icon: "safe",
            title: t.get("holds-empty").into(),
            text: t.get("holds-empty-text").into(),
            action: None,
        }),
        pager: (before.is_some() || next.is_some()).then(|| Pager {
            t,
            shown: t.with("holds-shown", &[("n", (found.len() as i64).into())]),
            first: before.map(|_| "/admin/holds".to_owned()),
            next: next.map(|next| format!("/admin/holds?cursor={next}")),
        }),
        holds: found.iter().map(|line| row(t, &when, (line, now), may_change)).collect(),
        fields: fields(t, typed, errors),
        may_change,
    };
    Ok(html(status, &view).into_response())
}

fn row(t: &'static Text, when: &When, (line, now): (&Listed, DateTime<Utc>), may_change: bool) -> HoldRow {
    let hold = &line.hold;
    let scope = t.get(ops::scope_key(hold.scope));
    let state = hold.state(now);
    let pill = match state {
        HoldState::Planned => Mark::Upcoming.pill_with(t.get("hold-planned")),
        HoldState::InForce => Mark::Recorded.pill_with(t.get("hold-in-force")),
        HoldState::Ended => Mark::NotHeld.pill_with(t.get("hold-ended")),
        HoldState::Released => Mark::NotHeld.pill_with(t.get("hold-released")),
    };
    let from = when.date(hold.starts_at).words;
    let until = match hold.released_at {
        Some(released) => Some(when.date(released)),
        None => hold.ends_at.map(|end| when.last_day(end)),
    };
    let span = match until {
        Some(until) => t.with("hold-from-until", &[("from", from.into()), ("until", until.words.into())]),
        None => t.with("hold-from", &[("from", from.into())]),
    };
    HoldRow {
        id: hold.id.0,
        on: match hold.scope {
            HoldScope::Person if !line.subject.is_empty() => format!("{scope} {}", line.subject),
            _ => format!("{scope} {} {}", hold.subject_id, line.subject).trim().to_owned(),
        },
        reason: if hold.release_reason.is_empty() {
            hold.reason.clone()
        } else {
            format!("{} ({})", hold.reason, hold.release_reason)
        },
        owner: line.owner.clone().unwrap_or_else(|| t.get("hold-operator").to_owned()),
        span,
        state: pill,
        may_release: may_change && matches!(state, HoldState::Planned | HoldState::InForce),
    }
}

fn fields(t: &'static Text, typed: &Typed, errors: &[FieldError]) -> Vec<Field> {
    let scopes = HoldScope::ALL
        .iter()
        .map(|scope| Choice::new(scope.as_str(), t.get(ops::scope_key(*scope)), &typed.scope));
    vec![
        Field::new("scope", t.get("hold-on"), FieldKind::Select(scopes.collect()))
            .error(fault(errors, "scope")),
        Field::new("subject_id", t.get("hold-number"), FieldKind::Text)
            .value(typed.subject_id.clone())
            .hint(t.get("hold-number-hint"))
            .error(fault(errors, "subject_id"))
            .required(),
        Field::new("reason", t.get("reason"), FieldKind::Text)
            .value(typed.reason.clone())
            .error(fault(errors, "reason"))
            .required(),
        Field::new("starts_on", t.get("hold-starts"), FieldKind::Date)
            .value(typed.starts_on.clone())
            .error(fault(errors, "starts_at")),
        Field::new("ends_on", t.get("hold-ends"), FieldKind::Date)
            .value(typed.ends_on.clone())
            .error(fault(errors, "ends_at")),
    ]
}

/// `POST /admin/holds`.
pub async fn place(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Retain).await?;
    let placed = match read(&app, reader.text(), &typed).await {
        Ok(wanted) => ops::place(&app, Actor::Viewer(&reader.viewer), wanted).await.map(|_| ()),
        Err(error) => Err(error),
    };
    match placed {
        Ok(()) => Ok(Redirect::to("/admin/holds").into_response()),
        Err(Error::Invalid(errors)) => {
            Ok(render(&app, &reader, StatusCode::UNPROCESSABLE_ENTITY, ("", &typed, &errors)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The number of what the hold is on. People have no page whose address shows one, so they are named by theirs.
async fn subject(app: &App, scope: Option<HoldScope>, said: &str) -> Done<Option<i64>> {
    if scope == Some(HoldScope::Person) && said.contains('@') {
        let found = users::find_by_email(&app.store, &normal_email(said)).await?;
        return Ok(found.map(|user| user.id.0));
    }
    Ok(said.parse().ok().filter(|number| *number > 0))
}

async fn read(app: &App, t: &'static Text, typed: &Typed) -> Done<ops::Wanted> {
    let mut errors = Vec::new();
    let scope = HoldScope::parse(&typed.scope);
    if scope.is_none() {
        errors.push(FieldError::new("scope", "Choose what the hold is on."));
    }
    let subject_id = subject(app, scope, typed.subject_id.trim()).await?;
    if subject_id.is_none() {
        let key = if scope == Some(HoldScope::Person) { "request-nobody" } else { "hold-number-wrong" };
        errors.push(FieldError::new("subject_id", t.get(key)));
    }
    let mut day = |field: &'static str, text: &str| -> Option<NaiveDate> {
        if text.is_empty() {
            return None;
        }
        let day = text.parse().ok();
        if day.is_none() {
            errors.push(FieldError::new(field, "Write a day as 2027-03-01."));
        }
        day
    };
    let starts_on = day("starts_at", &typed.starts_on);
    let ends_on = day("ends_at", &typed.ends_on);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let morning = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    Ok(ops::Wanted {
        scope: scope.unwrap_or(HoldScope::Recording),
        subject_id: subject_id.unwrap_or_default(),
        reason: typed.reason.clone(),
        starts_at: starts_on.map(morning),
        // The last day counts.
        ends_at: ends_on.and_then(|day| day.checked_add_days(Days::new(1))).map(morning),
    })
}

/// Why a hold is released.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reason {
    reason: String,
}

/// `POST /admin/holds/{id}/release`.
pub async fn release(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<HoldId>,
    FormOf(form): FormOf<Reason>,
) -> Result<Redirect, PageError> {
    ops::release(&app, Actor::Viewer(&viewer), id, &form.reason).await?;
    Ok(Redirect::to("/admin/holds"))
}
