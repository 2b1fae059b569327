//! What the conditional and range headers of a request ask for, as a pure rule (RFC 9110, sections 13 and 14).
//! Several ranges and nonsense get the whole: that is always right, and no client breaks.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderName, header};
use chrono::{DateTime, NaiveDateTime, Utc};

/// What is known of the bytes before they are sent.
#[derive(Debug, Clone)]
pub struct Validators {
    /// A strong entity tag with its quotes, if the bytes are known well enough for one.
    pub e_tag: Option<String>,
    /// When the bytes last changed.
    pub modified_at: Option<DateTime<Utc>>,
}

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// 200 with everything.
    Whole,
    /// 206 with these bytes; never empty, never beyond the end.
    Part(Range<u64>),
    /// 416: nothing asked for exists.
    Unsatisfiable,
    /// 304: the client has it already.
    NotModified,
    /// 412: the client wanted other bytes than these.
    PreconditionFailed,
}

/// The form of dates in headers.
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// Reads `headers` of a GET or HEAD for a body of `size` bytes.
pub fn asked(headers: &HeaderMap, size: u64, validators: &Validators) -> Asked {
    if let Some(answer) = precondition(headers, validators) {
        return answer;
    }
    let Some(range) = text(headers, &header::RANGE) else {
        return Asked::Whole;
    };
    if text(headers, &header::IF_RANGE).is_some_and(|wanted| !same_bytes(wanted, validators)) {
        return Asked::Whole;
    }
    one_range(range, size)
}

/// A moment as headers write it.
pub fn http_date(moment: DateTime<Utc>) -> String {
    moment.format(HTTP_DATE).to_string()
}

fn read_date(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text.trim(), HTTP_DATE).ok().map(|moment| moment.and_utc())
}

/// One header that must not be repeated; a repeated or unreadable one counts as absent.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok().map(str::trim)
}

/// The order of RFC 9110, 13.2.2.
fn precondition(headers: &HeaderMap, validators: &Validators) -> Option<Asked> {
    let changed_since = |name: &HeaderName| {
        let since = read_date(text(headers, name)?)?;
        Some(validators.modified_at?.timestamp() > since.timestamp())
    };
    if headers.contains_key(header::IF_MATCH) {
        if !listed(headers, &header::IF_MATCH, validators, Strength::Strong) {
            return Some(Asked::PreconditionFailed);
        }
    } else if changed_since(&header::IF_UNMODIFIED_SINCE) == Some(true) {
        return Some(Asked::PreconditionFailed);
    }
    let fresh = if headers.contains_key(header::IF_NONE_MATCH) {
        listed(headers, &header::IF_NONE_MATCH, validators, Strength::Weak)
    } else {
        changed_since(&header::IF_MODIFIED_SINCE) == Some(false)
    };
    fresh.then_some(Asked::NotModified)
}

/// How entity tags are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// A weak tag never matches.
    Strong,
    /// `W/` is looked past.
    Weak,
}

fn listed(headers: &HeaderMap, name: &HeaderName, validators: &Validators, strength: Strength) -> bool {
    let lists = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|tag| {
        let tag = if strength == Strength::Weak { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
        tag == "*" || validators.e_tag.as_deref() == Some(tag)
    })
}

/// Whether `If-Range` names exactly these bytes: the strong tag, or the very date.
fn same_bytes(wanted: &str, validators: &Validators) -> bool {
    if wanted.starts_with('"') {
        return validators.e_tag.as_deref() == Some(wanted);
    }
    match (read_date(wanted), validators.modified_at) {
        (Some(wanted), Some(modified)) => wanted.timestamp() == modified.timestamp(),
        _ => false,
    }
}

/// One `bytes=` range within `size`; anything else asks for the whole.
fn one_range(range: &str, size: u64) -> Asked {
    let Some((unit, ranges)) = range.split_once('=') else {
        return Asked::Whole;
    };
    let Some((first, last)) = ranges.trim().split_once('-') else {
        return Asked::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Asked::Whole;
    }
    match (number(first), number(last)) {
        (Some(Number::Absent), Some(Number::Is(length))) => suffix(length, size),
        (Some(Number::Is(from)), Some(Number::Absent)) => within(from, size, size),
        (Some(Number::Is(from)), Some(Number::Is(last))) if from <= last => {
            within(from, last.saturating_add(1), size)
        }
        _ => Asked::Whole,
    }
}

fn suffix(length: u64, size: u64) -> Asked {
    if length == 0 { Asked::Unsatisfiable } else { within(size.saturating_sub(length), size, size) }
}

fn within(from: u64, to: u64, size: u64) -> Asked {
    if from >= size { Asked::Unsatisfiable } else { Asked::Part(from..to.min(size)) }
}

/// One side of a range.
enum Number {
    Absent,
    Is(u64),
}

