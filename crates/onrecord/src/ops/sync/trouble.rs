//! Why a kind could not be read, in a plain sentence with what to do. Nothing here repeats what Microsoft wrote:
//! its texts carry ids that help nobody on a page; they stand in the log.

use msgraph::Error as Graph;

use crate::model::integration::SyncKind;
use crate::ops::Error;

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
        Error::Bucket(_) => {
            "The archive did not take a transcript. Check ONRECORD_ARCHIVE_URL and the archive's free space."
                .to_owned()
        }
        _ => "OnRecord could not store what it read. The log names the cause; the next look tries again."
            .to_owned(),
    }
}

fn graph_sentence(kind: SyncKind, error: &Graph) -> String {
    match error {
        Graph::Throttled { retry_after, .. } => {
            let seconds = retry_after.as_secs().max(1);
            format!("Microsoft asks us to wait {seconds} s. OnRecord looks again by itself.")
        }
        Graph::Forbidden { .. } => forbidden(kind, error),
        Graph::Unauthorized { .. } | Graph::Token { .. } => {
            let number = match error {
                Graph::Token { aadsts: Some(number), .. } => format!(" (AADSTS{number})"),
                _ => String::new(),
            };
            format!(
                "Microsoft does not accept our sign-in{number}. Check tenant id, client id and client secret under \
                 Integrations, Microsoft Teams."
            )
        }
        Graph::NotFound { .. } if matches!(kind, SyncKind::Files) => {
            "A shared file is no longer where the chat says. Ask its sender.".to_owned()
        }
        Graph::NotFound { .. } => {
            "Teams no longer knows this meeting: it was deleted, or it expired 60 days after its last use."
                .to_owned()
        }
        Graph::Upstream { status: 402, .. } => {
            "Microsoft wants this interface to be paid for in this cloud. Ask your Microsoft partner."
                .to_owned()
        }
        Graph::Unreachable { .. } | Graph::Transport { .. } | Graph::Timeout { .. } => {
            "Microsoft could not be reached. Check the network and proxy; OnRecord looks again by itself."
                .to_owned()
        }
        Graph::ForeignLink { host } => {
            format!(
                "An answer led to another server ({host}) and was not followed. Check the proxy and the Graph URL."
            )
        }
        Graph::Setting { name, what } => format!("The setting {name} cannot be used: {what}."),
        _ => "Microsoft did not answer as it should. OnRecord looks again by itself.".to_owned(),
    }
}

fn forbidden(kind: SyncKind, error: &Graph) -> String {
    if error.has_code("GraphAccessToTranscriptsDisabled") {
        return "Your tenant has switched off access to transcripts. Allow it with Set-CsTeamsMeetingConfiguration, or \
                switch transcripts off under Integrations, Microsoft Teams."
            .to_owned();
    }
    if is_access_policy(error) {
        return "The Teams application access policy is missing for the organizer. An administrator runs \
                New-CsApplicationAccessPolicy and Grant-CsApplicationAccessPolicy; Integrations, Microsoft Teams shows \
                the exact commands. It takes up to 30 minutes."
            .to_owned();
    }
    format!(
        "Microsoft forbids it. Grant the app the permission {} and consent as an administrator; it takes up to an hour.",
        permission(kind)
    )
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
