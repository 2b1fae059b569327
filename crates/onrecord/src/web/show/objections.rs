//! `/courses/{id}/objection`: somebody who is recorded objects, and reads what became of it. And `/admin/cases/{id}`: one
//! case, for those who answer it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::account::fault;
use super::class_choice::{self, Wider};
use super::retention::{may_change, tabs};
use crate::app::App;
use crate::model::access::{Act, GlobalAct};
use crate::model::id::{CourseId, ExceptionId, Id as _, ObjectionId};
use crate::model::objection::{CaseState, Objection, Outcome};
use crate::model::words::Word as _;
use crate::ops::{Error, FieldError, Result as Done, courses, objections as ops, rights};
use crate::store::exceptions;
use crate::store::objections::Listed;
use crate::store::users;
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::page::{Place, html};
use crate::web::pages::objections::{Case, CaseNoteLine, CaseRow, Objecting, OwnObjection};
use crate::web::parts::{Choice, Crumb, Field, FieldKind, Link, Mark, Pill};
use crate::web::text::Text;
use crate::web::when::When;

/// One's own objections that are shown.
const OWN: i64 = 100;

/// Exceptions to choose from.
const EXCEPTIONS: i64 = 100;

/// The choice of the whole course.
const COURSE: Wider = ("course", "objection-all");

/// From which class it is asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    class: String,
}

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    scope: String,
    reason: String,
}

/// `GET /courses/{id}/objection`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(course): PathId<CourseId>,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let typed = Typed { scope: asked.class, ..Typed::default() };
    Ok(render(&app, &reader, (course, StatusCode::OK), (&typed, &[])).await?)
}

async fn render(
    app: &App,
    reader: &Reader,
    (course, status): (CourseId, StatusCode),
    (typed, errors): (&Typed, &[FieldError]),
) -> Done<Response> {
    let seen = courses::seen(app, &reader.viewer, course, Act::Object).await?;
    let t = reader.text();
    let now = app.clock.now();
    let ahead = class_choice::ahead(app, course).await?;
    let own = ops::own(app, &reader.viewer, OWN).await?;
    let view = Objecting {
        page: reader.page(t.get("objection-title"), Place::Courses),
        crumbs: vec![Crumb {
            href: format!("/courses/{course}"),
            words: format!("{} {}", seen.course.code, seen.course.title),
        }],
        action: format!("/courses/{course}/objection"),
        fields: vec![
            class_choice::field(t, (&ahead, now), COURSE, (&typed.scope, errors)),
            Field::new("reason", t.get("reason"), FieldKind::Area)
                .value(typed.reason.clone())
                .hint(t.get("objection-reason-hint"))
                .error(fault(errors, "reason"))
                .required(),
        ],
        own: own
            .iter()
            .filter(|listed| listed.case.course_id == course)
            .map(|listed| own_line(t, now, listed))
            .collect(),
    };
    Ok(html(status, &view).into_response())
}

fn own_line(t: &'static Text, now: DateTime<Utc>, listed: &Listed) -> OwnObjection {
    let when = When::new(t, Tz::UTC, now);
    let case = &listed.case;
    let answer = match case.outcome {
        Some(_) => case.answer.clone(),
        None => t.with("objection-answered-by", &[("date", when.last_day(case.due_at).words.into())]),
    };
    OwnObjection {
        id: case.id.0,
        about: about(t, now, listed),
        reason: case.reason.clone(),
        raised: when.date(case.raised_at),
        answer,
        state: pill(t, case, now),
        may_withdraw: case.outcome.is_none(),
    }
}

fn about(t: &'static Text, now: DateTime<Utc>, listed: &Listed) -> String {
    match &listed.class {
        Some((title, starts_at, zone)) => {
            let when = When::new(t, zone.parse().unwrap_or(Tz::UTC), now);
            format!("{title}, {}", when.day_time(*starts_at).words)
        }
        None => format!("{} {}", listed.course.0, listed.course.1),
    }
}

fn pill(t: &'static Text, case: &Objection, now: DateTime<Utc>) -> Pill {
    match (case.state(now), case.outcome) {
        (_, Some(outcome)) => Mark::NotHeld.pill_with(outcome_words(t, outcome)),
        (CaseState::New, None) => Mark::Waiting.pill_with(t.get("case-new")),
        (CaseState::Overdue, None) => Mark::Missing.pill_with(t.get("case-overdue")),
        (CaseState::Open | CaseState::Closed, None) => Mark::Running.pill_with(t.get("case-open")),
    }
}

