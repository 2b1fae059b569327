//! The Recordings tab of a class: what is here, what is on its way and until when, and who may do what with it.
//! The page that holds the tab has asked for the viewer's rights.

use chrono::{DateTime, TimeDelta, Utc};

use super::likely;
use super::retention::bin::tombstone;
use super::verdict::missing;
use crate::app::App;
use crate::model::access::{Act, Decision, GlobalAct, Viewer, decide_global};
use crate::model::artifact::Safety;
use crate::model::conference::{AutoRecordingStatus, Meeting, Verdict};
use crate::model::expiry;
use crate::model::parts;
use crate::ops::rights::Seen;
use crate::ops::{Result, by_hand, retention};
use crate::store::bin;
use crate::store::media::{Breadth, Medium, list_of_meeting};
use crate::web::pages::conference::{Hiding, Keeping, RecordingRow, Recordings, Watch};
use crate::web::pages::trouble;
use crate::web::parts::{Badge, Empty, Mark, Note};
use crate::web::text::Text;
use crate::web::when::{self, When};

/// Recordings are usually there this long after a class.
pub(super) const USUALLY: TimeDelta = TimeDelta::minutes(60);

/// Who reads the tab, and how.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The person.
    pub viewer: &'a Viewer,
    /// Their words.
    pub t: &'static Text,
    /// The present, in the conference's zone.
    pub when: When,
    /// The same present, for comparing.
    pub now: DateTime<Utc>,
}

/// The tab for one class of a conference. One query.
pub async fn tab(app: &App, reading: Reading<'_>, seen: &Seen, meeting: &Meeting) -> Result<Recordings> {
    let for_staff = seen.may(reading.viewer, Act::SeeStaffDetail);
    let breadth = if for_staff { Breadth::Staff } else { Breadth::Learner };
    let media = list_of_meeting(&app.store, meeting.id, breadth).await?;
    let may_hide = seen.may(reading.viewer, Act::Hide);
    let may_keep = seen.may(reading.viewer, Act::Download);
    let durations: Vec<Option<i64>> = media.iter().map(|medium| medium.duration_ms).collect();
    let row = |(place, medium): (usize, &Medium)| {
        let mut row = row(reading, medium, (media.len() > 1, for_staff, may_hide));
        if !may_keep && let Some(watch) = &mut row.watch {
            watch.download_href = None;
        }
        if parts::is_false_start(&durations, place) {
            row.kept.push(Badge::new("info", reading.t.get("recording-false-start")));
        }
        row
    };
    let class = reading.when.class_words(meeting.starts_at, meeting.ends_at);
    let mut tab = Recordings {
        t: reading.t,
        heading: reading.t.with("recordings-heading", &[("class", class.into())]),
        sum: sum(reading.t, &media),
        rows: media.iter().enumerate().map(row).collect(),
        notes: gaps(reading, &media),
        empty: None,
        likely: Vec::new(),
        by_hand: None,
        for_staff,
    };
    if for_staff {
        let mut kept_until = retention::explain(app, reading.t, meeting.id).await?;
        let may_remove = decide_global(reading.viewer, GlobalAct::Retain) == Decision::Allowed;
        for (row, medium) in tab.rows.iter_mut().zip(&media) {
            row.kept_until = kept_until.remove(&medium.id).unwrap_or_default();
            row.may_remove = may_remove;
        }
        let removed = bin::of_meeting(&app.store, meeting.id).await?;
        tab.notes.extend(removed.iter().map(|entry| tombstone(reading.t, &reading.when, entry)));
    }
    if let Some(until) = media.iter().filter_map(Medium::without_file_until).min().filter(|_| for_staff) {
        let until = reading.when.day_time_within(until);
        let text = reading.t.with("without-file-text", &[("until", until.into())]);
        tab.notes.push(Note::new(Some(Mark::Missing), reading.t.get("without-file").to_owned()).line(text));
    }
    if seen.may(reading.viewer, Act::Edit) {
        tab.likely = likely::rows(app, reading, meeting).await?;
        tab.by_hand = by_hand::may_be_brought(meeting, reading.now)
            .then(|| format!("/meetings/{}/recordings", meeting.id));
    }
    if media.is_empty() {
        nothing_yet(app, reading, meeting, &mut tab);
    }
    Ok(tab)
}

