//! `/conferences/{id}/cancel`: shows what cancelling will do, then does it: to all classes to come, or with `?class=` to
//! one.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::app::App;
use crate::model::access::Act;
use crate::model::conference::Meeting;
use crate::model::id::{ConferenceId, MeetingId};
use crate::ops::rights::{self, Seen};
use crate::ops::{Error, schedule};
use crate::store::meetings;
use crate::store::pages::home::instructors;
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::page::{Place, html};
use crate::web::pages::cancel::Cancel;
use crate::web::parts::{Crumb, Field, FieldKind, Mark, PartLine};
use crate::web::text::join_names;
use crate::web::when::When;

/// Longest reason in characters.
const LONGEST_REASON: usize = 1_000;

/// The form that cancels.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    reason: String,
}

/// Which class the address names.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    class: String,
}

/// What is to be cancelled.
#[derive(Debug, Clone, Copy)]
struct Target {
    conference: ConferenceId,
    /// One class of it; `None` for all to come.
    class: Option<MeetingId>,
}

impl Target {
    fn new(conference: ConferenceId, asked: &Asked) -> Result<Self, Error> {
        let class = match asked.class.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| Error::NotFound)?),
        };
        Ok(Self { conference, class })
    }

    /// The class page that shows what became of it.
    fn page(self) -> String {
        let class = self.class.map_or_else(String::new, |class| format!("?class={class}"));
        format!("/conferences/{}{class}", self.conference)
    }

    fn action(self) -> String {
        let class = self.class.map_or_else(String::new, |class| format!("?class={class}"));
        format!("/conferences/{}/cancel{class}", self.conference)
    }
}

/// `GET /conferences/{id}/cancel`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ConferenceId>,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let page = cancel_page(&app, &reader, Target::new(id, &asked)?, Reason::default()).await?;
    Ok(html(StatusCode::OK, &page).into_response())
}

/// `POST /conferences/{id}/cancel`.
pub async fn cancel(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ConferenceId>,
    QueryOf(asked): QueryOf<Asked>,
    FormOf(sent): FormOf<Sent>,
) -> Result<Response, PageError> {
    let target = Target::new(id, &asked)?;
    if sent.reason.chars().count() > LONGEST_REASON {
        let n = i64::try_from(LONGEST_REASON).unwrap_or(i64::MAX);
        let error = reader.text().with("cancel-reason-long", &[("n", n.into())]);
        let reason = Reason { text: sent.reason, error: Some(error) };
        let page = cancel_page(&app, &reader, target, reason).await?;
        return Ok(html(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response());
    }
    match target.class {
        None => schedule::cancel(&app, &reader.viewer, id, &sent.reason).await?,
        Some(class) => {
            if meetings::find(&app.store, class).await?.is_none_or(|class| class.conference_id != id) {
                return Err(Error::NotFound.into());
            }
            schedule::cancel_class(&app, &reader.viewer, class, &sent.reason).await?;
        }
    }
    Ok(Redirect::to(&target.page()).into_response())
}

/// The reason as typed, and what is wrong with it.
#[derive(Debug, Default)]
struct Reason {
    text: String,
    error: Option<String>,
}

async fn cancel_page(
    app: &App,
    reader: &Reader,
    target: Target,
    reason: Reason,
) -> Result<Cancel, PageError> {
    let seen = rights::conference(app, &reader.viewer, target.conference, Act::Edit).await?;
    let mut all = meetings::of_conference(&app.store, target.conference).await?;
    all.retain(|meeting| target.class.is_none_or(|class| meeting.id == class));
    let now = app.clock.now();
    let live = || all.iter().filter(|meeting| meeting.cancelled_at.is_none());
    let ahead: Vec<&Meeting> = live().filter(|meeting| !meeting.has_started(now)).collect();
    let t = reader.text();
    if ahead.is_empty() {
        let key = match (target.class, live().next()) {
            (Some(_), _) if all.is_empty() => return Err(Error::NotFound.into()),
            (Some(_), None) => t.get("cancel-class-done"),
            (Some(_), Some(_)) => t.get("cancel-class-too-late"),
            (None, None) => t.get("cancel-done"),
            (None, Some(_)) => t.get("cancel-too-late"),
        };
        return Err(Error::Conflict(key.to_owned()).into());
    }
    let names = instructors(&app.store, seen.placed.conference.course_id, now.date_naive()).await?;
    let kept = live().count() - ahead.len();
    let heading = t.with("cancel-heading", &[("n", ahead.len().into())]);
    let when = When::new(t, seen.placed.conference.time_zone.parse().unwrap_or(Tz::UTC), now);
    let class = |meeting: &&Meeting| {
        let day = when.span(meeting.starts_at, meeting.ends_at).words;
        PartLine::new(Mark::Cancelled, day, when.relative_words(meeting.starts_at))
    };
    Ok(Cancel {
        page: reader.page(heading.clone(), Place::Conferences),
        crumbs: crumbs(&seen),
        heading,
        classes: ahead.iter().map(class).collect(),
        effects: effects(reader, &names, (ahead.len(), kept)),
        reason: Field::new("reason", t.get("reason"), FieldKind::Text)
            .hint(t.get("cancel-reason-hint"))
            .value(reason.text)
            .error(reason.error),
        action: target.action(),
        confirm_words: t.with("cancel-confirm", &[("n", ahead.len().into())]),
        back: target.page(),
    })
}

fn crumbs(seen: &Seen) -> Vec<Crumb> {
    let conference = &seen.placed.conference;
    vec![
        Crumb {
            href: format!("/courses/{}", conference.course_id),
            words: format!("{} {}", seen.placed.course_code, seen.placed.course_title),
        },
        Crumb { href: format!("/conferences/{}", conference.id), words: conference.title.clone() },
    ]
}

fn effects(reader: &Reader, names: &[String], (ahead, kept): (usize, usize)) -> Vec<String> {
    let t = reader.text();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut effects = vec![if names.is_empty() {
        t.with("cancel-effect-teams", &[("n", ahead.into())])
    } else {
        t.with("cancel-effect-told", &[("n", ahead.into()), ("names", join_names(t, &names).into())])
    }];
    if kept > 0 {
        effects.push(t.with("cancel-effect-kept", &[("n", kept.into())]));
    }
    effects.push(t.get("cancel-effect-ledger").to_owned());
    effects.push(t.get("cancel-effect-final").to_owned());
    effects
}
