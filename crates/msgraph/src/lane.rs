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
    /// Users, licences, the organization.
    Directory,
}

impl Lane {
    /// A stable name, fit for a database key and a metric.
    pub fn key(&self) -> String {
        match self {
            Self::Mailbox(id) => format!("mailbox:{id}"),
            Self::Meetings => "meetings".to_owned(),
            Self::Chat(id) => format!("chat:{id}"),
            Self::Drive(id) => format!("drive:{id}"),
            Self::Directory => "directory".to_owned(),
        }
    }

    /// How many requests at once Microsoft's limits bear.
    pub fn at_once(&self) -> usize {
        match self {
            Self::Mailbox(_) => 4,
            Self::Chat(_) => 1,
            Self::Meetings | Self::Directory => 16,
            Self::Drive(_) => 32,
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
            places: Arc::new(Semaphore::new(lane.at_once())),
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
