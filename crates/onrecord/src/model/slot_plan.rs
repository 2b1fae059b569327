//! What an edited list of time slots means for the slots that are there: which move, which are new, which are
//! cancelled. What has begun is history: it stays, whether it is in the list or not.

use chrono::{DateTime, Utc};

use super::conference::Meeting;
use super::id::MeetingId;
use super::schedule::{self, Fault, Slot, place};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SlotPlan {
    /// Slots that get another time.
    pub moved: Vec<(MeetingId, Slot)>,
    /// Slots to write.
    pub added: Vec<Slot>,
    /// Slots to cancel.
    pub cancelled: Vec<MeetingId>,
}

/// Why the list cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Fields that are wrong, such as `time_slots[2].id`.
    Fields(Vec<(String, Fault)>),
    /// A slot's time can no longer be changed.
    TooLate(TooLate),
}

/// Why a slot's time can no longer be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLate {
    /// The class of this time was cancelled.
    Cancelled(DateTime<Utc>),
    /// The class of this time has begun.
    Begun(DateTime<Utc>),
}

impl SlotPlan {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.moved.is_empty() && self.added.is_empty() && self.cancelled.is_empty()
    }
}

/// What `wanted` means for `meetings` at `now`. An entry with an id changes that slot, one without adds a slot, and a
/// slot still to come that is missing is cancelled.
pub fn plan(meetings: &[Meeting], wanted: &[Slot], now: DateTime<Utc>) -> Result<SlotPlan, Refused> {
    let mut plan = SlotPlan::default();
    let mut errors = Vec::new();
    let mut changed = vec![false; wanted.len()];
    for (index, slot) in wanted.iter().enumerate() {
        let Some(id) = slot.id else {
            errors.extend(unplannable(index, slot, now));
            plan.added.push(*slot);
            changed[index] = true;
            continue;
        };
        let Some(meeting) = meetings.iter().find(|meeting| meeting.id == id) else {
            errors.push((place(index, "id"), Fault::Unknown(id)));
            continue;
        };
        if wanted[..index].iter().any(|earlier| earlier.id == Some(id)) {
            errors.push((place(index, "id"), Fault::Twice(id)));
        }
        if (meeting.starts_at, meeting.ends_at) == (slot.starts_at, slot.ends_at) {
            continue;
        }
        if let Some(why) = too_late(meeting, now) {
            return Err(Refused::TooLate(why));
        }
        errors.extend(unplannable(index, slot, now));
        plan.moved.push((id, *slot));
        changed[index] = true;
    }
    let missing = |meeting: &&Meeting| !wanted.iter().any(|slot| slot.id == Some(meeting.id));
    let live = || meetings.iter().filter(|meeting| meeting.cancelled_at.is_none());
    plan.cancelled = live().filter(missing).filter(|m| !m.has_started(now)).map(|m| m.id).collect();
    let history: Vec<Slot> = live().filter(missing).filter(|m| m.has_started(now)).map(as_slot).collect();
    errors.extend(collisions(meetings, wanted, &history, &changed));
    if errors.is_empty() { Ok(plan) } else { Err(Refused::Fields(errors)) }
}

fn unplannable(index: usize, slot: &Slot, now: DateTime<Utc>) -> Option<(String, Fault)> {
    schedule::not_plannable(slot, now).map(|(field, fault)| (place(index, field), fault))
}

fn too_late(meeting: &Meeting, now: DateTime<Utc>) -> Option<TooLate> {
    if meeting.cancelled_at.is_some() {
        return Some(TooLate::Cancelled(meeting.starts_at));
    }
    meeting.has_started(now).then_some(TooLate::Begun(meeting.starts_at))
}

fn as_slot(meeting: &Meeting) -> Slot {
    Slot { id: Some(meeting.id), starts_at: meeting.starts_at, ends_at: meeting.ends_at }
}

