//! Transcripts: what was said, by whom, as `WebVTT`.
//!
//! A tenant may forbid names, or transcripts altogether; the first is worked around here, the second is an error
//! with the inner code `GraphAccessToTranscriptsDisabled`. Docs: `calltranscript-get`.

use chrono::{DateTime, Utc};
use futures::FutureExt;
use http::header::LOCATION;
use serde::Deserialize;
use url::Url;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::identity::IdentitySet;
use crate::lane::Lane;
use crate::moment::{self, null_as_default};
use crate::page::Delta;
use crate::recordings::{DeltaFrom, Leaving, of_meeting, of_organizer};
use crate::reply::Reply;

const TRANSCRIPTS: Leaving = Leaving { segment: "transcripts", function: "getAllTranscripts" };
const VTT: &str = "text/vtt";
const VTT_WITHOUT_NAMES: &str = "application/vnd.microsoft.graph.transcript+text";

/// A transcript of one call of a meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallTranscript {
    /// Opaque.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// The online meeting.
    pub meeting_id: Option<String>,
    /// The session within the meeting.
    pub call_id: Option<String>,
    /// Shared with the recording of the same part.
    pub content_correlation_id: Option<String>,
    /// When transcription began.
    #[serde(deserialize_with = "moment::optional")]
    pub created_date_time: Option<DateTime<Utc>>,
    /// When transcription ended.
    #[serde(deserialize_with = "moment::optional")]
    pub end_date_time: Option<DateTime<Utc>>,
    /// Who organized the meeting.
    pub meeting_organizer: Option<IdentitySet>,
}

/// Whether the names of the speakers came along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speakers {
    /// Voice tags name them.
    Named,
    /// The tenant does not allow it.
    Withheld,
}

/// The text of a transcript, as Microsoft wrote it: times are not padded and may be negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptText {
    /// Text, usually beginning with `WEBVTT`.
    pub vtt: String,
    /// Whether it names the speakers.
    pub speakers: Speakers,
}

impl Client {
    /// All transcripts of a meeting.
    pub async fn transcripts(
        &self,
        organizer_id: &str,
        meeting_id: &str,
    ) -> Result<Vec<CallTranscript>, Error> {
        self.all_pages(of_meeting(organizer_id, meeting_id, &TRANSCRIPTS)).await
    }

    /// One page of what is new among all transcripts of an organizer.
    pub async fn transcripts_delta(
        &self,
        organizer_id: &str,
        from: DeltaFrom<'_>,
    ) -> Result<Delta<CallTranscript>, Error> {
        self.delta_page(&of_organizer(organizer_id, from, &TRANSCRIPTS)).await
    }

    /// The text of a transcript; without names if the tenant withholds them.
    pub async fn transcript_text(
        &self,
        organizer_id: &str,
        meeting_id: &str,
        transcript_id: &str,
    ) -> Result<TranscriptText, Error> {
        let content = |accept| {
            of_meeting(organizer_id, meeting_id, &TRANSCRIPTS)
                .id(transcript_id)
                .word("content")
                .accept(accept)
        };
        match self.text(&content(VTT)).await {
            Ok(vtt) => Ok(TranscriptText { vtt, speakers: Speakers::Named }),
            Err(error) if error.has_code("SpeakerAttributionNotAllowed") => {
                let vtt = self.text(&content(VTT_WITHOUT_NAMES)).await?;
                Ok(TranscriptText { vtt, speakers: Speakers::Withheld })
            }
            Err(error) => Err(error),
        }
    }

    /// The transcript with the absolute time, speaker and language of each cue: the text of each is a JSON object.
    pub async fn transcript_metadata(
        &self,
        organizer_id: &str,
        meeting_id: &str,
        transcript_id: &str,
    ) -> Result<String, Error> {
        let call =
            of_meeting(organizer_id, meeting_id, &TRANSCRIPTS).id(transcript_id).word("metadataContent");
        self.text(&call.accept(VTT)).await
    }

    /// A text, wherever Graph keeps it.
    async fn text(&self, call: &Call) -> Result<String, Error> {
        match self.exchange(call, |reply| read_text(reply).boxed()).await? {
            Text::Here(text) => Ok(text),
            Text::At(url) => match self
                .exchange(&Call::elsewhere(Lane::Meetings, url), |reply| read_text(reply).boxed())
                .await?
            {
                Text::Here(text) => Ok(text),
                Text::At(_) => Err(Error::Decode {
                    what: "a redirect that leads to a redirect".to_owned(),
                    ids: Box::default(),
                }),
            },
        }
    }
}

enum Text {
    Here(String),
    At(Url),
}

async fn read_text(reply: Reply) -> Result<Text, Error> {
    let ids = Box::new(reply.ids.clone());
    if reply.response.status().is_redirection() {
        let location = reply.response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        return match location.and_then(|text| Url::parse(text).ok()) {
            Some(url) => Ok(Text::At(url)),
            None => Err(Error::Decode { what: "a redirect without a usable Location".to_owned(), ids }),
        };
    }
    let body = reply.whole().await?;
    match as_text(body) {
        Ok(text) => Ok(Text::Here(text)),
        Err(what) => Err(Error::BrokenBody { what: what.to_owned(), ids }),
    }
}

/// Text in UTF-8, without a byte order mark, and not a page of some gateway.
fn as_text(body: Vec<u8>) -> Result<String, &'static str> {
    let text = String::from_utf8(body).map_err(|_| "a transcript that is not UTF-8")?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    let start = text.trim_start().get(..9).unwrap_or_default().to_ascii_lowercase();
    if start.starts_with("<!doctype") || start.starts_with("<html") {
        return Err("HTML instead of a transcript");
    }
    if text.trim().is_empty() {
        return Err("an empty transcript");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_and_emptiness_are_no_transcripts() {
        assert_eq!(as_text("\u{feff}WEBVTT\n\n".into()).as_deref(), Ok("WEBVTT\n\n"));
        assert!(as_text(b"<!DOCTYPE html><html>".to_vec()).is_err());
        assert!(as_text(b"  <HTML><body>".to_vec()).is_err());
        assert!(as_text(b" \n".to_vec()).is_err());
        assert!(as_text(vec![0xff, 0xfe]).is_err());
        assert!(as_text("äöüäöü".into()).is_ok(), "a cut inside a letter must not matter");
    }
}
