//! Proving the audit: its chain from the last checkpoint on, against signed heads that were stored elsewhere.

use crate::app::App;
use crate::model::audit::AuditEntry;
use crate::model::audit_head::SignedHead;
use crate::ops::Result;
use crate::secrets;
use crate::store::audit;

/// Entries read at a time while verifying.
const VERIFY_BATCH: i64 = 2_000;

/// What `audit verify` found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verification {
    /// True if the chain is whole.
    pub ok: bool,
    /// Sealed entries read.
    pub entries: u64,
    /// Place of the last entry that was cut off as too old; 0 if none was.
    pub cut_off: i64,
    /// Entries that still wait for the sealer.
    pub unsealed: i64,
    /// Hash of the newest sealed entry.
    pub head: String,
    /// What is wrong and where, in words; empty when all is well.
    pub problems: Vec<String>,
    /// What could not be compared, and why.
    pub notes: Vec<String>,
}

/// The chain's head now, signed under the first secret key; `None` while nothing is sealed.
pub async fn head(app: &App) -> Result<Option<SignedHead>> {
    let Some((seq, hash)) = audit::head(&app.store).await? else { return Ok(None) };
    Ok(Some(sign(app, seq, hash)?))
}

/// Signs a place of the chain.
pub fn sign(app: &App, seq: i64, hash: String) -> Result<SignedHead> {
    let at = app.clock.now();
    let (public_key, signature) = app.secrets.sign(&SignedHead::signed_text(seq, &hash, at))?;
    Ok(SignedHead { seq, hash, at, public_key, signature })
}

/// Reads the whole chain and finds any altered, dropped, inserted or reordered entry. A detail that was erased is no
/// problem; one that was altered is.
pub async fn verify(app: &App) -> Result<Verification> {
    verify_against(app, &[]).await
}

/// The same, and compares the chain with heads that were stored elsewhere: then a tail that was cut off and a chain that
/// was calculated anew are found too.
pub async fn verify_against(app: &App, heads: &[SignedHead]) -> Result<Verification> {
    let mut walk = Walk::begin(app, heads).await?;
    walk.go_on(app, i64::MAX).await?;
    walk.compare_the_rest();
    let unsealed = audit::unsealed(&app.store).await?;
    Ok(Verification {
        ok: walk.problems.is_empty(),
        entries: walk.entries,
        cut_off: walk.cut_off,
        unsealed,
        head: walk.previous,
        problems: walk.problems,
        notes: walk.notes,
    })
}

/// A way along the chain.
pub(super) struct Walk {
    heads: Vec<SignedHead>,
    cut_off: i64,
    last_seq: i64,
    previous: String,
    entries: u64,
    /// What was found on it.
    pub(super) problems: Vec<String>,
    notes: Vec<String>,
}

impl Walk {
    /// Stands at the last checkpoint, or before the first entry.
    pub(super) async fn begin(app: &App, heads: &[SignedHead]) -> Result<Self> {
        let mut walk = Self {
            heads: Vec::new(),
            cut_off: 0,
            last_seq: 0,
            previous: String::new(),
            entries: 0,
            problems: Vec::new(),
            notes: Vec::new(),
        };
        for head in heads {
            if walk.is_genuine(app, head, &format!("The head of {} (entry {})", head.at, head.seq)) {
                walk.heads.push(head.clone());
            }
        }
        if let Some(at) = audit::checkpoint(&app.store).await? {
            walk.is_genuine(app, &at, &format!("The checkpoint of {} (entry {})", at.at, at.seq));
            walk.cut_off = at.seq;
            walk.last_seq = at.seq;
            walk.previous = at.hash;
        }
        Ok(walk)
    }

    fn is_genuine(&mut self, app: &App, head: &SignedHead, what: &str) -> bool {
        if !secrets::is_signed(&head.text(), &head.public_key, &head.signature) {
            self.problems.push(format!("{what} is not what was signed: it was altered."));
            return false;
        }
        if !app.secrets.is_ours(&head.public_key) {
            self.problems.push(format!(
                "{what} was signed under a key that is none of this installation's (ONRECORD_SECRET_KEY). If the key was \
                 changed, keep the old one as a further key."
            ));
        }
        true
    }

    /// Goes on to the entry at `last`, or to the end.
    pub(super) async fn go_on(&mut self, app: &App, last: i64) -> Result<()> {
        loop {
            let page = audit::chain_after(&app.store, self.last_seq, VERIFY_BATCH).await?;
            let full = page.len() as i64 == VERIFY_BATCH;
            for (entry, salt) in page {
                if entry.seq.unwrap_or_default() > last {
                    return Ok(());
                }
                self.pass(&entry, salt.as_deref());
            }
            if !full {
                return Ok(());
            }
        }
    }

    fn pass(&mut self, entry: &AuditEntry, salt: Option<&str>) {
        self.entries += 1;
        let seq = entry.seq.unwrap_or_default();
        if seq != self.last_seq + 1 {
            self.problems.push(format!("Entries {} to {} are missing.", self.last_seq + 1, seq - 1));
        }
        let stored = entry.hash.clone().unwrap_or_default();
        if audit::chain_hash(&self.previous, seq, entry) != stored {
            self.problems.push(format!(
                "Entry {seq} ({} on {}, written {}) was altered, or the entry before it was.",
                entry.action, entry.subject, entry.at
            ));
        }
        if let (Some(detail), Some(salt)) = (&entry.detail, salt)
            && audit::detail_hash(salt, detail) != entry.detail_hash
        {
            self.problems.push(format!("The detail of entry {seq} was altered."));
        }
        for head in self.heads.iter().filter(|head| head.seq == seq && head.hash != stored) {
            self.problems.push(format!(
                "Entry {seq} is not the one that was the head at {}: the audit was calculated anew from there or \
                 earlier.",
                head.at
            ));
        }
        self.previous = stored;
        self.last_seq = seq;
    }

    /// Compares heads that name no entry that was passed.
    fn compare_the_rest(&mut self) {
        for head in &self.heads {
            if head.seq > self.last_seq {
                self.problems.push(format!(
                    "The audit ends at entry {}, but at {} it reached entry {}: the last {} entries were cut off (or \
                     the database was put back from an older backup).",
                    self.last_seq,
                    head.at,
                    head.seq,
                    head.seq - self.last_seq
                ));
            } else if head.seq <= self.cut_off {
                self.notes.push(format!(
                    "The head of {} names entry {}, which was cut off as too old; a newer head can be compared.",
                    head.at, head.seq
                ));
            }
        }
    }
}
