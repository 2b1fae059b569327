//! The key under which a recording is kept: named after its class, so that people find it in the archive itself, and
//! never the key of another.

use chrono::{DateTime, Utc};

use crate::model::archive_name::ArchiveName;
use crate::model::id::MeetingId;
use crate::ops::{Error, Result};
use crate::store::{Tx, drafts, keep};

/// More recordings than this of one class and second there are not.
const MOST: usize = 1_000;

/// A key that nothing has yet, for a recording of this class that began at this time; `None` if that is not known.
pub(super) async fn free_key(tx: &Tx, meeting: MeetingId, began: Option<DateTime<Utc>>) -> Result<String> {
    let class = keep::class_of(tx, meeting).await?.ok_or(Error::NotFound)?;
    let name = ArchiveName {
        course_code: &class.course_code,
        title: &class.title,
        began: began.unwrap_or(class.starts_at),
        time_zone: &class.time_zone,
    };
    for number in 1..=MOST {
        let key = name.key(number);
        if !drafts::is_taken(tx, &key).await? {
            return Ok(key);
        }
    }
    Err(Error::Conflict(format!("There are {MOST} recordings called {} already.", name.key(1))))
}
