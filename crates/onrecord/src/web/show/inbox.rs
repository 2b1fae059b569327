//! `/admin/inbox`: what belongs to no class with certainty, for a person to decide.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::app::App;
use crate::model::access::{Decision, GlobalAct, decide_global};
use crate::model::artifact::ArtifactKind;
use crate::model::id::ArtifactId;
use crate::model::suggestion::{Reason, Why};
use crate::ops::inbox::{self, Item, Suggested, began};
use crate::ops::{Error, Result as Done};
use crate::store::decisions::Decision as Decided;
use crate::store::pages::inbox::{self as store, Candidate, Waiting};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::page::{Place, html};
use crate::web::pages::inbox::{Decided as DecidedLine, Inbox, InboxItem, SuggestedClass};
use crate::web::parts::{Badge, Choice, Empty, Pager};
use crate::web::text::Text;
use crate::web::when::{self, When};

/// Things on one page.
const PAGE: i64 = 10;

/// Classes that get a button of their own.
const BUTTONS: usize = 3;

/// Why something is no class: words for the audit, each with its text.
const NO_CLASS: [&str; 4] = ["other_meeting", "private", "test", "duplicate"];

/// Which page, and what is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    cursor: String,
    /// The thing for which a class is looked for.
    r#for: String,
    /// What stands in its title or course.
    q: String,
}

/// `GET /admin/inbox`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    // A cursor that is none begins at the beginning.
    let mut after = asked.cursor.parse().ok().map(ArtifactId);
    let looked_for = asked.r#for.parse().ok().map(ArtifactId).filter(|_| !asked.q.trim().is_empty());
    if let Some(thing) = looked_for {
        after = Some(ArtifactId(thing.0.saturating_sub(1).max(0)));
    }
    let mut waiting = inbox::list(&app, &reader.viewer, after, PAGE + 1).await?;
    let more = waiting.len() as i64 > PAGE;
    waiting.truncate(PAGE as usize);
    let count = store::count(&app.store).await?;
    let t = reader.text();
    let now = app.clock.now();
    let mut items: Vec<InboxItem> = waiting.iter().map(|thing| item(t, thing, now)).collect();
    if let (Some(thing), Some(shown)) = (waiting.first(), items.first_mut())
        && looked_for == Some(thing.waiting.id)
    {
        let found = inbox::search(&app, &reader.viewer, &asked.q, &thing.waiting).await?;
        shown.candidates = found.iter().map(|class| choice(t, class, now)).collect();
        shown.searched = Some(asked.q.clone());
    }
    let decided = inbox::decided(&app, &reader.viewer).await?;
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
            next: waiting
                .last()
                .filter(|_| more)
                .map(|last| format!("/admin/inbox?cursor={}", last.waiting.id)),
        }),
        items,
        no_class_reasons: NO_CLASS.iter().map(|word| Choice::new(*word, no_class(t, word), "")).collect(),
        decided: decided.iter().map(|one| decided_line(t, one, now)).collect(),
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
    back(inbox::assign(&app, &viewer, id, meeting).await)
}

/// Why a thing is of no class.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NoClass {
    reason: String,
}

/// `POST /admin/inbox/{id}/dismiss`.
pub async fn dismiss(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    FormOf(form): FormOf<NoClass>,
) -> Result<Redirect, PageError> {
    back(inbox::dismiss(&app, &viewer, id, &form.reason).await)
}

