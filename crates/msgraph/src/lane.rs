//! Lanes: how many requests may go to one mailbox, chat or drive at once, and until when it is paused.
//!
//! Microsoft counts per service and resource, not per process. A program that runs as several processes supplies
//! its own [`Lanes`] over something they share; [`MemoryLanes`] is for one process.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// What Microsoft counts together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lane {
    /// One mailbox: calendar and mail of this user (four at once).
    Mailbox(String),
    /// Online meetings, recordings, transcripts and attendance of the tenant.
    Meetings,
    /// One chat thread (about one request a second).
    Chat(String),
    /// Files: a drive, or a user whose drive is meant.
    Drive(String),
    /// The bytes of files, which come from elsewhere than Graph: by the lane of what was asked for them. Somebody is
    /// watching, and Microsoft publishes no limit: it may ask for silence, and no more is counted.
    Content(String),
    /// Users, licences, the organization.
    Directory,
    /// Subscriptions to change notifications.
    Notifications,
    /// Several calls in one request; each of them keeps to its own lane besides.
    Batch,
}

impl Lane {
    /// A stable name, fit for a database key and a metric.
    pub fn key(&self) -> String {
        match self {
            Self::Mailbox(id) => format!("mailbox:{id}"),
            Self::Meetings => "meetings".to_owned(),
            Self::Chat(id) => format!("chat:{id}"),
            Self::Drive(id) => format!("drive:{id}"),
            Self::Content(of) => format!("content:{of}"),
            Self::Directory => "directory".to_owned(),
            Self::Notifications => "notifications".to_owned(),
            Self::Batch => "batch".to_owned(),
        }
    }

    /// Which service it is of, without naming anybody: for metrics.
    pub fn service(&self) -> &'static str {
        match self {
            Self::Mailbox(_) => "mailbox",
            Self::Meetings => "meetings",
            Self::Chat(_) => "chat",
            Self::Drive(_) => "drive",
            Self::Content(_) => "content",
            Self::Directory => "directory",
            Self::Notifications => "notifications",
            Self::Batch => "batch",
        }
    }

    /// How many requests at once Microsoft's limits bear; `None` where they are not counted.
    pub fn at_once(&self) -> Option<usize> {
        match self {
            Self::Mailbox(_) | Self::Notifications | Self::Batch => Some(4),
            Self::Chat(_) => Some(1),
            Self::Meetings | Self::Directory => Some(16),
            Self::Drive(_) => Some(32),
            Self::Content(_) => None,
        }
    }
}

/// How fast requests may follow each other in something that Microsoft counts together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// What is counted; the same key in several lanes is one count.
    pub key: String,
    /// One more request may begin each time this has passed.
    pub every: Duration,
    /// So many may begin at once after a silence.
    pub burst: u32,
}

impl Pace {
    fn new(key: impl Into<String>, every_ms: u64, burst: u32) -> Self {
        Self { key: key.into(), every: Duration::from_millis(every_ms), burst }
    }
}

impl Lane {
    /// The paces that a request in this lane keeps, a little below Microsoft's published limits: burst and steady flow
    /// together stay under the limit in every window.
    pub fn paces(&self) -> Vec<Pace> {
        match self {
            // 10,000 in ten minutes for each mailbox.
            Self::Mailbox(_) => vec![Pace::new(self.key(), 63, 400)],
            // No number is published for meetings; Teams as a whole bears 30 reads a second.
            Self::Meetings => vec![Pace::new(self.key(), 50, 5)],
            // One a second for each chat, and 20 a second for all.
            Self::Chat(_) => vec![Pace::new(self.key(), 1_000, 1), Pace::new("chats", 67, 5)],
            // 1,250 units a minute in the smallest tenant; looking up a shared file costs one.
            Self::Drive(drive) if drive == "shares" => vec![Pace::new("files", 60, 150)],
            Self::Drive(_) | Self::Content(_) | Self::Directory | Self::Notifications | Self::Batch => {
                Vec::new()
            }
        }
    }
}

/// The right to have one request under way; given back when dropped.
#[must_use = "the lane is free again as soon as the permit is dropped"]
pub struct Permit {
    _held: Option<Box<dyn Any + Send + Sync>>,
}

impl Permit {
    /// A permit that holds `guard` until it is dropped.
    pub fn holding(guard: impl Any + Send + Sync) -> Self {
        Self { _held: Some(Box::new(guard)) }
    }

    /// A permit for a lane without a limit.
    pub fn free() -> Self {
        Self { _held: None }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

/// The lane is closed for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paused {
    /// Come again after this time.
    pub retry_after: Duration,
}

/// Keeper of the lanes. The client asks before every request and reports every throttling.
#[async_trait]
pub trait Lanes: Send + Sync + fmt::Debug {
    /// Waits for a free place. [`Paused`] if the service asked for silence.
    async fn enter(&self, lane: &Lane) -> Result<Permit, Paused>;

