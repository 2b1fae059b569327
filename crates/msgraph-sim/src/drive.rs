//! A person's OneDrive: items by id, their history for delta, the bin, and the quota.
//! Rules of storage only; how Graph words them is in `routes/drive*.rs`.

use std::collections::HashSet;

use base64::Engine as _;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::items::{BIN, Items};
use crate::media::{Content, Measure};
use crate::random::Random;
use crate::tenant::Quota;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Drive {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) root: String,
    pub(crate) items: Items,
    /// Delta tokens older than this are refused with 410.
    pub(crate) horizon: u64,
    pub(crate) created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    /// `None` only for the root.
    pub(crate) parent: Option<String>,
    pub(crate) name: String,
    /// `None` for folders.
    pub(crate) file: Option<File>,
    pub(crate) special: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) modified_at: DateTime<Utc>,
    /// What the client claims about the file's times, if it did.
    pub(crate) file_times: Option<(String, String)>,
    pub(crate) author: String,
    pub(crate) version: u64,
    pub(crate) content_version: u64,
    pub(crate) deleted: Option<DateTime<Utc>>,
    /// Deleted for good: gone from the bin too.
    pub(crate) purged: bool,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) shared: bool,
    pub(crate) links: Vec<serde_json::Value>,
    pub(crate) sequence: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct File {
    pub(crate) mime: String,
    pub(crate) content: Content,
    pub(crate) measure: Measure,
    /// Length of a video that plays.
    pub(crate) duration_ms: Option<u64>,
    pub(crate) landed_at: DateTime<Utc>,
}

