//! What is learnt of bytes as they pass: their hashes, which go on over a restart, and whether they are a film. The
//! hashes of what came are compared with those of what lies in the archive; nothing else shows that it is the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use msgraph::QuickXorHash;
use sha2::digest::common::hazmat::{SerializableState as _, SerializedState};
use sha2::{Digest as _, Sha256};

use crate::model::mp4::{Fault, Probe};

/// Hashes of a stream.
pub(super) struct Passed {
    sha: Sha256,
    xor: QuickXorHash,
    /// Looks at the bytes; `None` where their beginning passed in another life of the process.
    probe: Option<Probe>,
}

/// What the bytes came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    /// SHA-256, hex.
    pub(super) sha256: String,
    /// quickXorHash, base64.
    pub(super) quick_xor_hash: String,
    /// Their number.
    pub(super) size_bytes: u64,
}

impl Passed {
    /// Nothing has passed yet.
    pub(super) fn new() -> Self {
        Self { sha: Sha256::new(), xor: QuickXorHash::new(), probe: Some(Probe::default()) }
    }

    /// Goes on from what [`Passed::save`] wrote; `None` if that is not what this is.
    pub(super) fn restore(saved: &str) -> Option<Self> {
        let (sha, xor) = saved.split_once('.')?;
        let sha = STANDARD.decode(sha).ok()?;
        let sha = SerializedState::<Sha256>::try_from(sha.as_slice()).ok()?;
        let sha = Sha256::deserialize(&sha).ok()?;
        let xor = QuickXorHash::restore(&STANDARD.decode(xor).ok()?)?;
        Some(Self { sha, xor, probe: None })
    }

    /// How far the hashes have come, as text.
    pub(super) fn save(&self) -> String {
        let sha = self.sha.serialize();
        format!("{}.{}", STANDARD.encode(sha.as_slice()), STANDARD.encode(self.xor.save()))
    }

    /// Takes the next bytes. An error if what has come shows that it is no film.
    pub(super) fn update(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if let Some(probe) = &mut self.probe {
            probe.push(bytes)?;
        }
        self.sha.update(bytes);
        self.xor.update(bytes);
        Ok(())
    }

    /// How many bytes have passed.
    pub(super) fn size_bytes(&self) -> u64 {
        self.xor.length()
    }

    /// The hashes of all that passed.
    pub(super) fn sum(&self) -> Sum {
        Sum {
            sha256: crate::model::hex::hex(&self.sha.clone().finalize()),
            quick_xor_hash: self.xor.finish(),
            size_bytes: self.xor.length(),
        }
    }

    /// The hashes and the playing time, if it is a whole film. `None` for the time where only a part was looked at.
    pub(super) fn finish(mut self) -> Result<(Sum, Option<i64>), Fault> {
        let sum = self.sum();
        let film = self.probe.take().map(|probe| probe.finish(sum.size_bytes)).transpose()?;
        Ok((sum, film.map(|film| film.duration_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_that_were_saved_go_on_where_they_stood() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|place| (place % 251) as u8).collect();
        let mut whole = Passed { probe: None, ..Passed::new() };
        whole.update(&bytes).unwrap();
        for cut in [0, 1, 64, 4_097, 99_999] {
            let mut first = Passed { probe: None, ..Passed::new() };
            first.update(&bytes[..cut]).unwrap();
            let mut rest = Passed::restore(&first.save()).expect("what was saved");
            rest.update(&bytes[cut..]).unwrap();
            assert_eq!(rest.sum(), whole.sum(), "cut at {cut}");
        }
        for bad in ["", ".", "AAAA.AAAA", "x"] {
            assert!(Passed::restore(bad).is_none(), "{bad:?}");
        }
    }
}
