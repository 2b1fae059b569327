//! Opening a recording or file for a viewer: rights first, then the bytes, from our verified copy or from
//! Microsoft. Nothing is ever redirected, and no address of Microsoft's leaves this room.

use std::ops::Range;

use futures::StreamExt as _;
use futures::stream::BoxStream;

use bytes::Bytes;

use super::rights;
use super::{Error, Result, say};
use crate::app::App;
use crate::bucket::BucketError;
use crate::model::access::{self, Act, Decision, Facts, Standing, Viewer};
use crate::model::artifact::ArtifactKind;
use crate::model::id::ArtifactId;
use crate::store::media::{self, Medium, PlacedMedium};

pub mod naming;
mod sending;
mod source;

pub use sending::{Audience, Sending};
pub use source::measure;

/// One thing that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The row.
    pub id: ArtifactId,
    /// What it must be: `/recordings/7` is never a file.
    pub kind: ArtifactKind,
}

impl Wanted {
    /// The recording with this id.
    pub fn recording(id: ArtifactId) -> Self {
        Self { id, kind: ArtifactKind::Recording }
    }

    /// The shared file with this id.
    pub fn file(id: ArtifactId) -> Self {
        Self { id, kind: ArtifactKind::File }
    }

    /// What it is called in the audit.
    pub fn subject(self) -> String {
        format!("{}:{}", self.kind, self.id)
    }

    /// What one does with its bytes.
    fn act(self) -> Act {
        if self.kind == ArtifactKind::File { Act::SeeFiles } else { Act::Watch }
    }
}

/// A medium that a viewer may see.
#[derive(Debug, Clone)]
pub struct SeenMedium {
    /// The medium and its class.
    pub placed: PlacedMedium,
    /// How the viewer stands to it.
    pub standing: Standing,
    /// What about it decides further questions.
    pub facts: Facts,
}

impl SeenMedium {
    /// Whether `viewer` may also do `act`.
    pub fn may(&self, viewer: &Viewer, act: Act) -> bool {
        access::decide(self.standing, viewer.scope, act, self.facts) == Decision::Allowed
    }
}

/// The medium, if `viewer` may take its bytes now; else `NotFound` or `Denied`, audited.
pub async fn authorize(app: &App, viewer: &Viewer, wanted: Wanted) -> Result<SeenMedium> {
    see(app, viewer, wanted, wanted.act()).await
}

/// The medium, if `viewer` may do `act` with it now; else `NotFound` or `Denied`, audited. One query.
pub async fn see(app: &App, viewer: &Viewer, wanted: Wanted, act: Act) -> Result<SeenMedium> {
    let placed = media::find_placed(&app.store, wanted.id, wanted.kind, viewer.user_id).await?;
    let Some(placed) = placed.filter(|placed| !placed.medium.facts.is_binned()) else {
        return Err(Error::NotFound);
    };
    let standing = standing(app, &placed);
    let facts = facts(&placed);
    let decision = access::decide(standing, viewer.scope, act, facts);
    rights::settle(app, viewer, &wanted.subject(), decision).await?;
    Ok(SeenMedium { placed, standing, facts })
}

/// Succeeds if `viewer` may keep what they see as a file of their own; else `Denied`, audited.
pub async fn may_keep(app: &App, viewer: &Viewer, wanted: Wanted, seen: &SeenMedium) -> Result<()> {
    if wanted.kind != ArtifactKind::Recording {
        return Ok(());
    }
    let decision = access::decide(seen.standing, viewer.scope, Act::Download, seen.facts);
    rights::settle(app, viewer, &wanted.subject(), decision).await
}

/// The role is the one of this moment, not of when the viewer signed in.
fn standing(app: &App, placed: &PlacedMedium) -> Standing {
    if placed.viewer_disabled {
        return Standing::Outsider;
    }
    access::standing(placed.viewer_role, placed.membership, app.clock.now())
}

fn facts(placed: &PlacedMedium) -> Facts {
    let place = placed.place.as_ref();
    Facts {
        published: place.is_some_and(|place| place.published),
        hidden: placed.medium.is_withheld(),
        learners_see_chat: place.is_some_and(|place| place.learners_see_chat),
        learners_see_files: place.is_some_and(|place| place.learners_see_files),
        of_minors: place.is_some_and(|place| place.of_minors),
    }
}

/// The bytes of one answer.
pub struct Opened {
    /// The bytes, from the first that was asked for.
    pub bytes: BoxStream<'static, Result<Bytes>>,
    /// How many there will be, if that is known.
    pub length: Option<u64>,
}

/// What opening came to.
pub enum Opening {
    /// The bytes come.
    Ready(Opened),
    /// The file is another than its row said; the row is right now and everything is to be asked again.
    Changed,
}

/// Opens `range` of a medium, or all of it. `size` is what the answer promises.
pub async fn open(
    app: &App,
    placed: &PlacedMedium,
    range: Option<Range<u64>>,
    size: Option<u64>,
) -> Result<Opening> {
    let medium = &placed.medium;
    let range = range.or_else(|| size.map(|size| 0..size));
    if size == Some(0) {
        let bytes = futures::stream::empty().boxed();
        return Ok(Opening::Ready(Opened { bytes, length: Some(0) }));
    }
    if let (Some(key), true, Some(range)) = (&medium.archive_key, medium.facts.is_verified(), &range) {
        let length = Some(range.end - range.start);
        match app.bucket.get(key, range.clone()).await {
            Ok(bytes) => {
                return Ok(Opening::Ready(Opened { bytes: bytes.map(|next| Ok(next?)).boxed(), length }));
            }
            Err(error) => unreadable(medium, &error)?,
        }
    }
    source::open(app, placed, range, size).await
}

/// Our copy cannot be read: Microsoft's is, if there is one.
fn unreadable(medium: &Medium, error: &BucketError) -> Result<()> {
    tracing::error!(artifact = %medium.id, %error, "Download failed: the archived copy of a recording cannot be read");
    if medium.stored_in_onedrive() {
        return Ok(());
    }
    Err(Error::NotReady(say("op-archive-unreadable")))
}