/// Digits only: `+1` and ` 1` are nonsense. More digits than fit mean "beyond any end".
fn number(text: &str) -> Option<Number> {
    if text.is_empty() {
        return Some(Number::Absent);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Number::Is(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn known() -> Validators {
        Validators {
            e_tag: Some("\"abc\"".to_owned()),
            modified_at: read_date("Tue, 01 Dec 2026 08:00:00 GMT"),
        }
    }

    fn ask(pairs: &[(HeaderName, &str)], size: u64) -> Asked {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        asked(&headers, size, &known())
    }

    #[test]
    fn a_single_range_is_a_part() {
        let range = |text| ask(&[(header::RANGE, text)], 100);
        assert_eq!(range("bytes=0-0"), Asked::Part(0..1));
        assert_eq!(range("bytes=0-99"), Asked::Part(0..100));
        assert_eq!(range("bytes=10-"), Asked::Part(10..100));
        assert_eq!(range("bytes=90-500"), Asked::Part(90..100));
        assert_eq!(range("bytes=-1"), Asked::Part(99..100));
        assert_eq!(range("bytes=-500"), Asked::Part(0..100));
        assert_eq!(range("Bytes = 5-6"), Asked::Part(5..7));
        assert_eq!(range("bytes=5-99999999999999999999999999"), Asked::Part(5..100));
    }

    #[test]
    fn what_lies_beyond_the_end_cannot_be_satisfied() {
        for text in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999999-"] {
            assert_eq!(ask(&[(header::RANGE, text)], 100), Asked::Unsatisfiable, "{text}");
        }
        assert_eq!(ask(&[(header::RANGE, "bytes=0-")], 0), Asked::Unsatisfiable);
        assert_eq!(ask(&[(header::RANGE, "bytes=-5")], 0), Asked::Unsatisfiable);
        assert_eq!(ask(&[], 0), Asked::Whole);
    }

    #[test]
    fn several_ranges_and_nonsense_get_the_whole() {
        for text in [
            "bytes=0-1,5-6",
            "bytes=",
            "bytes=-",
            "bytes",
            "seconds=0-1",
            "bytes=a-b",
            "bytes=5-1",
            "bytes=+1-2",
            "bytes=1 -2",
            "bytes=--1",
            "bytes=1-2-3",
            "=1-2",
            "",
            "bytes=0x1-2",
            "bytes=1.5-2",
        ] {
            assert_eq!(ask(&[(header::RANGE, text)], 100), Asked::Whole, "{text}");
        }
        let twice = [(header::RANGE, "bytes=0-1"), (header::RANGE, "bytes=5-6")];
        assert_eq!(ask(&twice, 100), Asked::Whole);
    }

    #[test]
    fn a_resume_goes_on_only_with_the_same_bytes() {
        let resume = |condition| ask(&[(header::RANGE, "bytes=50-"), (header::IF_RANGE, condition)], 100);
        assert_eq!(resume("\"abc\""), Asked::Part(50..100));
        assert_eq!(resume("\"other\""), Asked::Whole);
        assert_eq!(resume("W/\"abc\""), Asked::Whole);
        assert_eq!(resume("Tue, 01 Dec 2026 08:00:00 GMT"), Asked::Part(50..100));
        assert_eq!(resume("Tue, 01 Dec 2026 08:00:01 GMT"), Asked::Whole);
        assert_eq!(resume("nonsense"), Asked::Whole);
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let condition = |name, value| ask(&[(name, value), (header::RANGE, "bytes=0-1")], 100);
        assert_eq!(condition(header::IF_NONE_MATCH, "\"abc\""), Asked::NotModified);
        assert_eq!(condition(header::IF_NONE_MATCH, "\"x\", W/\"abc\""), Asked::NotModified);
        assert_eq!(condition(header::IF_NONE_MATCH, "*"), Asked::NotModified);
        assert_eq!(condition(header::IF_NONE_MATCH, "\"x\""), Asked::Part(0..2));
        assert_eq!(condition(header::IF_MODIFIED_SINCE, "Tue, 01 Dec 2026 08:00:00 GMT"), Asked::NotModified);
        assert_eq!(condition(header::IF_MODIFIED_SINCE, "Tue, 01 Dec 2026 07:59:59 GMT"), Asked::Part(0..2));
        assert_eq!(condition(header::IF_MODIFIED_SINCE, "yesterday"), Asked::Part(0..2));
    }

    #[test]
    fn other_bytes_than_wanted_are_refused() {
        let condition = |name, value| ask(&[(name, value)], 100);
        assert_eq!(condition(header::IF_MATCH, "\"x\""), Asked::PreconditionFailed);
        assert_eq!(condition(header::IF_MATCH, "W/\"abc\""), Asked::PreconditionFailed);
        assert_eq!(condition(header::IF_MATCH, "\"x\", \"abc\""), Asked::Whole);
        assert_eq!(
            condition(header::IF_UNMODIFIED_SINCE, "Tue, 01 Dec 2026 07:00:00 GMT"),
            Asked::PreconditionFailed
        );
        assert_eq!(condition(header::IF_UNMODIFIED_SINCE, "Tue, 01 Dec 2026 08:00:00 GMT"), Asked::Whole);
    }

    #[test]
    fn dates_are_written_as_headers_have_them() {
        assert_eq!(http_date(known().modified_at.unwrap()), "Tue, 01 Dec 2026 08:00:00 GMT");
    }

    proptest! {
        #[test]
        fn no_range_leaves_the_body(text in "(bytes)?=?[0-9,+ -]{0,24}", size in 0_u64..1_000) {
            if let Asked::Part(part) = ask(&[(header::RANGE, &text)], size) {
                prop_assert!(part.start < part.end && part.end <= size);
            }
        }

        #[test]
        fn every_proper_range_is_answered_exactly(from in 0_u64..2_000, length in 1_u64..2_000, size in 1_u64..1_000) {
            let wanted = ask(&[(header::RANGE, &format!("bytes={from}-{}", from + length - 1))], size);
            let expected = if from < size { Asked::Part(from..(from + length).min(size)) } else { Asked::Unsatisfiable };
            prop_assert_eq!(wanted, expected);
            let last = ask(&[(header::RANGE, &format!("bytes=-{length}"))], size);
            prop_assert_eq!(last, Asked::Part(size.saturating_sub(length)..size));
        }
    }
}
