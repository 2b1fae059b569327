//! How often someone may try: failures of the last minute, counted per key (an account, a network address).
//! Nothing is ever locked; whoever waits may try again.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

/// Failures older than this are forgotten.
const WINDOW: TimeDelta = TimeDelta::minutes(1);

/// Keys kept before those without failures are thrown out.
const CROWDED: usize = 10_000;

/// How often one key may fail in a minute.
#[derive(Debug, Clone)]
pub struct Key {
    /// Who or where, such as `account:ada@school.example`.
    pub name: String,
    /// Failures allowed per minute.
    pub most: usize,
    /// Attempts that may be under way at once besides: a whole class signs in from one address.
    pub at_once: usize,
}

#[derive(Debug, Default)]
struct Tries {
    failures: VecDeque<DateTime<Utc>>,
    under_way: usize,
}

impl Tries {
    fn forget_old(&mut self, now: DateTime<Utc>) {
        while self.failures.front().is_some_and(|at| *at + WINDOW <= now) {
            self.failures.pop_front();
        }
    }
}

/// The attempts that this process has seen.
#[derive(Debug, Default)]
pub struct Attempts {
    by_key: HashMap<String, Tries>,
}

impl Attempts {
    /// Begins an attempt under all keys, or says how long to wait. What was begun must be ended by
    /// [`Attempts::end`].
    pub fn begin(&mut self, keys: &[Key], now: DateTime<Utc>) -> Result<(), TimeDelta> {
        if self.by_key.len() > CROWDED {
            self.by_key.retain(|_, tries| {
                tries.forget_old(now);
                tries.under_way > 0 || !tries.failures.is_empty()
            });
        }
        for key in keys {
            let Some(tries) = self.by_key.get_mut(&key.name) else {
                continue;
            };
            tries.forget_old(now);
            if tries.failures.len() >= key.most {
                let oldest = tries.failures.front().copied().unwrap_or(now);
                return Err(oldest + WINDOW - now);
            }
            if tries.failures.len() + tries.under_way >= key.most + key.at_once {
                return Err(TimeDelta::seconds(1));
            }
        }
        for key in keys {
            self.by_key.entry(key.name.clone()).or_default().under_way += 1;
        }
        Ok(())
    }

    /// Ends an attempt that was begun under the same keys; a failure counts from `failed_at`.
    pub fn end(&mut self, keys: &[Key], failed_at: Option<DateTime<Utc>>) {
        for key in keys {
            let Some(tries) = self.by_key.get_mut(&key.name) else {
                continue;
            };
            tries.under_way = tries.under_way.saturating_sub(1);
            tries.failures.extend(failed_at);
            if tries.under_way == 0 && tries.failures.is_empty() {
                self.by_key.remove(&key.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(most: usize, at_once: usize) -> [Key; 1] {
        [Key { name: "account:ada".to_owned(), most, at_once }]
    }

    fn moment(second: u32) -> DateTime<Utc> {
        DateTime::from_timestamp(1_796_000_000 + i64::from(second), 0).unwrap()
    }

    #[test]
    fn failures_of_the_last_minute_count_and_successes_do_not() {
        let mut attempts = Attempts::default();
        for second in 0..3 {
            attempts.begin(&key(3, 0), moment(second)).unwrap();
            attempts.end(&key(3, 0), Some(moment(second)));
        }
        assert_eq!(attempts.begin(&key(3, 0), moment(10)), Err(TimeDelta::seconds(50)));
        assert!(attempts.begin(&key(3, 0), moment(60)).is_ok(), "the first failure is a minute old");
        attempts.end(&key(3, 0), None);
        assert!(attempts.begin(&key(3, 0), moment(60)).is_ok(), "the success did not count");
    }

    #[test]
    fn attempts_under_way_count_so_that_a_volley_does_not_slip_through() {
        let mut attempts = Attempts::default();
        attempts.begin(&key(2, 0), moment(0)).unwrap();
        attempts.begin(&key(2, 0), moment(0)).unwrap();
        assert!(attempts.begin(&key(2, 0), moment(0)).is_err());
        assert!(attempts.begin(&key(2, 5), moment(0)).is_ok(), "a shared address has room for a class");
    }

    #[test]
    fn other_keys_are_free() {
        let mut attempts = Attempts::default();
        attempts.begin(&key(1, 0), moment(0)).unwrap();
        let other = [Key { name: "account:bo".to_owned(), most: 1, at_once: 0 }];
        assert!(attempts.begin(&other, moment(0)).is_ok());
    }
}
