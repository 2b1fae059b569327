//! The items of one drive, with what finding them takes: by folder and name, by sequence, by the time they end.
//! An item changes only through here, so that a drive of 10,000 recordings answers like one of ten.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::drive::Item;

/// How long the bin keeps what was deleted.
pub(crate) const BIN: TimeDelta = TimeDelta::days(93);

/// Reads like the map of items by id; writing goes through `put` and `change`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Items {
    by_id: BTreeMap<String, Item>,
    folders: HashMap<String, Folder>,
    by_sequence: BTreeSet<(u64, String)>,
    special: BTreeSet<(String, String)>,
    /// When an item expires, or leaves the bin.
    ends: BTreeSet<(DateTime<Utc>, String)>,
    used: u64,
    binned: u64,
}

/// What lies in a folder and is not deleted.
#[derive(Debug, Clone, Default)]
struct Folder {
    /// Names without case, with the item's id.
    names: BTreeSet<(String, String)>,
    bytes: u64,
    /// `name 1.pdf`, `name 2.pdf` and so on, by what comes before and after the number.
    series: HashMap<(String, String), Series>,
}

/// The numbers taken in a series of names; no number below `free` is free.
#[derive(Debug, Clone)]
struct Series {
    taken: BTreeSet<u32>,
    free: u32,
}

impl Default for Series {
    fn default() -> Self {
        Self { taken: BTreeSet::new(), free: 1 }
    }
}

impl Folder {
    fn enter(&mut self, item: &Item) {
        let name = item.name.to_lowercase();
        if let Some((series, number)) = numbered(&name) {
            let series = self.series.entry(series).or_default();
            series.taken.insert(number);
            while series.taken.contains(&series.free) {
                series.free += 1;
            }
        }
        self.names.insert((name, item.id.clone()));
        self.bytes += size(item);
    }

    fn leave(&mut self, item: &Item) {
        let name = item.name.to_lowercase();
        if let Some((series, number)) = numbered(&name)
            && let Some(series) = self.series.get_mut(&series)
        {
            series.taken.remove(&number);
            series.free = series.free.min(number);
        }
        self.names.remove(&(name, item.id.clone()));
        self.bytes -= size(item);
    }
}

/// `sheet 12.pdf` as `sheet`, `.pdf` and 12.
fn numbered(name: &str) -> Option<((String, String), u32)> {
    let (stem, ending) = name.rfind('.').map_or((name, ""), |dot| name.split_at(dot));
    let (base, digits) = stem.rsplit_once(' ')?;
    let number: u32 = digits.parse().ok().filter(|number| *number > 0 && *number < u32::MAX)?;
    (number.to_string() == digits).then(|| ((base.to_owned(), ending.to_owned()), number))
}

fn size(item: &Item) -> u64 {
    item.file.as_ref().map_or(0, |file| file.measure.size)
}

/// When something happens to an item by itself: it expires, or the bin lets go of it.
fn end(item: &Item) -> Option<DateTime<Utc>> {
    match item.deleted {
        None => item.expires_at,
        Some(deleted) => (!item.purged).then_some(deleted + BIN),
    }
}

impl Items {
    /// Puts an item in, over the one of the same id if there is one.
    pub(crate) fn put(&mut self, item: Item) {
        if let Some(old) = self.by_id.remove(&item.id) {
            self.leave(&old);
        }
        self.enter(&item);
        self.by_id.insert(item.id.clone(), item);
    }

    /// Changes an item; nothing when there is none.
    pub(crate) fn change<T>(&mut self, id: &str, how: impl FnOnce(&mut Item) -> T) -> Option<T> {
        let mut item = self.by_id.remove(id)?;
        self.leave(&item);
        let made = how(&mut item);
        self.enter(&item);
        self.by_id.insert(item.id.clone(), item);
        Some(made)
    }

    /// Ids of what lies in a folder, by name without case.
    pub(crate) fn inside(&self, folder: &str) -> impl Iterator<Item = &str> {
        let names = self.folders.get(folder).map(|folder| &folder.names);
        names.into_iter().flatten().map(|(_, id)| id.as_str())
    }

    /// How many items lie in a folder, and the bytes of its files.
    pub(crate) fn weight(&self, folder: &str) -> (usize, u64) {
        self.folders.get(folder).map_or((0, 0), |folder| (folder.names.len(), folder.bytes))
    }

    /// Ids of what has this name in a folder; case does not count.
    pub(crate) fn named(&self, folder: &str, name: &str) -> impl Iterator<Item = &str> {
        let name = name.to_lowercase();
        let first = (name.clone(), String::new());
        let names = self.folders.get(folder).map(|folder| folder.names.range(first..));
        names.into_iter().flatten().take_while(move |(other, _)| *other == name).map(|(_, id)| id.as_str())
    }

    /// No lower number than this is free for a name in a folder, given that name with its number 1.
    pub(crate) fn lowest_free(&self, folder: &str, first: &str) -> u32 {
        let series = numbered(&first.to_lowercase());
        let known = series.and_then(|(series, _)| self.folders.get(folder)?.series.get(&series));
        known.map_or(1, |series| series.free)
    }

