//! What was written in a meeting's chat, from Graph `chatMessage`, and the call events that stand between the
//! messages. HTML from outside never gets further than here.

use chrono::{DateTime, Utc};

use super::id::{ChatMessageId, MeetingId, UserId};
use super::transcript::entities;
use crate::words;

/// One message, as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// The row.
    pub id: ChatMessageId,
    /// The meeting.
    pub meeting_id: MeetingId,
    /// Graph `chatMessage.id`.
    pub graph_id: String,
    /// Who wrote it, once matched to a person.
    pub user_id: Option<UserId>,
    /// Graph `from.user.id`, if Microsoft gave one.
    pub entra_object_id: Option<String>,
    /// The name Microsoft gave.
    pub sender: String,
    /// When it was written.
    pub sent_at: DateTime<Utc>,
    /// When it was last changed.
    pub edited_at: Option<DateTime<Utc>>,
    /// When it was deleted; its text is then empty.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Plain text; never HTML.
    pub text: String,
}

words! {
    /// What an event in the chat tells about the call.
    pub enum CallEventKind {
        /// The call began.
        Started = "started",
        /// The call ended.
        Ended = "ended",
        /// A recording began.
        RecordingStarted = "recording_started",
        /// A recording was saved; the event names its file.
        Recorded = "recorded",
        /// A recording failed.
        RecordingFailed = "recording_failed",
    }
}

/// A call event of a meeting's chat: the only bridge from a call to a file that Graph documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallEvent {
    /// Graph `chatMessage.id`.
    pub graph_id: String,
    /// What it tells.
    pub kind: CallEventKind,
    /// Graph `callId`.
    pub call_id: Option<String>,
    /// The file's web address without its query; only of `Recorded`.
    pub file_url: Option<String>,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// HTML as plain text: tags gone, lines kept, character references put back. The result is text, not markup,
/// and must still be escaped where it is shown.
pub fn plain_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&entities(&rest[..open]));
        let Some(close) = rest[open..].find('>') else {
            rest = "";
            break;
        };
        let tag = &rest[open + 1..open + close];
        rest = &rest[open + close + 1..];
        let name = tag
            .trim_start_matches('/')
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "br" | "p" | "div" | "li" | "tr" | "blockquote" | "h1" | "h2" | "h3" | "pre" => out.push('\n'),
            "td" | "th" => out.push(' '),
            "emoji" | "img" => out.push_str(&attribute(tag, "alt").unwrap_or_default()),
            "script" | "style" if !tag.starts_with('/') => rest = after_end_of(rest, name),
            _ => {}
        }
    }
    out.push_str(&entities(rest));
    tidy(&out)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[at..];
    Some(entities(&value[..value.find('"')?]))
}

/// What follows the closing tag of `name`, or nothing.
fn after_end_of<'a>(rest: &'a str, name: &str) -> &'a str {
    let end = rest.to_ascii_lowercase().find(&format!("</{}", name.to_ascii_lowercase()));
    end.map_or("", |end| &rest[end..])
}

/// Lines trimmed, spaces folded, empty lines dropped.
fn tidy(text: &str) -> String {
    text.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_text_with_its_lines() {
        let cases = [
            ("<p>see sheet</p><attachment id=\"97b1\"></attachment>", "see sheet"),
            ("<div>a<br>b &amp;&nbsp;c</div>", "a\nb & c"),
            ("<p>hi <at id=\"0\">Ada</at> <emoji alt=\"👍\" id=\"yes\"></emoji></p>", "hi Ada 👍"),
            ("plain 2 &lt; 3", "plain 2 < 3"),
            ("<script>alert(1)</script>ok", "ok"),
            ("<style>p{}", ""),
            ("cut <b", "cut"),
            ("", ""),
        ];
        for (html, text) in cases {
            assert_eq!(plain_text(html), text, "{html}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_html_makes_it_panic(html in "[<>a-zé/ &;#\"=!-]{0,200}") {
            plain_text(&html);
        }
    }
}
