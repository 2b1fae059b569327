//! Byte ranges: how they are asked for, and which bytes an answer really holds.
//!
//! Servers may ignore a range, answer with another one, or send a page instead: nothing of that may reach a file.

use http::header::{CONTENT_RANGE, CONTENT_TYPE, ETAG};
use http::{HeaderMap, StatusCode};

/// The bytes somebody wants: from a position up to, not including, an end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) at: u64,
    pub(crate) end: Option<u64>,
}

impl Wanted {
    pub(crate) fn header(self) -> Option<String> {
        match (self.at, self.end) {
            // Without a range, an empty file can be opened, too.
            (0, None) => None,
            (at, None) => Some(format!("bytes={at}-")),
            (at, Some(end)) => Some(format!("bytes={at}-{}", end.saturating_sub(1))),
        }
    }
}

/// What must not change between two requests for one stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) etag: Option<String>,
    pub(crate) total_size: Option<u64>,
}

impl Version {
    /// Differences count only where both sides tell.
    pub(crate) fn changed_to(&self, now: &Self) -> Option<&'static str> {
        let differ = |before: bool, after: bool, same: bool| before && after && !same;
        if differ(self.total_size.is_some(), now.total_size.is_some(), self.total_size == now.total_size) {
            Some("its size is another")
        } else if differ(self.etag.is_some(), now.etag.is_some(), self.etag == now.etag) {
            Some("its etag is another")
        } else {
            None
        }
    }
}

/// What the head of an answer says about its body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Bytes to throw away first, from a server that does not know ranges.
    pub(crate) skip: u64,
    pub(crate) version: Version,
    pub(crate) content_type: Option<String>,
}

/// Why a body cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misplaced {
    Behind(Option<u64>),
    Broken(&'static str),
}

/// Reads the head of an answer. `length` is that of its body.
pub(crate) fn read_head(
    status: StatusCode,
    headers: &HeaderMap,
    length: Option<u64>,
    wanted: Wanted,
) -> Result<Head, Misplaced> {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let content_type = text(CONTENT_TYPE).map(str::to_owned);
    if content_type
        .as_deref()
        .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
    {
        return Err(Misplaced::Broken("HTML instead of the file"));
    }
    let etag = text(ETAG).map(str::to_owned);
    match status {
        StatusCode::OK => {
            if wanted.at > 0 && length.is_some_and(|total| wanted.at >= total) {
                return Err(Misplaced::Behind(length));
            }
            let version = Version { etag, total_size: length };
            Ok(Head { skip: wanted.at, version, content_type })
        }
        StatusCode::PARTIAL_CONTENT => {
            let (start, total_size) = text(CONTENT_RANGE)
                .and_then(parse_content_range)
                .ok_or(Misplaced::Broken("a part of the file without its place"))?;
            let skip = wanted
                .at
                .checked_sub(start)
                .ok_or(Misplaced::Broken("another part of the file than asked for"))?;
            Ok(Head { skip, version: Version { etag, total_size }, content_type })
        }
        _ => Err(Misplaced::Broken("neither the file nor a part of it")),
    }
}

/// `bytes 5-9/100`: the first position and the total, if told.
fn parse_content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.trim().parse::<u64>().ok()?, last.trim().parse::<u64>().ok()?);
    let total = match total.trim() {
        "*" => None,
        number => Some(number.parse::<u64>().ok()?),
    };
    (first <= last && total.is_none_or(|total| last < total)).then_some((first, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(
        status: u16,
        pairs: &[(http::HeaderName, &str)],
        length: Option<u64>,
        at: u64,
    ) -> Result<Head, Misplaced> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().expect("a valid header")))
            .collect();
        read_head(
            StatusCode::from_u16(status).expect("a valid status"),
            &headers,
            length,
            Wanted { at, end: None },
        )
    }

    #[test]
    fn content_ranges_are_read_strictly() {
        assert_eq!(parse_content_range("bytes 5-9/100"), Some((5, Some(100))));
        assert_eq!(parse_content_range("bytes 0-0/*"), Some((0, None)));
        for bad in
            ["", "bytes */100", "bytes 9-5/100", "bytes 5-100/100", "items 0-1/2", "bytes 5-x/9", "bytes 5-9"]
        {
            assert_eq!(parse_content_range(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_server_without_ranges_is_survived_by_skipping() {
        let whole = head(200, &[], Some(100), 40).expect("a file");
        assert_eq!((whole.skip, whole.version.total_size), (40, Some(100)));
        assert_eq!(head(200, &[], Some(100), 100), Err(Misplaced::Behind(Some(100))));
        assert_eq!(head(200, &[], Some(0), 0).expect("an empty file").version.total_size, Some(0));
        let chunked = head(200, &[], None, 7).expect("a file");
        assert_eq!((chunked.skip, chunked.version.total_size), (7, None));
    }

    #[test]
    fn parts_must_be_where_they_were_asked_for() {
        let part = |range, at| head(206, &[(CONTENT_RANGE, range)], None, at);
        assert_eq!(part("bytes 40-99/100", 40).expect("a part").skip, 0);
        assert_eq!(part("bytes 30-99/100", 40).expect("a larger part").skip, 10);
        assert!(matches!(part("bytes 50-99/100", 40), Err(Misplaced::Broken(_))));
        assert!(matches!(head(206, &[], None, 0), Err(Misplaced::Broken(_))));
        assert!(matches!(head(204, &[], None, 0), Err(Misplaced::Broken(_))));
        let html = head(200, &[(CONTENT_TYPE, "Text/HTML; charset=utf-8")], Some(9), 0);
        assert_eq!(html, Err(Misplaced::Broken("HTML instead of the file")));
    }

    #[test]
    fn only_told_differences_are_changes() {
        let version = |etag: Option<&str>, total_size| Version { etag: etag.map(str::to_owned), total_size };
        assert_eq!(version(Some("a"), Some(1)).changed_to(&version(None, Some(1))), None);
        assert!(version(Some("a"), Some(1)).changed_to(&version(Some("b"), Some(1))).is_some());
        assert!(version(None, Some(1)).changed_to(&version(None, Some(2))).is_some());
    }

    #[test]
    fn ranges_are_written_as_http_wants_them() {
        let range = |at, end| Wanted { at, end }.header();
        assert_eq!(range(0, None), None);
        assert_eq!(range(0, Some(1)).as_deref(), Some("bytes=0-0"));
        assert_eq!(range(5, None).as_deref(), Some("bytes=5-"));
        assert_eq!(range(5, Some(15)).as_deref(), Some("bytes=5-14"));
    }
}