/// Overlaps that this edit would make. Those that were there before, by import, are left alone.
fn collisions(
    meetings: &[Meeting],
    wanted: &[Slot],
    history: &[Slot],
    changed: &[bool],
) -> Vec<(String, Fault)> {
    let cancelled = |slot: &Slot| {
        meetings.iter().any(|meeting| slot.id == Some(meeting.id) && meeting.cancelled_at.is_some())
    };
    let (places, mut all): (Vec<usize>, Vec<Slot>) =
        wanted.iter().copied().enumerate().filter(|(_, slot)| !cancelled(slot)).unzip();
    all.extend_from_slice(history);
    let mut errors = Vec::new();
    for (later, earlier) in schedule::overlaps(&all) {
        let is_changed = |at: usize| places.get(at).is_some_and(|place| changed[*place]);
        let Some(blamed) = [later, earlier].into_iter().find(|at| is_changed(*at)) else {
            continue;
        };
        let other = if blamed == later { earlier } else { later };
        let fault = places.get(other).map_or(Fault::OverlapsBegun, |other| Fault::Overlaps(*other));
        errors.push((place(places[blamed], ""), fault));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::conference::{AutoRecordingStatus, Verdict};
    use crate::model::id::ConferenceId;

    fn hour(hour: u32) -> DateTime<Utc> {
        format!("2026-12-01T{hour:02}:00:00Z").parse().unwrap()
    }

    fn meeting(id: i64, start: u32) -> Meeting {
        Meeting {
            id: MeetingId(id),
            external_id: None,
            conference_id: ConferenceId(1),
            starts_at: hour(start),
            ends_at: hour(start + 1),
            transaction_id: id.to_string(),
            service_account_id: None,
            organizer_id: None,
            organizer_email: None,
            event_id: None,
            online_meeting_id: None,
            join_url: None,
            chat_thread_id: None,
            auto_recording_status: AutoRecordingStatus::Pending,
            auto_recording_detail: String::new(),
            read_back_at: None,
            wanted_revision: 1,
            sent_revision: 0,
            left_out: Vec::new(),
            verdict: Verdict::Upcoming,
            verdict_cause: String::new(),
            verdict_basis: String::new(),
            verdict_evidence: Vec::new(),
            verdict_at: None,
            call_started_at: None,
            call_ended_at: None,
            next_sync_at: None,
            guard_at: None,
            watched_at: None,
            organizer_gone_at: None,
            synced_at: None,
            cancelled_at: None,
            settled_at: None,
        }
    }

    fn slot(id: Option<i64>, start: u32) -> Slot {
        Slot { id: id.map(MeetingId), starts_at: hour(start), ends_at: hour(start + 1) }
    }

    #[test]
    fn an_id_changes_none_adds_and_a_missing_one_cancels() {
        let meetings = [meeting(1, 9), meeting(2, 11), meeting(3, 13)];
        let wanted = [slot(Some(1), 9), slot(Some(2), 15), slot(None, 17)];
        let plan = plan(&meetings, &wanted, hour(8)).unwrap();
        assert_eq!(plan.moved, [(MeetingId(2), slot(Some(2), 15))]);
        assert_eq!(plan.added, [slot(None, 17)]);
        assert_eq!(plan.cancelled, [MeetingId(3)]);
        assert!(super::plan(&meetings[..1], &wanted[..1], hour(8)).unwrap().is_empty());
    }

    #[test]
    fn history_stays_and_cannot_be_moved() {
        let meetings = [meeting(1, 9), meeting(2, 11)];
        let kept = plan(&meetings, &[slot(Some(2), 11)], hour(10)).unwrap();
        assert!(kept.is_empty(), "what has begun is not cancelled by being left out");
        assert!(plan(&meetings, &[slot(Some(1), 9), slot(Some(2), 11)], hour(10)).unwrap().is_empty());
        assert!(matches!(plan(&meetings, &[slot(Some(1), 12)], hour(10)), Err(Refused::TooLate(_))));
        let cancelled = Meeting { cancelled_at: Some(hour(1)), ..meeting(1, 9) };
        assert!(matches!(plan(&[cancelled], &[slot(Some(1), 12)], hour(2)), Err(Refused::TooLate(_))));
    }

    #[test]
    fn wrong_ids_twins_past_times_and_overlaps_are_named() {
        let meetings = [meeting(1, 9), meeting(2, 11)];
        let wanted = [slot(Some(7), 9), slot(Some(2), 11), slot(Some(2), 11), slot(None, 11), slot(None, 7)];
        let Err(Refused::Fields(errors)) = plan(&meetings, &wanted, hour(8)) else {
            panic!("refused");
        };
        let fields: Vec<_> = errors.iter().map(|(field, _)| field.as_str()).collect();
        assert!(fields.contains(&"time_slots[0].id"), "{fields:?}");
        assert!(fields.contains(&"time_slots[2].id"));
        assert!(fields.contains(&"time_slots[3]"));
        assert!(fields.contains(&"time_slots[4].start_time"));
    }

    #[test]
    fn a_new_slot_may_not_overlap_a_class_that_is_on() {
        let on = meeting(1, 9);
        let early = Slot { starts_at: hour(9) + chrono::TimeDelta::minutes(45), ..slot(None, 9) };
        let refused = plan(&[on], &[early], hour(9) + chrono::TimeDelta::minutes(30));
        assert!(matches!(refused, Err(Refused::Fields(_))), "{refused:?}");
    }
}
