//! What is to come, by the time at which it lands, with what others must know of it before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::world::Arrival;

/// Something that lands when the clock reaches `due`.
#[derive(Debug, Serialize, Deserialize)]
struct Pending<A> {
    due: DateTime<Utc>,
    arrival: A,
}

/// Arrivals that wait, the next one first; those of the same time in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Pendings {
    by_due: BTreeMap<(DateTime<Utc>, u64), Arrival>,
    count: u64,
    /// Ids of messages by chat.
    messages: HashMap<String, BTreeSet<String>>,
    /// Names of files by drive, with their number.
    files: HashMap<String, BTreeMap<u64, String>>,
}

impl Pendings {
    pub(crate) fn add(&mut self, due: DateTime<Utc>, arrival: Arrival) {
        self.count += 1;
        match &arrival {
            Arrival::Message { thread_id, message } => {
                let id = message.body["id"].as_str().unwrap_or_default().to_owned();
                self.messages.entry(thread_id.clone()).or_default().insert(id);
            }
            Arrival::File { drive_id, item } => {
                self.files.entry(drive_id.clone()).or_default().insert(self.count, item.name.clone());
            }
            Arrival::Recording { .. } | Arrival::Transcript { .. } | Arrival::Report { .. } => {}
        }
        self.by_due.insert((due, self.count), arrival);
    }

    /// Takes the next arrival that is due.
    pub(crate) fn take(&mut self, now: DateTime<Utc>) -> Option<Arrival> {
        let next = self.by_due.first_entry().filter(|next| next.key().0 <= now)?;
        let ((_, number), arrival) = next.remove_entry();
        match &arrival {
            Arrival::Message { thread_id, message } => {
                if let Some(waiting) = self.messages.get_mut(thread_id) {
                    waiting.remove(message.body["id"].as_str().unwrap_or_default());
                }
            }
            Arrival::File { drive_id, .. } => {
                if let Some(waiting) = self.files.get_mut(drive_id) {
                    waiting.remove(&number);
                }
            }
            Arrival::Recording { .. } | Arrival::Transcript { .. } | Arrival::Report { .. } => {}
        }
        Some(arrival)
    }

    /// How many messages wait for a chat.
    pub(crate) fn messages(&self, thread: &str) -> usize {
        self.messages.get(thread).map_or(0, BTreeSet::len)
    }

    /// Whether a message of this id waits for a chat.
    pub(crate) fn has_message(&self, thread: &str, id: &str) -> bool {
        self.messages.get(thread).is_some_and(|waiting| waiting.contains(id))
    }

    /// Names of files that wait for a drive.
    pub(crate) fn files(&self, drive: &str) -> impl Iterator<Item = &str> {
        self.files.get(drive).into_iter().flat_map(|waiting| waiting.values().map(String::as_str))
    }
}

impl Serialize for Pendings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.by_due.iter().map(|((due, _), arrival)| Pending { due: *due, arrival }))
    }
}

impl<'de> Deserialize<'de> for Pendings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut pendings = Self::default();
        for Pending { due, arrival } in Vec::<Pending<Arrival>>::deserialize(deserializer)? {
            pendings.add(due, arrival);
        }
        Ok(pendings)
    }
}
