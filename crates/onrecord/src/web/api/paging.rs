//! Lists come in pages: `?limit=` (50, at most 200) and `?cursor=`, an opaque mark of the last row of the page before.

use serde::{Deserialize, Serialize};

use crate::ops::Result;
use crate::web::listing;

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
        listing::limit(self.limit)
    }

    /// The numbers of the cursor, joined by `_`; `None` on the first page.
    pub fn marks<const N: usize>(&self) -> Result<Option<[i64; N]>> {
        listing::marks(self.cursor.as_deref())
    }
}

impl<T> PageOf<T> {
    /// Makes a page of up to `limit + 1` rows; the one too many says that there is a next page.
    pub fn of<R>(mut rows: Vec<R>, limit: i64, mark: impl Fn(&R) -> String, show: impl Fn(R) -> T) -> Self {
        let next_cursor = listing::page(&mut rows, limit, mark);
        Self { items: rows.into_iter().map(show).collect(), next_cursor }
    }
}