    /// The service asked to wait: nobody enters before `wait` is over.
    async fn throttled(&self, lane: &Lane, wait: Duration);
}

/// Lanes of one process, kept in memory.
#[derive(Debug, Default)]
pub struct MemoryLanes {
    lanes: Mutex<HashMap<Lane, Track>>,
}

#[derive(Debug, Clone)]
struct Track {
    places: Arc<Semaphore>,
    paused_until: Option<Instant>,
}

impl MemoryLanes {
    const CROWDED: usize = 1_024;

    /// Lanes with Microsoft's published limits.
    pub fn new() -> Self {
        Self::default()
    }

    fn with_track<T>(&self, lane: &Lane, act: impl FnOnce(&mut Track) -> T) -> T {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= Self::CROWDED && !lanes.contains_key(lane) {
            let now = Instant::now();
            lanes.retain(|_, track| {
                Arc::strong_count(&track.places) > 1 || track.paused_until.is_some_and(|until| until > now)
            });
        }
        act(lanes.entry(lane.clone()).or_insert_with(|| Track {
            places: Arc::new(Semaphore::new(lane.at_once().unwrap_or(Semaphore::MAX_PERMITS))),
            paused_until: None,
        }))
    }

    fn check(&self, lane: &Lane) -> Result<Arc<Semaphore>, Paused> {
        self.with_track(lane, |track| {
            let left = track.paused_until.map(|until| until.saturating_duration_since(Instant::now()));
            match left {
                Some(retry_after) if !retry_after.is_zero() => Err(Paused { retry_after }),
                _ => Ok(Arc::clone(&track.places)),
            }
        })
    }
}

#[async_trait]
impl Lanes for MemoryLanes {
    async fn enter(&self, lane: &Lane) -> Result<Permit, Paused> {
        let places = self.check(lane)?;
        let permit = places.acquire_owned().await;
        // Somebody ahead may have been told to wait while we stood in line.
        self.check(lane)?;
        Ok(permit.map_or_else(|_| Permit::free(), Permit::holding))
    }

    async fn throttled(&self, lane: &Lane, wait: Duration) {
        self.with_track(lane, |track| {
            let until = Instant::now() + wait;
            track.paused_until = Some(track.paused_until.map_or(until, |earlier| earlier.max(until)));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_throttled_lane_is_closed_until_the_time_is_over_and_others_are_not() {
        let lanes = MemoryLanes::new();
        let chat = Lane::Chat("19:a".to_owned());
        lanes.throttled(&chat, Duration::from_secs(30)).await;
        lanes.throttled(&chat, Duration::from_secs(5)).await;
        let paused = lanes.enter(&chat).await.expect_err("closed");
        assert_eq!(paused.retry_after, Duration::from_secs(30), "a shorter wait does not open it earlier");
        assert!(lanes.enter(&Lane::Chat("19:b".to_owned())).await.is_ok());
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(lanes.enter(&chat).await.is_ok());
    }

    #[test]
    fn no_window_of_a_published_limit_holds_more_requests_than_the_paces_let_through() {
        let most = |lane: Lane, place: usize, window: Duration| {
            let pace = lane.paces().swap_remove(place);
            u128::from(pace.burst) + window.as_millis() / pace.every.as_millis()
        };
        assert!(most(Lane::Mailbox("rec".to_owned()), 0, Duration::from_mins(10)) <= 10_000);
        assert!(most(Lane::Meetings, 0, Duration::from_secs(1)) <= 30);
        assert!(most(Lane::Chat("19:a".to_owned()), 0, Duration::from_millis(999)) <= 1);
        assert!(most(Lane::Chat("19:a".to_owned()), 1, Duration::from_secs(1)) <= 20);
        assert!(most(Lane::Drive("shares".to_owned()), 0, Duration::from_mins(1)) <= 1_250);
    }

    #[tokio::test]
    async fn a_mailbox_lets_four_in_and_the_fifth_when_one_leaves() {
        let lanes = MemoryLanes::new();
        let mailbox = Lane::Mailbox("rec".to_owned());
        let mut inside = Vec::new();
        for _ in 0..4 {
            inside.push(lanes.enter(&mailbox).await.expect("room"));
        }
        let mut fifth = Box::pin(lanes.enter(&mailbox));
        assert!(futures::poll!(&mut fifth).is_pending());
        inside.pop();
        assert!(fifth.await.is_ok());
    }

    #[tokio::test]
    async fn lanes_that_nobody_uses_are_forgotten() {
        let lanes = MemoryLanes::new();
        for n in 0..3_000 {
            drop(lanes.enter(&Lane::Chat(n.to_string())).await);
        }
        assert!(lanes.lanes.lock().expect("not poisoned").len() <= MemoryLanes::CROWDED);
    }
}