fn row(reading: Reading<'_>, medium: &Medium, facts: (bool, bool, bool)) -> RecordingRow {
    let (of_several, for_staff, may_hide) = facts;
    let t = reading.t;
    let title = title(t, medium, of_several);
    let size =
        medium.size_bytes.map_or_else(|| t.get("not-known-yet").to_owned(), |bytes| when::size(t, bytes));
    let began = medium.started_at.unwrap_or(medium.updated_at);
    RecordingRow {
        id: medium.id.0,
        when: reading.when.day_time(began),
        detail: detail(reading, medium, for_staff),
        duration: medium
            .duration_ms
            .map_or_else(|| t.get("not-known-yet").to_owned(), |ms| when::duration(t, ms)),
        kept: kept(t, medium),
        download_count: medium.download_count,
        watch: can_be_had(medium).then(|| Watch {
            view_href: format!("/recordings/{}", medium.id),
            download_href: Some(format!("/recordings/{}/download", medium.id)),
            download_label: t
                .with("download-of", &[("title", title.as_str().into()), ("size", size.as_str().into())]),
        }),
        onedrive_href: medium.web_url.clone().filter(|_| for_staff && medium.stored_in_onedrive()),
        hiding: hiding(t, medium, may_hide),
        keeping: keeping(reading, medium).filter(|_| may_hide),
        kept_until: String::new(),
        may_remove: false,
        title,
        size,
    }
}

/// "to 14:43, last downloaded 2 hours ago"; the second for staff only.
fn detail(reading: Reading<'_>, medium: &Medium, for_staff: bool) -> String {
    let t = reading.t;
    let ended = medium
        .ended_at
        .map(|ended| t.with("recording-until", &[("time", reading.when.time(ended).words.into())]));
    let downloaded = medium
        .last_downloaded_at
        .filter(|_| for_staff)
        .map(|at| t.with("recording-last-downloaded", &[("when", reading.when.relative_words(at).into())]));
    let brought = (medium.is_manual() && for_staff)
        .then(|| t.with("recording-brought", &[("reason", medium.decided_reason.as_str().into())]));
    ended.into_iter().chain(downloaded).chain(brought).collect::<Vec<_>>().join(", ")
}

/// "Recording", or "Part 2".
pub(super) fn title(t: &Text, medium: &Medium, of_several: bool) -> String {
    if of_several {
        t.with("recording-part", &[("n", medium.part.into())])
    } else {
        t.get("recording-one").to_owned()
    }
}

/// Whether there is anything to watch: our verified copy, or Microsoft's.
pub(super) fn can_be_had(medium: &Medium) -> bool {
    matches!(medium.safety(), Safety::Verified | Safety::SourceRemoved) || medium.facts.gone_at.is_none()
}

/// Where it is kept.
pub(super) fn kept(t: &'static Text, medium: &Medium) -> Vec<Badge> {
    let mut badges = Vec::new();
    if medium.is_manual() {
        badges.push(Badge::new("upload", t.get("kept-by-hand")));
    }
    match medium.safety() {
        Safety::Verified | Safety::SourceRemoved => badges.push(Badge::new("safe", t.get("kept-archive"))),
        Safety::Damaged => badges.push(Badge::new("missing", t.get("kept-damaged"))),
        Safety::Gone => badges.push(Badge::new("missing", t.get("kept-gone"))),
        Safety::Binned => badges.push(Badge::new("trash", t.get("kept-bin"))),
        Safety::Offered | Safety::Copying => {}
    }
    if medium.stored_in_onedrive() {
        badges.push(Badge::new("cloud", t.get("kept-onedrive")));
    } else if medium.graph_id.is_some() && medium.item_id.is_none() && badges.is_empty() {
        badges.push(Badge::new("cloud", t.get("kept-teams")));
    }
    badges
}

fn hiding(t: &Text, medium: &Medium, may_hide: bool) -> Hiding {
    if medium.hidden_at.is_some() {
        let words = t.with("hidden-because", &[("reason", medium.hidden_reason.as_str().into())]);
        return Hiding::Hidden { words };
    }
    if medium.is_withheld() {
        return Hiding::Hidden { words: t.get("hidden-until-decided").to_owned() };
    }
    if may_hide { Hiding::MayHide } else { Hiding::NotOffered }
}

/// Until when Microsoft is expected to keep it, and whether it was copied; `None` once Microsoft has it no more.
fn keeping(reading: Reading<'_>, medium: &Medium) -> Option<Keeping> {
    if medium.facts.gone_at.is_some() || medium.facts.source_removed_at.is_some() {
        return None;
    }
    if medium.item_id.is_none() && medium.graph_id.is_none() {
        return None;
    }
    let t = reading.t;
    let words = match (medium.expected_expiry_at, medium.expiry_set_at) {
        (Some(at), set) => {
            let key = if set.is_some() { "expiry-set" } else { "expiry-estimate" };
            let days = expiry::days_left(at - reading.now);
            t.with(key, &[("date", reading.when.date(at).words.into()), ("days", days.into())])
        }
        (None, Some(_)) => t.get("expiry-never").to_owned(),
        (None, None) => t.get("expiry-unknown").to_owned(),
    };
    Some(Keeping {
        words,
        day: medium.expected_expiry_at.map(|at| at.format("%Y-%m-%d").to_string()).unwrap_or_default(),
        may_copy: !medium.facts.is_verified(),
    })
}

