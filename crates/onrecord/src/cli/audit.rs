//! `onrecord audit verify`: proves that nobody altered, dropped, inserted or reordered an entry.

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::{Context, Failure, Outcome, out};
use crate::clock::Clock;
use crate::ops::audit;

/// Work on the audit.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Read the whole chain and report what is wrong and where.
    Verify(VerifyArgs),
}

/// Options of `audit verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(context: &Context, command: &AuditCommand) -> Result<Outcome, Failure> {
    let AuditCommand::Verify(args) = command;
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    audit::seal(&app).await.context("sealing what was written last")?;
    let found = audit::verify(&app).await.context("reading the audit")?;
    if args.json {
        out::print(&serde_json::to_string_pretty(&found).context("writing JSON")?);
    } else {
        for problem in &found.problems {
            out::print(problem);
        }
        let word = if found.ok { "whole" } else { "BROKEN" };
        out::print(&format!("The audit is {word}: {} entries. Head: {}", found.entries, found.head));
    }
    Ok(if found.ok { Outcome::AllWell } else { Outcome::SomethingFailed })
}
