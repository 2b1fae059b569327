//! `POST /courses/{id}/settings`: what learners of a course see, whether they are invited in Teams, and what is fetched
//! for it. The form stands on the page of the course, for whoever may edit its classes.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;

use crate::app::App;
use crate::model::id::CourseId;
use crate::model::integration::SyncKind;
use crate::model::people::Course;
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::courses::{self, Wanted};
use crate::web::auth::SignedIn;
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::PathId;
use crate::web::pages::courses::CourseSettings;
use crate::web::parts::Choice;
use crate::web::text::Text;

/// The boxes that were ticked: each says `yes`, one that is not ticked says nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ticked {
    learners_see_chat: String,
    learners_see_files: String,
    invite_learners: String,
    transcripts: String,
    attendance: String,
    chat: String,
    files: String,
}

impl From<Ticked> for Wanted {
    fn from(ticked: Ticked) -> Self {
        let kinds = [
            (SyncKind::Transcripts, &ticked.transcripts),
            (SyncKind::Attendance, &ticked.attendance),
            (SyncKind::Chat, &ticked.chat),
            (SyncKind::Files, &ticked.files),
        ];
        let off = kinds.into_iter().filter(|(_, box_says)| !is_yes(box_says)).map(|(kind, _)| kind);
        Self {
            kinds_off: Some(off.collect()),
            learners_see_chat: Some(is_yes(&ticked.learners_see_chat)),
            learners_see_files: Some(is_yes(&ticked.learners_see_files)),
            invite_learners: Some(is_yes(&ticked.invite_learners)),
            ..Self::default()
        }
    }
}

fn is_yes(text: &str) -> bool {
    text == "yes"
}

/// `POST /courses/{id}/settings`.
pub async fn save(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<CourseId>,
    FormOf(ticked): FormOf<Ticked>,
) -> Result<Redirect, PageError> {
    courses::change(&app, Actor::Viewer(&viewer), id, ticked.into()).await?;
    Ok(Redirect::to(&format!("/courses/{id}?did=settings")))
}

/// The form as the course is now.
pub(super) fn fields(t: &'static Text, course: &Course) -> CourseSettings {
    let choice =
        |name: &str, words: &str, chosen| Choice { value: name.to_owned(), words: words.to_owned(), chosen };
    let kind = |kind: SyncKind, words: &str| choice(kind.as_str(), words, !course.kinds_off.contains(&kind));
    CourseSettings {
        learners: vec![
            choice("learners_see_chat", t.get("course-sees-chat"), course.learners_see_chat),
            choice("learners_see_files", t.get("course-sees-files"), course.learners_see_files),
            choice("invite_learners", t.get("course-invites"), course.invite_learners),
        ],
        kinds: vec![
            kind(SyncKind::Transcripts, t.get("fetch-transcripts")),
            kind(SyncKind::Attendance, t.get("fetch-attendance")),
            kind(SyncKind::Chat, t.get("fetch-chat")),
            kind(SyncKind::Files, t.get("fetch-files")),
        ],
    }
}
