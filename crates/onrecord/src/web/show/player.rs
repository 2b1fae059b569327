//! `/recordings/{id}`: the player with captions and transcript, and the forms that hide and show a recording.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::recordings::{can_be_had, kept, title};
use crate::app::App;
use crate::model::access::{Act, Standing};
use crate::model::artifact;
use crate::model::id::ArtifactId;
use crate::ops::media::{self, SeenMedium, Wanted, naming};
use crate::ops::{Error, hide, privacy, transcripts};
use crate::store::media::{Breadth, Medium, Place as Class, list_of_meeting};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::input::{PathId, QueryOf};
use crate::web::page::{Place, html};
use crate::web::pages::recording::{
    Captions, Cue, Part, PartsLine, Player, Search, Transcript, Turn, Video, mark_found,
};
use crate::web::pages::trouble;
use crate::web::parts::{Badge, Crumb, Link, Mark, Note};
use crate::web::text::Text;
use crate::web::when::{self, When};

/// Where to begin and what to look for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    t: Option<String>,
    find: String,
}

/// The form that hides a recording.
#[derive(Debug, Deserialize)]
pub struct Reason {
    reason: String,
}

/// `GET /recordings/{id}`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ArtifactId>,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let seen = media::authorize(&app, &reader.viewer, Wanted::recording(id)).await?;
    if privacy::wants_reason(&app, &reader.viewer, &seen).await? {
        return Ok(Redirect::to(&format!("/recordings/{id}/reason")).into_response());
    }
    let breadth =
        if seen.may(&reader.viewer, Act::SeeStaffDetail) { Breadth::Staff } else { Breadth::Learner };
    let parts = match seen.placed.medium.meeting_id {
        Some(meeting) => list_of_meeting(&app.store, meeting, breadth).await?,
        None => Vec::new(),
    };
    let cues = transcripts::find(&app, &reader.viewer, id).await?;
    let player = player(&app, &reader, (&seen, &parts), cues, &asked);
    Ok(html(StatusCode::OK, &player).into_response())
}

/// `POST /recordings/{id}/hide`.
pub async fn hide(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
    form: Result<Form<Reason>, FormRejection>,
) -> Result<Redirect, PageError> {
    let reason = form.map(|Form(form)| form.reason);
    let reason = reason.map_err(|_| Error::invalid("reason", "Say why the recording is hidden."))?;
    let seen = hide::hide(&app, &viewer, id, &reason).await?;
    Ok(back(&seen))
}

/// `POST /recordings/{id}/show`.
pub async fn show(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ArtifactId>,
) -> Result<Redirect, PageError> {
    let seen = hide::show(&app, &viewer, id).await?;
    Ok(back(&seen))
}

/// To the tab where the button stood.
pub(super) fn back(seen: &SeenMedium) -> Redirect {
    match &seen.placed.place {
        Some(class) => Redirect::to(&tab_of(class, &seen.placed.medium)),
        None => Redirect::to(&format!("/recordings/{}", seen.placed.medium.id)),
    }
}

fn tab_of(class: &Class, medium: &Medium) -> String {
    let meeting = medium.meeting_id.map_or_else(String::new, |meeting| format!("class={meeting}&"));
    format!("/conferences/{}?{meeting}tab=recordings", class.conference_id)
}

fn player(
    app: &App,
    reader: &Reader,
    (seen, parts): (&SeenMedium, &[Medium]),
    cues: Option<Vec<artifact::Cue>>,
    asked: &Asked,
) -> Player {
    let t = reader.text();
    let medium = &seen.placed.medium;
    let class = seen.placed.place.as_ref();
    let zone = class.and_then(|class| class.time_zone.parse().ok()).unwrap_or(chrono_tz::UTC);
    let when = When::new(t, zone, app.clock.now());
    let began = medium.started_at.or_else(|| class.map(|class| class.starts_at)).unwrap_or(medium.updated_at);
    let name = heading(t, seen, parts);
    let here = can_be_had(medium);
    Player {
        page: reader.page(name.clone(), Place::Conferences),
        id: medium.id.0,
        crumbs: crumbs(t, class, medium),
        title: name,
        when: medium.ended_at.map_or_else(|| when.day_time(began), |ended| when.span(began, ended)),
        people: class.map_or_else(String::new, |class| class.course_code.clone()),
        badges: badges(t, medium),
        video: if here {
            video(t, medium, cues.is_some(), asked)
        } else {
            Video::NotYet(trouble::recording_gone(t))
        },
        download: (here && seen.may(&reader.viewer, Act::Download)).then(|| download(t, medium)),
        onedrive_href: medium
            .web_url
            .clone()
            .filter(|_| seen.may(&reader.viewer, Act::SeeStaffDetail) && medium.stored_in_onedrive()),
        visits_href: matches!(seen.standing, Standing::Admin | Standing::Officer)
            .then(|| format!("/admin/audit?recording={}&action=visits", medium.id)),
        parts_line: parts_line(t, medium, parts),
        transcript: transcript(t, medium, cues, asked),
    }
}

