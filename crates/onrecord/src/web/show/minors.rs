//! `/courses/{id}/minors`: which of a course are minors and what their guardians were told or said. Its staff read it;
//! administrators and officers change it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::account::fault;
use super::retention::may_change;
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{CourseId, GuardianWordId, UserId};
use crate::model::minors::{GuardianWord, Requirement, is_met};
use crate::model::words::Word as _;
use crate::ops::{Error, FieldError, Result as Done, minors as ops, rights};
use crate::store::minors::Minor;
use crate::store::users;
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, PathIds};
use crate::web::page::{Place, html};
use crate::web::pages::minors::{GuardianLine, MinorRow, Minors, MinorsChange};
use crate::web::parts::{Choice, Crumb, Empty, Field, FieldKind, Mark};
use crate::web::text::Text;
use crate::web::when::When;

/// What was typed into one of the three forms.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    requires: String,
    email: String,
    person_requires: String,
    user_id: String,
    kind: String,
    guardian: String,
    evidence: String,
    given_on: String,
    expires_on: String,
}

/// `GET /courses/{id}/minors`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(course): PathId<CourseId>,
) -> Result<Response, PageError> {
    Ok(render(&app, &reader, (course, StatusCode::OK), (&Typed::default(), &[])).await?)
}

async fn render(
    app: &App,
    reader: &Reader,
    (course, status): (CourseId, StatusCode),
    typed: (&Typed, &[FieldError]),
) -> Done<Response> {
    let found = ops::of_course(app, &reader.viewer, course).await?;
    let t = reader.text();
    let now = app.clock.now();
    let may_change = may_change(&reader.viewer);
    let lead = match found.requires {
        None => t.get("minors-not-marked"),
        Some(Requirement::Nothing) => t.get("minors-marked-nothing"),
        Some(Requirement::Information) => t.get("minors-marked-information"),
        Some(Requirement::Consent) => t.get("minors-marked-consent"),
    };
    let view = Minors {
        page: reader.page(t.get("minors-title"), Place::Courses),
        crumbs: vec![Crumb {
            href: format!("/courses/{course}"),
            words: format!("{} {}", found.seen.course.code, found.seen.course.title),
        }],
        home: format!("/courses/{course}"),
        lead: lead.to_owned(),
        empty: found.people.is_empty().then(|| Empty {
            icon: "people",
            title: t.get("minors-empty").into(),
            text: t.get("minors-empty-text").into(),
            action: None,
        }),
        change: may_change.then(|| change(t, (&found.people, found.requires), typed)),
        rows: found.people.into_iter().map(|minor| row(t, now, minor, may_change)).collect(),
    };
    Ok(html(status, &view).into_response())
}

fn requirement_words(t: &'static Text, requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::Nothing => t.get("requirement-nothing"),
        Requirement::Information => t.get("requirement-information"),
        Requirement::Consent => t.get("requirement-consent"),
    }
}

fn row(t: &'static Text, now: DateTime<Utc>, minor: Minor, may_change: bool) -> MinorRow {
    let state = if is_met(minor.required, &minor.words, now) {
        Mark::Recorded.pill_with(t.get("minors-met"))
    } else {
        Mark::Missing.pill_with(t.get("minors-missing"))
    };
    MinorRow {
        name: minor.name,
        email: minor.email,
        required: requirement_words(t, minor.required),
        state,
        words: minor.words.iter().map(|word| line(t, now, word, may_change)).collect(),
    }
}

fn line(t: &'static Text, now: DateTime<Utc>, word: &GuardianWord, may_change: bool) -> GuardianLine {
    let when = When::new(t, Tz::UTC, now);
    let args = [
        ("kind", requirement_words(t, word.kind).into()),
        ("guardian", word.guardian.as_str().into()),
        ("given", when.date(word.given_at).words.into()),
        ("evidence", word.evidence.as_str().into()),
    ];
    let mut words = t.with("guardian-line", &args);
    let end = match (word.withdrawn_at, word.expires_at) {
        (Some(at), _) => Some(("guardian-withdrawn", when.date(at))),
        (None, Some(at)) => Some(("guardian-until", when.last_day(at))),
        (None, None) => None,
    };
    if let Some((key, at)) = end {
        let at = at.words;
        words.push_str(", ");
        words.push_str(&match key {
            "guardian-until" => t.with("guardian-until", &[("date", at.into())]),
            _ => t.with("guardian-withdrawn", &[("date", at.into())]),
        });
    }
    GuardianLine { id: word.id.0, words, may_withdraw: may_change && word.withdrawn_at.is_none() }
}

