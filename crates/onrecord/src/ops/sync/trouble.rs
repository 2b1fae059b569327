//! Why a kind could not be read, in a plain sentence with what to do. Nothing here repeats what Microsoft wrote:
//! its texts carry ids that help nobody on a page; they stand in the log.

use msgraph::Error as Graph;

use crate::model::integration::SyncKind;
use crate::ops::{Error, say, say_with};

/// The Graph permission without which a kind cannot be read.
pub(super) fn permission(kind: SyncKind) -> &'static str {
    match kind {
        SyncKind::Recordings => "OnlineMeetingRecording.Read.All (and Files.Read.All for the onedrive file)",
        SyncKind::Transcripts => "OnlineMeetingTranscript.Read.All",
        SyncKind::Attendance => "OnlineMeetingArtifact.Read.All",
        SyncKind::Chat => "Chat.Read.All",
        SyncKind::Files => "Files.Read.All",
    }
}

/// What to tell people about `error` while reading `kind`.
pub(super) fn sentence(kind: SyncKind, error: &Error) -> String {
    match error {
        Error::Graph(graph) => graph_sentence(kind, graph),
        Error::NotReady(text) | Error::Conflict(text) | Error::Denied(text) | Error::Corrupt(text) => {
            text.clone()
        }
        Error::Bucket(_) => say("sync-archive-refused"),
        _ => say("sync-not-stored"),
    }
}

fn graph_sentence(kind: SyncKind, error: &Graph) -> String {
    match error {
        Graph::Throttled { retry_after, .. } => {
            say_with("sync-throttled", &[("seconds", retry_after.as_secs().max(1).into())])
        }
        Graph::Forbidden { .. } => forbidden(kind, error),
        Graph::Unauthorized { .. } | Graph::Token { .. } => {
            let number = match error {
                Graph::Token { aadsts: Some(number), .. } => format!(" (AADSTS{number})"),
                _ => String::new(),
            };
            say_with("sync-sign-in-refused", &[("number", number.into())])
        }
        Graph::NotFound { .. } if matches!(kind, SyncKind::Files) => say("sync-file-moved"),
        Graph::NotFound { .. } => say("sync-meeting-unknown"),
        Graph::Upstream { status: 402, .. } => say("sync-to-be-paid"),
        Graph::Unreachable { .. } | Graph::Transport { .. } | Graph::Timeout { .. } => {
            say("sync-unreachable")
        }
        Graph::ForeignLink { host } => say_with("sync-foreign-link", &[("host", host.as_str().into())]),
        Graph::Setting { name, what } => {
            let parts = [("name", name.to_string().into()), ("what", what.as_str().into())];
            say_with("sync-setting-unusable", &parts)
        }
        _ => say("sync-odd-answer"),
    }
}

fn forbidden(kind: SyncKind, error: &Graph) -> String {
    if error.has_code("GraphAccessToTranscriptsDisabled") {
        return say("sync-transcripts-switched-off");
    }
    if is_access_policy(error) {
        return say("sync-no-access-policy");
    }
    say_with("sync-forbidden", &[("permission", permission(kind).into())])
}

/// Whether Teams' application access policy is missing, not a permission.
fn is_access_policy(error: &Graph) -> bool {
    let Graph::Forbidden { message, .. } = error else { return false };
    let message = message.to_ascii_lowercase();
    [
        "application access policy",
        "not allowed to perform operations on the user",
        "not authorized to",
        "3003",
    ]
    .iter()
    .any(|part| message.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden(inner: Option<&str>, message: &str) -> Error {
        Error::Graph(Graph::Forbidden {
            code: "Forbidden".to_owned(),
            inner_code: inner.map(str::to_owned),
            message: message.to_owned(),
            ids: Box::default(),
        })
    }

    #[test]
    fn the_missing_thing_is_named() {
        let cases = [
            (forbidden(Some("GraphAccessToTranscriptsDisabled"), "no"), "Set-CsTeamsMeetingConfiguration"),
            (
                forbidden(None, "No application access policy found for this app"),
                "Grant-CsApplicationAccessPolicy",
            ),
            (forbidden(None, "Missing role permissions"), "OnlineMeetingTranscript.Read.All"),
        ];
        for (error, fix) in cases {
            let text = sentence(SyncKind::Transcripts, &error);
            assert!(text.contains(fix), "{text}");
        }
    }
}
