//! What the audit page calls the things that its entries are about: a class by its title and time, a person by name.
//! An entry itself holds ids only; what was deleted or erased since keeps its `word:id`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::model::id::{ConferenceId, MeetingId};
use crate::store::many::where_in;
use crate::store::{Read, Result, Row};

/// A thing by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Title or name.
    pub name: String,
    /// Of a class: when it begins, and in which zone.
    pub begins: Option<(DateTime<Utc>, String)>,
    /// Of a class: where its page is.
    pub class: Option<(ConferenceId, MeetingId)>,
}

/// The words before the colon, with what finds their names: a statement that gives `id` and `name`, of classes also
/// `starts_at`, `time_zone`, `conference_id` and `meeting_id`, and the column that holds the id.
const SOURCES: [(&[&str], &str, &str); 5] = [
    (
        &["meeting"],
        "SELECT m.id, c.title AS name, m.starts_at, c.time_zone, c.id AS conference_id, m.id AS meeting_id
         FROM meeting m JOIN conference c ON c.id = m.conference_id",
        "m.id",
    ),
    (
        &["recording", "artifact"],
        "SELECT a.id, c.title AS name, m.starts_at, c.time_zone, c.id AS conference_id, m.id AS meeting_id
         FROM artifact a JOIN meeting m ON m.id = a.meeting_id JOIN conference c ON c.id = m.conference_id",
        "a.id",
    ),
    (&["conference"], "SELECT c.id, c.title AS name FROM conference c", "c.id"),
    (&["course"], "SELECT k.id, k.code AS name FROM course k", "k.id"),
    (&["user"], "SELECT u.id, u.name AS name FROM \"user\" u", "u.id"),
];

/// The names of `subjects`, each a `word:id`; at most one query per word.
pub async fn names(db: &impl Read, subjects: &[&str]) -> Result<HashMap<String, Named>> {
    let mut found = HashMap::new();
    for (words, select, key) in SOURCES {
        let asked: Vec<(&str, i64)> = subjects
            .iter()
            .filter_map(|subject| subject.split_once(':'))
            .filter(|(word, _)| words.contains(word))
            .filter_map(|(word, id)| Some((word, id.parse().ok()?)))
            .collect();
        let mut ids: Vec<i64> = asked.iter().map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let is_class = select.contains("meeting_id");
        for row in where_in(db, select, key, &ids).await? {
            let id: i64 = row.get("id")?;
            let named = named(&row, is_class)?;
            for (word, _) in asked.iter().filter(|(_, of)| *of == id) {
                found.insert(format!("{word}:{id}"), named.clone());
            }
        }
    }
    Ok(found)
}

fn named(row: &Row, is_class: bool) -> Result<Named> {
    let name = row.get("name")?;
    if !is_class {
        return Ok(Named { name, begins: None, class: None });
    }
    Ok(Named {
        name,
        begins: Some((row.get("starts_at")?, row.get("time_zone")?)),
        class: Some((row.id("conference_id")?, row.id("meeting_id")?)),
    })
}
