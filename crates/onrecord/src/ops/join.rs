//! Going to a class in Teams: rights are asked at the moment of going, and the link is the present one. Who was shown
//! the way is on record.

use serde_json::json;

use super::rights::{self, Seen};
use super::{Error, Result, audit};
use crate::app::App;
use crate::model::access::{Act, Viewer};
use crate::model::conference::Meeting;
use crate::model::id::MeetingId;
use crate::store::meetings;

/// The way to a class.
#[derive(Debug, Clone)]
pub struct Way {
    /// The class.
    pub meeting: Meeting,
    /// Its conference, as the viewer stands to it.
    pub seen: Seen,
    /// The Teams link; `None` while there is none, and when the class was cancelled.
    pub link: Option<String>,
}

/// The way to a class, if `viewer` may join it. That a link was handed out is audited before it is.
pub async fn join(app: &App, viewer: &Viewer, id: MeetingId) -> Result<Way> {
    let meeting = meetings::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    let seen = rights::conference(app, viewer, meeting.conference_id, Act::Join).await?;
    let link = meeting.join_url.clone().filter(|link| meeting.cancelled_at.is_none() && is_web_address(link));
    if link.is_some() {
        let tx = app.store.write().await?;
        let about = (format!("meeting:{id}"), json!({ "conference": meeting.conference_id }));
        audit::record(app, &tx, Some(viewer.user_id), "meeting.joined", about).await?;
        tx.commit().await?;
    }
    Ok(Way { meeting, seen, link })
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
