//! Lanes of Microsoft Graph, kept in the database: however many processes there are, together they send no more at
//! once and no faster than Microsoft bears, and when it asks one of them to wait, all of them wait.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use msgraph::{Lane, Lanes, MemoryLanes, Paused, Permit};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::clock::Clock;
use crate::fail::{self, Step};
use crate::store::lanes::{Ask, Pace, Place};
use crate::store::{self, Store, lanes};

/// A place is free again after this even if its holder was killed. Longer than any request may take.
const PLACE_LASTS: TimeDelta = TimeDelta::seconds(40);

/// Whoever would have to wait longer for a turn is sent away, to do something else meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Between two looks at a lane whose places other processes hold.
const LOOK_AGAIN: Duration = Duration::from_millis(120);

/// Lanes in the tables `lane` and `lane_holder`.
#[derive(Clone)]
pub struct DatabaseLanes {
    store: Store,
    clock: Clock,
    /// Callers of this process queue here first: fair, and without asking the database.
    own: Arc<MemoryLanes>,
    keeps_pace: bool,
}

impl fmt::Debug for DatabaseLanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseLanes")
    }
}

impl DatabaseLanes {
    /// Lanes shared by all processes that use this database.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, own: Arc::default(), keeps_pace: true }
    }

    /// The same lanes without their paces: places and pauses hold, but nobody waits for a turn. For a clock that is
    /// moved by hand, on which a second between two requests never passes.
    #[must_use]
    pub fn unpaced(self) -> Self {
        Self { keeps_pace: false, ..self }
    }

    /// Leases are compared by the database's time, unless a person moves the clock by hand.
    async fn now(&self) -> store::Result<DateTime<Utc>> {
        match &self.clock {
            Clock::System => self.store.database_now(self.clock.now()).await,
            Clock::Manual(_) => Ok(self.clock.now()),
        }
    }

    /// Takes a place and returns how long to wait with the request; `None` when all places are held.
    async fn try_enter(
        &self,
        lane: &Lane,
        at_once: usize,
        holder: &str,
    ) -> store::Result<Result<Option<Duration>, Paused>> {
        let now = self.now().await?;
        let (key, paces) = (lane.key(), if self.keeps_pace { paces(lane) } else { Vec::new() });
        let tx = self.store.write().await?;
        let ask = Ask { key: &key, holder, at_once, now, lasts: PLACE_LASTS, paces: &paces };
        let place = lanes::enter(&tx, ask).await?;
        let until_open = |at| Err(closed(at, now));
        Ok(match place {
            // Not committed: the turn is left to whoever can wait for it.
            Place::Taken(wait) if wait.to_std().is_ok_and(|wait| wait > LONGEST_WAIT) => {
                until_open(now + wait)
            }
            Place::Taken(wait) => {
                tx.commit().await?;
                Ok(Some(wait.to_std().unwrap_or_default()))
            }
            Place::Full => {
                tx.commit().await?;
                Ok(None)
            }
            Place::Paused(until) => until_open(until),
        })
    }

    /// A lane in which nobody is counted: it is open or closed, which one look tells.
    async fn pass(&self, lane: &Lane) -> store::Result<Result<(), Paused>> {
        let Some(until) = lanes::paused_until(&self.store, &lane.key()).await? else {
            return Ok(Ok(()));
        };
        let now = self.now().await?;
        Ok(if until > now { Err(closed(until, now)) } else { Ok(()) })
    }

    async fn pause(&self, lane: &Lane, wait: Duration) -> store::Result<()> {
        let until = self.now().await? + TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
        let tx = self.store.write().await?;
        lanes::pause(&tx, &lane.key(), until).await?;
        tx.commit().await
    }
}

fn closed(until: DateTime<Utc>, now: DateTime<Utc>) -> Paused {
    Paused { retry_after: (until - now).to_std().unwrap_or_default().max(Duration::from_millis(1)) }
}

/// The paces of a lane as the tables keep them.
fn paces(lane: &Lane) -> Vec<Pace> {
    let kept = lane.paces().into_iter().map(|pace| Pace {
        key: pace.key,
        every: TimeDelta::from_std(pace.every).unwrap_or_default(),
        burst: i32::try_from(pace.burst).unwrap_or(i32::MAX),
    });
    kept.collect()
}

/// What kind of lane it is, without whose.
fn kind(lane: &Lane) -> String {
    lane.key().split(':').next().unwrap_or_default().to_owned()
}

#[async_trait]
impl Lanes for DatabaseLanes {
    async fn enter(&self, lane: &Lane) -> Result<Permit, Paused> {
        let own = self.own.enter(lane).await?;
        let Some(at_once) = lane.at_once() else {
            match self.pass(lane).await {
                Ok(open) => open?,
                Err(error) => {
                    tracing::warn!(lane = lane.key(), %error, "lanes cannot be shared at present");
                }
            }
            fail::step(Step::BeforeCall, || kind(lane));
            return Ok(own);
        };
        let holder = Uuid::new_v4().to_string();
        loop {
            match self.try_enter(lane, at_once, &holder).await {
                Ok(Ok(Some(wait))) => {
                    self.clock.rest(wait).await;
                    break;
                }
                Ok(Ok(None)) => tokio::time::sleep(LOOK_AGAIN).await,
                Ok(Err(paused)) => return Err(paused),
                Err(error) => {
                    // A request that may be one too many is better than none at all.
                    tracing::warn!(lane = lane.key(), %error, "lanes cannot be shared at present");
                    return Ok(own);
                }
            }
        }
        fail::step(Step::BeforeCall, || kind(lane));
        let place = HeldPlace { store: self.store.clone(), lane: lane.clone(), holder, _own: own };
        Ok(Permit::holding(place))
    }

    async fn throttled(&self, lane: &Lane, wait: Duration) {
        metrics::counter!("onrecord_graph_throttled_total", "service" => lane.service()).increment(1);
        tracing::warn!(lane = lane.key(), wait_s = wait.as_secs(), "Microsoft asks us to wait");
        if let Err(error) = self.pause(lane, wait).await {
            tracing::warn!(lane = lane.key(), %error, "lanes cannot be shared at present");
            self.own.throttled(lane, wait).await;
        }
    }
}

/// Gives its place back when it is dropped.
struct HeldPlace {
    store: Store,
    lane: Lane,
    holder: String,
    _own: Permit,
}

impl Drop for HeldPlace {
    fn drop(&mut self) {
        fail::step(Step::AfterCall, || kind(&self.lane));
        let (store, key, holder) = (self.store.clone(), self.lane.key(), std::mem::take(&mut self.holder));
        let leave = async move {
            let left = async {
                let tx = store.write().await?;
                lanes::leave(&tx, &key, &holder).await?;
                tx.commit().await
            };
            if let Err(error) = left.await {
                tracing::debug!(lane = key, %error, "a place is given back by its time");
            }
        };
        // A permit is dropped where nothing can be awaited. If the process ends first, the place ends by its time.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(leave);
        }
    }
}
