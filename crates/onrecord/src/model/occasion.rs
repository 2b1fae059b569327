//! Which slot something belongs to when several share one Teams meeting, as the occurrences of a series do: the one
//! nearest in time.

use chrono::{DateTime, Duration, Utc};

use super::id::MeetingId;

/// The slots that share one Teams meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occasions(Vec<(MeetingId, DateTime<Utc>, DateTime<Utc>)>);

impl Occasions {
    /// Slots with their scheduled start and end.
    pub fn new(slots: Vec<(MeetingId, DateTime<Utc>, DateTime<Utc>)>) -> Self {
        Self(slots)
    }

    /// The slot to which something that happened at `moment` belongs; the only one takes everything.
    pub fn of(&self, moment: Option<DateTime<Utc>>) -> Option<MeetingId> {
        let distance = |starts_at: DateTime<Utc>, ends_at: DateTime<Utc>| {
            moment.map_or(Duration::zero(), |at| (starts_at - at).max(at - ends_at).max(Duration::zero()))
        };
        self.0
            .iter()
            .min_by_key(|(_, starts_at, ends_at)| distance(*starts_at, *ends_at))
            .map(|(id, _, _)| *id)
    }

    /// Whether that slot is `meeting`. What is not known to be shared belongs to whoever asks.
    pub fn is_of(&self, meeting: MeetingId, moment: Option<DateTime<Utc>>) -> bool {
        self.of(moment).is_none_or(|owner| owner == meeting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_session_of_a_series_goes_to_the_nearest_slot() {
        let at = |hour: i64| DateTime::from_timestamp(hour * 3_600, 0).unwrap();
        let weekly = Occasions::new(vec![(MeetingId(1), at(8), at(9)), (MeetingId(2), at(176), at(177))]);
        assert_eq!(weekly.of(Some(at(7))), Some(MeetingId(1)));
        assert_eq!(weekly.of(Some(at(175))), Some(MeetingId(2)));
        assert!(weekly.is_of(MeetingId(2), Some(at(400))));
        assert!(!weekly.is_of(MeetingId(1), Some(at(400))));
        let single = Occasions::new(vec![(MeetingId(1), at(8), at(9))]);
        assert!(single.is_of(MeetingId(1), Some(at(9_999))));
        assert!(Occasions::default().is_of(MeetingId(5), None));
    }
}
