//! Attendance reports and their records.
//! Doc: api-reference/v1.0/api/meetingattendancereport-list, meetingattendancereport-get, attendancerecord-list.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::online_meetings::{covered, find};
use crate::clock::precise;
use crate::http::{Answer, Call, Family, Refusal, Reply, unknown};
use crate::odata::{PageRule, page, select};
use crate::tenant::User;
use crate::world::{Report, World};

const PAGES: PageRule = PageRule { default: 100, max: 999 };

pub(crate) fn answer(world: &World, call: &Call, user: &User, (meeting, rest): (&str, &[&str])) -> Answer {
    if call.method != Method::GET {
        return Err(unknown(call));
    }
    call.need(Family::Teams, &["OnlineMeetingArtifact.Read.All"])?;
    covered(world, user)?;
    let meeting = find(world, call, user, meeting)?;
    let off = !world.tenant.meeting_policy.allow_attendance_report;
    if off && world.tenant.switches.disabled_attendance_status == 403 {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "Attendance reports are disabled for this meeting.",
        ));
    }
    let smallest = world.tenant.switches.page_size;
    let report = |id: &str| {
        meeting
            .reports
            .iter()
            .find(|report| report.id == id && !off)
            .ok_or_else(|| Refusal::missing("NotFound", "The attendance report was not found."))
    };
    match rest {
        [] => {
            let reports: &[Report] = if off { &[] } else { &meeting.reports };
            let shown = reports.iter().rev().map(show).collect();
            Ok(Reply::ok(page(call, shown, PAGES, smallest)?))
        }
        [id] => {
            let report = report(id)?;
            let mut shown = show(report);
            if call.option("expand").is_some_and(|expand| expand.contains("attendanceRecords")) {
                shown["attendanceRecords"] = Value::Array(report.records.clone());
            }
            Ok(Reply::ok(select(call, shown)))
        }
        [id, "attendanceRecords"] => Ok(Reply::ok(page(call, report(id)?.records.clone(), PAGES, smallest)?)),
        _ => Err(unknown(call)),
    }
}

fn show(report: &Report) -> Value {
    json!({
        "id": report.id, "totalParticipantCount": report.records.len(),
        "meetingStartDateTime": precise(report.started_at), "meetingEndDateTime": precise(report.ended_at),
        "externalEventInformation": [],
    })
}
