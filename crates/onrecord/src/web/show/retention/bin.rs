//! `/admin/bin`: what was removed and can be had back, and the record of what was purged; and the form on a class page
//! that removes a recording.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{may_change, tabs};
use crate::app::App;
use crate::model::id::ArtifactId;
use crate::ops::actor::Actor;
use crate::ops::bin as ops;
use crate::store::bin::{Entry, Shelf};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::listing;
use crate::web::page::{Place, html};
use crate::web::pages::retention::{Bin, BinRow};
use crate::web::parts::{Choice, Empty, Mark, Note, Pager};
use crate::web::text::Text;
use crate::web::when::{self, When};

/// Things on one page.
const PAGE: i64 = 50;

const RESTORABLE: &str = "/admin/bin";
const PURGED: &str = "/admin/bin?shelf=purged";

/// Which shelf, and where the page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    shelf: String,
    cursor: String,
}

/// `GET /admin/bin`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let t = reader.text();
    let (shelf, here) =
        if asked.shelf == "purged" { (Shelf::Purged, PURGED) } else { (Shelf::Restorable, RESTORABLE) };
    let before = listing::cursor(Some(&asked.cursor))?.map(ArtifactId);
    let mut found = ops::list(&app, Actor::Viewer(&reader.viewer), shelf, (before, PAGE + 1)).await?;
    let next = listing::page(&mut found, PAGE, |entry| entry.id.0);
    let may_change = may_change(&reader.viewer);
    let now = app.clock.now();
    let row = |entry: &Entry| {
        let when = When::new(t, entry.time_zone.parse().unwrap_or(chrono_tz::UTC), now);
        row(t, &when, entry, may_change)
    };
    let days = i64::from(app.config.retention.bin_days.get());
    let view = Bin {
        page: reader.page(t.get("bin-title"), Place::Retention),
        tabs: tabs(t, RESTORABLE),
        lead: t.with("bin-lead", &[("days", days.into())]),
        shelves: vec![
            Choice::new(RESTORABLE, t.get("bin-restorable"), here),
            Choice::new(PURGED, t.get("bin-purged"), here),
        ],
        empty: found.is_empty().then(|| Empty {
            icon: "trash",
            title: t.get("bin-empty").into(),
            text: t.get("bin-empty-text").into(),
            action: None,
        }),
        pager: (before.is_some() || next.is_some()).then(|| Pager {
            t,
            shown: t.with("holds-shown", &[("n", (found.len() as i64).into())]),
            first: before.map(|_| here.to_owned()),
            next: next
                .map(|next| format!("{here}{}cursor={next}", if here.contains('?') { '&' } else { '?' })),
        }),
        rows: found.iter().map(row).collect(),
    };
    Ok(html(StatusCode::OK, &view).into_response())
}

fn row(t: &'static Text, when: &When, entry: &Entry, may_change: bool) -> BinRow {
    let kind = t.get(kind_key(entry));
    let size = entry.size_bytes.map(|bytes| format!(", {}", when::size(t, bytes))).unwrap_or_default();
    BinRow {
        id: entry.id.0,
        class_href: format!("/conferences/{}?class={}&tab=recordings", entry.conference, entry.meeting),
        title: entry.title.clone(),
        under: format!("{}, {}, {kind}{size}", entry.course_code, when.day_time(entry.starts_at).words),
        reason: match &entry.by {
            Some(by) => {
                t.with("bin-by", &[("reason", entry.reason.as_str().into()), ("name", by.as_str().into())])
            }
            None => entry.reason.clone(),
        },
        words: state(t, when, entry),
        may_restore: may_change && entry.purged_at.is_none(),
    }
}

fn kind_key(entry: &Entry) -> &'static str {
    use crate::model::artifact::ArtifactKind::{File, Recording, Transcript};
    match entry.kind {
        Recording => "bin-recording",
        Transcript => "bin-transcript",
        File => "bin-file",
    }
}

/// Until when it can be had back, or when it was purged and what its hash was.
fn state(t: &'static Text, when: &When, entry: &Entry) -> String {
    match (entry.purged_at, entry.purge_at) {
        (Some(purged), _) => {
            let hash = entry.sha256.as_deref().or(entry.quick_xor_hash.as_deref());
            let date = when.date(purged).words;
            let mut words = match hash {
                Some(hash) => t.with("bin-purged-hash", &[("date", date.into()), ("hash", hash.into())]),
                None => t.with("bin-purged-on", &[("date", date.into())]),
            };
            if entry.is_at_microsoft {
                words.push(' ');
                words.push_str(t.get("bin-at-microsoft"));
            }
            words
        }
        (None, Some(purge)) => t.with("bin-until", &[("date", when.date(purge).words.into())]),
        (None, None) => String::new(),
    }
}

/// What staff read on a class page of a recording that was removed.
pub fn tombstone(t: &'static Text, when: &When, entry: &Entry) -> Note {
    let title = t.with("bin-tombstone", &[("n", entry.part.into())]);
    Note::new(Some(Mark::NotHeld), title).line(entry.reason.clone()).line(state(t, when, entry))
}

/// `POST /admin/bin/{id}/restore`.
pub async fn restore(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<Redirect, PageError> {
    let entry = ops::restore(&app, Actor::Viewer(&viewer), id).await?;
    Ok(Redirect::to(&format!("/conferences/{}?class={}&tab=recordings", entry.conference, entry.meeting)))
}

/// Why a recording is removed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reason {
    reason: String,
}

/// `POST /admin/recordings/{id}/remove`.
pub async fn remove(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    FormOf(form): FormOf<Reason>,
) -> Result<Redirect, PageError> {
    let entry = ops::remove(&app, Actor::Viewer(&viewer), id, &form.reason).await?;
    Ok(Redirect::to(&format!("/conferences/{}?class={}&tab=recordings", entry.conference, entry.meeting)))
}
