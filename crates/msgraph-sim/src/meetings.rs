//! Events and online meetings with what finding them takes: transaction, owner and time, join link, chat, organizer.
//! They change only through here where something is found by it, so that a term of 10,000 classes is as quick as a day.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::{Deref, Range};

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::world::{Event, Meeting, Recording, Transcript};

/// Reads like the map of events by id; writing goes through `insert`, `change` and `remove`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Events {
    by_id: BTreeMap<String, Event>,
    /// By owner and transaction.
    by_transaction: HashMap<(String, String), String>,
    /// By owner and start.
    by_start: BTreeSet<(String, DateTime<Utc>, String)>,
    /// No event was ever longer.
    longest: TimeDelta,
}

impl Events {
    pub(crate) fn insert(&mut self, event: Event) {
        self.remove(&event.id);
        if let Some(transaction) = &event.transaction_id {
            self.by_transaction.insert((event.owner.clone(), transaction.clone()), event.id.clone());
        }
        self.by_start.insert((event.owner.clone(), event.start, event.id.clone()));
        self.longest = self.longest.max(event.end - event.start);
        self.by_id.insert(event.id.clone(), event);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Event> {
        let event = self.by_id.remove(id)?;
        self.by_start.remove(&(event.owner.clone(), event.start, event.id.clone()));
        if let Some(transaction) = &event.transaction_id {
            let key = (event.owner.clone(), transaction.clone());
            if self.by_transaction.get(&key) == Some(&event.id) {
                self.by_transaction.remove(&key);
            }
        }
        Some(event)
    }

    pub(crate) fn change(&mut self, id: &str, how: impl FnOnce(&mut Event)) {
        if let Some(mut event) = self.remove(id) {
            how(&mut event);
            self.insert(event);
        }
    }

    /// The owner's event that was made with this transaction id.
    pub(crate) fn of_transaction(&self, owner: &str, transaction: &str) -> Option<&Event> {
        self.by_id.get(self.by_transaction.get(&(owner.to_owned(), transaction.to_owned()))?)
    }

    /// The owner's events that touch a stretch of time, by start.
    pub(crate) fn touching(&self, owner: &str, time: &Range<DateTime<Utc>>) -> Vec<&Event> {
        let earliest = time.start.checked_sub_signed(self.longest).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let from = (owner.to_owned(), earliest, String::new());
        let starts = self.by_start.range(from..);
        starts
            .take_while(|(other, start, _)| other == owner && *start < time.end)
            .filter_map(|(_, _, id)| self.by_id.get(id))
            .filter(|event| event.end > time.start)
            .collect()
    }
}

impl Deref for Events {
    type Target = BTreeMap<String, Event>;

    fn deref(&self) -> &Self::Target {
        &self.by_id
    }
}

impl Serialize for Events {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_id.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Events {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut events = Self::default();
        for event in BTreeMap::<String, Event>::deserialize(deserializer)?.into_values() {
            events.insert(event);
        }
        Ok(events)
    }
}

/// Reads like the map of meetings by id. What finds a meeting (link, chat, organizer, birth) never changes in one;
/// recordings and transcripts come in by `keep_recording` and `keep_transcript`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meetings {
    by_id: BTreeMap<String, Meeting>,
    by_link: HashMap<String, String>,
    /// By thread in small letters.
    by_thread: HashMap<String, String>,
    by_organizer: HashMap<String, BTreeSet<String>>,
    /// How many meetings of an organizer were made in a month, of those that are still there.
    made: HashMap<(String, i32, u32), usize>,
    /// Which meeting a recording or transcript came to, by its sequence.
    arrivals: BTreeMap<u64, String>,
}

fn month(meeting: &Meeting) -> (String, i32, u32) {
    (meeting.organizer.clone(), meeting.created_at.year(), meeting.created_at.month())
}

impl Meetings {
    pub(crate) fn insert(&mut self, meeting: Meeting) {
        self.remove(&meeting.id);
        let id = &meeting.id;
        self.by_link.insert(meeting.join_url.clone(), id.clone());
        self.by_thread.insert(meeting.thread_id.to_lowercase(), id.clone());
        self.by_organizer.entry(meeting.organizer.clone()).or_default().insert(id.clone());
        *self.made.entry(month(&meeting)).or_default() += 1;
        for sequence in sequences(&meeting) {
            self.arrivals.insert(sequence, id.clone());
        }
        self.by_id.insert(id.clone(), meeting);
    }

    pub(crate) fn remove(&mut self, id: &str) {
        let Some(meeting) = self.by_id.remove(id) else {
            return;
        };
        self.by_link.remove(&meeting.join_url);
        self.by_thread.remove(&meeting.thread_id.to_lowercase());
        if let Some(ids) = self.by_organizer.get_mut(&meeting.organizer) {
            ids.remove(id);
        }
        if let Some(made) = self.made.get_mut(&month(&meeting)) {
            *made -= 1;
        }
        for sequence in sequences(&meeting) {
            self.arrivals.remove(&sequence);
        }
    }

    /// A meeting to change in what does not find it.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Meeting> {
        self.by_id.get_mut(id)
    }

    pub(crate) fn keep_recording(&mut self, id: &str, recording: Recording) {
        if let Some(meeting) = self.by_id.get_mut(id) {
            self.arrivals.insert(recording.sequence, id.to_owned());
            meeting.recordings.push(recording);
        }
    }

    pub(crate) fn keep_transcript(&mut self, id: &str, transcript: Transcript) {
        if let Some(meeting) = self.by_id.get_mut(id) {
            self.arrivals.insert(transcript.sequence, id.to_owned());
            meeting.transcripts.push(transcript);
        }
    }

    /// The meeting with exactly this join link.
    pub(crate) fn of_link(&self, link: &str) -> Option<&Meeting> {
        self.by_id.get(self.by_link.get(link)?)
    }

    /// The meeting of a chat; case does not count.
    pub(crate) fn of_thread(&self, thread: &str) -> Option<&Meeting> {
        self.by_id.get(self.by_thread.get(&thread.to_lowercase())?)
    }

    pub(crate) fn of_organizer(&self, organizer: &str) -> impl Iterator<Item = &Meeting> {
        let ids = self.by_organizer.get(organizer).into_iter().flatten();
        ids.filter_map(|id| self.by_id.get(id))
    }

    /// Meetings to which something came after this sequence, in the order of ids.
    pub(crate) fn reached_after(&self, sequence: u64) -> impl Iterator<Item = &Meeting> {
        let ids: BTreeSet<&String> =
            self.arrivals.range(sequence.saturating_add(1)..).map(|(_, id)| id).collect();
        ids.into_iter().filter_map(|id| self.by_id.get(id))
    }

    /// How many meetings the organizer made in the month of `at`.
    pub(crate) fn made_in_month(&self, organizer: &str, at: DateTime<Utc>) -> usize {
        self.made.get(&(organizer.to_owned(), at.year(), at.month())).copied().unwrap_or_default()
    }
}

fn sequences(meeting: &Meeting) -> impl Iterator<Item = u64> {
    let recordings = meeting.recordings.iter().map(|one| one.sequence);
    recordings.chain(meeting.transcripts.iter().map(|one| one.sequence))
}

impl Deref for Meetings {
    type Target = BTreeMap<String, Meeting>;

    fn deref(&self) -> &Self::Target {
        &self.by_id
    }
}

impl Serialize for Meetings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_id.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Meetings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut meetings = Self::default();
        for meeting in BTreeMap::<String, Meeting>::deserialize(deserializer)?.into_values() {
            meetings.insert(meeting);
        }
        Ok(meetings)
    }
}
