//! A second file of a meeting that a person has decided about goes where the first went. It must be plainly the same
//! meeting going on: the same name, right after the other, and nothing else of that name at the time.

use chrono::{DateTime, Duration, Utc};

use super::id::{ArtifactId, MeetingId};

/// Clocks and file stamps are off by this much.
const SLACK: Duration = Duration::minutes(2);

/// A meeting that was interrupted goes on within this time.
const PAUSE: Duration = Duration::minutes(30);

/// Where a person put a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// To this meeting.
    Belongs(MeetingId),
    /// To no class.
    ToNone,
}

/// A file of one name in one drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its row.
    pub id: ArtifactId,
    /// When it began.
    pub from: DateTime<Utc>,
    /// When it ended.
    pub to: DateTime<Utc>,
    /// What was decided about it.
    pub decided: Option<Outcome>,
}

impl Piece {
    fn overlaps(&self, other: &Self) -> bool {
        self.from + SLACK < other.to && other.from + SLACK < self.to
    }

    /// Whether the one goes on where the other stops.
    fn adjoins(&self, other: &Self) -> bool {
        !self.overlaps(other) && self.from - other.to <= PAUSE && other.from - self.to <= PAUSE
    }
}

/// The decided piece that `new` follows, if it is plainly the same meeting. `others` are all other files of this name
/// in the drive. Two meetings of one name at one time are never followed: nobody can tell whose part the next is.
pub fn followed<'p>(new: &Piece, others: &'p [Piece]) -> Option<&'p Piece> {
    let others = || others.iter().filter(|other| other.id != new.id);
    if others().any(|other| other.overlaps(new)) {
        return None;
    }
    let mut found: Option<&Piece> = None;
    for neighbour in others().filter(|other| other.adjoins(new)) {
        let is_alone = others().all(|other| other.id == neighbour.id || !other.overlaps(neighbour));
        let agrees = found.is_none_or(|before| before.decided == neighbour.decided);
        if neighbour.decided.is_none() || !is_alone || !agrees {
            return None;
        }
        found = found.or(Some(neighbour));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(id: i64, from: i64, to: i64, decided: Option<Outcome>) -> Piece {
        let at = |minute| DateTime::UNIX_EPOCH + Duration::minutes(minute);
        Piece { id: ArtifactId(id), from: at(from), to: at(to), decided }
    }

    const TO_SEVEN: Option<Outcome> = Some(Outcome::Belongs(MeetingId(7)));

    #[test]
    fn the_next_part_follows_and_so_does_the_one_before() {
        let first = [piece(1, 0, 60, TO_SEVEN)];
        for (from, to) in [(61, 120), (80, 120), (-70, -5)] {
            assert_eq!(followed(&piece(2, from, to, None), &first).map(|p| p.decided), Some(TO_SEVEN));
        }
        assert_eq!(followed(&piece(2, 100, 120, None), &first), None, "a later meeting is another meeting");
    }

    #[test]
    fn a_meeting_of_the_same_name_at_the_same_time_is_not_followed() {
        assert_eq!(followed(&piece(2, 1, 61, None), &[piece(1, 0, 60, TO_SEVEN)]), None);
        let twins = [piece(1, 0, 60, TO_SEVEN), piece(2, 1, 59, None)];
        assert_eq!(followed(&piece(3, 61, 120, None), &twins), None, "whose part is it?");
        let both = [piece(1, 0, 60, TO_SEVEN), piece(2, 1, 60, Some(Outcome::ToNone))];
        assert_eq!(followed(&piece(3, 61, 120, None), &both), None);
    }

    proptest::proptest! {
        /// Meetings of one name that run at the same time, each in parts, of which any may be decided already. Nothing
        /// follows to another meeting; one that is alone is followed to itself.
        #[test]
        fn nothing_follows_to_another_meeting(
            (length, parts) in (10_i64..90, 1_usize..5),
            shifts in proptest::collection::vec(0_i64..100, 1..4),
            known in proptest::collection::vec(proptest::bool::ANY, 16),
        ) {
            let mut pieces = Vec::new();
            for (meeting, shift) in shifts.iter().enumerate() {
                let begins = shift * (length - 5) / 100;
                for part in 0..parts {
                    let from = begins + part as i64 * (length + 1);
                    let own = Outcome::Belongs(MeetingId(meeting as i64));
                    let id = pieces.len();
                    pieces.push(piece(id as i64, from, from + length, known[id].then_some(own)));
                }
            }
            for (place, new) in pieces.iter().enumerate().filter(|(_, piece)| piece.decided.is_none()) {
                let own = Outcome::Belongs(MeetingId((place / parts) as i64));
                let found = followed(new, &pieces);
                proptest::prop_assert!(found.is_none_or(|found| found.decided == Some(own) && shifts.len() == 1));
            }
        }
    }
}