fn heading(t: &Text, seen: &SeenMedium, parts: &[Medium]) -> String {
    let medium = &seen.placed.medium;
    match &seen.placed.place {
        Some(class) if parts.len() > 1 => format!("{}, {}", class.title, title(t, medium, true)),
        Some(class) => class.title.clone(),
        None if medium.name.is_empty() => t.get("recording-one").to_owned(),
        None => medium.name.clone(),
    }
}

fn crumbs(t: &Text, class: Option<&Class>, medium: &Medium) -> Vec<Crumb> {
    match class {
        Some(class) => vec![
            Crumb { href: "/conferences".to_owned(), words: t.get("conferences-title").to_owned() },
            Crumb { href: tab_of(class, medium), words: class.title.clone() },
        ],
        None => vec![Crumb { href: "/admin/inbox".to_owned(), words: t.get("nav-inbox").to_owned() }],
    }
}

fn badges(t: &'static Text, medium: &Medium) -> Vec<Badge> {
    let mut badges = kept(t, medium);
    if medium.is_withheld() {
        badges.push(Badge::new("hide", t.get("hidden-from-learners")));
    }
    badges
}

fn video(t: &Text, medium: &Medium, has_captions: bool, asked: &Asked) -> Video {
    let track = || Captions {
        href: format!("/recordings/{}/captions.vtt", medium.id),
        language: t.language().to_owned(),
        label: t.get("player-captions").to_owned(),
    };
    Video::Playable {
        content_href: format!("/recordings/{}/content", medium.id),
        mime: naming::media_type(medium).to_owned(),
        captions: has_captions.then(track).into_iter().collect(),
        start_seconds: asked.t.as_deref().and_then(|t| t.parse().ok()).filter(|seconds| *seconds >= 0),
    }
}

fn download(t: &Text, medium: &Medium) -> Link {
    let words = match medium.size_bytes {
        Some(bytes) => t.with("download-size", &[("size", when::size(t, bytes).into())]),
        None => t.get("download").to_owned(),
    };
    Link::new(format!("/recordings/{}/download", medium.id), words)
}

/// Parts with their gaps; none when there is one part, or when not all times are known.
fn parts_line(t: &Text, medium: &Medium, parts: &[Medium]) -> Option<PartsLine> {
    let first = parts.first()?.started_at.filter(|_| parts.len() > 1)?;
    let drawn: Option<Vec<Part>> = parts
        .iter()
        .map(|part| {
            let from_ms = (part.started_at? - first).num_milliseconds();
            let length =
                part.duration_ms.or_else(|| Some((part.ended_at? - part.started_at?).num_milliseconds()))?;
            Some(Part {
                href: format!("/recordings/{}", part.id),
                words: format!("{}, {}", title(t, part, true), when::duration(t, length)),
                from_ms,
                to_ms: from_ms + length,
                current: part.id == medium.id,
            })
        })
        .collect();
    Some(PartsLine { label: t.get("player-parts").to_owned(), parts: drawn? })
}

fn transcript(
    t: &'static Text,
    medium: &Medium,
    cues: Option<Vec<artifact::Cue>>,
    asked: &Asked,
) -> Transcript {
    let Some(cues) = cues else {
        let note = Note::new(Some(Mark::Waiting), t.get("transcript-none"));
        return Transcript::NotHere(note.line(t.get("transcript-none-text")));
    };
    let turns = turns(&cues, &asked.find);
    let found: Vec<usize> = turns
        .iter()
        .flat_map(|turn| &turn.cues)
        .filter(|cue| cue.words.iter().any(|words| words.found))
        .map(|cue| cue.number)
        .collect();
    let said = match (asked.find.trim().is_empty(), found.len()) {
        (true, _) => String::new(),
        (false, 0) => t.get("transcript-found-none").to_owned(),
        (false, n) => t.get("transcript-found").replace("{n}", &n.to_string()),
    };
    Transcript::Here {
        turns,
        search: Search {
            query: asked.find.clone(),
            found: said,
            first: found.first().map(|number| format!("c{number}")),
        },
        saves: vec![Link::new(format!("/recordings/{}/captions.vtt", medium.id), "WebVTT")],
    }
}

/// Cues in order, those of one speaker in a row together.
fn turns(cues: &[artifact::Cue], find: &str) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for (number, cue) in cues.iter().enumerate() {
        let shown =
            Cue { number, start_ms: cue.start_ms, end_ms: cue.end_ms, words: mark_found(&cue.text, find) };
        match turns.last_mut() {
            Some(turn) if turn.speaker == cue.speaker => turn.cues.push(shown),
            _ => turns.push(Turn { speaker: cue.speaker.clone(), cues: vec![shown] }),
        }
    }
    turns
}
