//! Looks into an MP4 file as its bytes go by, in constant memory: whether it is one, whether it is whole, how long it
//! plays and whether it has a picture. It reads the boxes' headers and a few short leaves and skips the rest; it never
//! trusts a length that leads beyond the box around it.

/// Bytes of a leaf that are looked at.
const LEAF: usize = 64;

/// Boxes in one file at most: more are no video but an attempt to keep us busy.
const MOST_BOXES: u64 = 4_000_000;

/// Tracks that are told apart.
const MOST_TRACKS: usize = 64;

/// Longest recording that can be meant.
const LONGEST_MS: u64 = 7 * 24 * 3_600_000;

/// What is known of a sound file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mp4 {
    /// Playing time in milliseconds.
    pub duration_ms: i64,
    /// Whether it has sound.
    pub has_sound: bool,
}

/// Why a file is none that can be kept as a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Another sort of file.
    #[error("This is no MP4 video. Save or convert the recording as MP4 (H.264) and try again.")]
    NotMp4,
    /// The index of the file was never written.
    #[error(
        "The recording was never finished: the file has no index. Open it in the program that made it and save it again."
    )]
    Unfinished,
    /// It ends before it should.
    #[error(
        "The file breaks off before its end. Copy it again from where it was made, and compare the sizes."
    )]
    Truncated,
    /// Lengths inside it contradict each other.
    #[error("The file is damaged inside. Copy it again from where it was made.")]
    Broken,
    /// There is no picture in it.
    #[error(
        "There is no picture in this file. A recording must show something; sound alone cannot be kept here."
    )]
    NoPicture,
    /// It plays for no time at all.
    #[error(
        "The file says that it plays for no time at all. Save the recording again in the program that made it."
    )]
    NoDuration,
}

/// The boxes that hold others of interest.
const CONTAINERS: [&[u8; 4]; 6] = [b"moov", b"trak", b"mdia", b"mvex", b"moof", b"traf"];

/// The short boxes that are looked into.
const LEAVES: [&[u8; 4]; 7] = [b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"mehd", b"tfhd", b"tfdt"];

/// What may stand first in such a file.
const FIRST: [&[u8; 4]; 7] = [b"ftyp", b"styp", b"wide", b"free", b"skip", b"moov", b"mdat"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// The header of a box, of so many bytes.
    Header(usize),
    /// A leaf of this kind that ends there, and as much of it as is looked at.
    Leaf([u8; 4], u64, usize),
}

#[derive(Debug, Clone, Copy, Default)]
struct Track {
    id: u32,
    timescale: u32,
    /// Where the last fragment of the track begins, in its timescale.
    last_fragment: u64,
}

/// A look into a file that goes by.
#[derive(Debug)]
pub struct Probe {
    at: u64,
    skip_to: u64,
    reading: Reading,
    held: Vec<u8>,
    around: Vec<([u8; 4], u64)>,
    boxes: u64,
    is_open_ended: bool,
    has_index: bool,
    media_bytes: u64,
    movie: (u32, u64),
    fragments: u64,
    has_picture: bool,
    has_sound: bool,
    tracks: Vec<Track>,
    current: Track,
    fragment_of: u32,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            at: 0,
            skip_to: 0,
            reading: Reading::Header(8),
            held: Vec::with_capacity(LEAF),
            around: Vec::new(),
            boxes: 0,
            is_open_ended: false,
            has_index: false,
            media_bytes: 0,
            movie: (0, 0),
            fragments: 0,
            has_picture: false,
            has_sound: false,
            tracks: Vec::new(),
            current: Track::default(),
            fragment_of: 0,
        }
    }
}