fn outcome_words(t: &'static Text, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Upheld => t.get("outcome-upheld"),
        Outcome::Settled => t.get("outcome-settled"),
        Outcome::Rejected => t.get("outcome-rejected"),
        Outcome::Withdrawn => t.get("outcome-withdrawn"),
    }
}

/// `POST /courses/{id}/objection`.
pub async fn raise(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(course): PathId<CourseId>,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    let meeting = class_choice::chosen(&typed.scope, COURSE);
    match ops::raise(&app, &reader.viewer, (course, meeting), &typed.reason).await {
        Ok(_) => Ok(Redirect::to(&format!("/courses/{course}/objection")).into_response()),
        Err(Error::Invalid(errors)) => {
            let at = (course, StatusCode::UNPROCESSABLE_ENTITY);
            Ok(render(&app, &reader, at, (&typed, &errors)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /objections/{id}/withdraw`.
pub async fn withdraw(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ObjectionId>,
) -> Result<Redirect, PageError> {
    let case = ops::withdraw(&app, &viewer, id).await?;
    Ok(Redirect::to(&format!("/courses/{}/objection", case.course_id)))
}

/// A case as the list of all shows it.
pub(super) fn row(t: &'static Text, now: DateTime<Utc>, listed: &Listed) -> CaseRow {
    let when = When::new(t, Tz::UTC, now);
    CaseRow {
        href: format!("/admin/cases/{}", listed.case.id),
        person: listed.person.0.clone(),
        about: about(t, now, listed),
        raised: when.date(listed.case.raised_at),
        due: when.last_day(listed.case.due_at),
        owner: listed.owner.clone().unwrap_or_else(|| t.get("case-nobody").to_owned()),
        state: pill(t, &listed.case, now),
    }
}

/// What is typed about a case.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Change {
    owner: String,
    due_on: String,
    note: String,
    outcome: String,
    answer: String,
    exception: String,
}

/// `GET /admin/cases/{id}`.
pub async fn case(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ObjectionId>,
) -> Result<Response, PageError> {
    Ok(render_case(&app, &reader, (id, StatusCode::OK), (&Change::default(), &[])).await?)
}

async fn render_case(
    app: &App,
    reader: &Reader,
    (id, status): (ObjectionId, StatusCode),
    (typed, errors): (&Change, &[FieldError]),
) -> Done<Response> {
    let (listed, notes) = ops::one(app, &reader.viewer, id).await?;
    let t = reader.text();
    let now = app.clock.now();
    let when = When::new(t, Tz::UTC, now);
    let case = &listed.case;
    let exceptions = match case.meeting_id {
        Some(meeting) => format!("/courses/{}/exceptions?class={meeting}", case.course_id),
        None => format!("/courses/{}/exceptions", case.course_id),
    };
    let mut facts = vec![
        (t.get("case-about"), about(t, now, &listed)),
        (t.get("case-raised"), when.date(case.raised_at).words),
        (t.get("case-due"), when.last_day(case.due_at).words),
        (t.get("hold-owner"), listed.owner.clone().unwrap_or_else(|| t.get("case-nobody").to_owned())),
    ];
    facts.extend(case.exception_id.map(|id| (t.get("case-exception"), id.to_string())));
    facts.extend(case.outcome.map(|_| (t.get("case-answer"), case.answer.clone())));
    let is_open = case.outcome.is_none();
    let led_to = if is_open { exceptions_of(app, t, case, &typed.exception).await? } else { Vec::new() };
    let view = Case {
        page: reader.page(t.get("case-title"), Place::Retention),
        tabs: tabs(t, "/admin/cases"),
        crumbs: vec![Crumb { href: "/admin/cases".to_owned(), words: t.get("cases-title").to_owned() }],
        title: t.with("case-of", &[("id", case.id.0.into()), ("name", listed.person.0.as_str().into())]),
        lead: listed.person.1.clone(),
        state: pill(t, case, now),
        reason: case.reason.clone(),
        facts,
        notes: notes
            .into_iter()
            .map(|note| CaseNoteLine { author: note.author, at: when.day_time(note.at), text: note.text })
            .collect(),
        exceptions: Link::new(exceptions, t.get("exceptions-title")),
        fields: may_change(&reader.viewer).then(|| fields(t, is_open, (typed, errors), led_to)),
        action: format!("/admin/cases/{id}"),
    };
    Ok(html(status, &view).into_response())
}

/// The exceptions of the case's course that it may have led to, the newest first.
async fn exceptions_of(app: &App, t: &'static Text, case: &Objection, typed: &str) -> Done<Vec<Choice>> {
    let whose = exceptions::Whose::Course(case.course_id);
    let found = exceptions::list(&app.store, whose, None, EXCEPTIONS).await?;
    let now = app.clock.now();
    let first = if case.exception_id.is_some() { "case-stays-so" } else { "case-no-exception" };
    let mut choices = vec![Choice::new("", t.get(first), typed)];
    choices.extend(found.iter().map(|one| {
        let words = format!("{}: {}", one.exception.id, super::exceptions::about(t, now, one));
        Choice::new(one.exception.id.to_string(), words, typed)
    }));
    Ok(choices)
}

fn fields(
    t: &'static Text,
    is_open: bool,
    (typed, errors): (&Change, &[FieldError]),
    led_to: Vec<Choice>,
) -> Vec<Field> {
    let note = Field::new("note", t.get("case-note"), FieldKind::Area)
        .value(typed.note.clone())
        .error(fault(errors, "note"));
    if !is_open {
        return vec![note];
    }
    let mut outcomes = vec![Choice::new("", t.get("case-stays-open"), &typed.outcome)];
    outcomes.extend(
        [Outcome::Upheld, Outcome::Settled, Outcome::Rejected]
            .map(|outcome| Choice::new(outcome.as_str(), outcome_words(t, outcome), &typed.outcome)),
    );
    vec![
        Field::new("owner", t.get("case-owner"), FieldKind::Email)
            .value(typed.owner.clone())
            .hint(t.get("case-stays"))
            .error(fault(errors, "owner_id")),
        Field::new("due_on", t.get("case-due"), FieldKind::Date)
            .value(typed.due_on.clone())
            .hint(t.get("case-stays"))
            .error(fault(errors, "due_at")),
        note,
        Field::new("outcome", t.get("case-outcome"), FieldKind::Select(outcomes))
            .error(fault(errors, "outcome")),
        Field::new("answer", t.get("case-answer"), FieldKind::Area)
            .value(typed.answer.clone())
            .hint(t.get("case-answer-hint"))
            .error(fault(errors, "answer")),
        Field::new("exception", t.get("case-exception"), FieldKind::Select(led_to))
            .error(fault(errors, "exception_id")),
    ]
}

/// `POST /admin/cases/{id}`.
pub async fn change(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ObjectionId>,
    FormOf(typed): FormOf<Change>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Retain).await?;
    let changed = match read(&app, &typed).await {
        Ok(wanted) => ops::change(&app, &reader.viewer, id, &wanted).await,
        Err(error) => Err(error),
    };
    match changed {
        Ok(()) => Ok(Redirect::to(&format!("/admin/cases/{id}")).into_response()),
        Err(Error::Invalid(errors)) => {
            let at = (id, StatusCode::UNPROCESSABLE_ENTITY);
            Ok(render_case(&app, &reader, at, (&typed, &errors)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// What was typed; what is empty stays as it is.
async fn read(app: &App, typed: &Change) -> Done<ops::Change> {
    let mut change =
        ops::Change { note: typed.note.clone(), answer: typed.answer.clone(), ..ops::Change::default() };
    let owner = typed.owner.trim().to_lowercase();
    if !owner.is_empty() {
        let found = users::find_by_email(&app.store, &owner).await?;
        let found = found.ok_or_else(|| Error::invalid("owner_id", crate::ops::say("op-objection-owner")))?;
        change.owner = Some(found.id);
    }
    if !typed.due_on.is_empty() {
        let day: Option<NaiveDate> = typed.due_on.parse().ok();
        // The last day counts.
        let end = day.and_then(|day| day.checked_add_days(Days::new(1)));
        let end = end.ok_or_else(|| Error::invalid("due_at", "Write a day as 2027-03-01."))?;
        change.due_at = Some(end.and_time(NaiveTime::MIN).and_utc());
    }
    if !typed.outcome.is_empty() {
        let outcome = Outcome::parse(&typed.outcome);
        change.outcome = Some(outcome.ok_or_else(|| Error::invalid("outcome", "Choose an outcome."))?);
    }
    if !typed.exception.trim().is_empty() {
        let number = typed
            .exception
            .trim()
            .parse()
            .map_err(|_| Error::invalid("exception_id", crate::ops::say("op-objection-exception")))?;
        change.exception = Some(ExceptionId::new(number));
    }
    Ok(change)
}
