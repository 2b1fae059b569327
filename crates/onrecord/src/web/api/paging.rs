//! Lists come in pages: `?limit=` (50, at most 200) and `?cursor=`, an opaque mark of the last row of the page before.

use serde::{Deserialize, Serialize};

use crate::ops::{Error, Result};

/// Rows on a page unless the caller says otherwise.
const USUAL: i64 = 50;

/// Rows on a page at most.
const MOST: i64 = 200;

/// What a caller asks of a list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows on the page: 50 if absent, at most 200.
    limit: Option<i64>,
}

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PageOf<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
}

impl PageQuery {
    /// The same, from a query that asks for more than a page.
    pub fn new(cursor: Option<String>, limit: Option<i64>) -> Self {
        Self { cursor, limit }
    }

    /// Rows on the page.
    pub fn limit(&self) -> Result<i64> {
        match self.limit {
            None => Ok(USUAL),
            Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
            Some(_) => Err(Error::invalid("limit", format!("Write a number from 1 to {MOST}."))),
        }
    }

    /// The numbers of the cursor, joined by `_`; `None` on the first page.
    pub fn marks<const N: usize>(&self) -> Result<Option<[i64; N]>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let wrong = || Error::invalid("cursor", "Send back next_cursor as it came.");
        let numbers: std::result::Result<Vec<i64>, _> = cursor.split('_').map(str::parse).collect();
        numbers.ok().and_then(|numbers| numbers.try_into().ok()).map(Some).ok_or_else(wrong)
    }
}

impl<T> PageOf<T> {
    /// Makes a page of up to `limit + 1` rows; the one too many says that there is a next page.
    pub fn of<R>(mut rows: Vec<R>, limit: i64, mark: impl Fn(&R) -> String, show: impl Fn(R) -> T) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(mark) } else { None };
        Self { items: rows.into_iter().map(show).collect(), next_cursor }
    }
}
