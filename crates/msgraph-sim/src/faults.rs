//! Failures on purpose: what `POST /sim/faults` sets up and the ports then do.
//! Each fault decides by its own seeded dice, so a failing run can be repeated.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::random::Random;

/// One configured failure; every effect that is given applies.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Fault {
    pub(crate) id: u64,
    /// Only requests with this method.
    pub(crate) method: Option<String>,
    /// Substring of the path, or a glob with `*`. Downloads are under `/download/`.
    #[serde(alias = "path_pattern", alias = "pattern")]
    pub(crate) path: Option<String>,
    /// Chance per matching request, 1 by default.
    pub(crate) probability: Option<f64>,
    pub(crate) seed: Option<u64>,
    /// How often at most; unlimited by default.
    #[serde(alias = "count")]
    pub(crate) times: Option<u64>,
    /// Matching requests let through first.
    pub(crate) after: u64,

    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    /// Seconds, or an HTTP date.
    pub(crate) retry_after: Option<Value>,
    /// End the connection after so many bytes of the body.
    pub(crate) cut_after: Option<u64>,
    pub(crate) slow_ms: Option<u64>,
    pub(crate) wrong_hash: bool,
    pub(crate) wrong_bytes: bool,
    pub(crate) ignore_range: bool,
    pub(crate) html: bool,
    pub(crate) empty: bool,
    pub(crate) malformed: bool,
    /// 410 with a Location, on delta calls.
    pub(crate) gone: bool,
    /// What happens to notifications whose resource matches `path`.
    pub(crate) notification: Option<NotificationFault>,
    /// How late, for `notification: late`.
    pub(crate) delay_s: Option<i64>,

    #[serde(skip_deserializing)]
    pub(crate) hits: u64,
    #[serde(skip)]
    dice: Option<Random>,
    #[serde(skip)]
    passed: u64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NotificationFault {
    Lost,
    Doubled,
    Late,
    Reordered,
}

impl Fault {
    /// Says what is wrong with a fault as given, if anything.
    pub(crate) fn problem(&self) -> Option<String> {
        if let Some(status) = self.status
            && !(200..=599).contains(&status)
        {
            return Some(format!("status: {status} is no HTTP status a fault can give"));
        }
        if let Some(probability) = self.probability
            && !(0.0..=1.0).contains(&probability)
        {
            return Some("probability: must be between 0 and 1".to_owned());
        }
        if let Some(method) = &self.method
            && Method::from_bytes(method.as_bytes()).is_err()
        {
            return Some(format!("method: {method} is no HTTP method"));
        }
        match &self.retry_after {
            None | Some(Value::Number(_) | Value::String(_)) => None,
            Some(_) => Some("retry_after: give seconds or an HTTP date".to_owned()),
        }
    }

    pub(crate) fn retry_after_text(&self) -> Option<String> {
        match self.retry_after.as_ref()? {
            Value::String(text) => Some(text.clone()),
            number => Some(number.to_string()),
        }
    }

    /// Whether this request meets the fault now; counts it if so.
    pub(crate) fn strikes(&mut self, method: &str, path: &str) -> bool {
        let fits = self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|pattern| matches(pattern, path));
        if !fits || self.times.is_some_and(|times| self.hits >= times) {
            return false;
        }
        if self.passed < self.after {
            self.passed += 1;
            return false;
        }
        let chance = self.probability.unwrap_or(1.0);
        let seed = self.seed.unwrap_or(self.id);
        let dice = self.dice.get_or_insert_with(|| Random::seeded(seed));
        if chance < 1.0 && dice.fraction() >= chance {
            return false;
        }
        self.hits += 1;
        true
    }
}

/// Substring, or glob when the pattern has a `*`.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return path.contains(pattern);
    }
    let pieces: Vec<&str> = pattern.split('*').collect();
    let last = pieces.len() - 1;
    let mut rest = path;
    for (index, piece) in pieces.iter().enumerate() {
        if index == 0 {
            match rest.strip_prefix(piece) {
                Some(after) => rest = after,
                None => return false,
            }
        } else if index == last {
            return rest.ends_with(piece);
        } else {
            match rest.find(piece) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_substrings_or_globs() {
        for (pattern, path, expected) in [
            ("/recordings", "/v1.0/users/1/onlineMeetings/2/recordings", true),
            ("/v1.0/*/delta", "/v1.0/drives/1/root/delta", true),
            ("/v1.0/*/delta", "/v1.0/drives/1/root/delta/x", false),
            ("*content", "/a/content", true),
            ("/b*", "/a/b", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn a_fault_stops_after_its_times() {
        let mut fault = Fault { times: Some(2), ..Fault::default() };
        let struck: Vec<bool> = (0..3).map(|_| fault.strikes("GET", "/x")).collect();
        assert_eq!(struck, [true, true, false]);
    }
}
