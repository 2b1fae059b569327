//! What single pages read: one statement for each part of a page, narrowed to what the viewer may see. Nothing here
//! writes, and no other room than the web's pages asks.

pub mod audit;
pub mod class;
pub mod class_list;
pub mod class_parts;
pub mod home;
pub mod inbox;
pub mod ledger;
pub mod monitor;
pub mod scheduling;

use super::{Result, Row};

/// Stands between names that a query joins; no name holds it.
const BETWEEN: char = '\u{1f}';

/// The names that a query joined in `column`, in their order.
fn names(row: &Row, column: &str) -> Result<Vec<String>> {
    let joined: Option<String> = row.get(column)?;
    let mut names: Vec<String> =
        joined.map_or_else(Vec::new, |joined| joined.split(BETWEEN).map(str::to_owned).collect());
    names.sort();
    Ok(names)
}

/// SQL: the verdict of `meeting x` as it stands at parameter `now`. The stored one is moved on where only time has
/// passed since it was judged; `Meeting::verdict_now` says the same in Rust.
fn verdict_now(now: &str) -> String {
    format!(
        "CASE WHEN x.cancelled_at IS NOT NULL AND x.verdict NOT IN ('recorded', 'missing') THEN 'cancelled'
              WHEN x.verdict IN ('upcoming', 'running') AND x.ends_at <= {now} THEN 'waiting'
              WHEN x.verdict = 'upcoming' AND x.starts_at <= {now} THEN 'running'
              ELSE x.verdict END"
    )
}
