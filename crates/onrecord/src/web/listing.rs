//! What every list of pages and API has in common: how long a page is, where it begins (`?cursor=`: the numbers that
//! order its rows, joined by `_`), and how one row too many says that there is a next page.

use chrono::{DateTime, Datelike as _, Utc};

use crate::ops::Error;

/// Items on one page unless asked otherwise.
pub const PAGE: i64 = 50;

/// Items on one page at most.
pub const MOST: i64 = 200;

/// The wanted length of a page, 1 to 200.
pub fn limit(asked: Option<i64>) -> Result<i64, Error> {
    match asked {
        None => Ok(PAGE),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(_) => Err(Error::invalid("limit", format!("Write a number from 1 to {MOST}."))),
    }
}

/// The numbers of a cursor; `None` on the first page.
pub fn marks<const N: usize>(asked: Option<&str>) -> Result<Option<[i64; N]>, Error> {
    let Some(text) = asked.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let numbers: Result<Vec<i64>, _> = text.split('_').map(str::parse).collect();
    numbers.ok().and_then(|numbers| numbers.try_into().ok()).map(Some).ok_or_else(not_ours)
}

/// The id after which the page begins.
pub fn cursor<I: std::str::FromStr>(asked: Option<&str>) -> Result<Option<I>, Error> {
    let Some(text) = asked.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| not_ours())
}

/// Letters of a search at most; more find nothing more.
const LONGEST_SEARCH: usize = 200;

/// What is searched for. Control characters find nothing, and a database may refuse them.
pub fn searched(text: &str) -> String {
    let kept = text.trim().chars().filter(|letter| !letter.is_control());
    kept.take(LONGEST_SEARCH).collect()
}

/// The moment that a number of a cursor means. No row of ours is of another age, and a database may not know it.
pub fn moment(micros: i64) -> Result<DateTime<Utc>, Error> {
    let moment = DateTime::from_timestamp_micros(micros);
    moment.filter(|moment| (1900..10_000).contains(&moment.year())).ok_or_else(not_ours)
}

fn not_ours() -> Error {
    Error::invalid("cursor", "Send back next_cursor of the page before, as it came.")
}

/// Cuts `items`, of which one more than `limit` was read, to a page, and says where the next one begins.
pub fn page<T, M: ToString>(items: &mut Vec<T>, limit: i64, mark: impl Fn(&T) -> M) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = items.len() > limit;
    items.truncate(limit);
    items.last().filter(|_| more).map(|last| mark(last).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_and_names_the_next_only_if_there_is_one() {
        let mut items = vec![7, 8, 9];
        assert_eq!(page(&mut items, 2, |id| *id), Some("8".to_owned()));
        assert_eq!(items, [7, 8]);
        assert_eq!(page(&mut items, 2, |id| *id), None);
    }

    #[test]
    fn lengths_and_cursors_are_checked() {
        assert_eq!(limit(None).unwrap(), 50);
        assert!(limit(Some(0)).is_err() && limit(Some(201)).is_err());
        assert_eq!(cursor::<i64>(Some("12")).unwrap(), Some(12));
        assert_eq!(cursor::<i64>(Some("")).unwrap(), None);
        assert!(cursor::<i64>(Some("x")).is_err());
        assert_eq!(marks::<2>(Some("-1_12")).unwrap(), Some([-1, 12]));
        for bad in ["1", "1_2_3", "a_b", "1__2", "9223372036854775808_1", "1_2 "] {
            assert!(marks::<2>(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_search_is_one_clean_line() {
        assert_eq!(searched(" a\0b\u{7}%_! "), "ab%_!");
        assert_eq!(searched(&"ä".repeat(300)).chars().count(), 200);
    }

    #[test]
    fn moments_of_another_age_are_no_cursors() {
        assert!(moment(1_796_112_000_000_000).is_ok());
        for bad in [i64::MAX, i64::MIN, -62_135_596_800_000_001, 253_402_300_800_000_000] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}
