//! The signed head of the audit's chain: one line to be stored where nobody who can change the database can change it.

use chrono::{DateTime, SecondsFormat, Utc};

/// The word that such a line begins with.
const WORD: &str = "onrecord-audit-head-1";

/// The newest sealed entry at a moment, signed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SignedHead {
    /// Place of the newest sealed entry.
    pub seq: i64,
    /// Its hash, hex.
    pub hash: String,
    /// When it was signed.
    pub at: DateTime<Utc>,
    /// The public key, base64url.
    pub public_key: String,
    /// The Ed25519 signature of what goes before it, base64url.
    pub signature: String,
}

impl SignedHead {
    /// What is signed.
    pub fn signed_text(seq: i64, hash: &str, at: DateTime<Utc>) -> String {
        format!("{WORD} {seq} {hash} {}", at.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    /// What this one's signature is of.
    pub fn text(&self) -> String {
        Self::signed_text(self.seq, &self.hash, self.at)
    }

    /// The line to be stored.
    pub fn line(&self) -> String {
        format!("{} {} {}", self.text(), self.public_key, self.signature)
    }

    /// Reads a line; `None` if it is none.
    pub fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [WORD, seq, hash, at, public_key, signature] = words[..] else { return None };
        let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        let seq = seq.parse().ok().filter(|seq| *seq > 0 && is_hash)?;
        Some(Self {
            seq,
            hash: hash.to_owned(),
            at: DateTime::parse_from_rfc3339(at).ok()?.to_utc(),
            public_key: public_key.to_owned(),
            signature: signature.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written_and_nothing_else_is() {
        let head = SignedHead {
            seq: 7,
            hash: "ab".repeat(32),
            at: DateTime::from_timestamp(1_788_000_000, 5_000).unwrap(),
            public_key: "key".to_owned(),
            signature: "signature".to_owned(),
        };
        assert_eq!(SignedHead::parse(&format!(" {}\n", head.line())), Some(head.clone()));
        let line = head.line();
        for bad in [
            "",
            "7 abc",
            &line[1..],
            &line.replace("ab", "zz"),
            &line.replace(" 7 ", " 0 "),
            &format!("{line} x"),
        ] {
            assert_eq!(SignedHead::parse(bad), None, "{bad}");
        }
    }
}
