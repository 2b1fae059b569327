//! Attendance: who was there, from when to when. One report per session of a meeting.
//!
//! Graph does not say whether a report is complete: read it again some hours after the end. Docs:
//! `meetingattendancereport-list`, `attendancerecord-list`.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::call::{Call, UNKNOWN_MEMBERS};
use crate::client::Client;
use crate::error::Error;
use crate::identity::Identity;
use crate::lane::Lane;
use crate::moment::{self, null_as_default};

/// A session of a meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttendanceReport {
    /// Opaque.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// How many people came.
    pub total_participant_count: Option<i64>,
    /// When the session really began.
    #[serde(deserialize_with = "moment::optional")]
    pub meeting_start_date_time: Option<DateTime<Utc>>,
    /// When the session really ended.
    #[serde(deserialize_with = "moment::optional")]
    pub meeting_end_date_time: Option<DateTime<Utc>>,
}

/// One person in one session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttendanceRecord {
    /// Opaque; often the person's object id, but do not rely on it.
    pub id: Option<String>,
    /// Missing for anonymous people and for those who do not want to be named.
    pub email_address: Option<String>,
    /// Who.
    pub identity: Option<Identity>,
    /// `Organizer`, `Presenter`, `Attendee` or `None`: a text, not an enum, in Graph too.
    pub role: Option<String>,
    /// Seconds, as Teams counts them.
    pub total_attendance_in_seconds: Option<i64>,
    /// Each coming and going.
    #[serde(deserialize_with = "null_as_default")]
    pub attendance_intervals: Vec<AttendanceInterval>,
}

/// From coming to going.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttendanceInterval {
    /// Came.
    #[serde(deserialize_with = "moment::optional")]
    pub join_date_time: Option<DateTime<Utc>>,
    /// Went; missing while the person is there.
    #[serde(deserialize_with = "moment::optional")]
    pub leave_date_time: Option<DateTime<Utc>>,
    /// Seconds.
    pub duration_in_seconds: Option<i64>,
}

impl Client {
    /// All reports of a meeting, without the people.
    pub async fn attendance_reports(
        &self,
        organizer_id: &str,
        meeting_id: &str,
    ) -> Result<Vec<AttendanceReport>, Error> {
        self.all_pages(reports(organizer_id, meeting_id)).await
    }

    /// All people of a report.
    pub async fn attendance_records(
        &self,
        organizer_id: &str,
        meeting_id: &str,
        report_id: &str,
    ) -> Result<Vec<AttendanceRecord>, Error> {
        self.all_pages(reports(organizer_id, meeting_id).id(report_id).word("attendanceRecords")).await
    }
}

fn reports(organizer_id: &str, meeting_id: &str) -> Call {
    Call::get(Lane::Meetings, "users")
        .id(organizer_id)
        .word("onlineMeetings")
        .id(meeting_id)
        .word("attendanceReports")
        .prefer(UNKNOWN_MEMBERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anonymous_people_are_read() {
        let record: AttendanceRecord = serde_json::from_str(
            r#"{"id":null,"emailAddress":null,"role":"Attendee","identity":{"displayName":"Guest","id":null},"attendanceIntervals":null}"#,
        )
        .expect("a record");
        assert_eq!(record.identity.and_then(|who| who.display_name).as_deref(), Some("Guest"));
        assert!(record.attendance_intervals.is_empty());
    }
}
