//! What files are made of: descriptions small enough to save, rendered to bytes only when somebody reads.
//! Large bodies are generated from one shared block; nothing here may hold a whole large file in memory.

pub(crate) mod mp4;
pub(crate) mod pdf;
pub(crate) mod quickxor;

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use quickxor::Register;

/// What a stored file holds. Rendering the same description always gives the same bytes.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Content {
    /// A playable class recording; `label` makes each file (and hash) its own.
    Class { length_ms: u64, label: String, size_bytes: Option<u64> },
    /// An MP4 shell without a picture, as left by a transcribed meeting that was not recorded.
    Shell { label: String },
    /// A short document with one line of text.
    Document { title: String },
    /// Plain text, such as a transcript.
    Text { text: String },
    /// Uploaded bytes, kept beside the world under this name.
    Upload { blob: String, size: u64, hash: String },
}

/// Size and hash of a file, computed once when it is made.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) size: u64,
    pub(crate) hash: String,
}

impl Content {
    /// Size and true quickXorHash, without walking through repeated blocks.
    pub(crate) fn measure(&self) -> Measure {
        if let Self::Upload { size, hash, .. } = self {
            return Measure { size: *size, hash: hash.clone() };
        }
        let segments = self.render();
        Measure { size: segments.len(), hash: segments.hash() }
    }

    /// The bytes, for everything but uploads (those are kept by the blob store).
    pub(crate) fn render(&self) -> Segments {
        match self {
            Self::Class { length_ms, label, size_bytes } => {
                let head = mp4::class(*length_ms, label);
                let padding = size_bytes.map_or(0, |size| size.saturating_sub(head.len() as u64));
                let mut segments = Segments::from(head);
                if padding >= mp4::PADDING_HEADER {
                    segments.push(Segment::Bytes(mp4::padding(padding)));
                    segments.push(Segment::Pattern(padding - mp4::PADDING_HEADER));
                }
                segments
            }
            Self::Shell { label } => Segments::from(mp4::shell(label)),
            Self::Document { title } => Segments::from(pdf::page(title)),
            Self::Text { text } => Segments::from(Bytes::from(text.clone())),
            Self::Upload { .. } => Segments::default(),
        }
    }
}

/// A file as a list of pieces; cheap to clone, cut and stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct Segments {
    parts: Arc<Vec<Segment>>,
    length: u64,
}

#[derive(Debug, Clone)]
pub(crate) enum Segment {
    Bytes(Bytes),
    /// So many bytes of the shared block, repeated.
    Pattern(u64),
}

impl Segment {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Pattern(length) => *length,
        }
    }
}

impl From<Bytes> for Segments {
    fn from(bytes: Bytes) -> Self {
        let mut segments = Self::default();
        segments.push(Segment::Bytes(bytes));
        segments
    }
}

/// How much one chunk of a stream carries at most.
const CHUNK: u64 = 256 * 1024;

impl Segments {
    pub(crate) fn push(&mut self, segment: Segment) {
        self.length += segment.len();
        Arc::make_mut(&mut self.parts).push(segment);
    }

    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// The next chunk at `offset`, at most up to `end`; nothing at the end.
    pub(crate) fn chunk(&self, offset: u64, end: u64) -> Option<Bytes> {
        let mut start = 0;
        for part in self.parts.iter() {
            let length = part.len();
            if offset < start + length {
                let within = offset - start;
                let want = (length - within).min(end.checked_sub(offset)?).min(CHUNK);
                if want == 0 {
                    return None;
                }
                return Some(match part {
                    Segment::Bytes(bytes) => bytes.slice(within as usize..(within + want) as usize),
                    Segment::Pattern(_) => pattern_slice(within, want),
                });
            }
            start += length;
        }
        None
    }

    /// All bytes at once; only for small files.
    pub(crate) fn collect(&self) -> Bytes {
        let mut whole = Vec::with_capacity(self.length as usize);
        let mut offset = 0;
        while let Some(chunk) = self.chunk(offset, self.length) {
            whole.extend_from_slice(&chunk);
            offset += chunk.len() as u64;
        }
        Bytes::from(whole)
    }

    /// True quickXorHash; repeated blocks cost one turn of a register each.
    pub(crate) fn hash(&self) -> String {
        let mut register = Register::default();
        let mut offset = 0;
        for part in self.parts.iter() {
            match part {
                Segment::Bytes(bytes) => register.add(Register::of(bytes), offset),
                Segment::Pattern(length) => add_pattern(&mut register, offset, *length),
            }
            offset += part.len();
        }
        register.finish(self.length)
    }
}

/// A prime length, so that no power-of-two slip of an offset goes unseen.
const PATTERN_LENGTH: u64 = 1_048_583;

struct Pattern {
    block: Bytes,
    register: Register,
}

static PATTERN: LazyLock<Pattern> = LazyLock::new(|| {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = Vec::with_capacity(PATTERN_LENGTH as usize + 8);
    while (block.len() as u64) < PATTERN_LENGTH {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        block.extend_from_slice(&state.to_le_bytes());
    }
    block.truncate(PATTERN_LENGTH as usize);
    let register = Register::of(&block);
    Pattern { block: Bytes::from(block), register }
});

fn pattern_slice(within: u64, want: u64) -> Bytes {
    let start = within % PATTERN_LENGTH;
    let end = (start + want).min(PATTERN_LENGTH);
    PATTERN.block.slice(start as usize..end as usize)
}

fn add_pattern(register: &mut Register, offset: u64, length: u64) {
    let whole = length / PATTERN_LENGTH;
    for turn in 0..whole {
        register.add(PATTERN.register, offset + turn * PATTERN_LENGTH);
    }
    let rest = (length % PATTERN_LENGTH) as usize;
    register.add(Register::of(&PATTERN.block[..rest]), offset + whole * PATTERN_LENGTH);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_hash_as_if_they_were_read() {
        let content = Content::Class { length_ms: 5000, label: "a".to_owned(), size_bytes: Some(5_000_000) };
        let all = content.render().collect();
        assert_eq!(all.len(), 5_000_000);
        let measured = content.measure();
        assert_eq!(measured.size, 5_000_000);
        assert_eq!(measured.hash, Register::of(&all).finish(5_000_000));
    }
}
