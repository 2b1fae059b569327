//! Acknowledging the recording notice before one goes to a class: whether it is asked or required, which wording is meant,
//! and who acknowledged which one when. A new wording is asked anew.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::courses::{self, SeenCourse};
use super::rights::{self, Seen};
use super::{Error, Result, audit, notice, say};
use crate::app::App;
use crate::model::access::{Act, GlobalAct, Scope, Viewer};
use crate::model::id::{CourseId, IntegrationId, MeetingId, NoticeVersionId, UserId};
use crate::model::integration::Acknowledge;
use crate::store::acknowledgements::{self, Person, Version};
use crate::store::notices::NoticeVersion;
use crate::store::{integrations, meetings};

/// The notice as it concerns one person.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The wording in their language.
    pub version: NoticeVersion,
    /// When they acknowledged it.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// What is asked of people here.
    pub asked: Acknowledge,
}

impl Notice {
    /// Whether the person has not done what is asked of them.
    pub fn is_owed(&self) -> bool {
        self.asked != Acknowledge::None && self.acknowledged_at.is_none()
    }

    /// Whether they may not pass without.
    pub fn bars(&self) -> bool {
        self.asked == Acknowledge::Required && self.acknowledged_at.is_none()
    }
}

/// The notice of an integration for `viewer`, in their language.
pub async fn notice_for(app: &App, viewer: &Viewer, id: IntegrationId) -> Result<Notice> {
    let integration = integrations::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    let version = notice::in_force(app, &integration, &viewer.language).await?;
    let acknowledged_at = acknowledgements::when(&app.store, viewer.user_id, version.id).await?;
    Ok(Notice { version, acknowledged_at, asked: app.config.notice.acknowledge })
}

/// Whether `viewer` may not be shown the way to a class before they have acknowledged the notice. Cheap where nothing is
/// required.
pub async fn bars(app: &App, viewer: &Viewer, seen: &Seen) -> Result<bool> {
    if app.config.notice.acknowledge != Acknowledge::Required || seen.may(viewer, Act::SeeStaffDetail) {
        return Ok(false);
    }
    Ok(notice_for(app, viewer, seen.placed.conference.integration_id).await?.bars())
}

/// The notice of a class, if `viewer` may go to it.
pub async fn of_meeting(app: &App, viewer: &Viewer, id: MeetingId) -> Result<Notice> {
    let meeting = meetings::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    let seen = rights::conference(app, viewer, meeting.conference_id, Act::Join).await?;
    notice_for(app, viewer, seen.placed.conference.integration_id).await
}

/// Keeps that `viewer` has read and acknowledged a wording. `Conflict` if it is no longer the one in force. Repeating it
/// changes nothing.
pub async fn acknowledge(
    app: &App,
    viewer: &Viewer,
    id: MeetingId,
    version: NoticeVersionId,
) -> Result<Notice> {
    let notice = of_meeting(app, viewer, id).await?;
    if viewer.scope < Scope::Write {
        return Err(Error::Denied(say("op-may-not")));
    }
    if notice.version.id != version {
        return Err(Error::Conflict(say("op-notice-changed")));
    }
    let now = app.clock.now();
    let tx = app.store.write().await?;
    if acknowledgements::insert(&tx, (viewer.user_id, version), id, now).await? {
        let about =
            (format!("notice:{version}"), json!({ "meeting": id, "language": notice.version.language }));
        audit::record(app, &tx, Some(viewer.user_id), "notice.acknowledged", about).await?;
    }
    tx.commit().await?;
    Ok(Notice { acknowledged_at: notice.acknowledged_at.or(Some(now)), ..notice })
}

/// Who of a course acknowledged which wording, for its staff and those who oversee the installation.
pub async fn of_course(
    app: &App,
    viewer: &Viewer,
    course: CourseId,
    page: (Option<UserId>, i64),
) -> Result<(SeenCourse, Vec<Person>)> {
    let seen = courses::seen(app, viewer, course, Act::SeeStaffDetail).await?;
    let today = app.clock.now().date_naive();
    let people = acknowledgements::of_course(&app.store, course, today, page).await?;
    Ok((seen, people))
}

/// All wordings that were ever in force, the newest first.
pub async fn versions(
    app: &App,
    viewer: &Viewer,
    (before, limit): (Option<NoticeVersionId>, i64),
) -> Result<Vec<Version>> {
    rights::global(app, viewer, GlobalAct::Oversee).await?;
    Ok(acknowledgements::versions(&app.store, before, limit).await?)
}
