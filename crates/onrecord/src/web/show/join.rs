//! `/join/{meeting}`: on to Teams, a page that waits while there is no link yet, or the recording notice that comes first.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono_tz::Tz;
use serde::Deserialize;

use super::class_words;
use crate::app::App;
use crate::model::conference::AutoRecordingStatus;
use crate::model::id::{MeetingId, NoticeVersionId};
use crate::ops::join::{self, Unread, Way};
use crate::ops::{Error, acknowledge, notice};
use crate::store::integrations;
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::page::{Place, html};
use crate::web::pages::join::{JoinWait, NoticeToRead};
use crate::web::parts::{Crumb, Mark, Note};
use crate::web::text::Text;
use crate::web::when::When;

/// The waiting page asks again after so many seconds.
const AGAIN: u32 = 10;

/// What one wants: `go=on` goes on without acknowledging, where that is allowed; `go=shown` shows the way instead of
/// leading there, because a form may not lead away from here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    go: String,
}

/// `GET /join/{id}`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<MeetingId>,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let unread = if asked.go == "on" { Unread::Passed } else { Unread::Asked };
    let way = join::join(&app, &reader.viewer, id, unread).await?;
    if let Some(link) = way.link.as_ref().filter(|_| asked.go != "shown") {
        return Ok(Redirect::to(link).into_response());
    }
    let notice = match &way.owed {
        Some(owed) => owed.version.body.clone(),
        None => usual_notice(&app, &reader, &way).await?,
    };
    Ok(html(StatusCode::OK, &waiting(&app, &reader, &way, notice)).into_response())
}

async fn usual_notice(app: &App, reader: &Reader, way: &Way) -> Result<String, Error> {
    if way.meeting.auto_recording_status == AutoRecordingStatus::Exempted {
        return Ok(reader.text().get("exempted-note").to_owned());
    }
    let id = way.seen.placed.conference.integration_id;
    if let Some(words) = notice::in_language(app, id, &reader.viewer.language).await? {
        return Ok(words);
    }
    let integration = integrations::find(&app.store, id).await?;
    Ok(integration.map_or_else(String::new, |integration| notice::words(app, &integration)))
}

/// Which wording was read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Read {
    version: String,
}

/// `POST /join/{id}`: the notice was read.
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<MeetingId>,
    FormOf(read): FormOf<Read>,
) -> Result<Redirect, PageError> {
    let Ok(version) = read.version.parse() else {
        acknowledge::of_meeting(&app, &viewer, id).await?;
        return Err(Error::invalid("version", "Open the page of the class again and read the notice.").into());
    };
    match acknowledge::acknowledge(&app, &viewer, id, NoticeVersionId(version)).await {
        Ok(_) => Ok(Redirect::to(&format!("/join/{id}?go=shown"))),
        // Another wording came into force meanwhile: the page shows it.
        Err(Error::Conflict(_)) => Ok(Redirect::to(&format!("/join/{id}"))),
        Err(error) => Err(error.into()),
    }
}

fn waiting(app: &App, reader: &Reader, way: &Way, notice: String) -> JoinWait {
    let t = reader.text();
    let now = app.clock.now();
    let (meeting, conference) = (&way.meeting, &way.seen.placed.conference);
    let when = When::new(t, conference.time_zone.parse().unwrap_or(Tz::UTC), now);
    let class_href = format!("/conferences/{}?class={}", conference.id, meeting.id);
    let is_open = meeting.cancelled_at.is_none() && !meeting.has_ended(now);
    let href = format!("/join/{}", meeting.id);
    let read = way.owed.as_ref().map(|owed| NoticeToRead {
        action: href.clone(),
        version: owed.version.id.0,
        pass_href: (!owed.bars()).then(|| format!("{href}?go=on")),
    });
    JoinWait {
        page: reader.page(conference.title.clone(), Place::Conferences),
        crumbs: vec![
            Crumb {
                href: format!("/courses/{}", conference.course_id),
                words: format!("{} {}", way.seen.placed.course_code, way.seen.placed.course_title),
            },
            Crumb { href: class_href.clone(), words: conference.title.clone() },
        ],
        title: conference.title.clone(),
        when: when.span(meeting.starts_at, meeting.ends_at),
        relative: when.relative_words(meeting.starts_at),
        note: note(t, way, is_open),
        notice,
        class_href,
        teams_href: way.link.clone(),
        href,
        refresh_seconds: (is_open && way.link.is_none() && read.is_none()).then_some(AGAIN),
        read,
    }
}

fn note(t: &'static Text, way: &Way, is_open: bool) -> Note {
    if way.meeting.cancelled_at.is_some() {
        return Note::new(Some(Mark::Cancelled), t.get("join-cancelled")).line(t.get("join-cancelled-text"));
    }
    if let Some(owed) = &way.owed {
        let line = if owed.bars() { t.get("join-read-required") } else { t.get("join-read-asked") };
        return Note::new(Some(Mark::Waiting), t.get("join-read")).line(line);
    }
    if way.link.is_some() {
        return Note::new(Some(Mark::Recorded), t.get("join-ready")).line(t.get("join-ready-text"));
    }
    if !is_open {
        return Note::new(Some(Mark::NotHeld), t.get("join-over")).line(t.get("join-over-text"));
    }
    let note = Note::new(Some(Mark::Waiting), t.get("join-wait")).line(t.get("join-wait-text"));
    match class_words::failure(way.meeting.auto_recording_status) {
        Some(failure) => note.line(failure.sentence(t)),
        None => note,
    }
}
