//! `/join/{meeting}`: on to Teams, or a page that waits while there is no link yet.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono_tz::Tz;

use super::class_words;
use crate::app::App;
use crate::model::id::MeetingId;
use crate::ops::join::{self, Way};
use crate::ops::notice;
use crate::store::integrations;
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::input::PathId;
use crate::web::page::{Place, html};
use crate::web::pages::join::JoinWait;
use crate::web::parts::{Crumb, Mark, Note};
use crate::web::text::Text;
use crate::web::when::When;

/// The waiting page asks again after so many seconds.
const AGAIN: u32 = 10;

/// `GET /join/{id}`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<MeetingId>,
) -> Result<Response, PageError> {
    let way = join::join(&app, &reader.viewer, id).await?;
    if let Some(link) = &way.link {
        return Ok(Redirect::to(link).into_response());
    }
    let integration = integrations::find(&app.store, way.seen.placed.conference.integration_id).await?;
    let notice = integration.map_or_else(String::new, |integration| notice::words(&app, &integration));
    Ok(html(StatusCode::OK, &waiting(&app, &reader, &way, notice)).into_response())
}

fn waiting(app: &App, reader: &Reader, way: &Way, notice: String) -> JoinWait {
    let t = reader.text();
    let now = app.clock.now();
    let (meeting, conference) = (&way.meeting, &way.seen.placed.conference);
    let when = When::new(t, conference.time_zone.parse().unwrap_or(Tz::UTC), now);
    let class_href = format!("/conferences/{}?class={}", conference.id, meeting.id);
    let is_open = meeting.cancelled_at.is_none() && !meeting.has_ended(now);
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
        teams_href: None,
        href: format!("/join/{}", meeting.id),
        refresh_seconds: is_open.then_some(AGAIN),
    }
}

fn note(t: &'static Text, way: &Way, is_open: bool) -> Note {
    if way.meeting.cancelled_at.is_some() {
        return Note::new(Some(Mark::Cancelled), t.get("join-cancelled")).line(t.get("join-cancelled-text"));
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
