//! The few things read from an X.509 certificate: its public key and how long it is good.
//!
//! A certificate comes from the administrator's own file; still nothing here may panic on a damaged one.

use chrono::{DateTime, NaiveDateTime, Utc};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The optional version, tagged `[0]`.
const VERSION: u8 = 0xa0;

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) not_before: DateTime<Utc>,
    pub(crate) not_after: DateTime<Utc>,
    /// The subject's public key as it stands in the bit string: for RSA, PKCS#1.
    pub(crate) public_key: Vec<u8>,
}

/// Reads a certificate; `None` if it is none.
pub(crate) fn certificate(der: &[u8]) -> Option<Certificate> {
    let (outer, _) = element(der, SEQUENCE)?;
    let (body, _) = element(outer, SEQUENCE)?;
    let rest = if body.first() == Some(&VERSION) { element(body, VERSION)?.1 } else { body };
    let (_serial, rest) = element(rest, INTEGER)?;
    let (_algorithm, rest) = element(rest, SEQUENCE)?;
    let (_issuer, rest) = element(rest, SEQUENCE)?;
    let (validity, rest) = element(rest, SEQUENCE)?;
    let (_subject, rest) = element(rest, SEQUENCE)?;
    let (key_info, _) = element(rest, SEQUENCE)?;
    let (not_before, after) = time(validity)?;
    let (not_after, _) = time(after)?;
    let (_algorithm, bits) = element(key_info, SEQUENCE)?;
    let (bits, _) = element(bits, BIT_STRING)?;
    // The first byte says how many bits of the last are unused: none, for a key.
    Some(Certificate { not_before, not_after, public_key: bits.get(1..)?.to_vec() })
}

fn time(data: &[u8]) -> Option<(DateTime<Utc>, &[u8])> {
    let tag = *data.first()?;
    let (text, rest) = element(data, tag)?;
    let text = std::str::from_utf8(text).ok()?;
    let full = match tag {
        // Two digits of a year up to 49 are of this century.
        UTC_TIME => format!("{}{text}", if text.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%SZ").ok()?;
    Some((time.and_utc(), rest))
}

/// One element with the wanted tag: its body, and what follows it.
fn element(data: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = data.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if !(1..=4).contains(&count) {
            return None;
        }
        let (bytes, rest) = rest.split_at_checked(count)?;
        (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_certificates_are_none_and_never_panic() {
        let der = crate::certificate::tests::der();
        assert!(certificate(&der).is_some());
        for cut in 0..der.len() {
            assert!(certificate(&der[..cut]).is_none(), "{cut}");
        }
        for at in 0..der.len().min(400) {
            for value in [0x00, 0x7f, 0x80, 0x84, 0xff] {
                let mut odd = der.clone();
                odd[at] = value;
                let _ = certificate(&odd);
            }
        }
    }

    #[test]
    fn both_forms_of_time_are_read() {
        let utc = [&[UTC_TIME, 13][..], b"260901060000Z"].concat();
        let general = [&[GENERALIZED_TIME, 15][..], b"20510901060000Z"].concat();
        assert_eq!(time(&utc).map(|(at, _)| at.to_rfc3339()), Some("2026-09-01T06:00:00+00:00".to_owned()));
        assert_eq!(
            time(&general).map(|(at, _)| at.to_rfc3339()),
            Some("2051-09-01T06:00:00+00:00".to_owned())
        );
    }
}
