//! The player (`/recordings/{id}?t=&find=`): a plain video with captions, and the transcript beside it.
//! Works without script: a cue is a link, a search is a form, captions are a track.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Badge, Crumb, Link, Note},
    when::{self, Moment},
};

/// `GET /recordings/{id}`.
#[derive(Debug, Template)]
#[template(path = "pages/recording.html")]
pub struct Player {
    pub page: Page,
    pub id: i64,
    pub crumbs: Vec<Crumb>,
    pub title: String,
    pub when: Moment,
    pub people: String,
    pub badges: Vec<Badge>,
    pub video: Video,
    pub download: Option<Link>,
    /// Staff only.
    pub onedrive_href: Option<String>,
    /// Who watched and downloaded it, for those who oversee the installation.
    pub visits_href: Option<String>,
    pub parts_line: Option<PartsLine>,
    pub transcript: Transcript,
}

/// The picture, or why there is none.
#[derive(Debug)]
pub enum Video {
    Playable { content_href: String, mime: String, captions: Vec<Captions>, start_seconds: Option<i64> },
    NotYet(Note),
}

/// One track of captions.
#[derive(Debug)]
pub struct Captions {
    pub href: String,
    pub language: String,
    pub label: String,
}

/// The parts of a class and the gaps between them, drawn to scale.
#[derive(Debug)]
pub struct PartsLine {
    pub label: String,
    pub parts: Vec<Part>,
}

/// One part on the line; times run from the start of the first.
#[derive(Debug)]
pub struct Part {
    pub href: String,
    pub words: String,
    pub from_ms: i64,
    pub to_ms: i64,
    pub current: bool,
}

impl PartsLine {
    fn end_ms(&self) -> i64 {
        self.parts.iter().map(|part| part.to_ms).max().unwrap_or(1).max(1)
    }

    /// A time as a place on a line of 1000.
    fn place(&self, ms: i64) -> i64 {
        ms.clamp(0, self.end_ms()) * 1000 / self.end_ms()
    }

    /// Each part with its place and width; never too narrow to be seen.
    fn drawn(&self) -> Vec<(&Part, i64, i64)> {
        self.parts
            .iter()
            .map(|part| {
                let from = self.place(part.from_ms);
                (part, from, (self.place(part.to_ms) - from).max(4))
            })
            .collect()
    }

    /// What lies between one part and the next: from, to.
    fn gaps(&self) -> Vec<(i64, i64)> {
        self.parts
            .windows(2)
            .map(|pair| (self.place(pair[0].to_ms), self.place(pair[1].from_ms)))
            .filter(|(from, to)| to - from > 2)
            .collect()
    }
}

/// The transcript, or why there is none.
#[derive(Debug)]
pub enum Transcript {
    Here { turns: Vec<Turn>, search: Search, saves: Vec<Link> },
    NotHere(Note),
}

/// What was looked for and found.
#[derive(Debug)]
pub struct Search {
    pub query: String,
    /// "7 places"; empty without a query.
    pub found: String,
    /// The id of the first cue that was found.
    pub first: Option<String>,
}

/// What one person said in a row.
#[derive(Debug)]
pub struct Turn {
    pub speaker: String,
    pub cues: Vec<Cue>,
}

/// One cue.
#[derive(Debug)]
pub struct Cue {
    pub number: usize,
    pub start_ms: i64,
    pub end_ms: i64,
    pub words: Vec<Words>,
}

impl Cue {
    fn position(&self) -> String {
        when::position(self.start_ms)
    }

    fn seconds(&self) -> i64 {
        self.start_ms / 1000
    }
}

/// A stretch of a cue, and whether it is what was looked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    pub text: String,
    pub found: bool,
}

/// Cuts a cue where the query stands in it, whatever the case.
pub fn mark_found(text: &str, query: &str) -> Vec<Words> {
    let query: Vec<char> = query.trim().chars().flat_map(char::to_lowercase).collect();
    let mut words = Vec::new();
    let mut plain_from = 0;
    if !query.is_empty() {
        let starts: Vec<usize> = text.char_indices().map(|(index, _)| index).collect();
        let mut skip_until = 0;
        for start in starts {
            let Some(length) = found_at(&text[start..], &query) else {
                continue;
            };
            if start < skip_until {
                continue;
            }
            push_words(&mut words, &text[plain_from..start], false);
            push_words(&mut words, &text[start..start + length], true);
            plain_from = start + length;
            skip_until = plain_from;
        }
    }
    push_words(&mut words, &text[plain_from..], false);
    words
}

/// How many bytes of the text's beginning are the (lower-case) query.
fn found_at(text: &str, query: &[char]) -> Option<usize> {
    let mut wanted = query.iter();
    for (index, letter) in text.char_indices() {
        for lower in letter.to_lowercase() {
            match wanted.next() {
                Some(want) if *want == lower => {}
                Some(_) => return None,
                // The query ended inside a letter that is several in lower case: take the whole letter.
                None => return Some(index + letter.len_utf8()),
            }
        }
        if wanted.len() == 0 {
            return Some(index + letter.len_utf8());
        }
    }
    None
}

fn push_words(words: &mut Vec<Words>, text: &str, found: bool) {
    if !text.is_empty() {
        words.push(Words { text: text.to_owned(), found });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, query: &str) -> String {
        mark_found(text, query)
            .iter()
            .map(|words| if words.found { format!("[{}]", words.text) } else { words.text.clone() })
            .collect()
    }

    #[test]
    fn what_is_looked_for_is_marked_whatever_the_case() {
        assert_eq!(
            said("The Gradient runs down the gradient", "gradient"),
            "The [Gradient] runs down the [gradient]"
        );
        assert_eq!(said("aaaa", "aa"), "[aa][aa]");
        assert_eq!(said("İstanbul ßtraße", "ß"), "İstanbul [ß]tra[ß]e");
        assert_eq!(said("nothing", ""), "nothing");
        assert_eq!(said("", "x"), "");
    }

    #[test]
    fn gaps_are_drawn_between_parts_only() {
        let part = |from_ms, to_ms| Part {
            href: String::new(),
            words: String::new(),
            from_ms,
            to_ms,
            current: false,
        };
        let line = PartsLine { label: String::new(), parts: vec![part(0, 42), part(46, 88)] };
        assert_eq!(line.gaps(), vec![(477, 522)]);
        let whole = PartsLine { label: String::new(), parts: vec![part(0, 88)] };
        assert!(whole.gaps().is_empty());
    }
}