impl Probe {
    /// Takes the next bytes of the file. After an error the file is refused and nothing more need be given.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            if self.at < self.skip_to {
                let skipped = (self.skip_to - self.at).min(bytes.len() as u64);
                self.at += skipped;
                bytes = &bytes[skipped as usize..];
                continue;
            }
            let wanted = match self.reading {
                Reading::Header(length) | Reading::Leaf(_, _, length) => length,
            };
            let taken = (wanted - self.held.len()).min(bytes.len());
            self.held.extend_from_slice(&bytes[..taken]);
            self.at += taken as u64;
            bytes = &bytes[taken..];
            if self.held.len() == wanted {
                self.take()?;
            }
        }
        Ok(())
    }

    /// Where the next byte of interest stands. A reader that can seek goes on there by [`Probe::jump`].
    pub fn wants(&self) -> u64 {
        self.at.max(self.skip_to)
    }

    /// Goes over bytes that need not be looked at.
    pub fn jump(&mut self) {
        self.at = self.wants();
    }

    /// What the file is, after its last byte; `size` is its length.
    pub fn finish(mut self, size: u64) -> Result<Mp4, Fault> {
        self.leave(size.min(self.at));
        if self.boxes == 0 {
            return Err(Fault::NotMp4);
        }
        let is_cut = !self.held.is_empty() || !self.around.is_empty() || self.skip_to > size;
        if is_cut && !self.is_open_ended {
            return Err(Fault::Truncated);
        }
        if !self.has_index {
            return Err(Fault::Unfinished);
        }
        if !self.has_picture {
            return Err(Fault::NoPicture);
        }
        if self.media_bytes == 0 {
            return Err(Fault::Truncated);
        }
        let duration_ms = self.duration_ms();
        match i64::try_from(duration_ms) {
            Ok(0) => Err(Fault::NoDuration),
            Ok(duration_ms) if duration_ms as u64 <= LONGEST_MS => {
                Ok(Mp4 { duration_ms, has_sound: self.has_sound })
            }
            _ => Err(Fault::Broken),
        }
    }

    /// As the index says; of a file in fragments as their index says, else where the last one begins.
    fn duration_ms(&self) -> u64 {
        let ms = |(timescale, units): (u32, u64)| match timescale {
            0 => 0,
            scale => u64::try_from(u128::from(units) * 1_000 / u128::from(scale)).unwrap_or(u64::MAX),
        };
        let whole = ms(self.movie).max(ms((self.movie.0, self.fragments)));
        if whole > 0 {
            return whole;
        }
        self.tracks.iter().map(|track| ms((track.timescale, track.last_fragment))).max().unwrap_or(0)
    }

    /// A header or leaf is complete.
    fn take(&mut self) -> Result<(), Fault> {
        let held = std::mem::take(&mut self.held);
        match self.reading {
            Reading::Header(length) => self.header(&held, length)?,
            Reading::Leaf(kind, end, _) => {
                self.leaf(kind, &held);
                self.skip_to = end;
                self.reading = Reading::Header(8);
                self.leave(end);
            }
        }
        Ok(())
    }

    fn header(&mut self, held: &[u8], length: usize) -> Result<(), Fault> {
        let start = self.at - length as u64;
        let kind: [u8; 4] = held[4..8].try_into().map_err(|_| Fault::Broken)?;
        if self.boxes == 0 && !FIRST.contains(&&kind) {
            return Err(Fault::NotMp4);
        }
        let short = u64::from(number(held, 0));
        if short == 1 && length == 8 {
            self.held = held.to_vec();
            self.reading = Reading::Header(16);
            return Ok(());
        }
        self.boxes += 1;
        let size = if length == 16 { long(held, 8) } else { short };
        let end = if size == 0 && self.around.is_empty() {
            self.is_open_ended = true;
            u64::MAX
        } else {
            start.checked_add(size).ok_or(Fault::Broken)?
        };
        let limit = self.around.last().map_or(u64::MAX, |(_, end)| *end);
        if end < self.at || end > limit || self.boxes > MOST_BOXES {
            return Err(Fault::Broken);
        }
        self.enter(kind, end);
        Ok(())
    }

    /// Decides what of a box is looked at.
    fn enter(&mut self, kind: [u8; 4], end: u64) {
        self.reading = Reading::Header(8);
        let payload = end - self.at;
        if &kind == b"mdat" {
            self.media_bytes = self.media_bytes.saturating_add(payload);
        }
        self.has_index |= &kind == b"moov";
        if &kind == b"trak" {
            self.current = Track::default();
        }
        let is_inside = !self.around.is_empty();
        if CONTAINERS.contains(&&kind) && (is_inside || matches!(&kind, b"moov" | b"moof")) && payload > 0 {
            self.around.push((kind, end));
        } else if LEAVES.contains(&&kind) && is_inside && payload > 0 {
            self.reading = Reading::Leaf(kind, end, LEAF.min(payload as usize));
        } else {
            self.skip_to = end;
            self.leave(end);
        }
    }

    /// The boxes around that end at `at` are over.
    fn leave(&mut self, at: u64) {
        while let Some((kind, end)) = self.around.last().copied() {
            if end != at {
                return;
            }
            if &kind == b"trak" && self.tracks.len() < MOST_TRACKS {
                self.tracks.push(self.current);
            }
            self.around.pop();
        }
    }

    fn leaf(&mut self, kind: [u8; 4], body: &[u8]) {
        let is_long = body.first() == Some(&1);
        match &kind {
            b"mvhd" => self.movie = times(body, is_long),
            b"mdhd" => self.current.timescale = times(body, is_long).0,
            b"tkhd" => self.current.id = number(body, if is_long { 20 } else { 12 }),
            b"hdlr" => {
                self.has_picture |= body.get(8..12) == Some(b"vide");
                self.has_sound |= body.get(8..12) == Some(b"soun");
            }
            b"mehd" => self.fragments = if is_long { long(body, 4) } else { u64::from(number(body, 4)) },
            b"tfhd" => self.fragment_of = number(body, 4),
            _ => {
                let begins = if is_long { long(body, 4) } else { u64::from(number(body, 4)) };
                let id = self.fragment_of;
                if let Some(track) = self.tracks.iter_mut().find(|track| track.id == id) {
                    track.last_fragment = track.last_fragment.max(begins);
                }
            }
        }
    }
}

