//! What a person decided about one file holds for the rest of the same meeting: its next part, and the one before.

use chrono::Duration;
use serde_json::json;

use super::super::{Result, audit};
use super::join;
use crate::app::App;
use crate::model::artifact::ArtifactKind;
use crate::model::following::{self, Outcome, Piece};
use crate::model::id::{ArtifactId, MeetingId};
use crate::model::recording_name::RecordingName;
use crate::store::decisions::{self, By, Named};
use crate::store::{Tx, artifacts};

/// Parts of one meeting begin this close to each other.
const REACH: Duration = Duration::days(2);

/// Why a file was decided without being asked about.
const REASON: &str = "follows";

/// Lets the files of a drive that wait follow what was decided about the same meeting. Returns the meetings concerned.
pub(crate) async fn follow(app: &App, tx: &Tx, drive: &str) -> Result<Vec<MeetingId>> {
    let mut waiting = artifacts::unmatched_in_drive(tx, drive).await?;
    waiting.retain(|file| file.decided_reason != decisions::TAKEN_BACK);
    let stamps = || waiting.iter().filter_map(|file| file.started_at);
    let (Some(first), Some(last)) = (stamps().min(), stamps().max()) else { return Ok(Vec::new()) };
    let all = decisions::undecided_and_decided(tx, drive, (first - REACH, last + REACH)).await?;
    let may_follow: Vec<ArtifactId> = waiting.iter().map(|file| file.id).collect();
    let mut all: Vec<(String, Named)> = all
        .into_iter()
        .filter_map(|file| Some((RecordingName::parse(&file.name)?.subject_key(), file)))
        .collect();
    let mut news = Vec::new();
    while let Some((place, leader)) = next(tx, &all, &may_follow).await? {
        let (_, file) = &mut all[place];
        file.piece.decided = leader.piece.decided;
        file.decided_by = leader.decided_by;
        news.extend(decide(app, tx, file.piece.id, &leader).await?);
    }
    Ok(news)
}

/// The next file that follows another, if there is one.
async fn next(tx: &Tx, all: &[(String, Named)], may_follow: &[ArtifactId]) -> Result<Option<(usize, Named)>> {
    for (place, (name, file)) in all.iter().enumerate() {
        if file.piece.decided.is_some() || !may_follow.contains(&file.piece.id) {
            continue;
        }
        let same: Vec<Piece> =
            all.iter().filter(|(other, _)| other == name).map(|(_, other)| other.piece.clone()).collect();
        let Some(found) = following::followed(&file.piece, &same) else { continue };
        let leader = all.iter().find(|(_, other)| other.piece.id == found.id);
        let Some((_, leader)) = leader.filter(|(_, leader)| leader.decided_by.is_some()) else { continue };
        if let Some(Outcome::Belongs(meeting)) = found.decided
            && (decisions::is_refused(tx, file.piece.id, meeting).await?
                || join::has_twin(tx, meeting).await?)
        {
            continue;
        }
        return Ok(Some((place, leader.clone())));
    }
    Ok(None)
}

async fn decide(app: &App, tx: &Tx, id: ArtifactId, leader: &Named) -> Result<Option<MeetingId>> {
    let (Some(outcome), Some(user)) = (leader.piece.decided, leader.decided_by) else { return Ok(None) };
    let by = By { user, at: app.clock.now(), reason: REASON };
    if !decisions::decide(tx, id, outcome, by).await? {
        return Ok(None);
    }
    let meeting = match outcome {
        Outcome::Belongs(meeting) => Some(meeting),
        Outcome::ToNone => None,
    };
    if let Some(meeting) = meeting {
        join::within(app, tx, meeting).await?;
        artifacts::renumber(tx, meeting, ArtifactKind::Recording).await?;
    }
    let detail = json!({ "as": leader.piece.id, "meeting": meeting });
    audit::record(app, tx, None, "inbox.followed", (format!("artifact:{id}"), detail)).await?;
    Ok(meeting)
}
