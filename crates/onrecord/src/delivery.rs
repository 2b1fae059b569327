//! What this process remembers of the deliveries under way: where files are read, and which visits are open.
//! Nothing here is needed to be right, only to be quick: what is lost with the process is found again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use msgraph::DownloadHandle;

use crate::model::id::{ArtifactId, VisitId};
use crate::model::visit::{self, VisitKey};

/// How long a way to a file is used before it is built anew with the integration's present settings.
const SOURCE_LIFE: TimeDelta = TimeDelta::minutes(10);

/// The deliveries of this process.
#[derive(Debug, Default)]
pub struct Delivery {
    sources: Mutex<HashMap<ArtifactId, Source>>,
    visits: Mutex<Visits>,
}

/// Where the bytes of one artifact are read at Microsoft. It holds a pre-authenticated address, in memory only.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file at Microsoft.
    pub handle: DownloadHandle,
    /// The Graph ids it was made from; another id makes another way.
    pub made_from: String,
    /// Length of the file, for one whose row does not know it.
    pub size_bytes: Option<u64>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

#[derive(Debug, Default)]
struct Visits {
    open: HashMap<VisitKey, Open>,
    unsaved: HashMap<VisitId, Unsaved>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    visit: VisitId,
    last: DateTime<Utc>,
}

/// What a visit's row does not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsaved {
    /// Bytes sent since it was last saved.
    pub bytes: u64,
    /// When something was last asked for or sent.
    pub last: DateTime<Utc>,
}

impl Delivery {
    /// The way to a file made from these ids, unless it is old.
    pub fn source(&self, artifact: ArtifactId, made_from: &str, now: DateTime<Utc>) -> Option<Source> {
        let sources = lock(&self.sources);
        let source = sources.get(&artifact)?;
        (source.made_from == made_from && now - source.made_at < SOURCE_LIFE).then(|| source.clone())
    }

    /// Remembers the way to a file.
    pub fn keep_source(&self, artifact: ArtifactId, source: Source) {
        lock(&self.sources).insert(artifact, source);
    }

    /// Forgets the way to a file, because it did not lead there.
    pub fn forget_source(&self, artifact: ArtifactId) {
        lock(&self.sources).remove(&artifact);
    }

    /// The visit that this request at `now` goes on with, if one is open here.
    pub fn resume_visit(&self, key: VisitKey, now: DateTime<Utc>) -> Option<VisitId> {
        let mut visits = lock(&self.visits);
        let open = visits.open.get_mut(&key).filter(|open| visit::is_open(open.last, now))?;
        open.last = open.last.max(now);
        let visit = open.visit;
        visits.note(visit, 0, now);
        Some(visit)
    }

    /// Remembers a visit whose row was just written or found.
    pub fn keep_visit(&self, key: VisitKey, visit: VisitId, now: DateTime<Utc>) {
        let mut visits = lock(&self.visits);
        visits.open.insert(key, Open { visit, last: now });
        visits.note(visit, 0, now);
    }

    /// Adds bytes that were sent on a visit; the visit stays open from `now` on.
    pub fn sent(&self, key: VisitKey, visit: VisitId, bytes: u64, now: DateTime<Utc>) {
        let mut visits = lock(&self.visits);
        if let Some(open) = visits.open.get_mut(&key).filter(|open| open.visit == visit) {
            open.last = open.last.max(now);
        }
        visits.note(visit, bytes, now);
    }

    /// Takes what is to be saved, and forgets what is over at `now`.
    pub fn take_unsaved(&self, now: DateTime<Utc>) -> Vec<(VisitId, Unsaved)> {
        lock(&self.sources).retain(|_, source| now - source.made_at < SOURCE_LIFE);
        let mut visits = lock(&self.visits);
        visits.open.retain(|_, open| visit::is_open(open.last, now));
        visits.unsaved.drain().collect()
    }

    /// Gives back what could not be saved.
    pub fn put_back(&self, unsaved: &[(VisitId, Unsaved)]) {
        let mut visits = lock(&self.visits);
        for (visit, Unsaved { bytes, last }) in unsaved {
            visits.note(*visit, *bytes, *last);
        }
    }
}

impl Visits {
    fn note(&mut self, visit: VisitId, bytes: u64, last: DateTime<Utc>) {
        let unsaved = self.unsaved.entry(visit).or_insert(Unsaved { bytes: 0, last });
        unsaved.bytes += bytes;
        unsaved.last = unsaved.last.max(last);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::UserId;
    use crate::model::visit::Way;

    const KEY: VisitKey = VisitKey { artifact_id: ArtifactId(1), user_id: UserId(2), way: Way::Watch };

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    #[test]
    fn bytes_add_up_until_they_are_taken_and_come_back_if_they_could_not_be_saved() {
        let delivery = Delivery::default();
        delivery.keep_visit(KEY, VisitId(7), at(0));
        delivery.sent(KEY, VisitId(7), 5, at(1));
        delivery.sent(KEY, VisitId(7), 6, at(2));
        let taken = delivery.take_unsaved(at(2));
        assert_eq!(taken, vec![(VisitId(7), Unsaved { bytes: 11, last: at(2) })]);
        assert!(delivery.take_unsaved(at(2)).is_empty());
        delivery.sent(KEY, VisitId(7), 1, at(3));
        delivery.put_back(&taken);
        assert_eq!(delivery.take_unsaved(at(3)), vec![(VisitId(7), Unsaved { bytes: 12, last: at(3) })]);
    }

    #[test]
    fn a_long_stream_keeps_its_visit_open() {
        let delivery = Delivery::default();
        delivery.keep_visit(KEY, VisitId(7), at(0));
        delivery.sent(KEY, VisitId(7), 5, at(29));
        assert_eq!(delivery.resume_visit(KEY, at(50)), Some(VisitId(7)));
        assert_eq!(delivery.resume_visit(KEY, at(80)), None);
        delivery.take_unsaved(at(80));
        delivery.sent(KEY, VisitId(7), 5, at(81));
        assert_eq!(delivery.resume_visit(KEY, at(82)), None, "bytes that come late open nothing");
        assert_eq!(delivery.take_unsaved(at(82)).len(), 1);
    }
}