/// Timescale and duration of `mvhd` and `mdhd`; a duration of all ones means that it is not known.
fn times(body: &[u8], is_long: bool) -> (u32, u64) {
    let (scale, units, unknown) = if is_long {
        (number(body, 20), long(body, 24), u64::MAX)
    } else {
        (number(body, 12), u64::from(number(body, 16)), u64::from(u32::MAX))
    };
    (scale, if units == unknown { 0 } else { units })
}

/// The number at a place, big end first; 0 if the body is too short.
fn number(body: &[u8], at: usize) -> u32 {
    let bytes = body.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u32::from_be_bytes)
}

fn long(body: &[u8], at: usize) -> u64 {
    let bytes = body.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8], body: &[u8]) -> Vec<u8> {
        let mut made = ((body.len() + 8) as u32).to_be_bytes().to_vec();
        made.extend_from_slice(kind);
        made.extend_from_slice(body);
        made
    }

    fn mvhd(timescale: u32, duration: u32) -> Vec<u8> {
        let mut body = vec![0; 12];
        body.extend(timescale.to_be_bytes());
        body.extend(duration.to_be_bytes());
        body.extend([0; 80]);
        boxed(b"mvhd", &body)
    }

    fn track(id: u8, handler: &[u8]) -> Vec<u8> {
        let tkhd = boxed(b"tkhd", &[0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, id, 0, 0, 0, 0]);
        let mut mdhd = vec![0; 12];
        mdhd.extend(90_000_u32.to_be_bytes());
        mdhd.extend([0; 8]);
        let mut hdlr = vec![0; 8];
        hdlr.extend(handler);
        hdlr.extend([0; 13]);
        let mdia = [boxed(b"mdhd", &mdhd), boxed(b"hdlr", &hdlr), boxed(b"minf", &[9; 300])].concat();
        boxed(b"trak", &[tkhd, boxed(b"mdia", &mdia)].concat())
    }

    /// A small whole file: 95 seconds, picture and sound, the index last.
    fn film() -> Vec<u8> {
        let moov = boxed(b"moov", &[mvhd(1_000, 95_000), track(1, b"vide"), track(2, b"soun")].concat());
        [boxed(b"ftyp", b"isom\0\0\0\0"), boxed(b"free", &[]), boxed(b"mdat", &[7; 5_000]), moov].concat()
    }

    fn look(file: &[u8], piece: usize) -> Result<Mp4, Fault> {
        let mut probe = Probe::default();
        for bytes in file.chunks(piece) {
            probe.push(bytes)?;
        }
        probe.finish(file.len() as u64)
    }

    #[test]
    fn a_film_tells_its_length_however_it_is_cut_into_pieces() {
        for piece in [1, 7, 8, 64, 5_000, 100_000] {
            assert_eq!(look(&film(), piece), Ok(Mp4 { duration_ms: 95_000, has_sound: true }), "{piece}");
        }
    }

    #[test]
    fn a_reader_that_seeks_learns_the_same_with_few_bytes() {
        let film = film();
        let mut probe = Probe::default();
        let mut read = 0;
        while probe.wants() < film.len() as u64 {
            probe.jump();
            let from = probe.wants() as usize;
            let bytes = &film[from..film.len().min(from + 16)];
            read += bytes.len();
            probe.push(bytes).unwrap();
        }
        assert_eq!(probe.finish(film.len() as u64).unwrap().duration_ms, 95_000);
        assert!(read < 1_200, "{read} of {} bytes were read", film.len());
    }

    #[test]
    fn a_film_in_fragments_tells_its_length_by_its_last_fragment() {
        let fragment = |start: u32| {
            let mut tfdt = vec![0; 4];
            tfdt.extend(start.to_be_bytes());
            let traf = [boxed(b"tfhd", &[0, 0, 0, 0, 0, 0, 0, 1]), boxed(b"tfdt", &tfdt)].concat();
            [boxed(b"moof", &boxed(b"traf", &traf)), boxed(b"mdat", &[1; 100])].concat()
        };
        let moov = boxed(b"moov", &[mvhd(1_000, 0), track(1, b"vide")].concat());
        let film =
            [boxed(b"ftyp", b"iso5"), moov, fragment(0), fragment(900_000), fragment(450_000)].concat();
        assert_eq!(look(&film, 33).unwrap().duration_ms, 10_000);
    }

    #[test]
    fn every_bad_file_is_refused_with_its_reason() {
        let film = film();
        let silent = [boxed(b"ftyp", b"M4A "), boxed(b"mdat", &[1; 9])].concat();
        let sound = boxed(b"moov", &[mvhd(1_000, 5), track(1, b"soun")].concat());
        let picture = |duration| boxed(b"moov", &[mvhd(1_000, duration), track(1, b"vide")].concat());
        let with = |tail: Vec<u8>| [silent.clone(), tail].concat();
        let mut beyond = film.clone();
        let moov = film.len() - 12;
        beyond[moov..].fill(0xff);
        let cases = [
            (b"<!DOCTYPE html><html>sign in</html>".to_vec(), Fault::NotMp4),
            (Vec::new(), Fault::NotMp4),
            (b"RIFF....AVI LIST".to_vec(), Fault::NotMp4),
            (silent.clone(), Fault::Unfinished),
            (film[..film.len() - 1].to_vec(), Fault::Truncated),
            (film[..2_000].to_vec(), Fault::Truncated),
            (with(sound), Fault::NoPicture),
            (with(picture(0)), Fault::NoDuration),
            (with(picture(4_000_000_000)), Fault::Broken),
            (
                [boxed(b"ftyp", b"isom"), boxed(b"moov", &[0, 0, 0, 3, b'm', b'v', b'h', b'd'])].concat(),
                Fault::Broken,
            ),
            (
                [boxed(b"ftyp", b"isom"), boxed(b"moov", &[0, 0, 9, 9, b'm', b'v', b'h', b'd'])].concat(),
                Fault::Broken,
            ),
        ];
        for (file, fault) in cases {
            for piece in [1, 13, 4_096] {
                assert_eq!(
                    look(&file, piece),
                    Err(fault),
                    "{:?}",
                    String::from_utf8_lossy(&file[..file.len().min(16)])
                );
            }
        }
        assert!(look(&beyond, 100).is_ok(), "what is inside a leaf that nobody reads does not matter");
    }

    proptest::proptest! {
        /// Whatever the bytes are, looking at them ends, needs no memory to speak of, and does not depend on the pieces.
        #[test]
        fn no_file_harms_and_pieces_do_not_matter(
            mut file in proptest::collection::vec(proptest::num::u8::ANY, 0..600),
            places in proptest::collection::vec((0_usize..6_000, proptest::num::u8::ANY), 0..20),
            piece in 1_usize..90,
            of_film in proptest::bool::ANY,
        ) {
            if of_film {
                file = film();
                for (place, byte) in places {
                    if let Some(there) = file.get_mut(place) {
                        *there = byte;
                    }
                }
            }
            proptest::prop_assert_eq!(look(&file, piece), look(&file, 100_000));
        }
    }
}
