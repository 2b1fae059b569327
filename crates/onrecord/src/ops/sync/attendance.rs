//! Attendance: one report per session of a meeting, all its people, with their real coming and going. Microsoft does
//! not say when a report is complete, so it is read again some hours after the end.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use msgraph::{AttendanceRecord as GraphRecord, AttendanceReport};

use super::super::{Result, forgotten};
use super::context::{Context, Named, Reading, Tally};
use super::people::Faces;
use crate::model::attendance::{AttendanceRecord, Interval, attended_seconds};
use crate::model::conference::Meeting;
use crate::model::id::AttendanceRecordId;
use crate::model::integration::SyncKind;
use crate::model::retention::Kept;
use crate::model::sync::{KindReport, SyncState};
use crate::store::Tx;
use crate::store::attendance::{self, Session};
use crate::store::erasures::Known;
use crate::store::forgotten::no_erasure;
use crate::store::retention::things;

/// Brings a meeting's attendance.
pub(super) async fn sync(
    ctx: &Context<'_>,
    meeting: &Meeting,
    named: &Named,
    last: Option<&SyncState>,
) -> Result<KindReport> {
    let mut reports = ctx.graph.attendance_reports(&named.organizer, &named.online_meeting).await?;
    reports.retain(|report| named.occasions.is_of(meeting.id, report.meeting_start_date_time));
    let mut faces = Faces::default();
    let mut sessions = Vec::new();
    let mut records = Vec::new();
    for report in reports {
        let people =
            ctx.graph.attendance_records(&named.organizer, &named.online_meeting, &report.id).await?;
        for (place, person) in people.iter().enumerate() {
            if let Some(record) = record(ctx, &mut faces, meeting, (&report, place, person)).await? {
                records.push(record);
            }
        }
        sessions.push(Session {
            report_id: report.id,
            started_at: report.meeting_start_date_time,
            ended_at: report.meeting_end_date_time,
        });
    }
    let tx = ctx.app.store.write().await?;
    no_erasure(&tx).await?;
    forget(ctx, &tx, meeting, &mut records).await?;
    // What a retention policy removed does not come back.
    if things::is_removed(&tx, Kept::Attendance, meeting.id).await? {
        sessions.clear();
        records.clear();
    }
    for session in &sessions {
        attendance::put_session(&tx, meeting.id, session).await?;
    }
    let known = attendance::of_meeting(&tx, meeting.id).await?;
    let known: HashMap<_, _> =
        known.into_iter().map(|r| ((r.report_id.clone(), r.graph_id.clone()), r)).collect();
    let mut tally = Tally::default();
    for (record, intervals) in records {
        match known.get(&(record.report_id.clone(), record.graph_id.clone())) {
            Some(old) if AttendanceRecord { id: old.id, ..record.clone() } == *old => {
                tally.unchanged += 1;
                continue;
            }
            Some(_) => tally.updated += 1,
            None => tally.created += 1,
        }
        attendance::put(&tx, &record, &intervals).await?;
    }
    faces.keep(&tx).await?;
    ctx.conclude(tx, meeting, Reading { kind: SyncKind::Attendance, last, tally, position: None }).await
}

type Placed<'a> = (&'a AttendanceReport, usize, &'a GraphRecord);

