//! `QuickXorHash`, the checksum of `OneDrive` files. It finds damage, not tampering.
//!
//! Byte *i* is added without carry (XOR) to a register of 160 bits at bit (11 × i) mod 160. Bytes 160 apart meet at
//! the same place, so the stream is first added up in 160 columns, which compilers do many bytes at a time; the
//! columns are turned only at the end.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const COLUMNS: usize = 160;
const SHIFT: usize = 11;
const DIGEST: usize = 20;

/// The hash of a stream, fed piece by piece.
#[derive(Clone)]
pub struct QuickXorHash {
    columns: [u8; COLUMNS],
    length: u64,
}

impl Default for QuickXorHash {
    fn default() -> Self {
        Self { columns: [0; COLUMNS], length: 0 }
    }
}

impl std::fmt::Debug for QuickXorHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QuickXorHash").field("length", &self.length).finish_non_exhaustive()
    }
}

impl QuickXorHash {
    /// The hash of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next bytes, in pieces of any size.
    pub fn update(&mut self, bytes: &[u8]) {
        let at = (self.length % COLUMNS as u64) as usize;
        self.length = self.length.wrapping_add(bytes.len() as u64);
        let (head, rest) = bytes.split_at(bytes.len().min((COLUMNS - at) % COLUMNS));
        xor(&mut self.columns[at..], head);
        let mut blocks = rest.chunks_exact(COLUMNS);
        for block in &mut blocks {
            xor(&mut self.columns, block);
        }
        xor(&mut self.columns, blocks.remainder());
    }

    /// How many bytes were taken in.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// How far it has come, as bytes that [`QuickXorHash::restore`] goes on from, in another process if need be.
    pub fn save(&self) -> Vec<u8> {
        let mut saved = self.columns.to_vec();
        saved.extend_from_slice(&self.length.to_le_bytes());
        saved
    }

    /// Goes on from what was saved. `None` for bytes that [`QuickXorHash::save`] did not write.
    pub fn restore(saved: &[u8]) -> Option<Self> {
        let (columns, length) = saved.split_at_checked(COLUMNS)?;
        Some(Self { columns: columns.try_into().ok()?, length: u64::from_le_bytes(length.try_into().ok()?) })
    }

    /// The hash as Graph writes it, in Base64.
    pub fn finish(&self) -> String {
        STANDARD.encode(self.digest())
    }

    fn digest(&self) -> [u8; DIGEST] {
        let mut register = [0_u8; DIGEST];
        for (column, &byte) in self.columns.iter().enumerate() {
            let bit = column * SHIFT % COLUMNS;
            let shifted = u16::from(byte) << (bit % 8);
            let [low, high] = shifted.to_le_bytes();
            register[bit / 8] ^= low;
            register[(bit / 8 + 1) % DIGEST] ^= high;
        }
        xor(&mut register[DIGEST - 8..], &self.length.to_le_bytes());
        register
    }
}

fn xor(onto: &mut [u8], bytes: &[u8]) {
    for (target, byte) in onto.iter_mut().zip(bytes) {
        *target ^= byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(bytes: &[u8]) -> String {
        let mut hash = QuickXorHash::new();
        hash.update(bytes);
        hash.finish()
    }

    fn counting(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i % 251) as u8).collect()
    }

    #[test]
    fn published_vectors() {
        let all: Vec<u8> = (0..=255).collect();
        let base64 = |text: &str| STANDARD.decode(text).expect("Base64");
        let cases: Vec<(Vec<u8>, &str)> = vec![
            (vec![], "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            (b"a".to_vec(), "YQAAAAAAAAAAAAAAAQAAAAAAAAA="),
            (b"Teams".to_vec(), "VChDGNowBwAAAAAABQAAAAAAAAA="),
            (vec![0xff; 15], "/PjHP/7xj3/84x//98c//vGPf/w="),
            (all[..20].to_vec(), "4AmQiIZEpgIY4AAIXIACFsCABjg="),
            (b"The quick brown fox jumps over the lazy dog".to_vec(), "bMSlbysmxJL6S75XwfMcQZOpcr4="),
            (all[..160].to_vec(), "/+EGLlnQi0dVs5OErXWhEnz5wg4="),
            (counting(161), "X+EGLlnQi0dVs5OErHWhEnz5wg4="),
            (all.clone(), "QkGEfSisZcA7k+FCh71r2dbCayY="),
            (counting(1_000_000), "HdE6CZEtWr3VHJPlFJtbLXBwV0c="),
            (vec![0; 1 << 20], "AAAAAAAAAAAAAAAAAAAQAAAAAAA="),
            (vec![0xff; 1 << 20], "SlKSkpSkJCUpSUlKrWpFq1rVqlY="),
            (base64("J9iPGCbfZSTNyw=="), "J8DGIzBggm+UgQTNUgYAAAAAAAA="),
            (base64("T6LYJIfDh81JrAK309H2JMJTXis="), "zBTHrspn3mEcohlJdIUAbjGNaNg="),
        ];
        for (bytes, expected) in cases {
            assert_eq!(hash(&bytes), expected, "{} bytes", bytes.len());
        }
    }

    #[test]
    fn five_thousand_million_zeros_count_only_by_their_length() {
        let zeros = QuickXorHash { columns: [0; COLUMNS], length: 5_000_000_000 };
        assert_eq!(zeros.finish(), "AAAAAAAAAAAAAAAAAPIFKgEAAAA=");
    }

    #[test]
    fn pieces_of_any_size_give_the_same_hash() {
        let bytes = counting(10_007);
        for size in [1, 2, 7, 159, 160, 161, 320, 1_000, 4_096, 10_006] {
            let mut pieces = QuickXorHash::new();
            bytes.chunks(size).for_each(|piece| pieces.update(piece));
            assert_eq!(pieces.finish(), hash(&bytes), "pieces of {size}");
            assert_eq!(pieces.length(), 10_007);
        }
        let mut growing = QuickXorHash::new();
        let mut at = 0;
        for size in 0.. {
            let end = bytes.len().min(at + size);
            growing.update(&bytes[at..end]);
            at = end;
            if at == bytes.len() {
                break;
            }
        }
        assert_eq!(growing.finish(), hash(&bytes));
    }

    #[test]
    fn a_hash_that_was_saved_goes_on_where_it_stood() {
        let bytes = counting(10_007);
        for cut in [0, 1, 160, 5_003, 10_007] {
            let mut first = QuickXorHash::new();
            first.update(&bytes[..cut]);
            let mut rest = QuickXorHash::restore(&first.save()).expect("what was saved");
            rest.update(&bytes[cut..]);
            assert_eq!(rest.finish(), hash(&bytes), "cut at {cut}");
        }
        assert!(QuickXorHash::restore(&[0; 12]).is_none());
    }

    #[test]
    fn one_flipped_bit_is_seen() {
        let mut bytes = counting(5_000);
        let before = hash(&bytes);
        bytes[3_333] ^= 0x10;
        assert_ne!(hash(&bytes), before);
    }
}
