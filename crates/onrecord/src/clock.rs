//! The only place that knows what time it is. Everything else is handed a moment, so that tests can move time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::sync::watch;

/// On a clock that is moved by hand others get this long to begin before whoever rests moves it.
const MOMENT: Duration = Duration::from_millis(5);

/// Where moments come from. Clones of a manual clock share its hands.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until someone moves it.
    Manual(ManualClock),
}

/// The hands of a [`Clock::Manual`].
#[derive(Clone)]
pub struct ManualClock {
    hands: watch::Sender<DateTime<Utc>>,
    rested: Arc<dyn Fn(TimeDelta) + Send + Sync>,
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&*self.hands.borrow()).finish()
    }
}

impl Clock {
    /// A clock that stands at `moment`.
    pub fn manual(moment: DateTime<Utc>) -> Self {
        Self::manual_followed(moment, |_| {})
    }

    /// A clock that stands at `moment` and tells `rested` how far each rest has moved it, so that other clocks can
    /// be moved as far.
    pub fn manual_followed(
        moment: DateTime<Utc>,
        rested: impl Fn(TimeDelta) + Send + Sync + 'static,
    ) -> Self {
        Self::Manual(ManualClock { hands: watch::Sender::new(cut(moment)), rested: Arc::new(rested) })
    }

    /// The present moment in UTC, cut to microseconds: what both databases keep.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => system_now(),
            Self::Manual(clock) => *clock.hands.borrow(),
        }
    }

    /// Moves a manual clock forward (or back) by `span`; the system clock is nobody's to move and stays.
    pub fn advance(&self, span: TimeDelta) {
        if let Self::Manual(clock) = self {
            clock.hands.send_modify(|moment| *moment = cut(*moment + span));
        }
    }

    /// Puts a manual clock at `moment`; the system clock stays.
    pub fn set(&self, moment: DateTime<Utc>) {
        if let Self::Manual(clock) = self {
            clock.hands.send_replace(cut(moment));
        }
    }

    /// Waits that long in the middle of some work. On a manual clock nobody really waits: whoever rests moves the
    /// hands to the end of the rest, unless others have moved them further meanwhile.
    pub async fn rest(&self, span: Duration) {
        let Self::Manual(clock) = self else {
            return tokio::time::sleep(span).await;
        };
        let until = self.now() + TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
        tokio::time::sleep(span.min(MOMENT)).await;
        clock.hands.send_modify(|moment| {
            let before = *moment;
            *moment = cut(until).max(before);
            (clock.rested)(*moment - before);
        });
    }

    /// Returns when that much time has passed. It moves nothing: on a manual clock it waits until somebody else does.
    pub async fn passed(&self, span: Duration) {
        let Self::Manual(clock) = self else {
            return tokio::time::sleep(span).await;
        };
        let until = self.now() + TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
        // Never closed: this clock holds the sender.
        let _ = clock.hands.subscribe().wait_for(|moment| *moment >= until).await;
    }
}

fn cut(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.trunc_subsecs(6)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system clock")]
fn system_now() -> DateTime<Utc> {
    cut(Utc::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment() -> DateTime<Utc> {
        "2026-12-01T08:00:00.123456789Z".parse().unwrap()
    }

    #[test]
    fn moments_are_cut_to_what_both_databases_keep() {
        assert_eq!(Clock::manual(moment()).now().timestamp_subsec_nanos(), 123_456_000);
        assert_eq!(Clock::System.now().timestamp_subsec_nanos() % 1_000, 0);
    }

    #[test]
    fn clones_of_a_manual_clock_share_its_hands() {
        let clock = Clock::manual(moment());
        let other = clock.clone();
        clock.advance(TimeDelta::hours(2));
        assert_eq!(other.now() - TimeDelta::hours(2), cut(moment()));
        other.set(moment());
        assert_eq!(clock.now(), cut(moment()));
    }

    #[tokio::test]
    async fn who_rests_moves_the_hands_and_who_watches_sees_it() {
        let moved = Arc::new(std::sync::Mutex::new(TimeDelta::zero()));
        let sum = Arc::clone(&moved);
        let clock = Clock::manual_followed(moment(), move |span| *sum.lock().unwrap() += span);
        let hour = Duration::from_hours(1);
        let jitter = Duration::from_nanos(7);
        tokio::join!(clock.passed(hour), clock.rest(hour + jitter), clock.rest(hour / 2));
        assert_eq!(
            clock.now(),
            cut(moment()) + TimeDelta::hours(1),
            "who rests side by side rests no longer"
        );
        assert_eq!(*moved.lock().unwrap(), TimeDelta::hours(1));
    }
}
