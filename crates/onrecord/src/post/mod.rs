//! The post: letters as people read them, the mail server that takes them, and the address that waits for a sign of life.
//! It decides nothing: to whom, about what and when is said by `ops/mail`. It must never put what others wrote into a
//! header without [`one_line`](crate::model::mail::one_line), nor a password or an address of Microsoft into a text.

mod alive;
mod letter;
mod smtp;

pub use alive::call;
pub use letter::{Item, Letter, Link};
pub use smtp::Smtp;

/// Why a letter was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// It will never be taken: the address is wrong or gone.
    #[error("{0}")]
    Refused(String),
    /// Not now: the server cannot be reached, is busy, or does not know us.
    #[error("{0}")]
    Later(String),
}
