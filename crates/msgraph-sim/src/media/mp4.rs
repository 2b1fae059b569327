//! Real MP4 files of any length from one committed clip: the tables repeat the clip's samples.
//! The media bytes appear once per file, so four hours of class stay a few megabytes. ISO/IEC 14496-12.

use std::sync::LazyLock;

use bytes::Bytes;

static CLIP_FILE: &[u8] = include_bytes!("../../media/clip.mp4");
static CLIP: LazyLock<Clip> = LazyLock::new(|| Clip::read(CLIP_FILE));

/// Frames per second, width and height of the clip's picture.
pub(crate) const FRAME_RATE: f64 = 10.0;
pub(crate) const WIDTH: u32 = 640;
pub(crate) const HEIGHT: u32 = 360;
pub(crate) const AUDIO_RATE: u32 = 16_000;

/// Bytes of the box head before padding (64-bit size form).
pub(crate) const PADDING_HEADER: u64 = 16;

/// One pass of the clip is eight seconds: 80 pictures, 125 audio frames.
const LOOP_FRAMES: usize = 80;
const LOOP_AUDIO: usize = 125;
/// The encoder's first audio frame only warms up.
const AUDIO_SKIP: usize = 1;
const AUDIO_FRAME: u64 = 1024;
const VIDEO_SCALE: u32 = 10;

struct Track {
    description: Vec<u8>,
    samples: Vec<&'static [u8]>,
    sync: Vec<u32>,
}

struct Clip {
    video: Track,
    audio: Track,
}

impl Clip {
    fn read(file: &'static [u8]) -> Self {
        let movie = find(file, *b"moov").expect("the committed clip has a movie box");
        let mut tracks =
            boxes(movie).filter(|(kind, _)| kind == b"trak").map(|(_, track)| Track::read(file, track));
        let video = tracks.next().expect("the committed clip begins with a video track");
        let audio = tracks.next().expect("the committed clip has an audio track");
        Self { video, audio }
    }
}

impl Track {
    fn read(file: &'static [u8], track: &'static [u8]) -> Self {
        let table = [*b"mdia", *b"minf", *b"stbl"]
            .iter()
            .fold(track, |within, kind| find(within, *kind).expect("a track of the clip is complete"));
        let entry = |kind| find(table, kind).unwrap_or_default();
        let sizes = words(&entry(*b"stsz")[12..]);
        let offsets = words(&entry(*b"stco")[8..]);
        let runs = words(&entry(*b"stsc")[8..]);
        let mut samples = Vec::with_capacity(sizes.len());
        for (chunk, offset) in (1_u32..).zip(offsets) {
            let count = runs.chunks_exact(3).take_while(|run| run[0] <= chunk).last().map_or(0, |run| run[1]);
            let mut at = offset as usize;
            for _ in 0..count {
                let size = sizes[samples.len()] as usize;
                samples.push(&file[at..at + size]);
                at += size;
            }
        }
        let sync = entry(*b"stss").get(8..).map(words).unwrap_or_default();
        Self { description: entry(*b"stsd").to_vec(), samples, sync }
    }
}

/// A class of `length_ms` (at least one picture); `label` makes the file its own.
pub(crate) fn class(length_ms: u64, label: &str) -> Bytes {
    let frames = length_ms.div_ceil(100).max(1) as usize;
    let audio_frames = (length_ms.max(100) * u64::from(AUDIO_RATE)).div_ceil(AUDIO_FRAME * 1000) as usize;
    let clip = &*CLIP;
    let pictures = &clip.video.samples[..LOOP_FRAMES];
    let sound = &clip.audio.samples[AUDIO_SKIP..=LOOP_AUDIO];
    let head = file_head(label);
    // Chunk offsets need the size of the movie box, which does not depend on their values.
    let draft = movie(&Plan { length_ms, frames, audio_frames, media_at: 0 }, clip);
    let media_at = (head.len() + draft.len() + 8) as u32;
    let mut file = head;
    file.extend(movie(&Plan { length_ms, frames, audio_frames, media_at }, clip));
    let media: Vec<u8> = pictures.iter().chain(sound).flat_map(|sample| sample.iter().copied()).collect();
    file.extend(boxed(*b"mdat", &media));
    Bytes::from(file)
}

