//! `/admin/notices`: every wording of the recording notice and the institution's words in other languages; and
//! `/courses/{id}/acknowledgements`: who of a course acknowledged which.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono_tz::Tz;
use serde::Deserialize;

use super::account::fault;
use super::exceptions::pager;
use super::retention::{may_change, tabs};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{CourseId, NoticeVersionId, UserId};
use crate::model::integration::{Acknowledge, LawfulBasis};
use crate::model::people::CourseRole;
use crate::ops::{Error, FieldError, Result as Done, acknowledge as ops, notice, rights};
use crate::store::acknowledgements::{Person, Version};
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::listing;
use crate::web::page::{Place, html};
use crate::web::pages::notices::{AcknowledgementRow, Acknowledgements, NoticeRow, Notices, WordingRow};
use crate::web::parts::{Crumb, Empty, Field, FieldKind, Mark};
use crate::web::text::Text;
use crate::web::when::When;

/// Wordings on one page.
const VERSIONS: i64 = 20;

/// People on one page.
const PEOPLE: i64 = 100;

/// Where a page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    cursor: String,
    /// The words in this language are to be changed.
    language: String,
}

/// The form of the words in another language.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    language: String,
    wording: String,
}

/// `GET /admin/notices`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let typed = Typed { language: asked.language, ..Typed::default() };
    Ok(render(&app, &reader, StatusCode::OK, (&asked.cursor, &typed, &[])).await?)
}

async fn render(
    app: &App,
    reader: &Reader,
    status: StatusCode,
    (cursor, typed, errors): (&str, &Typed, &[FieldError]),
) -> Done<Response> {
    let t = reader.text();
    let before = listing::cursor(Some(cursor))?.map(NoticeVersionId);
    let mut found = ops::versions(app, &reader.viewer, (before, VERSIONS + 1)).await?;
    let next = listing::page(&mut found, VERSIONS, |row| row.id.0);
    let when = When::new(t, Tz::UTC, app.clock.now());
    let asked = match app.config.notice.acknowledge {
        Acknowledge::None => t.get("acknowledge-none"),
        Acknowledge::Ask => t.get("acknowledge-ask"),
        Acknowledge::Required => t.get("acknowledge-required"),
    };
    let wordings = notice::wordings(app, &reader.viewer).await?;
    let may_change = may_change(&reader.viewer);
    let present = wordings.iter().find(|one| errors.is_empty() && one.language == typed.language);
    let filled = present.map(|one| Typed { language: one.language.clone(), wording: one.words.clone() });
    let view = Notices {
        page: reader.page(t.get("notices-title"), Place::Retention),
        tabs: tabs(t, "/admin/notices"),
        asked: asked.to_owned(),
        empty: found.is_empty().then(|| Empty {
            icon: "safe",
            title: t.get("notices-empty").into(),
            text: t.get("notices-empty-text").into(),
            action: None,
        }),
        pager: pager(t, ("/admin/notices", "cursor"), (before.is_some(), next), found.len()),
        rows: found.into_iter().map(|version| row(t, &when, version)).collect(),
        open: filled.is_some(),
        fields: may_change.then(|| fields(t, filled.as_ref().unwrap_or(typed), errors)),
        wordings: wordings.into_iter().map(|one| wording_row(t, one, may_change)).collect(),
    };
    Ok(html(status, &view).into_response())
}

fn wording_row(t: &'static Text, wording: notice::Wording, may_change: bool) -> WordingRow {
    let may_edit = may_change && !wording.is_configured;
    WordingRow {
        locked: if wording.is_configured { t.get("notice-wording-locked") } else { "" },
        edit_href: may_edit.then(|| format!("/admin/notices?language={}", wording.language)),
        language: wording.language,
        words: wording.words,
    }
}

fn row(t: &'static Text, when: &When, version: Version) -> NoticeRow {
    let basis = match version.basis {
        LawfulBasis::Consent => t.get("basis-consent"),
        LawfulBasis::PublicTask => t.get("basis-public-task"),
        LawfulBasis::LegitimateInterest => t.get("basis-legitimate-interest"),
        LawfulBasis::LegalObligation => t.get("basis-legal-obligation"),
    };
    NoticeRow {
        name: t
            .with("notice-version-of", &[("id", version.id.0.into()), ("language", version.language.into())]),
        since: when.date(version.created_at),
        body: version.body,
        basis,
        used: t.with(
            "notice-used-by",
            &[("people", version.people.into()), ("classes", version.classes.into())],
        ),
    }
}

fn fields(t: &'static Text, typed: &Typed, errors: &[FieldError]) -> Vec<Field> {
    vec![
        Field::new("language", t.get("notice-language"), FieldKind::Text)
            .value(typed.language.clone())
            .hint(t.get("notice-language-hint"))
            .error(fault(errors, "language"))
            .required(),
        Field::new("wording", t.get("notice-words"), FieldKind::Area)
            .value(typed.wording.clone())
            .hint(t.get("notice-words-hint"))
            .error(fault(errors, "wording")),
    ]
}

/// `POST /admin/notices/wordings`.
pub async fn save(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Retain).await?;
    match notice::put_wording(&app, &reader.viewer, (&typed.language, &typed.wording)).await {
        Ok(()) => Ok(Redirect::to("/admin/notices").into_response()),
        Err(Error::Invalid(errors)) => {
            Ok(render(&app, &reader, StatusCode::UNPROCESSABLE_ENTITY, ("", &typed, &errors)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /courses/{id}/acknowledgements`.
pub async fn of_course(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(course): PathId<CourseId>,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let t = reader.text();
    let after = listing::cursor(Some(&asked.cursor))?.map(UserId);
    let (seen, mut people) = ops::of_course(&app, &reader.viewer, course, (after, PEOPLE + 1)).await?;
    let next = listing::page(&mut people, PEOPLE, |person| person.user.0);
    let when = When::new(t, Tz::UTC, app.clock.now());
    let home = format!("/courses/{course}/acknowledgements");
    let view = Acknowledgements {
        page: reader.page(t.get("acknowledgements-title"), Place::Courses),
        crumbs: vec![Crumb {
            href: format!("/courses/{course}"),
            words: format!("{} {}", seen.course.code, seen.course.title),
        }],
        lead: t.get("acknowledgements-lead").to_owned(),
        empty: people.is_empty().then(|| Empty {
            icon: "people",
            title: t.get("roster-empty").into(),
            text: t.get("roster-empty-text").into(),
            action: None,
        }),
        pager: pager(t, (&home, "cursor"), (after.is_some(), next), people.len()),
        rows: people.into_iter().map(|person| acknowledged(t, &when, person)).collect(),
    };
    Ok(html(StatusCode::OK, &view).into_response())
}

fn acknowledged(t: &'static Text, when: &When, person: Person) -> AcknowledgementRow {
    let state = match person.acknowledged {
        Some((version, _)) if person.is_current => {
            Mark::Recorded.pill_with(t.with("acknowledged-current", &[("version", version.0.into())]))
        }
        Some((version, _)) => {
            Mark::Waiting.pill_with(t.with("acknowledged-older", &[("version", version.0.into())]))
        }
        None => Mark::NotHeld.pill_with(t.get("acknowledged-not")),
    };
    AcknowledgementRow {
        name: person.name,
        email: person.email,
        role: match person.role {
            CourseRole::Instructor => t.get("role-instructor"),
            CourseRole::Learner => t.get("role-learner"),
        },
        state,
        at: person.acknowledged.map(|(_, at)| when.day_time(at)),
    }
}
