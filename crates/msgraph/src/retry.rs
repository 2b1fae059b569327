//! The one judge of retries: what may be repeated, and after how long.
//!
//! It waits inline only briefly. Longer waits belong to the caller, who can do something else meanwhile.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use futures::future::BoxFuture;
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

use crate::error::Error;

/// How long one call may try before it gives the decision back to its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Requests at most, the first included.
    pub max_attempts: u32,
    /// Waiting at most, summed over the call. A longer `Retry-After` comes back as an error at once.
    pub max_wait: Duration,
    /// The first wait where the service names none; it doubles each time, with jitter.
    pub first_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_attempts: 4, max_wait: Duration::from_secs(8), first_delay: Duration::from_millis(500) }
    }
}

/// How a client waits: usually by the machine's clock.
#[derive(Clone)]
pub(crate) struct Rest(Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>);

impl Rest {
    pub(crate) fn new<F>(rest: impl Fn(Duration) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |span| Box::pin(rest(span))))
    }

    pub(crate) async fn of(&self, span: Duration) {
        (self.0)(span).await;
    }
}

impl Default for Rest {
    fn default() -> Self {
        Self::new(tokio::time::sleep)
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rest")
    }
}

/// How long a call may try, and how it waits in between.
#[derive(Debug, Clone, Default)]
pub(crate) struct Retry {
    pub(crate) policy: RetryPolicy,
    pub(crate) rest: Rest,
}

/// Whether a request may be sent again although it may have worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Twice does the same as once.
    Safe,
    /// Only when it certainly did not happen.
    Once,
}

/// How far one call has come.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    retry: &'a Retry,
    repeat: Repeat,
    attempts: u32,
    waited: Duration,
}

impl<'a> Course<'a> {
    pub(crate) fn new(retry: &'a Retry, repeat: Repeat) -> Self {
        Self { retry, repeat, attempts: 0, waited: Duration::ZERO }
    }

    /// What to wait after a refusal that names no time.
    pub(crate) fn fallback(&self) -> Duration {
        backoff(self.retry.policy.first_delay, self.attempts, jitter())
    }

    /// Judges a failed attempt: waits and returns, or gives the error back.
    pub(crate) async fn after(&mut self, error: Error) -> Result<(), Error> {
        let wait = self.judge(error)?;
        self.retry.rest.of(wait).await;
        Ok(())
    }

    /// The same judgement for a caller that waits itself: how long.
    pub(crate) fn judge(&mut self, error: Error) -> Result<Duration, Error> {
        self.attempts += 1;
        if self.attempts >= self.retry.policy.max_attempts || !may_repeat(&error, self.repeat) {
            return Err(error);
        }
        let wait = error
            .retry_after()
            .unwrap_or_else(|| backoff(self.retry.policy.first_delay, self.attempts - 1, jitter()));
        self.grant(wait, error)
    }

    /// Waits for a lane that is paused; no request was made, so it is no attempt.
    pub(crate) async fn paused(&mut self, error: Error) -> Result<(), Error> {
        let wait = self.put_off(error)?;
        self.retry.rest.of(wait).await;
        Ok(())
    }

    /// The same for a caller that waits itself: how long.
    pub(crate) fn put_off(&mut self, error: Error) -> Result<Duration, Error> {
        let wait = error.retry_after().unwrap_or_default().max(Duration::from_millis(10));
        self.grant(wait, error)
    }

    fn grant(&mut self, wait: Duration, error: Error) -> Result<Duration, Error> {
        if self.waited + wait > self.retry.policy.max_wait {
            return Err(error);
        }
        self.waited += wait;
        tracing::debug!(wait_ms = wait.as_millis() as u64, attempt = self.attempts, cause = %error, "waiting before the next attempt");
        Ok(wait)
    }
}

/// The rule: transient failures are repeated; what may have happened already only if that does no harm.
fn may_repeat(error: &Error, repeat: Repeat) -> bool {
    let surely_not_done = matches!(error, Error::Throttled { .. } | Error::Unreachable { .. });
    error.is_retryable() && (surely_not_done || repeat == Repeat::Safe)
}

