//! Why a recording is missing, how sure that is, who acts, and the facts a verdict rests on: closed lists of words. Which
//! of them hold for a class is decided in `verdict.rs`.

use crate::words;

words! {
    /// Why a recording is missing.
    pub enum Cause {
        /// The Teams meeting was never made, so nothing could be held in it.
        NoTeamsMeeting = "no_teams_meeting",
        /// An app permission or the application access policy was missing when recording was to be switched on.
        Permission = "permission",
        /// The organizer had no licence for Teams or no mailbox.
        Licence = "licence",
        /// Recording was switched off in Teams, and could not be switched on again.
        SwitchedOff = "switched_off",
        /// Recording could not be switched on for another reason, and the class was held without.
        NotEnabled = "not_enabled",
        /// Recording was on and somebody was there who may record, and none began: a meeting policy forbids it.
        PolicyOff = "policy_off",
        /// Only people came who may not record.
        NobodyMayRecord = "nobody_may_record",
        /// Recording was on, the class was held, and Teams made no recording; nothing shows why.
        NotRecorded = "not_recorded",
        /// Teams reported that the recording failed.
        RecordingFailed = "recording_failed",
        /// The organizer's OneDrive is full.
        StorageFull = "storage_full",
        /// The recording covers less than half of the call.
        StoppedEarly = "stopped_early",
        /// A file that may be it waits in the inbox.
        InInbox = "in_inbox",
        /// There was a recording, and its time at Microsoft was over.
        Expired = "expired",
        /// There was a recording, and Microsoft no longer has it.
        Lost = "lost",
        /// The organizer is no longer in the directory, and with them their recordings.
        OrganizerGone = "organizer_gone",
        /// Teams recorded, and Microsoft never offered anything.
        NeverOffered = "never_offered",
        /// OnRecord may not read recordings at Microsoft.
        CannotRead = "cannot_read",
        /// No source that would show the call could be read.
        CannotTell = "cannot_tell",
    }
}

words! {
    /// How sure a cause is.
    pub enum Basis {
        /// What Microsoft answered shows it.
        Proved = "proved",
        /// It is the likeliest reason for what Microsoft answered; other reasons look the same from outside.
        Inferred = "inferred",
    }
}

words! {
    /// Who has to act on a missing recording.
    pub enum Owner {
        /// The instructor of the course.
        Instructor = "instructor",
        /// The administrator.
        Admin = "admin",
    }
}

words! {
    /// One thing that a verdict rests on.
    pub enum Fact {
        /// The class was cancelled.
        Cancelled = "cancelled",
        /// There was no Teams meeting.
        NoTeamsMeeting = "no_teams_meeting",
        /// Recording was read back as switched on.
        SwitchedOn = "switched_on",
        /// Recording could not be switched on.
        NotSwitchedOn = "not_switched_on",
        /// An approved exception was in force.
        Exempted = "exempted",
        /// Attendance shows people in the call.
        CallInAttendance = "call_in_attendance",
        /// The chat tells of a call.
        CallInChat = "call_in_chat",
        /// Attendance or chat was read after the end and shows no call.
        NoCallAnywhere = "no_call_anywhere",
        /// Neither attendance nor chat could be read after the end.
        NoSourceReadable = "no_source_readable",
        /// Somebody came whose role lets them record.
        SomebodyMayRecord = "somebody_may_record",
        /// Everybody who came had a role that does not let them record.
        NobodyMayRecord = "nobody_may_record",
        /// The chat tells that a recording began.
        RecordingBegan = "recording_began",
        /// The chat tells that a recording was saved.
        RecordingSaved = "recording_saved",
        /// The chat tells that a recording failed.
        RecordingFailed = "recording_failed",
        /// The chat was read after the end and tells of no recording.
        NoRecordingBegan = "no_recording_began",
        /// The chat could not be read after the end.
        ChatNotRead = "chat_not_read",
        /// Whoever taught said that Teams was recording.
        SaidRecording = "said_recording",
        /// Whoever taught said that Teams was not recording.
        SaidNotRecording = "said_not_recording",
        /// The organizer's OneDrive was full.
        StorageFull = "storage_full",
        /// The organizer is no longer in the directory.
        OrganizerGone = "organizer_gone",
        /// Recordings could not be read.
        RecordingsNotRead = "recordings_not_read",
        /// What was recorded covers at least half of the call.
        Covered = "covered",
        /// What was recorded covers less than half of the call.
        CoveredInPart = "covered_in_part",
        /// A recording is gone at Microsoft, and there was no copy.
        FileGone = "file_gone",
        /// A file of that time waits in the inbox.
        CandidateInInbox = "candidate_in_inbox",
    }
}

impl Cause {
    /// Who has to act.
    pub fn owner(self) -> Owner {
        match self {
            Self::NotRecorded | Self::StoppedEarly | Self::NobodyMayRecord | Self::SwitchedOff => {
                Owner::Instructor
            }
            _ => Owner::Admin,
        }
    }
}
