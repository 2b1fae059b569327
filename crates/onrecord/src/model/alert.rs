//! What a person must be told while something can still be done: raised once for each thing, and resolved when it is
//! mended or the class is over.

use chrono::{DateTime, Utc};

use super::conference::AutoRecordingStatus;
use super::id::{AlertId, MeetingId};
use super::verdict::Owner;
use crate::words;

words! {
    /// What is the matter.
    pub enum AlertKind {
        /// A class is about to be held without recording: it could not be switched on.
        NotEnabled = "not_enabled",
        /// A class that an approved exception covers is about to be recorded all the same: recording could not be switched
        /// off.
        NotOff = "not_off",
        /// Before class nobody could read whether recording is still switched on.
        NotChecked = "not_checked",
        /// A class is on and is not being recorded.
        NotRecording = "not_recording",
        /// A class is on and its chat cannot be read: whoever teaches is asked whether Teams records.
        ConfirmRecording = "confirm_recording",
        /// Microsoft is expected to delete a recording soon, and there is no verified copy. The detail is the number of
        /// days that are left at most: 30, 14, 7 or 2.
        Expiring = "expiring",
        /// A class is near and the OneDrive that is to take its recording has no room for it.
        NoRoom = "no_room",
        /// A class of minors is near, and something that is required of their guardians is missing. The detail is of how
        /// many.
        ConsentMissing = "consent_missing",
    }
}

impl AlertKind {
    /// Who is told.
    pub fn reaches(self) -> &'static [Owner] {
        match self {
            Self::NotEnabled | Self::NotOff | Self::NotRecording | Self::Expiring | Self::ConsentMissing => {
                &[Owner::Instructor, Owner::Admin]
            }
            Self::NotChecked | Self::NoRoom => &[Owner::Admin],
            Self::ConfirmRecording => &[Owner::Instructor],
        }
    }

    /// The kinds that go on mattering after the class.
    pub const AFTERWARDS: [Self; 1] = [Self::Expiring];

    /// The kinds that concern a class while it runs.
    pub const LIVE: [Self; 2] = [Self::NotRecording, Self::ConfirmRecording];
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The row.
    pub id: AlertId,
    /// What is the matter.
    pub kind: AlertKind,
    /// The class.
    pub meeting_id: MeetingId,
    /// More about it, as a fixed word or Microsoft's answer in short.
    pub detail: String,
    /// Since when.
    pub raised_at: DateTime<Utc>,
    /// When it was mended, or the class was over.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// Whether trying again usually mends it: nobody is told of such a failure until class is near.
pub fn heals_by_itself(status: AutoRecordingStatus) -> bool {
    matches!(
        status,
        AutoRecordingStatus::Pending
            | AutoRecordingStatus::FailedThrottled
            | AutoRecordingStatus::FailedNetwork
    )
}
