//! Recordings as Teams knows them: meeting and call, but no file.
//!
//! The list of a meeting is the truth; the delta of an organizer says where something is new. It can leave out
//! recordings that have no transcript and can repeat old ones. Docs: `onlinemeeting-list-recordings`,
//! `callrecording-delta`.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::call::{Call, Channel, encode, quote};
use crate::client::Client;
use crate::content::DownloadHandle;
use crate::error::Error;
use crate::identity::IdentitySet;
use crate::lane::Lane;
use crate::moment::{self, null_as_default};
use crate::page::{Delta, Link};

/// A recording of one call of a meeting. Several parts of one call are normal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallRecording {
    /// Opaque.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// The online meeting.
    pub meeting_id: Option<String>,
    /// The session within the meeting.
    pub call_id: Option<String>,
    /// Shared with the transcript of the same part.
    pub content_correlation_id: Option<String>,
    /// When recording began.
    #[serde(deserialize_with = "moment::optional")]
    pub created_date_time: Option<DateTime<Utc>>,
    /// When recording ended.
    #[serde(deserialize_with = "moment::optional")]
    pub end_date_time: Option<DateTime<Utc>>,
    /// Who organized the meeting.
    pub meeting_organizer: Option<IdentitySet>,
}

/// Where a delta of an organizer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaFrom<'a> {
    /// Everything since this time.
    Time(DateTime<Utc>),
    /// At a stored link.
    Link(&'a Link),
}

/// Of one meeting's leavings, which.
pub(crate) struct Leaving {
    pub(crate) segment: &'static str,
    pub(crate) function: &'static str,
}

pub(crate) const RECORDINGS: Leaving = Leaving { segment: "recordings", function: "getAllRecordings" };

impl Client {
    /// All recordings of a meeting.
    pub async fn recordings(
        &self,
        organizer_id: &str,
        meeting_id: &str,
    ) -> Result<Vec<CallRecording>, Error> {
        self.all_pages(of_meeting(organizer_id, meeting_id, &RECORDINGS)).await
    }

    /// One page of what is new among all recordings of an organizer.
    pub async fn recordings_delta(
        &self,
        organizer_id: &str,
        from: DeltaFrom<'_>,
    ) -> Result<Delta<CallRecording>, Error> {
        self.delta_page(&of_organizer(organizer_id, from, &RECORDINGS)).await
    }

    /// The bytes of a recording by way of Teams. Prefer the file in its drive: it has a hash and ranges.
    /// Makes no request before it is opened.
    pub fn recording_content(
        &self,
        organizer_id: &str,
        meeting_id: &str,
        recording_id: &str,
    ) -> DownloadHandle {
        let call = of_meeting(organizer_id, meeting_id, &RECORDINGS).id(recording_id).word("content");
        DownloadHandle::of_recording(self.clone(), call.accept("*/*").channel(Channel::Content))
    }
}

/// The list of a meeting. No `$top`: with it, Graph loses the link to the next page.
pub(crate) fn of_meeting(organizer_id: &str, meeting_id: &str, what: &Leaving) -> Call {
    Call::get(Lane::Meetings, "users")
        .id(organizer_id)
        .word("onlineMeetings")
        .id(meeting_id)
        .word(what.segment)
}

/// The delta of an organizer.
pub(crate) fn of_organizer(organizer_id: &str, from: DeltaFrom<'_>, what: &Leaving) -> Call {
    match from {
        DeltaFrom::Link(link) => Call::follow(Lane::Meetings, link),
        DeltaFrom::Time(time) => {
            let organizer = encode(&quote(organizer_id));
            let time = moment::format(time);
            let function =
                format!("{}(meetingOrganizerUserId='{organizer}',startDateTime={time})", what.function);
            Call::get(Lane::Meetings, "users")
                .id(organizer_id)
                .word("onlineMeetings")
                .word(&function)
                .word("delta")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delta_names_the_organizer_twice_and_the_time_bare() {
        let time = moment::parse("2026-09-01T00:00:00Z").expect("a time");
        let graph = url::Url::parse("https://graph.microsoft.com").expect("a valid URL");
        let url = of_organizer("5f-1", DeltaFrom::Time(time), &RECORDINGS).url(&graph).expect("a URL");
        assert_eq!(
            url.path(),
            "/v1.0/users/5f-1/onlineMeetings/getAllRecordings(meetingOrganizerUserId='5f-1',startDateTime=2026-09-01T00:00:00Z)/delta"
        );
    }
}
