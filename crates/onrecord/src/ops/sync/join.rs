//! Joins the two sightings of a recording: the one of a meeting without a file, and the file without a meeting. What
//! cannot be told without doubt stays in the inbox for a person.

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;

use super::super::Result;
use super::context::Context;
use super::drive::Home;
use crate::model::artifact::{Artifact, ArtifactKind, Confidence, MatchBasis};
use crate::model::conference::Meeting;
use crate::model::id::MeetingId;
use crate::model::matching::{self, STAMP_TOLERANCE, Unfiled, Unmatched};
use crate::model::recording_name::RecordingName;
use crate::store::{self, Read, Tx, artifacts};

/// A class may begin this much before its time, and its recording this much after its end.
const MARGIN: Duration = Duration::hours(1);

/// Old file names carry local time: their stamp is off by at most this.
const WIDEST_ZONE: Duration = Duration::hours(15);

/// A class as far as names go.
struct Candidate {
    meeting: Meeting,
    title: String,
    zone: Tz,
}

impl Candidate {
    /// What Teams may call the meeting: as OnRecord names it, or by the title alone.
    fn subjects(&self) -> Vec<String> {
        let local = self.meeting.starts_at.with_timezone(&self.zone);
        vec![format!("{} - {}", self.title, local.format("%Y-%m-%d %H:%M")), self.title.clone()]
    }

    fn may_be(&self, name: &RecordingName) -> bool {
        self.subjects().iter().any(|subject| name.may_be(subject))
    }

    fn covers(&self, moment: DateTime<Utc>) -> bool {
        self.meeting.starts_at - MARGIN <= moment && moment <= self.meeting.ends_at + MARGIN
    }

    /// Whether a file of the one could be taken for a file of the other.
    fn is_twin_of(&self, other: &Self) -> bool {
        let (a, b) = (&self.meeting, &other.meeting);
        let same_time = a.starts_at < b.ends_at + MARGIN && b.starts_at < a.ends_at + MARGIN;
        let alike = |x: &str, y: &str| {
            let name = RecordingName {
                subject: x.to_owned(),
                stamp: DateTime::UNIX_EPOCH.naive_utc(),
                is_utc: true,
                suffix: String::new(),
            };
            name.may_be(y)
        };
        a.id != b.id && same_time && (alike(&self.title, &other.title) || alike(&other.title, &self.title))
    }
}

