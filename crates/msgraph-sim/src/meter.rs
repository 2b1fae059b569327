//! Microsoft's published limits, counted when the switch `throttling` is on: requests in a window, resource units of
//! files, and how many at once in one mailbox. What is refused counts all the same, as in life.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use http::{Method, StatusCode};

use crate::http::{Call, Refusal};

/// A limit of something that is counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Limit {
    key: String,
    window_ms: i64,
    most: u32,
    /// What this request counts for.
    units: u32,
    /// Files say how much is left before it is gone.
    is_shown: bool,
}

/// Requests to one mailbox at once.
const MAILBOX_AT_ONCE: usize = 4;

/// Units of files a minute in a tenant of at most 1,000 licences.
const FILE_UNITS: u32 = 1_250;

type Counts = HashMap<String, Window>;

/// The requests of a window, with what they come to.
#[derive(Debug, Default)]
struct Window {
    seen: VecDeque<(i64, u32)>,
    used: u32,
}

/// What was asked lately.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    counts: Arc<Mutex<Counts>>,
    inside: Arc<Mutex<HashMap<String, usize>>>,
}

/// A request that was let in; its place in the mailbox is free again when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    /// `RateLimit-…`, once most of a limit is used.
    pub(crate) headers: Vec<(&'static str, String)>,
    held: Option<(Meter, String)>,
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some((meter, mailbox)) = self.held.take() {
            let mut inside = meter.inside.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = inside.get_mut(&mailbox) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

impl Meter {
    /// Counts a request; refuses it when a limit is passed.
    pub(crate) fn admit(&self, call: &Call, now: DateTime<Utc>) -> Result<Admission, Refusal> {
        let now_ms = now.timestamp_millis();
        let mut admission = Admission::default();
        {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            for limit in limits(call) {
                let (used, free_in_ms) = count(&mut counts, &limit, now_ms);
                if used > limit.most {
                    return Err(refusal(&limit, free_in_ms));
                }
                if limit.is_shown && used * 5 >= limit.most * 4 {
                    admission.headers = shown(&limit, used, free_in_ms);
                }
            }
        }
        if let Some(mailbox) = mailbox(call) {
            let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
            let held = inside.entry(mailbox.clone()).or_default();
            if *held >= MAILBOX_AT_ONCE {
                return Err(throttled(
                    "ApplicationThrottled",
                    "Application is over its MailboxConcurrency limit.",
                    1,
                ));
            }
            *held += 1;
            admission.held = Some((self.clone(), mailbox));
        }
        Ok(admission)
    }
}

/// Adds a request to its window; returns what is used and in how many milliseconds the oldest leaves.
fn count(counts: &mut Counts, limit: &Limit, now_ms: i64) -> (u32, i64) {
    let window = counts.entry(limit.key.clone()).or_default();
    while let Some((at, units)) = window.seen.front().copied()
        && at <= now_ms - limit.window_ms
    {
        window.seen.pop_front();
        window.used -= units;
    }
    window.seen.push_back((now_ms, limit.units));
    window.used += limit.units;
    let oldest = window.seen.front().map_or(now_ms, |(at, _)| *at);
    (window.used, oldest + limit.window_ms - now_ms)
}

fn refusal(limit: &Limit, free_in_ms: i64) -> Refusal {
    let seconds = (free_in_ms + 999) / 1_000;
    let code = if limit.is_shown { "activityLimitReached" } else { "TooManyRequests" };
    throttled(code, "The app has been throttled. Wait as long as Retry-After says.", seconds.max(1))
}

fn throttled(code: &str, message: &str, seconds: i64) -> Refusal {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, code, message).with("retry-after", seconds.to_string())
}

fn shown(limit: &Limit, used: u32, free_in_ms: i64) -> Vec<(&'static str, String)> {
    vec![
        ("ratelimit-limit", limit.most.to_string()),
        ("ratelimit-remaining", limit.most.saturating_sub(used).to_string()),
        ("ratelimit-reset", ((free_in_ms + 999) / 1_000).to_string()),
    ]
}

/// The mailbox that a request asks, by its user.
fn mailbox(call: &Call) -> Option<String> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        [
            "users",
            user,
            "events" | "calendar" | "calendars" | "calendarView" | "sendMail" | "mailboxSettings",
            ..,
        ] => Some(user.to_lowercase()),
        _ => None,
    }
}

/// Everything a request counts for.
fn limits(call: &Call) -> Vec<Limit> {
    let limit = |key: String, window_ms, most| Limit { key, window_ms, most, units: 1, is_shown: false };
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    if let Some(mailbox) = mailbox(call) {
        return vec![limit(format!("mailbox:{mailbox}"), 600_000, 10_000)];
    }
    match segments.as_slice() {
        ["chats", chat, ..] => {
            vec![limit(format!("chat:{chat}"), 1_000, 1), limit("chats".to_owned(), 1_000, 20)]
        }
        ["users", _, "onlineMeetings", ..] | ["communications", ..] => {
            vec![limit("meetings".to_owned(), 1_000, 30)]
        }
        ["drives" | "shares", ..] | ["users", _, "drive", ..] => {
            let units = file_units(call, &segments);
            vec![Limit { units, is_shown: true, ..limit("files".to_owned(), 60_000, FILE_UNITS) }]
        }
        _ => Vec::new(),
    }
}

/// What a call to files costs.
fn file_units(call: &Call, segments: &[&str]) -> u32 {
    let has = |word: &str| segments.iter().any(|segment| segment.split('(').next() == Some(word));
    if has("permissions") || call.raw_query.contains("permissions") {
        return 5;
    }
    let is_fresh_delta = has("delta") && call.option("token").is_none();
    if call.method != Method::GET || has("children") || is_fresh_delta { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(most: u32, times: usize) -> Vec<u32> {
        let limit = Limit { key: "x".to_owned(), window_ms: 1_000, most, units: 2, is_shown: true };
        let mut counts = Counts::new();
        (0..times).map(|n| count(&mut counts, &limit, 400 * n as i64).0).collect()
    }

    #[test]
    fn a_window_forgets_what_left_it() {
        assert_eq!(seen(10, 5), [2, 4, 6, 6, 6]);
    }

    #[test]
    fn what_is_left_is_told_from_four_fifths_on() {
        let limit = Limit { key: "x".to_owned(), window_ms: 1_000, most: 10, units: 2, is_shown: true };
        assert_eq!(shown(&limit, 8, 200)[1], ("ratelimit-remaining", "2".to_owned()));
    }
}