/// Doubling from `first`, at most a minute, of which the last half is left to chance (`jitter` in 0..1).
pub(crate) fn backoff(first: Duration, earlier: u32, jitter: f64) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(earlier.min(16))).min(Duration::from_mins(1));
    full.mul_f64(0.5 + jitter / 2.0)
}

/// A number in 0..1 that differs between processes.
pub(crate) fn jitter() -> f64 {
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    f64::from((high >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
}

/// `Retry-After` in seconds or as a date. A date is compared with the answer's own `Date`, so that no clock is
/// needed here; without one it is ignored.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_hours(24);
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        let now = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?.trim()).ok()?;
        (until - now).to_std().unwrap_or_default()
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RequestIds;

    fn throttled(seconds: u64) -> Error {
        Error::Throttled { retry_after: Duration::from_secs(seconds), ids: Box::default() }
    }

    fn headers(pairs: &[(http::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().expect("a valid header"))).collect()
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_date() {
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "17")])), Some(Duration::from_secs(17)));
        let later = "Sat, 21 Nov 2026 09:02:00 GMT";
        let now = "Sat, 21 Nov 2026 09:00:30 GMT";
        assert_eq!(
            retry_after(&headers(&[(RETRY_AFTER, later), (DATE, now)])),
            Some(Duration::from_secs(90))
        );
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, now), (DATE, later)])), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, later)])), None);
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "soon")])), None);
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "99999999999")])), Some(Duration::from_hours(24)));
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn only_what_surely_did_not_happen_is_repeated_for_a_once_only_call() {
        let ids = Box::<RequestIds>::default;
        let cases = [
            (throttled(1), true, true),
            (Error::Unreachable { what: String::new(), ids: ids() }, true, true),
            (Error::Timeout { ids: ids() }, true, false),
            (Error::Transport { what: String::new(), ids: ids() }, true, false),
            (Error::BrokenBody { what: String::new(), ids: ids() }, true, false),
            (Error::Decode { what: String::new(), ids: ids() }, false, false),
            (Error::NotFound { code: String::new(), message: String::new(), ids: ids() }, false, false),
        ];
        for (error, safe, once) in cases {
            assert_eq!(may_repeat(&error, Repeat::Safe), safe, "{error:?}");
            assert_eq!(may_repeat(&error, Repeat::Once), once, "{error:?}");
        }
    }

    #[test]
    fn backoff_doubles_up_to_a_minute_and_leaves_half_to_chance() {
        let first = Duration::from_secs(1);
        assert_eq!(backoff(first, 0, 0.0), Duration::from_millis(500));
        assert_eq!(backoff(first, 3, 1.0), Duration::from_secs(8));
        assert_eq!(backoff(first, 400, 1.0), Duration::from_mins(1));
        for _ in 0..100 {
            assert!((0.0..1.0).contains(&jitter()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_course_ends_with_its_attempts_or_its_patience() {
        let policy =
            RetryPolicy { max_attempts: 3, max_wait: Duration::from_secs(10), ..RetryPolicy::default() };
        let retry = Retry { policy, rest: Rest::default() };
        let mut course = Course::new(&retry, Repeat::Safe);
        assert!(course.after(throttled(4)).await.is_ok());
        assert!(course.after(throttled(5)).await.is_ok());
        assert!(course.after(throttled(0)).await.is_err(), "the third attempt was the last");

        let mut course = Course::new(&retry, Repeat::Safe);
        assert!(course.after(throttled(11)).await.is_err(), "longer than the client may wait");

        let mut course = Course::new(&retry, Repeat::Safe);
        for _ in 0..5 {
            assert!(course.paused(throttled(2)).await.is_ok(), "a paused lane costs time, not attempts");
        }
        assert!(course.paused(throttled(2)).await.is_err());
    }
}
