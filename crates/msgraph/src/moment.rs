//! Times as Graph writes them, read with tolerance: none to nine fraction digits, with `Z`, an offset or nothing.
//!
//! What is no time at all reads as absent: one odd field must not lose a whole page of a list.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer};

/// Reads a UTC timestamp; a missing zone means UTC.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .ok()
        .or_else(|| parse_local(text).map(|time| time.and_utc()))
}

/// Reads a wall time without zone.
pub(crate) fn parse_local(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()
}

/// Writes a UTC timestamp as Graph's filters and functions want it.
pub(crate) fn format(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// For `#[serde(deserialize_with)]`.
pub(crate) fn optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.as_deref().and_then(parse))
}

/// For `#[serde(deserialize_with)]`: an ISO 8601 duration such as `PT1H29M51S`.
pub(crate) fn optional_duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.as_deref().and_then(parse_duration))
}

fn parse_duration(text: &str) -> Option<Duration> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = rest.split_once('T').unwrap_or((rest, ""));
    let mut seconds = 0.0;
    for (part, units) in [
        (date, &[('W', 604_800.0), ('D', 86_400.0)][..]),
        (time, &[('H', 3_600.0), ('M', 60.0), ('S', 1.0)][..]),
    ] {
        let mut number = String::new();
        for c in part.chars() {
            if c.is_ascii_digit() || c == '.' {
                number.push(c);
                continue;
            }
            let (_, scale) = units.iter().find(|(unit, _)| *unit == c)?;
            seconds += number.parse::<f64>().ok()? * scale;
            number.clear();
        }
        if !number.is_empty() {
            return None;
        }
    }
    Duration::try_from_secs_f64(seconds).ok()
}

/// For `#[serde(deserialize_with)]`: `null` reads as the default, so that lists and texts are never optional twice.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_with_any_number_of_digits_and_zones() {
        let exact = parse("2026-09-01T06:01:12Z").expect("a time");
        for text in [
            "2026-09-01T06:01:12.0000000Z",
            "2026-09-01T06:01:12",
            "2026-09-01T08:01:12+02:00",
            "2026-09-01T06:01:12.0Z",
        ] {
            assert_eq!(parse(text), Some(exact), "{text}");
        }
        assert!(parse("2026-09-01T06:01:12.854635312Z").is_some());
        assert!(parse("2026-09-01T06:01:12.85463531299Z").is_some());
        assert!(parse("0001-01-01T00:00:00Z").is_some());
        assert_eq!(parse("yesterday"), None);
        assert_eq!(format(exact), "2026-09-01T06:01:12Z");
    }

    #[test]
    fn iso_durations_are_read() {
        for (text, seconds) in [
            ("PT1H29M51S", Some(5_391.0)),
            ("PT51.5S", Some(51.5)),
            ("P1DT1S", Some(86_401.0)),
            ("PT", Some(0.0)),
        ] {
            assert_eq!(parse_duration(text).map(|d| d.as_secs_f64()), seconds, "{text}");
        }
        for text in ["", "1H", "PT5", "PTxS", "P1Y", "PT99999999999999999999999999S"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
