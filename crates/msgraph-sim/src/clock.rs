//! The simulator's clock: system time plus an offset that tests and the demo move.
//! Nothing else in this crate may ask the system what time it is.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// System time plus an offset; shared by both ports and the delivery worker.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_ms: AtomicI64,
}

impl Clock {
    /// A clock that runs `offset_ms` ahead of the system (behind, when negative).
    pub(crate) fn ahead_by(offset_ms: i64) -> Self {
        Self { offset_ms: AtomicI64::new(offset_ms) }
    }

    /// The simulator's present, cut to milliseconds.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let present = system_now() + TimeDelta::milliseconds(self.offset_ms());
        DateTime::from_timestamp_millis(present.timestamp_millis()).unwrap_or(present)
    }

    pub(crate) fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::SeqCst)
    }

    /// Moves the clock; negative steps go back. Far-off times are kept within what a date can hold.
    pub(crate) fn advance_ms(&self, step_ms: i64) {
        let moved = self.offset_ms().saturating_add(step_ms);
        self.offset_ms.store(moved.clamp(-LIMIT_MS, LIMIT_MS), Ordering::SeqCst);
    }

    /// Sets the present to `then`; time goes on from there.
    pub(crate) fn set(&self, then: DateTime<Utc>) {
        let offset = (then - system_now()).num_milliseconds();
        self.offset_ms.store(offset.clamp(-LIMIT_MS, LIMIT_MS), Ordering::SeqCst);
    }
}

/// Two hundred years either way keeps every date computation in range.
const LIMIT_MS: i64 = 200 * 366 * 24 * 3_600_000;

#[expect(clippy::disallowed_methods, reason = "the one place that reads system time")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

/// `2026-09-01T06:01:12.8540000Z`: the seven decimals most Graph services send.
pub(crate) fn precise(at: DateTime<Utc>) -> String {
    format!("{}.{:03}0000Z", at.format("%Y-%m-%dT%H:%M:%S"), at.timestamp_subsec_millis())
}

/// `2026-09-01T06:01:12Z`: how drives and subscriptions write times.
pub(crate) fn whole(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-09-01T06:01:12.854Z`: how chats write times.
pub(crate) fn milli(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
