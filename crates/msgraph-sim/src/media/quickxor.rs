//! quickXorHash, the only hash OneDrive for Business gives.
//! XOR is linear, so parts are hashed alone and turned into place: a repeated block is never read twice.

use base64::Engine as _;

/// Byte `i` and byte `i + 160` meet at the same bit position.
const COLUMNS: usize = 160;
const SHIFT: usize = 11;

/// The 160-bit register of one piece of data, as if it began at offset 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Register([u8; 20]);

impl Register {
    /// Hashes `data`: blocks of 160 bytes are folded first, then each column turns into its place once.
    pub(crate) fn of(data: &[u8]) -> Self {
        let mut columns = [0_u8; COLUMNS];
        let mut blocks = data.chunks_exact(COLUMNS);
        for block in &mut blocks {
            for (column, byte) in columns.iter_mut().zip(block) {
                *column ^= byte;
            }
        }
        for (column, byte) in columns.iter_mut().zip(blocks.remainder()) {
            *column ^= byte;
        }
        let mut register = Self::default();
        for (index, byte) in columns.into_iter().enumerate() {
            register.mix_byte(byte, (index * SHIFT) % COLUMNS);
        }
        register
    }

    fn mix_byte(&mut self, byte: u8, position: usize) {
        let (index, bits) = (position / 8, position % 8);
        let wide = u16::from(byte) << bits;
        let [low, high] = wide.to_le_bytes();
        self.0[index] ^= low;
        self.0[(index + 1) % 20] ^= high;
    }

    /// Adds a piece that lies `offset` bytes into the whole.
    pub(crate) fn add(&mut self, piece: Self, offset: u64) {
        let turn = ((offset % COLUMNS as u64) as usize * SHIFT) % COLUMNS;
        for (index, byte) in piece.0.into_iter().enumerate() {
            self.mix_byte(byte, (index * 8 + turn) % COLUMNS);
        }
    }

    /// The finished hash of `length` bytes, in base64.
    pub(crate) fn finish(mut self, length: u64) -> String {
        for (byte, part) in self.0[12..].iter_mut().zip(length.to_le_bytes()) {
            *byte ^= part;
        }
        base64::engine::general_purpose::STANDARD.encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(data: &[u8]) -> String {
        Register::of(data).finish(data.len() as u64)
    }

    #[test]
    fn published_vectors_hold() {
        let ramp: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
        assert_eq!(hash(b""), "AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        assert_eq!(hash(b"Teams"), "VChDGNowBwAAAAAABQAAAAAAAAA=");
        assert_eq!(hash(&[0xff; 15]), "/PjHP/7xj3/84x//98c//vGPf/w=");
        assert_eq!(hash(&ramp[..161]), "X+EGLlnQi0dVs5OErHWhEnz5wg4=");
        assert_eq!(hash(&ramp), "HdE6CZEtWr3VHJPlFJtbLXBwV0c=");
        assert_eq!(hash(&vec![0xff; 1_048_576]), "SlKSkpSkJCUpSUlKrWpFq1rVqlY=");
    }

    #[test]
    fn pieces_combine_at_any_offset() {
        let data: Vec<u8> = (0..5000_u32).map(|i| (i * 7 % 253) as u8).collect();
        for cut in [1, 79, 160, 161, 2999] {
            let mut whole = Register::of(&data[..cut]);
            whole.add(Register::of(&data[cut..]), cut as u64);
            assert_eq!(whole.finish(5000), hash(&data), "cut at {cut}");
        }
    }
}