/// An MP4 with an empty movie: what a transcribed but unrecorded meeting leaves.
pub(crate) fn shell(label: &str) -> Bytes {
    let mut file = file_head(label);
    file.extend(boxed(*b"moov", &movie_header(0)));
    Bytes::from(file)
}

/// The head of a `free` box of `size` bytes, head included.
pub(crate) fn padding(size: u64) -> Bytes {
    let mut head = Vec::from(1_u32.to_be_bytes());
    head.extend(b"free");
    head.extend(size.to_be_bytes());
    Bytes::from(head)
}

struct Plan {
    length_ms: u64,
    frames: usize,
    audio_frames: usize,
    media_at: u32,
}

/// What differs between picture and sound in the sample tables.
struct TrackPlan<'a> {
    id: u32,
    track: &'a Track,
    looped: &'a [&'static [u8]],
    count: usize,
    scale: u32,
    step: u32,
    at: u32,
}

fn file_head(label: &str) -> Vec<u8> {
    let mut head = boxed(*b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41");
    head.extend(boxed(*b"free", label.as_bytes()));
    head
}

fn movie(plan: &Plan, clip: &Clip) -> Vec<u8> {
    let pictures = &clip.video.samples[..LOOP_FRAMES];
    let picture_bytes: usize = pictures.iter().map(|sample| sample.len()).sum();
    let video = TrackPlan {
        id: 1,
        track: &clip.video,
        looped: pictures,
        count: plan.frames,
        scale: VIDEO_SCALE,
        step: 1,
        at: plan.media_at,
    };
    let audio = TrackPlan {
        id: 2,
        track: &clip.audio,
        looped: &clip.audio.samples[AUDIO_SKIP..=LOOP_AUDIO],
        count: plan.audio_frames,
        scale: AUDIO_RATE,
        step: AUDIO_FRAME as u32,
        at: plan.media_at + picture_bytes as u32,
    };
    let mut body = movie_header(plan.length_ms);
    body.extend(track_box(plan.length_ms, &video));
    body.extend(track_box(plan.length_ms, &audio));
    boxed(*b"moov", &body)
}

/// The unity matrix that says: show as it is.
const MATRIX: [u32; 9] = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000];

fn movie_header(length_ms: u64) -> Vec<u8> {
    let mut body = numbers(&[0, 0, 0, 1000, length_ms as u32, 0x0001_0000, 0x0100_0000, 0, 0]);
    body.extend(numbers(&MATRIX));
    body.extend(numbers(&[0, 0, 0, 0, 0, 0, 3]));
    boxed(*b"mvhd", &body)
}

fn track_box(length_ms: u64, plan: &TrackPlan<'_>) -> Vec<u8> {
    let is_video = plan.id == 1;
    let mut header = numbers(&[3, 0, 0, plan.id, 0, length_ms as u32, 0, 0, 0, 0]);
    if !is_video {
        let volume = header.len() - 4;
        header[volume] = 1;
    }
    header.extend(numbers(&MATRIX));
    header.extend(if is_video { numbers(&[WIDTH << 16, HEIGHT << 16]) } else { numbers(&[0, 0]) });
    let mut body = boxed(*b"tkhd", &header);
    body.extend(boxed(*b"mdia", &media_box(plan)));
    boxed(*b"trak", &body)
}