/// One person of a report as a row; `None` if nothing tells when they were there.
async fn record(
    ctx: &Context<'_>,
    faces: &mut Faces,
    meeting: &Meeting,
    (report, place, person): Placed<'_>,
) -> Result<Option<(AttendanceRecord, Vec<Interval>)>> {
    let intervals = intervals(report, person, meeting.starts_at);
    let (Some(joined_at), Some(left_at)) =
        (intervals.iter().map(|i| i.joined_at).min(), intervals.iter().map(|i| i.left_at).max())
    else {
        return Ok(None);
    };
    let identity = person.identity.as_ref();
    let object_id = identity.and_then(|who| who.id.clone()).filter(|id| !id.is_empty());
    let email = person.email_address.clone().filter(|email| !email.is_empty());
    let user_id = faces.find(ctx, object_id.as_deref(), email.as_deref()).await?;
    let name =
        identity.and_then(|who| who.display_name.clone()).or_else(|| email.clone()).unwrap_or_default();
    let graph_id = person.id.clone().filter(|id| !id.is_empty()).or_else(|| object_id.clone());
    let record = AttendanceRecord {
        id: AttendanceRecordId(0),
        meeting_id: meeting.id,
        report_id: report.id.clone(),
        // Anonymous people may come without any id: their place in the report stands for them.
        graph_id: graph_id.unwrap_or_else(|| format!("#{place}")),
        user_id,
        entra_object_id: object_id,
        name,
        email,
        role: person.role.clone().unwrap_or_default(),
        joined_at,
        left_at,
        attended_s: attended_seconds(&intervals),
    };
    Ok(Some((record, intervals)))
}

/// Puts pseudonyms in place of people who were erased, and remembers what Microsoft calls them now.
async fn forget(
    ctx: &Context<'_>,
    tx: &Tx,
    meeting: &Meeting,
    records: &mut [(AttendanceRecord, Vec<Interval>)],
) -> Result<()> {
    let identities: Vec<String> = records
        .iter()
        .flat_map(|(record, _)| record.entra_object_id.iter().chain(&record.email).cloned())
        .collect();
    let erased = forgotten::among(ctx.app, tx, identities.iter().map(String::as_str)).await?;
    for (record, _) in records.iter_mut() {
        let mut identities = record.entra_object_id.iter().chain(&record.email);
        let person = identities.find_map(|word| erased.get(word.as_str()));
        // Who came back, and has an account of their own again, is named again.
        let Some(person) = person.filter(|who| record.user_id.is_none_or(|user| user == who.user_id)) else {
            continue;
        };
        let seen = Known {
            names: vec![record.name.clone()],
            addresses: record.email.iter().cloned().collect(),
            object_ids: record.entra_object_id.iter().cloned().collect(),
        };
        forgotten::remember(ctx.app, tx, person.user_id, &seen).await?;
        if record.entra_object_id.as_deref() == Some(record.graph_id.as_str()) {
            record.graph_id = forgotten::stand_in(ctx.app, &record.graph_id);
        }
        (record.user_id, record.entra_object_id, record.email) = (Some(person.user_id), None, None);
        record.name.clone_from(&person.pseudonym);
    }
    // Who came without signing in has nothing but a name.
    let forgotten = forgotten::Forgotten::of(ctx.app, tx, meeting.id).await?;
    let is_nameless = |record: &AttendanceRecord| {
        record.user_id.is_none() && record.entra_object_id.is_none() && record.email.is_none()
    };
    for (record, _) in records.iter_mut().filter(|(record, _)| is_nameless(record)) {
        if let Some(pseudonym) = forgotten.name(&record.name) {
            record.name = pseudonym;
        }
    }
    Ok(())
}

/// When a person was there. Whoever has not left yet is counted until the report's end.
fn intervals(report: &AttendanceReport, person: &GraphRecord, scheduled: DateTime<Utc>) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = person
        .attendance_intervals
        .iter()
        .filter_map(|stay| {
            let joined_at = stay.join_date_time?;
            let counted = stay.duration_in_seconds.map(|s| joined_at + Duration::seconds(s.max(0)));
            let left_at =
                stay.leave_date_time.or(counted).or(report.meeting_end_date_time).unwrap_or(joined_at);
            Some(Interval { joined_at, left_at: left_at.max(joined_at) })
        })
        .collect();
    if intervals.is_empty()
        && let Some(seconds) = person.total_attendance_in_seconds.filter(|seconds| *seconds > 0)
    {
        let joined_at = report.meeting_start_date_time.unwrap_or(scheduled);
        intervals.push(Interval { joined_at, left_at: joined_at + Duration::seconds(seconds) });
    }
    intervals.sort_by_key(|interval| (interval.joined_at, interval.left_at));
    intervals
}
