//! Everything the rules are asked about, piece by piece: nothing reads all of a large school at once.

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::model::retention::Kept;
use crate::ops::{Result, bin};
use crate::store::retention::things::{self, Placed};

/// Things read at a time.
const BATCH: i64 = 1_000;

/// What is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    /// Artifacts of classes that have ended, outside the bin.
    Artifacts,
    /// Attendance or chat of classes that have ended.
    OfClasses(Kept),
    /// What lies in the bin and whose time there is over.
    OverdueInBin,
}

/// A reading that goes on where its last piece ended.
pub(super) struct Pages<'a> {
    app: &'a App,
    which: Which,
    moment: DateTime<Utc>,
    after: i64,
}

impl<'a> Pages<'a> {
    /// Begins to read what is there at `moment`.
    pub(super) fn of(app: &'a App, which: Which, moment: DateTime<Utc>) -> Self {
        Self { app, which, moment, after: 0 }
    }

    /// The next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Placed>>> {
        let (db, limits, spared) = (&self.app.store, (BATCH, self.moment), bin::time(self.app));
        let found = match self.which {
            Which::Artifacts => things::artifacts(db, self.after, limits, spared).await?,
            Which::OfClasses(kind) => things::classes(db, kind, self.after, limits).await?,
            Which::OverdueInBin => things::overdue_in_bin(db, self.after, limits, spared).await?,
        };
        let Some(last) = found.last().map(Placed::subject_id) else { return Ok(None) };
        self.after = last;
        Ok(Some(found))
    }
}