/// "2 parts, 1 h 24 min, 401 MB"; what is not known of every part is left out.
fn sum(t: &Text, media: &[Medium]) -> String {
    if media.len() < 2 {
        return String::new();
    }
    let total = |of: fn(&Medium) -> Option<i64>| media.iter().map(of).sum::<Option<i64>>();
    let mut said = vec![t.with("recording-parts", &[("n", (media.len() as i64).into())])];
    said.extend(total(|medium| medium.duration_ms).map(|ms| when::duration(t, ms)));
    said.extend(total(|medium| medium.size_bytes).map(|bytes| when::size(t, bytes)));
    said.join(", ")
}

/// What was not recorded between the parts.
fn gaps(reading: Reading<'_>, media: &[Medium]) -> Vec<Note> {
    let mut spans: Vec<parts::Span> =
        media.iter().map(|medium| (medium.started_at, medium.ended_at)).collect();
    spans.sort_unstable();
    let said = |(from, to): (DateTime<Utc>, DateTime<Utc>)| {
        let span = reading.when.span(from, to).words;
        let length = when::duration(reading.t, (to - from).num_milliseconds());
        let words = reading.t.with("recording-gap", &[("span", span.into()), ("length", length.into())]);
        Note::new(None, words)
    };
    parts::gaps(&spans).into_iter().map(said).collect()
}

/// Why nothing is here, when it usually comes, and when OnRecord looks next.
fn nothing_yet(app: &App, reading: Reading<'_>, meeting: &Meeting, tab: &mut Recordings) {
    let (t, when) = (reading.t, reading.when);
    let verdict = meeting.verdict_now(reading.now);
    let empty = |icon: &'static str, title: &'static str, text: String| Empty {
        icon,
        title: t.get(title).into(),
        text: text.into(),
        action: None,
    };
    let next = meeting.next_sync_at.filter(|next| *next > reading.now);
    let looks = next.map_or_else(
        || t.get("recording-looks-soon").to_owned(),
        |next| t.with("recording-looks-next", &[("when", when.relative_words(next).into())]),
    );
    tab.empty = match verdict {
        Verdict::Cancelled => {
            Some(empty("cancelled", "recordings-cancelled", t.get("recordings-cancelled-text").to_owned()))
        }
        Verdict::NotHeld => {
            Some(empty("not-held", "recordings-not-held", t.get("recordings-not-held-text").to_owned()))
        }
        Verdict::Exempted => {
            Some(empty("exempted", "recordings-exempted", t.get("recordings-exempted-text").to_owned()))
        }
        Verdict::Upcoming | Verdict::Running
            if meeting.auto_recording_status == AutoRecordingStatus::Exempted =>
        {
            Some(empty("exempted", "exempted-note", t.get("will-exempted-detail").to_owned()))
        }
        Verdict::Upcoming => Some(empty(
            "upcoming",
            "recordings-upcoming",
            t.with("recordings-upcoming-text", &[("when", when.relative_words(meeting.starts_at).into())]),
        )),
        Verdict::Running => {
            Some(empty("running", "recordings-running", t.get("recordings-running-text").to_owned()))
        }
        Verdict::Missing => {
            let hours = i64::from(app.config.sync.looking_hours.get());
            let until = meeting.ends_at + TimeDelta::hours(hours);
            let is_looking = meeting.settled_at.is_none() && until > reading.now;
            let next = is_looking.then(|| {
                let until = when.day_time_within(until);
                format!("{looks} {}", t.with("recording-looks-until", &[("until", until.into())]))
            });
            let cause = tab.for_staff.then(|| missing(t, &meeting.verdict_cause));
            tab.notes.push(trouble::recording_not_found(t, cause.map(|cause| (cause.why, cause.fix)), next));
            None
        }
        // What was recorded and is not in this list is hidden from the reader, or was removed, which a note says.
        Verdict::Recorded if tab.for_staff && !tab.notes.is_empty() => None,
        Verdict::Recorded => {
            Some(empty("info", "recordings-not-shown", t.get("recordings-not-shown-text").to_owned()))
        }
        Verdict::Waiting => {
            let usually = when.time(meeting.ends_at + USUALLY).words;
            let ended = when.relative_words(meeting.ends_at);
            let text =
                t.with("recordings-waiting-text", &[("ended", ended.into()), ("usually", usually.into())]);
            Some(empty("waiting", "recordings-waiting", format!("{text} {looks}")))
        }
    };
}
