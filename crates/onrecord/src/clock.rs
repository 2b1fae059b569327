//! The only place that knows what time it is. Everything else is handed a moment, so that tests can move time.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

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
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl Clock {
    /// A clock that stands at `moment`.
    pub fn manual(moment: DateTime<Utc>) -> Self {
        Self::Manual(ManualClock(Arc::new(Mutex::new(cut(moment)))))
    }

    /// The present moment in UTC, cut to microseconds: what both databases keep.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => system_now(),
            Self::Manual(hands) => hands.read(),
        }
    }

    /// Moves a manual clock forward (or back) by `span`; the system clock is nobody's to move and stays.
    pub fn advance(&self, span: TimeDelta) {
        if let Self::Manual(hands) = self {
            hands.write(|moment| moment + span);
        }
    }

    /// Puts a manual clock at `moment`; the system clock stays.
    pub fn set(&self, moment: DateTime<Utc>) {
        if let Self::Manual(hands) = self {
            hands.write(|_| moment);
        }
    }
}

impl ManualClock {
    fn read(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, change: impl FnOnce(DateTime<Utc>) -> DateTime<Utc>) {
        let mut moment = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *moment = cut(change(*moment));
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
}
