//! Who was in a class, from Graph `attendanceRecord`.

use chrono::{DateTime, Utc};

use super::id::{AttendanceRecordId, MeetingId, UserId};

/// One person in one attendance report of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceRecord {
    /// The row.
    pub id: AttendanceRecordId,
    /// The meeting.
    pub meeting_id: MeetingId,
    /// Graph `meetingAttendanceReport.id`.
    pub report_id: String,
    /// Graph `attendanceRecord.id`.
    pub graph_id: String,
    /// The person, once matched.
    pub user_id: Option<UserId>,
    /// Graph `identity.id`, if Microsoft gave one.
    pub entra_object_id: Option<String>,
    /// The name Microsoft gave.
    pub name: String,
    /// The address Microsoft gave, if any.
    pub email: Option<String>,
    /// Microsoft's role word.
    pub role: String,
    /// First join.
    pub joined_at: DateTime<Utc>,
    /// Last leave.
    pub left_at: DateTime<Utc>,
    /// Sum of the intervals in seconds.
    pub attended_s: i64,
}

/// One stay between joining and leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Joined.
    pub joined_at: DateTime<Utc>,
    /// Left.
    pub left_at: DateTime<Utc>,
}

/// Seconds in which the person was there at all: stays that overlap, as with two devices, count once.
pub fn attended_seconds(intervals: &[Interval]) -> i64 {
    let mut sorted = intervals.to_vec();
    sorted.sort_by_key(|interval| interval.joined_at);
    let mut until: Option<DateTime<Utc>> = None;
    let mut millis = 0;
    for interval in sorted {
        let from = until.map_or(interval.joined_at, |until| until.max(interval.joined_at));
        millis += (interval.left_at - from).num_milliseconds().max(0);
        until = Some(until.map_or(interval.left_at, |until| until.max(interval.left_at)));
    }
    (millis + 500) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_are_summed_and_overlaps_count_once() {
        let stay = |from: i64, to: i64| Interval {
            joined_at: DateTime::from_timestamp(from, 0).unwrap(),
            left_at: DateTime::from_timestamp(to, 0).unwrap(),
        };
        assert_eq!(attended_seconds(&[]), 0);
        assert_eq!(attended_seconds(&[stay(0, 600), stay(900, 1_000)]), 700);
        assert_eq!(attended_seconds(&[stay(100, 600), stay(0, 200), stay(150, 180)]), 600);
    }
}
