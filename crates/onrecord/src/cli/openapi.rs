//! `onrecord openapi`: the API's description, for generators of clients.

use super::{Outcome, out};
use crate::web::docs;

/// Runs the command.
pub fn run() -> Outcome {
    out::print(docs::document());
    Outcome::AllWell
}
