//! The request log: what was asked, how it was answered, and counts by kind of path.
//! Queries of downloads are never kept; bodies and tokens never anywhere.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use serde_json::{Value, json};

/// One request as it was answered.
#[derive(Debug, Clone, Serialize)]
pub struct LoggedRequest {
    pub number: u64,
    pub at: String,
    /// `graph`, `login`, `download` or `page`.
    pub port: &'static str,
    pub method: String,
    pub path: String,
    /// The path with ids replaced, for counting.
    pub template: String,
    /// `null` for downloads.
    pub query: Option<String>,
    pub status: u16,
    /// Whether it came inside a `$batch`.
    pub batched: bool,
    pub client_request_id: Option<String>,
    pub user_agent: Option<String>,
    pub range: Option<String>,
    pub prefer: Option<String>,
    /// Ids of the faults that struck.
    pub faults: Vec<u64>,
}

const KEPT: usize = 20_000;

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    total: u64,
    unknown: u64,
    counts: BTreeMap<String, u64>,
    statuses: BTreeMap<u16, u64>,
    kept: VecDeque<LoggedRequest>,
}

impl RequestLog {
    pub(crate) fn add(&mut self, mut request: LoggedRequest) {
        self.total += 1;
        request.number = self.total;
        if request.status == 501 {
            self.unknown += 1;
        }
        *self.counts.entry(format!("{} {}", request.method, request.template)).or_default() += 1;
        *self.statuses.entry(request.status).or_default() += 1;
        self.kept.push_back(request);
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    pub(crate) fn all(&self) -> Vec<LoggedRequest> {
        self.kept.iter().cloned().collect()
    }

    /// What `GET /sim/requests` shows; `since` leaves out what was seen.
    pub(crate) fn shown(&self, since: u64) -> Value {
        let forgotten = self.total - self.kept.len() as u64;
        let seen = usize::try_from(since.saturating_sub(forgotten)).unwrap_or(usize::MAX);
        let requests: Vec<&LoggedRequest> = self.kept.iter().skip(seen).collect();
        json!({ "total": self.total, "unknown": self.unknown, "counts": self.counts, "statuses": self.statuses, "requests": requests })
    }
}

/// Path words that are no ids.
const WORDS: [&str; 58] = [
    "$batch",
    "applications",
    "appRoleAssignments",
    "attendanceRecords",
    "attendanceReports",
    "calendar",
    "calendars",
    "calendarView",
    "cancel",
    "chats",
    "children",
    "communications",
    "content",
    "copy",
    "createLink",
    "createOrGet",
    "createUploadSession",
    "delta",
    "download",
    "drive",
    "driveItem",
    "drives",
    "events",
    "getAllMessages",
    "getAllRecordings",
    "getAllTranscripts",
    "instances",
    "items",
    "l",
    "licenseDetails",
    "mailboxSettings",
    "me",
    "meet",
    "meetup-join",
    "members",
    "messages",
    "metadataContent",
    "monitor",
    "oauth2",
    "onlineMeetings",
    "organization",
    "permanentDelete",
    "permissions",
    "reauthorize",
    "recordings",
    "reports",
    "root",
    "search",
    "sendMail",
    "servicePrincipals",
    "shares",
    "special",
    "subscribedSkus",
    "subscriptions",
    "thumbnails",
    "token",
    "transcripts",
    "users",
];

/// The path with ids as `{id}`, function arguments and drive paths cut.
pub(crate) fn template(path: &str) -> String {
    let mut shown = String::new();
    let mut within_path = false;
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let plain = crate::http::decode(segment);
        if within_path {
            within_path = !plain.ends_with(':');
            continue;
        }
        if plain == "root:" || (plain.ends_with(':') && plain.len() > 1) {
            shown.push_str(if plain == "root:" { "/root:/{path}" } else { "/{id}:/{path}" });
            within_path = true;
            continue;
        }
        let (name, call) = plain.split_once('(').map_or((plain.as_str(), ""), |(name, _)| (name, "()"));
        let is_word = WORDS.contains(&name)
            || name.starts_with("v1.")
            || name.starts_with("v2.")
            || name.starts_with("getOneDrive")
            || name == "upload";
        shown.push('/');
        if is_word {
            shown.push_str(name);
            shown.push_str(call);
        } else {
            shown.push_str("{id}");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::template;

    #[test]
    fn templates_hide_ids_and_arguments() {
        for (path, expected) in [
            (
                "/v1.0/users/5f/onlineMeetings/MSo%3D/recordings",
                "/v1.0/users/{id}/onlineMeetings/{id}/recordings",
            ),
            ("/v1.0/drives/b!x/root:/Recordings/a.mp4:/content", "/v1.0/drives/{id}/root:/{path}/content"),
            (
                "/v1.0/users/1/onlineMeetings/getAllRecordings(a='b')/delta",
                "/v1.0/users/{id}/onlineMeetings/getAllRecordings()/delta",
            ),
        ] {
            assert_eq!(template(path), expected);
        }
    }
}