/// The drive id of a person, always the same: `b!` and base64url, as in OneDrive for Business.
pub(crate) fn drive_id(owner: &str) -> String {
    let mut random = Random::seeded(fold(owner));
    let bytes: Vec<u8> = (0..48).map(|_| random.next() as u8).collect();
    format!("b!{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

fn fold(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Drive {
    /// An empty drive with its Recordings folder.
    pub(crate) fn new(owner: &str, recordings: &str, sequence: u64, at: DateTime<Utc>) -> Self {
        let id = drive_id(owner);
        let mut random = Random::seeded(fold(&id));
        let root = format!("01{}", random.base32(32));
        let mut drive = Self {
            id,
            owner: owner.to_owned(),
            root: root.clone(),
            items: Items::default(),
            horizon: 0,
            created_at: at,
        };
        let mut root_item = Item::folder(root.clone(), None, "root", owner, at);
        root_item.sequence = sequence;
        let mut folder =
            Item::folder(format!("01{}", random.base32(32)), Some(root.clone()), recordings, owner, at);
        folder.special = Some("recordings".to_owned());
        folder.sequence = sequence;
        for item in [root_item, folder] {
            drive.items.put(item);
        }
        drive
    }

    /// A live item.
    pub(crate) fn item(&self, id: &str) -> Option<&Item> {
        let id = if id.eq_ignore_ascii_case("root") { &self.root } else { id };
        self.items.get(id).filter(|item| item.deleted.is_none())
    }

    /// What lies in a folder, by name without case.
    pub(crate) fn children(&self, parent: &str) -> Vec<&Item> {
        self.items.inside(parent).filter_map(|id| self.items.get(id)).collect()
    }

    /// The child of this name; names compare without case.
    pub(crate) fn child(&self, parent: &str, name: &str) -> Option<&Item> {
        let id = self.items.named(parent, name).next()?;
        self.items.get(id)
    }

    /// Walks names from `start`.
    pub(crate) fn walk(&self, start: &str, names: &[String]) -> Option<&Item> {
        names.iter().try_fold(self.item(start)?, |folder, name| self.child(&folder.id, name))
    }

    pub(crate) fn special(&self, alias: &str) -> Option<&Item> {
        self.items.special(alias)
    }

    /// `/drives/{id}/root:/Recordings` of the folder an item lies in.
    pub(crate) fn path_of(&self, folder: &str) -> String {
        let mut names = Vec::new();
        let mut at = self.items.get(folder);
        while let Some(item) = at {
            let Some(parent) = &item.parent else { break };
            names.push(
                percent_encoding::utf8_percent_encode(&item.name, crate::routes::PATH_SAFE).to_string(),
            );
            at = self.items.get(parent);
        }
        names.reverse();
        let tail = names.iter().fold(String::new(), |path, name| path + "/" + name);
        format!("/drives/{}/root:{tail}", self.id)
    }

    /// Puts an item in place under a free name; parents count as changed with it, as delta shows them.
    pub(crate) fn place(&mut self, mut item: Item, sequence: u64) {
        if let Some(parent) = item.parent.clone() {
            item.name = self.free_name(&parent, &item.name, &item.id);
        }
        item.sequence = sequence;
        self.items.put(item);
    }

    /// `name`, or `name 1` and so on when it is taken.
    pub(crate) fn free_name(&self, parent: &str, name: &str, id: &str) -> String {
        self.free_name_beside(parent, name, id, &[])
    }

    /// The same, where these names will be taken too.
    pub(crate) fn free_name_beside(&self, parent: &str, name: &str, id: &str, awaited: &[&str]) -> String {
        let awaited: HashSet<String> = awaited.iter().map(|name| name.to_lowercase()).collect();
        let taken = |name: &str| {
            awaited.contains(&name.to_lowercase()) || self.items.named(parent, name).any(|other| other != id)
        };
        if !taken(name) {
            return name.to_owned();
        }
        let (stem, ending) = name
            .rsplit_once('.')
            .map_or((name, String::new()), |(stem, ending)| (stem, format!(".{ending}")));
        let is_inside = self.item(id).is_some_and(|own| own.parent.as_deref() == Some(parent));
        let lowest = if is_inside { 1 } else { self.items.lowest_free(parent, &format!("{stem} 1{ending}")) };
        (lowest..u32::MAX)
            .map(|number| format!("{stem} {number}{ending}"))
            .find(|name| !taken(name))
            .expect("a folder holds fewer names than there are numbers")
    }

    /// Marks an item and all below it deleted; false when it was not there.
    pub(crate) fn delete(&mut self, id: &str, at: DateTime<Utc>, sequence: u64) -> bool {
        if self.item(id).is_none() {
            return false;
        }
        let mut doomed = vec![id.to_owned()];
        while let Some(next) = doomed.pop() {
            doomed.extend(self.items.inside(&next).map(str::to_owned));
            self.items.change(&next, |item| {
                item.deleted = Some(at);
                item.sequence = sequence;
            });
        }
        true
    }

    /// Bins what has expired and empties the bin after 93 days; says whether anything changed.
    pub(crate) fn expire(&mut self, now: DateTime<Utc>, sequence: &mut u64) -> bool {
        let mut changed = false;
        for id in self.items.ending(now) {
            changed |= self.items.change(&id, |item| end(item, now, sequence)).unwrap_or_default();
        }
        changed
    }

    pub(crate) fn used(&self) -> u64 {
        self.items.used()
    }

    pub(crate) fn binned(&self) -> u64 {
        self.items.binned()
    }

    /// Bytes left under this quota.
    pub(crate) fn remaining(&self, quota: &Quota) -> u64 {
        quota.total.saturating_sub(quota.used.unwrap_or_else(|| self.used()))
    }
}

/// Lets an item's end come: into the bin when it expires, out of it after its days. Says whether it went into the bin.
fn end(item: &mut Item, now: DateTime<Utc>, sequence: &mut u64) -> bool {
    let expires = item.deleted.is_none() && item.expires_at.is_some_and(|expiry| expiry <= now);
    if expires {
        *sequence += 1;
        item.deleted = item.expires_at.take();
        item.sequence = *sequence;
    }
    item.purged |= item.deleted.is_some_and(|deleted| deleted + BIN <= now);
    expires
}

impl Item {
    pub(crate) fn folder(
        id: String,
        parent: Option<String>,
        name: &str,
        author: &str,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            parent,
            name: name.to_owned(),
            file: None,
            special: None,
            created_at: at,
            modified_at: at,
            file_times: None,
            author: author.to_owned(),
            version: 1,
            content_version: 1,
            deleted: None,
            purged: false,
            expires_at: None,
            shared: false,
            links: Vec::new(),
            sequence: 0,
        }
    }

    pub(crate) fn with_file(mut self, mime: &str, content: Content, landed_at: DateTime<Utc>) -> Self {
        let duration_ms = match &content {
            Content::Class { length_ms, .. } => Some(*length_ms),
            _ => None,
        };
        self.file =
            Some(File { mime: mime.to_owned(), measure: content.measure(), content, duration_ms, landed_at });
        self
    }
}

/// The characters OneDrive forbids in names are replaced, as Teams does.
pub(crate) fn tame_name(name: &str) -> String {
    name.chars()
        .map(|c| if "\"*:<>?/\\|".contains(c) { '_' } else { c })
        .take(180)
        .collect::<String>()
        .trim()
        .to_owned()
}