async fn candidates(
    db: &impl Read,
    organizer: &str,
    between: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Candidate>> {
    let found = store::sync::of_organizer_between(db, organizer, between).await?;
    let candidates = found.into_iter().map(|(meeting, title, zone)| Candidate {
        meeting,
        title,
        zone: zone.parse().unwrap_or(Tz::UTC),
    });
    Ok(candidates.collect())
}

/// Whether a file in a person's own drive may be a class of theirs, by its name and stamp.
pub(super) async fn is_of_some_class(
    _ctx: &Context<'_>,
    tx: &Tx,
    organizer: &str,
    name: &RecordingName,
) -> Result<bool> {
    let stamp = name.stamp.and_utc();
    let reach = Duration::days(2) + WIDEST_ZONE;
    let near = candidates(tx, organizer, (stamp - reach, stamp + reach)).await?;
    if near.iter().any(|candidate| candidate.may_be(name)) {
        return Ok(true);
    }
    // Held at another time than planned: Microsoft has named the recording's meeting already.
    let around = (stamp - WIDEST_ZONE, stamp + WIDEST_ZONE);
    Ok(!artifacts::unfiled_of_organizer(tx, organizer, around).await?.is_empty())
}

/// Joins what can be joined in one drive. Returns the meetings concerned.
pub(super) async fn files(ctx: &Context<'_>, tx: &Tx, home: &Home) -> Result<Vec<MeetingId>> {
    let files = artifacts::unmatched_in_drive(tx, &home.drive).await?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let organizers = match &home.organizer {
        Some(organizer) => vec![organizer.clone()],
        None => organizers(tx, ctx).await?,
    };
    let mut news = Vec::new();
    for organizer in organizers {
        news.extend(join_of_organizer(ctx, tx, &organizer, &home.drive).await?);
    }
    Ok(news)
}

async fn organizers(tx: &Tx, ctx: &Context<'_>) -> Result<Vec<String>> {
    let all = store::delta::organizers_ever(tx).await?;
    Ok(all.into_iter().filter(|o| o.integration == ctx.integration).map(|o| o.entra_object_id).collect())
}

async fn join_of_organizer(
    ctx: &Context<'_>,
    tx: &Tx,
    organizer: &str,
    drive: &str,
) -> Result<Vec<MeetingId>> {
    let files = artifacts::unmatched_in_drive(tx, drive).await?;
    let stamps = || files.iter().filter_map(|file| file.started_at);
    let (Some(first), Some(last)) = (stamps().min(), stamps().max()) else {
        return Ok(Vec::new());
    };
    let between = (first - STAMP_TOLERANCE, last + STAMP_TOLERANCE);
    let recordings = artifacts::unfiled_of_organizer(tx, organizer, between).await?;
    let unfiled = unfiled(tx, organizer, &recordings).await?;
    let unmatched: Vec<_> = files
        .iter()
        .map(|file| Unmatched { id: file.id, name: file.name.clone(), started_at: file.started_at })
        .collect();
    let may_be = |file: &Unmatched, subject: &str| {
        RecordingName::parse(&file.name).is_some_and(|name| name.may_be(subject))
    };
    let mut news = Vec::new();
    let pairs = matching::pairs(&unfiled, &unmatched, may_be);
    for pair in &pairs {
        let find = |rows: &[Artifact], id| rows.iter().find(|row| row.id == id).cloned();
        let (Some(recording), Some(file)) = (find(&recordings, pair.recording), find(&files, pair.file))
        else {
            continue;
        };
        news.extend(recording.meeting_id);
        merge(ctx, tx, recording, file).await?;
    }
    let rest = files.iter().filter(|file| !pairs.iter().any(|pair| pair.file == file.id));
    for file in rest {
        news.extend(assign_by_name(ctx, tx, organizer, file).await?);
    }
    Ok(news)
}

/// The recordings with what tells whose file is theirs.
async fn unfiled(tx: &Tx, organizer: &str, recordings: &[Artifact]) -> Result<Vec<Unfiled>> {
    let mut unfiled = Vec::new();
    for recording in recordings {
        let (Some(meeting), Some(started_at)) = (recording.meeting_id, recording.started_at) else {
            continue;
        };
        let Some(row) = store::meetings::find(tx, meeting).await? else { continue };
        let around = (row.starts_at - Duration::days(2), row.ends_at + Duration::days(2));
        let near = candidates(tx, organizer, around).await?;
        let own = near.iter().find(|candidate| candidate.meeting.id == meeting);
        let has_twin = own.is_some_and(|own| near.iter().any(|other| other.is_twin_of(own)));
        // With a twin, name and time prove nothing: its file may simply not have come yet.
        let subjects = own.filter(|_| !has_twin).map(Candidate::subjects).unwrap_or_default();
        let events = store::chat::events(tx, meeting).await?;
        let chat_names = events
            .iter()
            .filter(|event| event.call_id.is_some() && event.call_id == recording.call_id)
            .filter_map(|event| event.file_url.as_deref().map(file_name))
            .collect();
        unfiled.push(Unfiled { id: recording.id, meeting, started_at, subjects, chat_names });
    }
    Ok(unfiled)
}

/// The last part of an address, decoded.
pub(super) fn file_name(url: &str) -> String {
    let last = url.rsplit('/').next().unwrap_or_default();
    percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned()
}

/// A file without any recording of Teams: the meeting may have expired there, or is not listed yet. It belongs to
/// the one class of this organizer that has its name and covers its time, if there is no other.
async fn assign_by_name(
    ctx: &Context<'_>,
    tx: &Tx,
    organizer: &str,
    file: &Artifact,
) -> Result<Option<MeetingId>> {
    let Some(name) = RecordingName::parse(&file.name) else { return Ok(None) };
    let stamp = name.stamp.and_utc();
    let reach = Duration::days(2) + WIDEST_ZONE;
    let near = candidates(tx, organizer, (stamp - reach, stamp + reach)).await?;
    let fits = |c: &&Candidate| c.may_be(&name) && name.started_at(c.zone).is_some_and(|at| c.covers(at));
    let mut fitting = near.iter().filter(fits);
    let (Some(class), None) = (fitting.next(), fitting.next()) else { return Ok(None) };
    if near.iter().any(|other| other.is_twin_of(class)) {
        return Ok(None);
    }
    let parts = artifacts::of_meeting(tx, class.meeting.id, ArtifactKind::Recording).await?;
    if parts.iter().any(|part| part.item_id.is_none()) {
        // Teams lists a recording without a file that does not fit this one: a person has to look.
        return Ok(None);
    }
    let started_at = file.started_at.or_else(|| name.started_at(class.zone));
    let joined = Artifact {
        meeting_id: Some(class.meeting.id),
        organizer_id: Some(organizer.to_owned()),
        ended_at: file.ended_at.or_else(|| Some(started_at? + Duration::milliseconds(file.duration_ms?))),
        started_at,
        match_basis: MatchBasis::NameAndTime,
        confidence: Confidence::Certain,
        ..file.clone()
    };
    artifacts::save(tx, &joined, ctx.now()).await?;
    artifacts::renumber(tx, class.meeting.id, ArtifactKind::Recording).await?;
    Ok(Some(class.meeting.id))
}

/// Makes one row of a recording and its file; the older id survives, all in the caller's transaction.
pub(super) async fn merge(ctx: &Context<'_>, tx: &Tx, recording: Artifact, file: Artifact) -> Result<()> {
    let (kept, lost) = if recording.id < file.id { (&recording, &file) } else { (&file, &recording) };
    let joined = Artifact {
        id: kept.id,
        created_at: kept.created_at,
        drive_id: file.drive_id.clone(),
        item_id: file.item_id.clone(),
        web_url: file.web_url.clone(),
        e_tag: file.e_tag.clone(),
        name: file.name.clone(),
        mime_type: file.mime_type.clone(),
        size_bytes: file.size_bytes,
        duration_ms: file.duration_ms.or(recording.duration_ms),
        quick_xor_hash: file.quick_xor_hash.clone(),
        expected_expiry_at: file.expected_expiry_at,
        gone_at: file.gone_at,
        ..recording.clone()
    };
    artifacts::merge(tx, kept.id, lost.id).await?;
    artifacts::save(tx, &joined, ctx.now()).await?;
    Ok(())
}
