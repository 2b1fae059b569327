//! `onrecord setup teams`: what an administrator does at Microsoft, as one script with the real ids.

use clap::{Args, Subcommand};

use super::{Context, Failure, Outcome, out};
use crate::clock::Clock;
use crate::model::permission::Profile;
use crate::model::words::Word as _;
use crate::ops::set_up;

/// The `setup` commands.
#[derive(Debug, Subcommand)]
pub enum SetupCommand {
    Teams(TeamsArgs),
}

/// Print what an administrator does at Microsoft 365 as one PowerShell script with this installation's ids.
#[derive(Debug, Args)]
pub struct TeamsArgs {
    /// Print the script. Nothing is changed anywhere; the script holds no secret.
    #[arg(long, required = true)]
    print: bool,
    /// How much OnRecord may read: `minimal`, `standard` or `full`.
    #[arg(long, value_name = "PROFILE", default_value = "full", value_parser = profile)]
    profile: Profile,
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::parse(text).ok_or_else(|| "write minimal, standard or full".to_owned())
}

/// Runs the command.
pub async fn run(context: &Context, command: &SetupCommand) -> Result<Outcome, Failure> {
    let SetupCommand::Teams(args) = command;
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    out::print(&set_up::script(&app, args.profile).await?);
    Ok(Outcome::AllWell)
}
