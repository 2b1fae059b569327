//! `onrecord hold`: placing, listing and releasing holds at the machine.

use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand, ValueEnum};

use super::{Context, Failure, Outcome, out, user};
use crate::app::App;
use crate::clock::Clock;
use crate::model::hold::{HoldScope, HoldState};
use crate::model::id::HoldId;
use crate::ops::actor::Actor;
use crate::ops::holds;

/// Work on holds.
#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// Place a hold and print its number.
    Place(PlaceArgs),
    /// List the holds, the newest first.
    List(ListArgs),
    /// Release a hold.
    Release(ReleaseArgs),
}

/// What a hold is on.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScopeWord {
    Recording,
    Conference,
    Course,
    Person,
}

/// Options of `hold place`.
#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// What it is on.
    #[arg(value_enum)]
    scope: ScopeWord,
    /// Its number; a person by their address, too.
    id: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// The last day that it holds [default: until it is released].
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,
}

/// Options of `hold list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Holds at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `hold release`.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// Its number.
    id: i64,
    /// Why it is released.
    #[arg(long)]
    reason: String,
}

/// Runs the command.
pub async fn run(context: &Context, command: &HoldCommand) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    match command {
        HoldCommand::Place(args) => {
            let subject_id = subject(&app, args).await?;
            let morning = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
            let wanted = holds::Wanted {
                scope: match args.scope {
                    ScopeWord::Recording => HoldScope::Recording,
                    ScopeWord::Conference => HoldScope::Conference,
                    ScopeWord::Course => HoldScope::Course,
                    ScopeWord::Person => HoldScope::Person,
                },
                subject_id,
                reason: args.reason.clone(),
                starts_at: None,
                ends_at: args.until.and_then(|day| day.checked_add_days(Days::new(1))).map(morning),
            };
            out::print(&holds::place(&app, Actor::Operator, wanted).await?.id.to_string());
        }
        HoldCommand::List(args) => {
            let found = holds::list(&app, Actor::Operator, None, args.limit).await?;
            print(&found, app.clock.now(), args)?;
        }
        HoldCommand::Release(args) => {
            holds::release(&app, Actor::Operator, HoldId(args.id), &args.reason).await?;
            out::print(&format!("Hold {} is released.", args.id));
        }
    }
    Ok(Outcome::AllWell)
}

/// The number of what a hold is to be on.
async fn subject(app: &App, args: &PlaceArgs) -> Result<i64, Failure> {
    if matches!(args.scope, ScopeWord::Person) && args.id.contains('@') {
        return Ok(user::known(app, &args.id).await?.id.0);
    }
    let number = args.id.parse();
    number.map_err(|_| {
        Failure::Usage(format!("{} is no number: write the one in the address of its page", args.id))
    })
}

fn print(found: &[crate::store::holds::Listed], now: DateTime<Utc>, args: &ListArgs) -> Result<(), Failure> {
    let word = |state| match state {
        HoldState::Planned => "planned",
        HoldState::InForce => "in_force",
        HoldState::Ended => "ended",
        HoldState::Released => "released",
    };
    if args.json {
        let lines: Vec<_> = found
            .iter()
            .map(|line| {
                serde_json::json!({
                    "id": line.hold.id, "scope": line.hold.scope, "subject_id": line.hold.subject_id,
                    "subject": line.subject, "reason": line.hold.reason, "starts_at": line.hold.starts_at,
                    "ends_at": line.hold.ends_at, "released_at": line.hold.released_at,
                    "state": word(line.hold.state(now)),
                })
            })
            .collect();
        out::print(&serde_json::to_string_pretty(&lines).context("writing JSON")?);
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["id", "on", "state", "reason"]);
    for line in found {
        let on = format!("{} {} {}", line.hold.scope, line.hold.subject_id, line.subject);
        let state = word(line.hold.state(now)).to_owned();
        table.add_row([line.hold.id.to_string(), on, state, line.hold.reason.clone()]);
    }
    out::print(&if found.is_empty() { "There is no hold.".to_owned() } else { table.to_string() });
    Ok(())
}
