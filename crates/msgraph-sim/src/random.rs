//! Seeded randomness: the same seed and the same calls give the same ids.
//! Not for secrets: everything the simulator hands out is worthless outside it.

use base64::Engine as _;
use serde::{Deserialize, Serialize};

/// A small generator (splitmix64) whose state is saved with the world.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Between 0 (included) and 1 (excluded).
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Between 0 and `end`, `end` excluded; 0 when there is nothing to choose.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.next() % end }
    }

    pub(crate) fn guid(&mut self) -> String {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.next().to_le_bytes());
        bytes[8..].copy_from_slice(&self.next().to_le_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// `n` characters of base32 as in drive item ids.
    pub(crate) fn base32(&mut self, n: usize) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        (0..n).map(|_| char::from(LETTERS[self.below(32) as usize])).collect()
    }

    pub(crate) fn digits(&mut self, n: usize) -> String {
        (0..n).map(|_| char::from(b'1' + self.below(9) as u8)).collect()
    }

    /// Base64 of `n` random bytes; with padding, as Exchange ids have it.
    pub(crate) fn base64(&mut self, n: usize) -> String {
        let bytes: Vec<u8> = (0..n).map(|_| self.next() as u8).collect();
        base64::engine::general_purpose::STANDARD.encode(bytes)
    }
}
