//! `/courses/{id}/exceptions`: classes of a course that are not to be recorded. Whoever teaches, administrates or oversees
//! asks here; somebody else of them in another role decides.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Days, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::account::fault;
use super::class_choice::{self, Wider};
use crate::app::App;
use crate::model::access::{Act, Viewer};
use crate::model::exception::{ExceptionState, Office, Ruling};
use crate::model::id::{CourseId, ExceptionId};
use crate::model::words::Word as _;
use crate::ops::courses::{self, SeenCourse};
use crate::ops::{Error, FieldError, Result as Done, exceptions as ops};
use crate::store::exceptions::{Ahead, Listed};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, PathIds, QueryOf};
use crate::web::listing;
use crate::web::page::{Place, html};
use crate::web::pages::exceptions::{ExceptionRow, Exceptions};
use crate::web::parts::{Crumb, Empty, Field, FieldKind, Mark, Pager};
use crate::web::text::Text;
use crate::web::when::When;

/// Exceptions on one page.
pub(super) const PAGE: i64 = 50;

/// The choice of a span instead of one class.
const SPAN: Wider = ("span", "exception-all");

/// Where the page begins, and which class it is asked from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    cursor: String,
    class: String,
}

/// The form that asks for an exception.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    scope: String,
    reason: String,
    starts_on: String,
    ends_on: String,
}

/// `GET /courses/{id}/exceptions`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(course): PathId<CourseId>,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let typed = Typed { scope: asked.class, ..Typed::default() };
    Ok(render(&app, &reader, (course, StatusCode::OK), (&asked.cursor, &typed, &[])).await?)
}

async fn render(
    app: &App,
    reader: &Reader,
    (course, status): (CourseId, StatusCode),
    (cursor, typed, errors): (&str, &Typed, &[FieldError]),
) -> Done<Response> {
    let t = reader.text();
    let now = app.clock.now();
    let before = listing::cursor(Some(cursor))?.map(ExceptionId);
    let (seen, mut found) = ops::of_course(app, &reader.viewer, course, (before, PAGE + 1)).await?;
    let next = listing::page(&mut found, PAGE, |row| row.exception.id.0);
    let home = format!("/courses/{course}/exceptions");
    let fields = if seen.may(&reader.viewer, Act::Exempt) {
        let ahead = class_choice::ahead(app, course).await?;
        Some(fields(t, (&ahead, now), (typed, errors)))
    } else {
        None
    };
    let rows: Vec<ExceptionRow> =
        found.iter().map(|line| row(t, now, line, Some(&seen).map(|seen| (&reader.viewer, seen)))).collect();
    let view = Exceptions {
        page: reader.page(t.get("exceptions-title"), Place::Courses),
        crumbs: vec![Crumb {
            href: format!("/courses/{course}"),
            words: format!("{} {}", seen.course.code, seen.course.title),
        }],
        action: home.clone(),
        fields,
        empty: rows.is_empty().then(|| empty(t)),
        pager: pager(t, (&home, "cursor"), (before.is_some(), next), rows.len()),
        rows,
    };
    Ok(html(status, &view).into_response())
}

pub(super) fn empty(t: &'static Text) -> Empty {
    Empty {
        icon: "exempted",
        title: t.get("exceptions-empty").into(),
        text: t.get("exceptions-empty-text").into(),
        action: None,
    }
}

pub(super) fn pager(
    t: &'static Text,
    (home, cursor): (&str, &str),
    (is_later, next): (bool, Option<String>),
    shown: usize,
) -> Option<Pager> {
    (is_later || next.is_some()).then(|| Pager {
        t,
        shown: t.with("lines-shown", &[("n", (shown as i64).into())]),
        first: is_later.then(|| home.to_owned()),
        next: next.map(|next| format!("{home}?{cursor}={next}")),
    })
}

/// One exception. `to` is who looks, standing so to its course; without it nothing is offered to be done.
pub(super) fn row(
    t: &'static Text,
    now: DateTime<Utc>,
    line: &Listed,
    to: Option<(&Viewer, &SeenCourse)>,
) -> ExceptionRow {
    let exception = &line.exception;
    let state = exception.state(now);
    let office = to
        .filter(|(viewer, seen)| seen.may(viewer, Act::Exempt))
        .and_then(|(viewer, seen)| Some((viewer.user_id, Office::of(seen.standing)?)));
    let pill = match state {
        ExceptionState::Asked => Mark::Waiting.pill_with(t.get("exception-asked")),
        ExceptionState::Approved => Mark::Exempted.pill_with(t.get("exception-approved")),
        ExceptionState::Refused => Mark::NotHeld.pill_with(t.get("exception-refused")),
        ExceptionState::Withdrawn => Mark::NotHeld.pill_with(t.get("exception-withdrawn")),
        ExceptionState::Lapsed => Mark::NotHeld.pill_with(t.get("exception-lapsed")),
        ExceptionState::Ended => Mark::NotHeld.pill_with(t.get("exception-ended")),
    };
    let when = When::new(t, Tz::UTC, now);
    let person = |name: &Option<String>, office: Office, at: DateTime<Utc>| {
        let name = name.clone().unwrap_or_else(|| t.get("somebody").to_owned());
        let at = when.relative_words(at);
        t.with(
            "exception-person",
            &[("name", name.into()), ("office", office_words(t, office).into()), ("when", at.into())],
        )
    };
    let ruling = exception.decided_as.zip(exception.decided_at);
    let decided = ruling.map(|(office, at)| person(&line.decided_by, office, at));
    let said = [&exception.decision_note, &exception.end_reason];
    ExceptionRow {
        id: exception.id.0,
        home: format!("/courses/{}/exceptions", exception.course_id),
        about: about(t, now, line),
        course: to.is_none().then(|| format!("{} {}", line.course.0, line.course.1)),
        reason: exception.reason.clone(),
        asked: person(&line.asked_by, exception.asked_as, exception.asked_at),
        decided: decided
            .into_iter()
            .chain(said.into_iter().filter(|text| !text.is_empty()).cloned())
            .collect(),
        state: pill,
        may_decide: state == ExceptionState::Asked
            && office.is_some_and(|(person, office)| exception.may_be_decided_by(person, office)),
        may_end: office.is_some() && matches!(state, ExceptionState::Asked | ExceptionState::Approved),
    }
}

