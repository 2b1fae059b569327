//! Going to a class in Teams: rights are asked at the moment of going, and the link is the present one. Where the school
//! asks for it, the recording notice comes first, unless the class is not recorded. Who was shown the way is on record.

use serde_json::json;

use super::acknowledge::{self, Notice};
use super::rights::{self, Seen};
use super::{Error, Result, audit};
use crate::app::App;
use crate::model::access::{Act, Viewer};
use crate::model::conference::{AutoRecordingStatus, Meeting};
use crate::model::id::MeetingId;
use crate::model::integration::Acknowledge;
use crate::store::meetings;

/// The way to a class.
#[derive(Debug, Clone)]
pub struct Way {
    /// The class.
    pub meeting: Meeting,
    /// Its conference, as the viewer stands to it.
    pub seen: Seen,
    /// The Teams link; `None` while there is none, when the class was cancelled, and before the notice is read.
    pub link: Option<String>,
    /// The notice that the viewer is to read first.
    pub owed: Option<Notice>,
}

/// What the viewer wants to do about a notice they have not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// Be asked.
    Asked,
    /// Go on without, where that is allowed.
    Passed,
}

/// The way to a class, if `viewer` may join it. That a link was handed out is audited before it is.
pub async fn join(app: &App, viewer: &Viewer, id: MeetingId, unread: Unread) -> Result<Way> {
    let meeting = meetings::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    let seen = rights::conference(app, viewer, meeting.conference_id, Act::Join).await?;
    let link = meeting.join_url.clone().filter(|link| meeting.cancelled_at.is_none() && is_web_address(link));
    let is_recorded = meeting.auto_recording_status != AutoRecordingStatus::Exempted;
    if link.is_some() && is_recorded && app.config.notice.acknowledge != Acknowledge::None {
        let notice = acknowledge::notice_for(app, viewer, seen.placed.conference.integration_id).await?;
        if notice.bars() || (notice.is_owed() && unread == Unread::Asked) {
            return Ok(Way { meeting, seen, link: None, owed: Some(notice) });
        }
    }
    if link.is_some() {
        let tx = app.store.write().await?;
        let about = (format!("meeting:{id}"), json!({ "conference": meeting.conference_id }));
        audit::record(app, &tx, Some(viewer.user_id), "meeting.joined", about).await?;
        tx.commit().await?;
    }
    Ok(Way { meeting, seen, link, owed: None })
}

/// Whether a browser may be sent there: an imported link is whatever stood in the file.
fn is_web_address(link: &str) -> bool {
    let scheme = ["https://", "http://"].iter().any(|scheme| link.starts_with(scheme));
    scheme && link.chars().all(|letter| letter.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_lead_away() {
        assert!(is_web_address("https://teams.microsoft.com/l/meetup-join/19%3ameeting_x/0?context=%7b%7d"));
        for other in ["", "javascript:alert(1)", "//evil.example", "https://x.example/\r\nSet-Cookie: a=b"] {
            assert!(!is_web_address(other), "{other:?}");
        }
    }
}
