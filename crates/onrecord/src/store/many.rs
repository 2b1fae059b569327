//! Statements over many rows at once: both databases take only so many parameters in one.

use std::fmt::Write as _;

use super::{Read, Result, Row};
use crate::model::id::Id;

/// Rows per statement: safely below the parameter limit of both databases for up to 16 columns.
pub(super) const CHUNK: usize = 1_000;

/// `$from, $from+1, …`: one list of parameters.
pub(super) fn list(from: usize, count: usize) -> String {
    let mut text = String::with_capacity(count * 6);
    for number in from..from + count {
        let comma = if number == from { "" } else { ", " };
        write!(text, "{comma}${number}").expect("writing to a string does not fail");
    }
    text
}

/// `($1, $2), ($3, $4), …`: the rows of one `VALUES`.
pub(super) fn values(rows: usize, width: usize) -> String {
    let tuples: Vec<String> = (0..rows).map(|row| format!("({})", list(row * width + 1, width))).collect();
    tuples.join(", ")
}

/// Asks `SELECT {columns} FROM {from} WHERE {key} IN (…)` for all `keys`, in pieces.
pub(super) async fn where_in<K: super::Param>(
    db: &impl Read,
    select: &str,
    key: &str,
    keys: &[K],
) -> Result<Vec<Row>> {
    let mut found = Vec::new();
    for piece in keys.chunks(CHUNK) {
        let sql = format!("{select} WHERE {key} IN ({})", list(1, piece.len()));
        let params = piece.iter().map(super::Param::param).collect();
        found.extend(db.rows(&sql, params).await?);
    }
    Ok(found)
}

/// Adds `ids` to the parameters and returns their list for an `IN`. The list is padded with an id that no row has, to
/// one of few lengths: then there are few statements, which stay compiled.
pub(in crate::store) fn any_of<I: Id>(
    params: &mut Vec<sea_orm::Value>,
    ids: impl Iterator<Item = I>,
) -> String {
    let first = params.len() + 1;
    params.extend(ids.map(|id| sea_orm::Value::from(id.get())));
    let count = (params.len() + 1 - first).next_multiple_of(32);
    params.resize(first - 1 + count, sea_orm::Value::from(0_i64));
    list(first, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_through() {
        assert_eq!(list(3, 3), "$3, $4, $5");
        assert_eq!(values(2, 2), "($1, $2), ($3, $4)");
    }
}
