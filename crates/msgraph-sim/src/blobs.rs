//! Bytes that were uploaded: in memory, and as files beside the saved state when there is one.
//! Everything else is rendered from descriptions and needs no store.

use std::collections::HashMap;
use std::path::PathBuf;

use bytes::Bytes;

use crate::media::quickxor::Register;
use crate::media::{Content, Segments};

#[derive(Debug, Default)]
pub(crate) struct Blobs {
    directory: Option<PathBuf>,
    whole: HashMap<String, Bytes>,
    parts: HashMap<String, Vec<u8>>,
}

impl Blobs {
    /// A store that reads earlier uploads back from `directory`.
    pub(crate) fn in_directory(directory: Option<PathBuf>) -> Self {
        Self { directory, ..Self::default() }
    }

    /// Keeps bytes under `name` and describes them.
    pub(crate) fn keep(&mut self, name: &str, bytes: &Bytes) -> Content {
        if let Some(directory) = &self.directory {
            let written =
                std::fs::create_dir_all(directory).and_then(|()| std::fs::write(directory.join(name), bytes));
            if let Err(error) = written {
                tracing::error!(%error, name, "could not keep an upload beside the state; it will be lost at the next start");
            }
        }
        self.whole.insert(name.to_owned(), bytes.clone());
        Content::Upload {
            blob: name.to_owned(),
            size: bytes.len() as u64,
            hash: Register::of(bytes).finish(bytes.len() as u64),
        }
    }

    pub(crate) fn append_part(&mut self, session: &str, bytes: &Bytes) {
        self.parts.entry(session.to_owned()).or_default().extend_from_slice(bytes);
    }

    pub(crate) fn finish_part(&mut self, session: &str) -> Content {
        let bytes = Bytes::from(self.parts.remove(session).unwrap_or_default());
        self.keep(session, &bytes)
    }

    pub(crate) fn drop_part(&mut self, session: &str) {
        self.parts.remove(session);
    }

    /// The bytes of any content.
    pub(crate) fn render(&self, content: &Content) -> Segments {
        let Content::Upload { blob, .. } = content else {
            return content.render();
        };
        if let Some(bytes) = self.whole.get(blob) {
            return Segments::from(bytes.clone());
        }
        let read = self.directory.as_ref().and_then(|directory| std::fs::read(directory.join(blob)).ok());
        Segments::from(Bytes::from(read.unwrap_or_default()))
    }
}