fn office_words(t: &'static Text, office: Office) -> &'static str {
    match office {
        Office::Admin => t.get("role-admin"),
        Office::Officer => t.get("role-officer"),
        Office::Instructor => t.get("role-instructor"),
    }
}

/// The classes that an exception is about.
pub(super) fn about(t: &'static Text, now: DateTime<Utc>, line: &Listed) -> String {
    if let Some(class) = &line.class {
        return class_choice::words(t, now, class);
    }
    let when = When::new(t, Tz::UTC, now);
    let (from, until) = (line.exception.starts_at, line.exception.end());
    t.with(
        "exception-span",
        &[("from", when.day_time_within(from).into()), ("until", when.day_time_within(until).into())],
    )
}

fn fields(
    t: &'static Text,
    (ahead, now): (&[Ahead], DateTime<Utc>),
    (typed, errors): (&Typed, &[FieldError]),
) -> Vec<Field> {
    vec![
        class_choice::field(t, (ahead, now), SPAN, (&typed.scope, errors)),
        Field::new("reason", t.get("reason"), FieldKind::Text)
            .value(typed.reason.clone())
            .hint(t.get("exception-reason-hint"))
            .error(fault(errors, "reason"))
            .required(),
        Field::new("starts_on", t.get("exception-first-day"), FieldKind::Date)
            .value(typed.starts_on.clone())
            .error(fault(errors, "starts_at")),
        Field::new("ends_on", t.get("exception-last-day"), FieldKind::Date)
            .value(typed.ends_on.clone())
            .hint(t.get("exception-last-day-hint"))
            .error(fault(errors, "ends_at")),
    ]
}

/// `POST /courses/{id}/exceptions`.
pub async fn ask(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(course): PathId<CourseId>,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    courses::seen(&app, &reader.viewer, course, Act::Exempt).await?;
    let ahead = class_choice::ahead(&app, course).await?;
    let asked = match read(&typed, &ahead) {
        Ok(wanted) => ops::ask(&app, &reader.viewer, course, &wanted).await.map(|_| ()),
        Err(error) => Err(error),
    };
    match asked {
        Ok(()) => Ok(Redirect::to(&format!("/courses/{course}/exceptions")).into_response()),
        Err(Error::Invalid(errors)) => {
            let at = (course, StatusCode::UNPROCESSABLE_ENTITY);
            Ok(render(&app, &reader, at, ("", &typed, &errors)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// What was typed. Days are those of the zone of the class, or of the course's next class.
fn read(typed: &Typed, ahead: &[Ahead]) -> Done<ops::Wanted> {
    let meeting = class_choice::chosen(&typed.scope, SPAN);
    let chosen = ahead.iter().find(|one| Some(one.id) == meeting).or(ahead.first());
    let zone = chosen.and_then(|one| one.class.time_zone.parse().ok()).unwrap_or(Tz::UTC);
    let mut errors = Vec::new();
    let mut day = |field: &'static str, text: &str| -> Option<NaiveDate> {
        if text.is_empty() {
            return None;
        }
        let day = text.parse().ok().filter(|day| crate::model::schedule::is_plausible(*day));
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
    let morning = |day: NaiveDate| {
        zone.from_local_datetime(&day.and_time(chrono::NaiveTime::MIN))
            .earliest()
            .map_or_else(|| day.and_time(chrono::NaiveTime::MIN).and_utc(), |at| at.to_utc())
    };
    Ok(ops::Wanted {
        meeting,
        starts_at: starts_on.map(morning),
        // The last day counts.
        ends_at: ends_on.and_then(|day| day.checked_add_days(Days::new(1))).map(morning),
        reason: typed.reason.clone(),
    })
}

/// What is said to a request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    ruling: String,
    note: String,
}

/// `POST /courses/{id}/exceptions/{exception}/decision`.
pub async fn decide(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathIds(course, id): PathIds<CourseId, ExceptionId>,
    FormOf(said): FormOf<Said>,
) -> Result<Redirect, PageError> {
    courses::seen(&app, &viewer, course, Act::Exempt).await?;
    let ruling =
        Ruling::parse(&said.ruling).ok_or_else(|| Error::invalid("ruling", "Send approved or refused."))?;
    ops::decide(&app, &viewer, (course, id), (ruling, &said.note)).await?;
    Ok(Redirect::to(&format!("/courses/{course}/exceptions")))
}

/// Why it is ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Why {
    reason: String,
}

/// `POST /courses/{id}/exceptions/{exception}/end`.
pub async fn end(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathIds(course, id): PathIds<CourseId, ExceptionId>,
    FormOf(why): FormOf<Why>,
) -> Result<Redirect, PageError> {
    ops::end(&app, &viewer, (course, id), &why.reason).await?;
    Ok(Redirect::to(&format!("/courses/{course}/exceptions")))
}
