//! What every list of the API has in common: `?cursor=&limit=` in, `{items, next_cursor}` out. A cursor is the id of the
//! last item of the page before.

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

/// The id after which the page begins.
pub fn cursor<I: std::str::FromStr>(asked: Option<&str>) -> Result<Option<I>, Error> {
    let Some(text) = asked.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let id =
        text.parse().map_err(|_| Error::invalid("cursor", "Take it from next_cursor of the page before."))?;
    Ok(Some(id))
}

/// Cuts `items`, of which one more than `limit` was read, to a page, and says where the next one begins.
pub fn page<T>(items: &mut Vec<T>, limit: i64, id: impl Fn(&T) -> i64) -> Option<String> {
    let limit = limit as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    items.last().filter(|_| more).map(|last| id(last).to_string())
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
    }
}
