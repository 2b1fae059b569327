//! Reading the transcript of a recording. Who may watch the recording may read what was said in it; reading is a
//! visit of its own, because it is as good as watching.

use super::media::{self, Wanted};
use super::{Error, Result, privacy, say, visits};
use crate::app::App;
use crate::model::access::Viewer;
use crate::model::artifact::{ArtifactKind, Cue};
use crate::model::id::ArtifactId;
use crate::model::visit::{Trace, VisitKey, Way};
use crate::store;

/// The cues of a recording's transcript in order; `Lost` while there is none.
pub async fn read(app: &App, viewer: &Viewer, recording: ArtifactId) -> Result<Vec<Cue>> {
    let seen = media::authorize(app, viewer, Wanted::recording(recording)).await?;
    privacy::must_have_said_why(app, viewer, &seen).await?;
    find(app, viewer, recording).await?.ok_or_else(|| Error::Lost(say("op-no-transcript")))
}

/// The cues for someone whose right to the recording was just asked; `None` while there is no transcript.
pub async fn find(app: &App, viewer: &Viewer, recording: ArtifactId) -> Result<Option<Vec<Cue>>> {
    let Some(transcript) = store::media::find_transcript(&app.store, recording).await? else {
        return Ok(None);
    };
    let cues = store::media::cues(&app.store, transcript).await?;
    let key = VisitKey { artifact_id: transcript, user_id: viewer.user_id, way: Way::Watch };
    visits::open(app, key, ArtifactKind::Transcript, &Trace::default()).await?;
    Ok(Some(cues))
}
