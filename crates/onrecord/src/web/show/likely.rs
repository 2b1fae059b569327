//! On the Recordings tab, for staff: files that are probably of this class and wait for a person, one click each.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Redirect;

use super::inbox::{detail, reasons};
use super::recordings::Reading;
use crate::app::App;
use crate::model::conference::Meeting;
use crate::model::id::{ArtifactId, MeetingId};
use crate::ops::{Result, inbox};
use crate::web::auth::SignedIn;
use crate::web::error::PageError;
use crate::web::input::PathIds;
use crate::web::pages::conference::LikelyRow;

/// The likely files of a class.
pub(super) async fn rows(app: &App, reading: Reading<'_>, meeting: &Meeting) -> Result<Vec<LikelyRow>> {
    let items = inbox::likely(app, meeting).await?;
    let row = |item: inbox::Item| {
        let own = item.suggestions.iter().find(|one| one.class.meeting_id == meeting.id)?;
        Some(LikelyRow {
            name: item.waiting.name.clone(),
            when: reading.when.day_time(inbox::began(&item.waiting)),
            detail: detail(reading.t, &item.waiting),
            reasons: reasons(reading.t, &own.suggestion.reasons),
            action: format!("/meetings/{}/likely/{}", meeting.id, item.waiting.id),
        })
    };
    Ok(items.into_iter().filter_map(row).collect())
}

/// `POST /meetings/{id}/likely/{file}/confirm`.
pub async fn confirm(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathIds(meeting, file): PathIds<MeetingId, ArtifactId>,
) -> std::result::Result<Redirect, PageError> {
    Ok(back(&inbox::confirm(&app, &viewer, meeting, file).await?))
}

/// `POST /meetings/{id}/likely/{file}/refuse`.
pub async fn refuse(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathIds(meeting, file): PathIds<MeetingId, ArtifactId>,
) -> std::result::Result<Redirect, PageError> {
    Ok(back(&inbox::refuse(&app, &viewer, meeting, file).await?))
}

/// To the tab where the button stood.
pub(super) fn back(meeting: &Meeting) -> Redirect {
    Redirect::to(&format!("/conferences/{}?class={}&tab=recordings", meeting.conference_id, meeting.id))
}