    /// The living item with a special role.
    pub(crate) fn special(&self, alias: &str) -> Option<&Item> {
        let (other, id) = self.special.range((alias.to_owned(), String::new())..).next()?;
        if other == alias { self.by_id.get(id) } else { None }
    }

    /// What changed after `since` and up to `until`, in order.
    pub(crate) fn changed(&self, since: u64, until: u64) -> impl Iterator<Item = &Item> {
        let first = (since.saturating_add(1), String::new());
        let found = self.by_sequence.range(first..).take_while(move |(sequence, _)| *sequence <= until);
        found.filter_map(|(_, id)| self.by_id.get(id))
    }

    /// Ids of what ends by itself until now, in the order of ids.
    pub(crate) fn ending(&self, now: DateTime<Utc>) -> BTreeSet<String> {
        self.ends.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| id.clone()).collect()
    }

    /// Bytes that count against the quota, the bin's among them.
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// Bytes in the bin.
    pub(crate) fn binned(&self) -> u64 {
        self.binned
    }

    fn enter(&mut self, item: &Item) {
        self.by_sequence.insert((item.sequence, item.id.clone()));
        if let Some(at) = end(item) {
            self.ends.insert((at, item.id.clone()));
        }
        if !item.purged {
            self.used += size(item);
        }
        if item.deleted.is_some() {
            self.binned += if item.purged { 0 } else { size(item) };
            return;
        }
        if let Some(parent) = &item.parent {
            self.folders.entry(parent.clone()).or_default().enter(item);
        }
        if let Some(alias) = &item.special {
            self.special.insert((alias.clone(), item.id.clone()));
        }
    }

    fn leave(&mut self, item: &Item) {
        self.by_sequence.remove(&(item.sequence, item.id.clone()));
        if let Some(at) = end(item) {
            self.ends.remove(&(at, item.id.clone()));
        }
        if !item.purged {
            self.used -= size(item);
        }
        if item.deleted.is_some() {
            self.binned -= if item.purged { 0 } else { size(item) };
            return;
        }
        if let Some(folder) = item.parent.as_ref().and_then(|parent| self.folders.get_mut(parent)) {
            folder.leave(item);
        }
        if let Some(alias) = &item.special {
            self.special.remove(&(alias.clone(), item.id.clone()));
        }
    }
}

impl Deref for Items {
    type Target = BTreeMap<String, Item>;

    fn deref(&self) -> &Self::Target {
        &self.by_id
    }
}

impl Serialize for Items {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_id.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut items = Self::default();
        for item in BTreeMap::<String, Item>::deserialize(deserializer)?.into_values() {
            items.put(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::Drive;

    fn drive() -> (Drive, String) {
        let drive = Drive::new("somebody", "Recordings", 1, DateTime::UNIX_EPOCH);
        let folder = drive.special("recordings").unwrap().id.clone();
        (drive, folder)
    }

    fn put(drive: &mut Drive, folder: &str, (id, name): (&str, &str)) -> String {
        let item =
            Item::folder(id.to_owned(), Some(folder.to_owned()), name, "somebody", DateTime::UNIX_EPOCH);
        drive.place(item, 2);
        drive.item(id).unwrap().name.clone()
    }

    #[test]
    fn a_taken_name_gets_the_first_free_number_whatever_its_case() {
        let (mut drive, folder) = drive();
        let names = ["Sheet.pdf", "SHEET.PDF", "sheet 3.pdf", "Sheet.pdf", "sheet.pdf"];
        let given: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(number, name)| put(&mut drive, &folder, (&format!("i{number}"), name)))
            .collect();
        assert_eq!(given, ["Sheet.pdf", "SHEET 1.PDF", "sheet 3.pdf", "Sheet 2.pdf", "sheet 4.pdf"]);
        drive.delete("i1", DateTime::UNIX_EPOCH, 3);
        assert_eq!(put(&mut drive, &folder, ("i9", "Sheet.pdf")), "Sheet 1.pdf", "a number is free again");
        assert_eq!(
            drive.free_name(&folder, "sheet 3.pdf", "i2"),
            "sheet 3.pdf",
            "its own name is no other's"
        );
        assert_eq!(drive.free_name_beside(&folder, "new.pdf", "", &["NEW.pdf", "new 1.pdf"]), "new 2.pdf");
        assert_eq!(drive.child(&folder, "sheet 4.PDF").unwrap().id, "i4");
    }

    #[test]
    fn a_change_moves_an_item_to_where_it_is_looked_for() {
        let (mut drive, folder) = drive();
        put(&mut drive, &folder, ("a", "Übung.txt"));
        drive.items.change("a", |item| {
            item.name = "ÜBUNG 2.txt".to_owned();
            item.sequence = 7;
        });
        assert!(drive.child(&folder, "übung.txt").is_none());
        assert_eq!(drive.child(&folder, "übung 2.txt").unwrap().id, "a");
        let changed: Vec<&str> = drive.items.changed(2, 7).map(|item| item.id.as_str()).collect();
        assert_eq!(changed, ["a"]);
        let saved = serde_json::to_value(&drive).unwrap();
        let again: Drive = serde_json::from_value(saved).unwrap();
        assert_eq!(again.items.weight(&folder), (1, 0));
    }
}
