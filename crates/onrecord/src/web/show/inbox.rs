//! `/admin/inbox`: what belongs to no class with certainty, for a person to decide.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::app::App;
use crate::model::access::{Decision, GlobalAct, decide_global};
use crate::model::artifact::ArtifactKind;
use crate::model::id::ArtifactId;
use crate::ops::{Error, inbox, rights};
use crate::store::pages::inbox::{self as store, Candidate, Waiting, Window};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::page::{Place, html};
use crate::web::pages::inbox::{Inbox, InboxItem};
use crate::web::parts::{Badge, Choice, Empty, Pager};
use crate::web::text::Text;
use crate::web::when::{self, When};

/// Things on one page.
const PAGE: i64 = 10;

/// Classes read for one page.
const MOST_CANDIDATES: i64 = 600;

/// Classes offered for one thing.
const CHOICES: usize = 15;

/// A class of the same organizer is offered when it begins this near.
const NEAR: TimeDelta = TimeDelta::hours(36);

/// The same where the organizer is not known.
const CLOSE: TimeDelta = TimeDelta::hours(4);

/// People begin a call so long before its class.
const EARLY: TimeDelta = TimeDelta::minutes(30);

/// Which page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    cursor: String,
}

/// `GET /admin/inbox`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Oversee).await?;
    // A cursor that is none begins at the beginning.
    let after = asked.cursor.parse().ok().map(ArtifactId);
    let mut waiting = store::waiting(&app.store, after, PAGE + 1).await?;
    let more = waiting.len() as i64 > PAGE;
    waiting.truncate(PAGE as usize);
    let windows: Vec<Window> = waiting.iter().map(window).collect();
    let candidates = store::candidates(&app.store, &windows, MOST_CANDIDATES).await?;
    let count = store::count(&app.store).await?;
    let t = reader.text();
    let now = app.clock.now();
    let items: Vec<InboxItem> = waiting.iter().map(|thing| item(t, thing, &candidates, now)).collect();
    let page = Inbox {
        page: reader.page(t.get("nav-inbox"), Place::Inbox),
        headline: t.with("inbox-headline", &[("n", count.into())]),
        empty: items.is_empty().then(|| Empty {
            icon: "inbox",
            title: t.get("inbox-empty").into(),
            text: t.get("inbox-empty-text").into(),
            action: None,
        }),
        pager: (more || after.is_some()).then(|| Pager {
            t,
            shown: t.with("inbox-shown", &[("n", items.len().into()), ("all", count.into())]),
            first: after.map(|_| "/admin/inbox".to_owned()),
            next: waiting.last().filter(|_| more).map(|last| format!("/admin/inbox?cursor={}", last.id)),
        }),
        items,
        may_decide: decide_global(&reader.viewer, GlobalAct::Administer) == Decision::Allowed,
    };
    Ok(html(StatusCode::OK, &page).into_response())
}

/// Where a person says that a thing belongs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Belongs {
    meeting_id: String,
}

/// `POST /admin/inbox/{id}/assign`.
pub async fn assign(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    FormOf(belongs): FormOf<Belongs>,
) -> Result<Redirect, PageError> {
    let meeting = belongs.meeting_id.trim().parse();
    let meeting = meeting.map_err(|_| Error::invalid("meeting_id", "Choose a class of the list."))?;
    inbox::assign(&app, &viewer, id, meeting).await?;
    Ok(Redirect::to("/admin/inbox"))
}

/// `POST /admin/inbox/{id}/dismiss`.
pub async fn dismiss(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<Redirect, PageError> {
    inbox::dismiss(&app, &viewer, id).await?;
    Ok(Redirect::to("/admin/inbox"))
}

fn began(thing: &Waiting) -> DateTime<Utc> {
    thing.started_at.unwrap_or(thing.created_at)
}

/// Where the class of a thing may be.
fn window(thing: &Waiting) -> Window {
    let (at, span) = (began(thing), if thing.organizer_id.is_some() { NEAR } else { CLOSE });
    Window { from: at - span, until: at + span, organizer_id: thing.organizer_id.clone() }
}

/// The classes that a thing may belong to, the likeliest first.
fn candidates_of<'c>(thing: &Waiting, all: &'c [Candidate]) -> Vec<&'c Candidate> {
    let window = window(thing);
    let fits = |candidate: &&Candidate| {
        (window.from..=window.until).contains(&candidate.starts_at)
            && (window.organizer_id.is_none() || window.organizer_id == candidate.organizer_id)
    };
    let mut fitting: Vec<&Candidate> = all.iter().filter(fits).collect();
    fitting.sort_by_key(|candidate| {
        (!is_at_the_time(thing, candidate), (candidate.starts_at - began(thing)).abs(), candidate.meeting_id)
    });
    fitting.truncate(CHOICES);
    fitting
}

/// Whether the class was scheduled for when the thing began.
fn is_at_the_time(thing: &Waiting, candidate: &Candidate) -> bool {
    let at = began(thing);
    candidate.starts_at - EARLY <= at && at < candidate.ends_at
}

fn item(t: &'static Text, thing: &Waiting, all: &[Candidate], now: DateTime<Utc>) -> InboxItem {
    let candidates = candidates_of(thing, all);
    let zone = candidates.first().and_then(|first| first.time_zone.parse().ok()).unwrap_or(Tz::UTC);
    let at_the_time = candidates.iter().filter(|candidate| is_at_the_time(thing, candidate)).count();
    let chosen = candidates.first().filter(|_| at_the_time > 0).map(|first| first.meeting_id.to_string());
    let chosen = chosen.unwrap_or_default();
    let choice = |candidate: &&Candidate| {
        let when = When::new(t, candidate.time_zone.parse().unwrap_or(Tz::UTC), now);
        let day = when.day_time(candidate.starts_at).words;
        let words = format!("{} {}, {day}", candidate.course_code, candidate.title);
        Choice::new(candidate.meeting_id.to_string(), words, &chosen)
    };
    InboxItem {
        id: thing.id.0,
        name: if thing.name.is_empty() { t.get("inbox-no-name").to_owned() } else { thing.name.clone() },
        kind: kind(t, thing.kind),
        at: Some(When::new(t, zone, now).day_time(began(thing))),
        detail: detail(t, thing),
        reason: match (at_the_time, candidates.is_empty()) {
            (0, true) => t.get("inbox-why-none").to_owned(),
            (0, false) => t.get("inbox-why-other-time").to_owned(),
            (1, _) => t.get("inbox-why-one").to_owned(),
            (n, _) => t.with("inbox-why-several", &[("n", n.into())]),
        },
        candidates: candidates.iter().map(choice).collect(),
    }
}

fn kind(t: &'static Text, kind: ArtifactKind) -> Badge {
    match kind {
        ArtifactKind::Recording => Badge::new("play", t.get("recording-one")),
        ArtifactKind::Transcript => Badge::new("captions", t.get("transcript")),
        ArtifactKind::File => Badge::new("file", t.get("column-file")),
    }
}

/// Duration, size, drive.
fn detail(t: &'static Text, thing: &Waiting) -> String {
    let mut said = Vec::new();
    if let Some(duration) = thing.duration_ms {
        said.push(when::duration(t, duration));
    }
    if let Some(size) = thing.size_bytes {
        said.push(when::size(t, size));
    }
    if let Some(account) = &thing.account {
        said.push(t.with("inbox-in-onedrive", &[("account", account.as_str().into())]));
    }
    said.join(", ")
}
