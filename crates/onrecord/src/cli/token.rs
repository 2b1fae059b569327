//! `onrecord token create|list|revoke`: API tokens for scripts and other systems.

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::Table;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use serde_json::json;

use super::{Context, Failure, Outcome, out, user};
use crate::app::App;
use crate::clock::Clock;
use crate::model::access::{ApiToken, Scope};
use crate::model::id::ApiTokenId;
use crate::ops::actor::Actor;
use crate::ops::tokens as ops;
use crate::store::tokens;

/// Work on API tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, and nothing else. It is never shown again.
    Create(CreateArgs),
    /// List tokens, newest first, without their values.
    List(ListArgs),
    /// End a token at once.
    Revoke(RevokeArgs),
}

/// Options of `token create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Whose rights it carries, by address.
    #[arg(long, value_name = "EMAIL")]
    user: String,
    /// What it may do at most [default: all that the person may do].
    #[arg(long)]
    scope: Option<ScopeWord>,
    /// How many days it is good.
    #[arg(long, value_name = "DAYS", default_value_t = ops::DAYS)]
    expires: i64,
    /// What it is for.
    #[arg(long, default_value = "command line")]
    name: String,
}

/// What a token may do. Each includes the ones before it.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScopeWord {
    /// Look and download.
    Read,
    /// Schedule, edit, sync, hide.
    Write,
    /// Administer.
    Admin,
}

/// Options of `token list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only tokens of this person, by address.
    #[arg(long, value_name = "EMAIL")]
    user: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `token revoke`.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The number of the token, from `token list`.
    id: i64,
}

/// Tokens shown at most.
const MOST: i64 = 1_000;

/// Runs the command.
pub async fn run(context: &Context, command: &TokenCommand) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    match command {
        TokenCommand::Create(args) => create(&app, args).await?,
        TokenCommand::List(args) => list(&app, args).await?,
        TokenCommand::Revoke(args) => {
            let id = ApiTokenId(args.id);
            if tokens::find(&app.store, id).await.context("looking the token up")?.is_none() {
                return Err(Failure::Usage(format!("there is no token {id}: see `onrecord token list`")));
            }
            let token = ops::revoke(&app, Actor::Operator, id).await?;
            out::print(&format!("Token {id} ({}) of {} is revoked.", token.name, token.email));
        }
    }
    Ok(Outcome::AllWell)
}

async fn create(app: &App, args: &CreateArgs) -> Result<(), Failure> {
    let person = user::known(app, &args.user).await?;
    let scope = match args.scope {
        Some(ScopeWord::Read) => Scope::Read,
        Some(ScopeWord::Write) => Scope::Write,
        Some(ScopeWord::Admin) | None => Scope::Admin,
    };
    let wanted = ops::Wanted { user: person.id, scope, days: args.expires, name: args.name.clone() };
    let (_, value) = ops::create(app, Actor::Operator, wanted).await?;
    out::print(&value);
    Ok(())
}

async fn list(app: &App, args: &ListArgs) -> Result<(), Failure> {
    let owner = match &args.user {
        Some(email) => Some(user::known(app, email).await?.id),
        None => None,
    };
    let found = tokens::list(&app.store, owner, None, MOST).await.context("reading tokens")?;
    if args.json {
        let lines: Vec<_> = found.iter().map(|token| as_json(app, token)).collect();
        out::print(&json!({ "tokens": lines }).to_string());
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header([
        "id",
        "person",
        "name",
        "may",
        "last used",
        "until",
        "state",
    ]);
    for token in &found {
        let day = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d").to_string();
        table.add_row([
            token.id.to_string(),
            token.email.clone(),
            token.name.clone(),
            token.scope.to_string(),
            token.last_used_at.map_or_else(|| "never".to_owned(), day),
            day(token.expires_at),
            state(app, token).to_owned(),
        ]);
    }
    out::print(&table.to_string());
    Ok(())
}

fn state(app: &App, token: &ApiToken) -> &'static str {
    match (token.revoked_at.is_some(), token.is_good(app.clock.now())) {
        (true, _) => "revoked",
        (false, true) => "good",
        (false, false) => "expired",
    }
}

fn as_json(app: &App, token: &ApiToken) -> serde_json::Value {
    json!({
        "id": token.id, "user": token.email, "name": token.name, "scope": token.scope,
        "created_at": token.created_at, "expires_at": token.expires_at,
        "last_used_at": token.last_used_at, "state": state(app, token),
    })
}