/// `POST /admin/inbox/{id}/undo`.
pub async fn undo(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<Redirect, PageError> {
    back(inbox::undo(&app, &viewer, id).await)
}

fn back(done: Done<()>) -> Result<Redirect, PageError> {
    done?;
    Ok(Redirect::to("/admin/inbox"))
}

fn choice(t: &'static Text, candidate: &Candidate, now: DateTime<Utc>) -> Choice {
    Choice::new(candidate.meeting_id.to_string(), class_words(t, candidate, now), "")
}

/// "BIO-204 Practical group B, Tue 17 Nov, 14:00".
fn class_words(t: &'static Text, candidate: &Candidate, now: DateTime<Utc>) -> String {
    let when = When::new(t, candidate.time_zone.parse().unwrap_or(Tz::UTC), now);
    let day = when.day_time_within(candidate.starts_at);
    format!("{} {}, {day}", candidate.course_code, candidate.title)
}

fn item(t: &'static Text, item: &Item, now: DateTime<Utc>) -> InboxItem {
    let thing = &item.waiting;
    let zone =
        item.suggestions.first().and_then(|first| first.class.time_zone.parse().ok()).unwrap_or(Tz::UTC);
    let likely = item.suggestions.iter().filter(|one| one.suggestion.is_likely()).take(BUTTONS);
    let suggestions: Vec<SuggestedClass> =
        likely.enumerate().map(|(place, one)| suggested(t, one, (place == 0, now))).collect();
    let rest = item.suggestions.iter().skip(suggestions.len());
    InboxItem {
        id: thing.id.0,
        name: name(t, &thing.name),
        kind: kind(t, thing.kind),
        at: Some(When::new(t, zone, now).day_time(began(thing))),
        detail: detail(t, thing),
        reason: match item.why {
            Why::NoClass => t.get("inbox-why-none").to_owned(),
            Why::OtherTime => t.get("inbox-why-other-time").to_owned(),
            Why::OneFits => t.get("inbox-why-one").to_owned(),
            Why::SeveralFit => {
                let n = item.suggestions.iter().filter(|one| one.suggestion.is_likely()).count();
                t.with("inbox-why-several", &[("n", n.into())])
            }
        },
        watch_href: (thing.kind == ArtifactKind::Recording).then(|| format!("/recordings/{}", thing.id)),
        suggestions,
        candidates: rest.map(|one| choice(t, &one.class, now)).collect(),
        searched: None,
    }
}

fn suggested(t: &'static Text, one: &Suggested, (first, now): (bool, DateTime<Utc>)) -> SuggestedClass {
    SuggestedClass {
        meeting_id: one.class.meeting_id.0,
        words: class_words(t, &one.class, now),
        reasons: reasons(t, &one.suggestion.reasons),
        first,
    }
}

/// "same name, same time, no recording yet".
pub(super) fn reasons(t: &'static Text, reasons: &[Reason]) -> String {
    let said = reasons.iter().map(|reason| match reason {
        Reason::SameName => t.get("match-same-name"),
        Reason::CutName => t.get("match-cut-name"),
        Reason::SameTime => t.get("match-same-time"),
        Reason::NearTime => t.get("match-near-time"),
        Reason::SameOrganizer => t.get("match-same-organizer"),
        Reason::NoRecordingYet => t.get("match-no-recording-yet"),
    });
    said.collect::<Vec<_>>().join(", ")
}

fn no_class<'t>(t: &'t Text, word: &'t str) -> &'t str {
    match word {
        "other_meeting" => t.get("no-class-other-meeting"),
        "private" => t.get("no-class-private"),
        "test" => t.get("no-class-test"),
        "duplicate" => t.get("no-class-duplicate"),
        own => own,
    }
}

fn name(t: &Text, name: &str) -> String {
    if name.is_empty() { t.get("inbox-no-name").to_owned() } else { name.to_owned() }
}

fn decided_line(t: &'static Text, one: &Decided, now: DateTime<Utc>) -> DecidedLine {
    let when = When::new(t, Tz::UTC, now);
    let what = match &one.class {
        Some((title, zone, starts_at)) => {
            let day = When::new(t, zone.parse().unwrap_or(Tz::UTC), now).day_time_within(*starts_at);
            t.with("inbox-decided-class", &[("class", format!("{title}, {day}").into())])
        }
        None if one.artifact.decided_reason.is_empty() => t.get("inbox-decided-none").to_owned(),
        None => {
            let reason = no_class(t, &one.artifact.decided_reason).to_owned();
            t.with("inbox-decided-none-because", &[("reason", reason.into())])
        }
    };
    let words = t.with("inbox-decided-by", &[("what", what.into()), ("name", one.by.as_str().into())]);
    DecidedLine { id: one.artifact.id.0, name: name(t, &one.artifact.name), words, at: when.relative(one.at) }
}

fn kind(t: &'static Text, kind: ArtifactKind) -> Badge {
    match kind {
        ArtifactKind::Recording => Badge::new("play", t.get("recording-one")),
        ArtifactKind::Transcript => Badge::new("captions", t.get("transcript")),
        ArtifactKind::File => Badge::new("file", t.get("column-file")),
    }
}

/// Duration, size, drive.
pub(super) fn detail(t: &'static Text, thing: &Waiting) -> String {
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