fn change(
    t: &'static Text,
    (people, requires): (&[Minor], Option<Requirement>),
    (typed, errors): (&Typed, &[FieldError]),
) -> MinorsChange {
    let choices = |first: &str, present: &str| -> Vec<Choice> {
        let mut choices = vec![Choice::new("", first, present)];
        choices.extend(
            Requirement::ALL.iter().map(|one| Choice::new(one.as_str(), requirement_words(t, *one), present)),
        );
        choices
    };
    let present = requires.map_or("", |requires| requires.as_str());
    let minors = people
        .iter()
        .map(|one| Choice::new(one.user.to_string(), one.name.clone(), &typed.user_id))
        .collect();
    let kinds = [Requirement::Consent, Requirement::Information]
        .map(|kind| Choice::new(kind.as_str(), requirement_words(t, kind), &typed.kind));
    let field = |name: &'static str, of: &str, words: &'static str, kind: FieldKind, value: &str| {
        Field::new(name, words, kind).value(value.to_owned()).error(fault(errors, of))
    };
    MinorsChange {
        course: vec![field(
            "requires",
            "requires",
            t.get("minors-requires"),
            FieldKind::Select(choices(t.get("minors-no-mark"), present)),
            "",
        )],
        person: vec![
            field("email", "email", t.get("email"), FieldKind::Email, &typed.email).required(),
            field(
                "person_requires",
                "person_requires",
                t.get("minors-requires"),
                FieldKind::Select(choices(t.get("minors-no-mark"), &typed.person_requires)),
                "",
            ),
        ],
        guardian: vec![
            field("user_id", "user_id", t.get("column-name"), FieldKind::Select(minors), ""),
            field("kind", "kind", t.get("guardian-kind"), FieldKind::Select(kinds.to_vec()), ""),
            field("guardian", "guardian", t.get("guardian-name"), FieldKind::Text, &typed.guardian)
                .required(),
            field("evidence", "evidence", t.get("guardian-evidence"), FieldKind::Text, &typed.evidence)
                .hint(t.get("guardian-evidence-hint"))
                .required(),
            field("given_on", "given_at", t.get("guardian-given"), FieldKind::Date, &typed.given_on),
            field("expires_on", "expires_at", t.get("guardian-expires"), FieldKind::Date, &typed.expires_on),
        ],
    }
}

/// A mark as it was chosen: nothing takes it away.
fn chosen(field: &str, text: &str) -> Done<Option<Requirement>> {
    if text.is_empty() {
        return Ok(None);
    }
    Requirement::parse(text)
        .map(Some)
        .ok_or_else(|| Error::invalid(field, "Choose nothing, information or consent."))
}

/// Back to the page, or the page with what is wrong.
async fn answer(
    app: &App,
    reader: &Reader,
    (course, typed): (CourseId, &Typed),
    done: Done<()>,
) -> Result<Response, PageError> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/courses/{course}/minors")).into_response()),
        Err(Error::Invalid(errors)) => {
            let at = (course, StatusCode::UNPROCESSABLE_ENTITY);
            Ok(render(app, reader, at, (typed, &errors)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /courses/{id}/minors`.
pub async fn mark_course(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(course): PathId<CourseId>,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Retain).await?;
    let done = match chosen("requires", &typed.requires) {
        Ok(requires) => ops::mark_course(&app, &reader.viewer, course, requires).await,
        Err(error) => Err(error),
    };
    answer(&app, &reader, (course, &typed), done).await
}

/// `POST /courses/{id}/minors/people`.
pub async fn mark_person(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(course): PathId<CourseId>,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Retain).await?;
    let marking = async {
        let requires = chosen("person_requires", &typed.person_requires)?;
        let found = users::find_by_email(&app.store, &typed.email.trim().to_lowercase()).await?;
        let found = found.ok_or_else(|| Error::invalid("email", crate::ops::say("op-minor-unknown")))?;
        ops::mark_person(&app, &reader.viewer, found.id, requires).await
    };
    let done = marking.await;
    answer(&app, &reader, (course, &typed), done).await
}

/// `POST /courses/{id}/guardians`.
pub async fn keep(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(course): PathId<CourseId>,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Retain).await?;
    let keeping = async {
        let (user, said) = read(&typed)?;
        ops::keep_word(&app, &reader.viewer, user, &said).await.map(|_| ())
    };
    let done = keeping.await;
    answer(&app, &reader, (course, &typed), done).await
}

fn read(typed: &Typed) -> Done<(UserId, ops::Said)> {
    let user = typed.user_id.parse().map_err(|_| Error::invalid("user_id", "Choose somebody."))?;
    let day = |field: &str, text: &str| -> Done<Option<NaiveDate>> {
        if text.is_empty() {
            return Ok(None);
        }
        let day: Option<NaiveDate> = text.parse().ok();
        day.filter(|day| crate::model::schedule::is_plausible(*day))
            .map(Some)
            .ok_or_else(|| Error::invalid(field, "Write a day as 2027-03-01."))
    };
    let morning = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let said = ops::Said {
        kind: Requirement::parse(&typed.kind).unwrap_or(Requirement::Nothing),
        guardian: typed.guardian.clone(),
        evidence: typed.evidence.clone(),
        given_at: day("given_at", &typed.given_on)?.map(morning),
        // The last day counts.
        expires_at: day("expires_at", &typed.expires_on)?
            .and_then(|day| day.checked_add_days(Days::new(1)))
            .map(morning),
    };
    Ok((user, said))
}

/// `POST /courses/{id}/guardians/{word}/withdraw`.
pub async fn withdraw(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathIds(course, id): PathIds<CourseId, GuardianWordId>,
) -> Result<Redirect, PageError> {
    ops::withdraw_word(&app, &viewer, id).await?;
    Ok(Redirect::to(&format!("/courses/{course}/minors")))
}