fn media_box(plan: &TrackPlan<'_>) -> Vec<u8> {
    let is_video = plan.id == 1;
    let duration = plan.count as u32 * plan.step;
    // 0x55c4 is the packed language code "und".
    let mut body = boxed(*b"mdhd", &numbers(&[0, 0, 0, plan.scale, duration, 0x55c4_0000]));
    let mut handler = numbers(&[0, 0]);
    handler.extend(if is_video { b"vide" } else { b"soun" });
    handler.extend(numbers(&[0, 0, 0]));
    handler.extend(b"class\0");
    body.extend(boxed(*b"hdlr", &handler));
    let mut information =
        if is_video { boxed(*b"vmhd", &numbers(&[1, 0, 0])) } else { boxed(*b"smhd", &numbers(&[0, 0])) };
    let mut reference = numbers(&[0, 1]);
    reference.extend(boxed(*b"url ", &numbers(&[1])));
    information.extend(boxed(*b"dinf", &boxed(*b"dref", &reference)));
    information.extend(boxed(*b"stbl", &sample_table(plan)));
    body.extend(boxed(*b"minf", &information));
    body
}

fn sample_table(plan: &TrackPlan<'_>) -> Vec<u8> {
    let per_loop = plan.looped.len();
    let (whole, rest) = (plan.count / per_loop, plan.count % per_loop);
    let chunks = whole + usize::from(rest > 0);
    let mut body = boxed(*b"stsd", &plan.track.description);
    body.extend(boxed(*b"stts", &numbers(&[0, 1, plan.count as u32, plan.step])));

    let mut runs = Vec::new();
    if whole > 0 {
        runs.extend([1, per_loop as u32, 1]);
    }
    if rest > 0 {
        runs.extend([chunks as u32, rest as u32, 1]);
    }
    let mut run_table = numbers(&[0, (runs.len() / 3) as u32]);
    run_table.extend(numbers(&runs));
    body.extend(boxed(*b"stsc", &run_table));

    let one_loop: Vec<u8> =
        plan.looped.iter().flat_map(|sample| (sample.len() as u32).to_be_bytes()).collect();
    let mut sizes = numbers(&[0, 0, plan.count as u32]);
    for _ in 0..whole {
        sizes.extend_from_slice(&one_loop);
    }
    sizes.extend_from_slice(&one_loop[..rest * 4]);
    body.extend(boxed(*b"stsz", &sizes));

    let mut offsets = numbers(&[0, chunks as u32]);
    offsets.extend(plan.at.to_be_bytes().repeat(chunks));
    body.extend(boxed(*b"stco", &offsets));

    if !plan.track.sync.is_empty() {
        let keys: Vec<u32> = (0..chunks as u32)
            .flat_map(|turn| plan.track.sync.iter().map(move |key| turn * per_loop as u32 + key))
            .filter(|key| *key as usize <= plan.count)
            .collect();
        let mut table = numbers(&[0, keys.len() as u32]);
        table.extend(numbers(&keys));
        body.extend(boxed(*b"stss", &table));
    }
    body
}

fn boxed(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(body.len() + 8);
    whole.extend((body.len() as u32 + 8).to_be_bytes());
    whole.extend(kind);
    whole.extend(body);
    whole
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn words(data: &[u8]) -> Vec<u32> {
    data.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect()
}

/// The boxes of one level, as kind and body.
fn boxes(mut data: &'static [u8]) -> impl Iterator<Item = ([u8; 4], &'static [u8])> {
    std::iter::from_fn(move || {
        let head = data.get(..8)?;
        let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let kind = [head[4], head[5], head[6], head[7]];
        let body = data.get(8..size)?;
        data = &data[size..];
        Some((kind, body))
    })
}

fn find(data: &'static [u8], kind: [u8; 4]) -> Option<&'static [u8]> {
    boxes(data).find(|(found, _)| *found == kind).map(|(_, body)| body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clip_is_what_the_tables_assume() {
        assert!(CLIP.video.samples.len() >= LOOP_FRAMES);
        assert!(CLIP.audio.samples.len() >= LOOP_AUDIO + AUDIO_SKIP);
        assert_eq!(CLIP.video.sync.first(), Some(&1));
    }

    #[test]
    fn four_hours_stay_small_and_differ_by_label() {
        let long = class(4 * 3_600_000, "one");
        assert!(long.len() < 20 * 1024 * 1024);
        assert_ne!(class(1000, "one"), class(1000, "two"));
    }
}
