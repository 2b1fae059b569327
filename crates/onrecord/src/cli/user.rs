//! `onrecord user add|invite|list|role|disable|enable|passwd`: the people of the installation, for whoever has the machine.
//! The first administrator is made here.

use std::io::{BufRead as _, IsTerminal as _};
use std::process::Command as Process;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::Table;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use serde_json::json;

use super::{Context, Failure, Outcome, out};
use crate::app::App;
use crate::clock::Clock;
use crate::model::people::{GlobalRole, User, normal_email};
use crate::model::wish::Wish;
use crate::ops::actor::Actor;
use crate::ops::people::{self as ops, Person};
use crate::ops::sign_in;
use crate::store::users;

/// Work on people.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a person and print a link with which they set their password.
    Add(AddArgs),
    /// Print a new link with which a person sets their password. Earlier links end.
    Invite(EmailArgs),
    /// List people.
    List(ListArgs),
    /// Give a person a role over the installation, or take it away.
    Role(RoleArgs),
    /// Disable a person: their sessions and tokens end at once. Nothing is deleted.
    Disable(EmailArgs),
    /// Let a disabled person sign in again.
    Enable(EmailArgs),
    /// Set a person's password, read from standard input. Their sessions end.
    Passwd(EmailArgs),
}

/// Options of `user add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// The address they sign in with.
    email: String,
    /// The name to show.
    #[arg(long)]
    name: Option<String>,
    /// A role over the whole installation. Most people have none.
    #[arg(long)]
    role: Option<RoleWord>,
}

/// A role over the installation.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleWord {
    /// May do everything.
    Admin,
    /// Reads everything, changes no course and no integration.
    Officer,
}

/// Options of `user role`.
#[derive(Debug, Args)]
pub struct RoleArgs {
    /// Their address.
    email: String,
    /// The role they are to have.
    role: RoleChoice,
}

/// A role over the installation, or none.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleChoice {
    /// Only what the courses they belong to allow.
    #[value(name = "none")]
    Nothing,
    /// May do everything.
    Admin,
    /// Reads everything, changes no course and no integration.
    Officer,
}

/// Whom a command is about.
#[derive(Debug, Args)]
pub struct EmailArgs {
    /// Their address.
    email: String,
}

/// Options of `user list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only people whose name or address contains this.
    #[arg(default_value = "", hide_default_value = true)]
    search: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Rows read at a time.
const PAGE: i64 = 500;

/// Runs the command.
pub async fn run(context: &Context, command: &UserCommand) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    match command {
        UserCommand::Add(args) => add(&app, args).await?,
        UserCommand::Invite(args) => {
            let user = known(&app, &args.email).await?;
            let (_, link) = ops::invite(&app, Actor::Operator, user.id).await?;
            out::print(&link.url);
        }
        UserCommand::List(args) => list(&app, args).await?,
        UserCommand::Disable(args) => {
            let user = known(&app, &args.email).await?;
            ops::disable(&app, Actor::Operator, user.id).await?;
            out::print(&format!("{} is disabled.", user.email));
        }
        UserCommand::Role(args) => {
            let user = known(&app, &args.email).await?;
            let role = match args.role {
                RoleChoice::Nothing => None,
                RoleChoice::Admin => Some(GlobalRole::Admin),
                RoleChoice::Officer => Some(GlobalRole::Officer),
            };
            let wanted = Person { role: Wish::Said(role), ..Person::default() };
            let user = ops::change(&app, Actor::Operator, user.id, wanted).await?;
            let role =
                role.map_or_else(|| "no role over the installation".to_owned(), |role| role.to_string());
            out::print(&format!("{} has {role} now.", user.email));
        }
        UserCommand::Enable(args) => {
            let user = known(&app, &args.email).await?;
            ops::enable(&app, Actor::Operator, user.id).await?;
            out::print(&format!("{} is enabled.", user.email));
        }
        UserCommand::Passwd(args) => {
            let user = known(&app, &args.email).await?;
            sign_in::set_password(&app, &user, read_password()?).await?;
            out::print(&format!("The password of {} is set.", user.email));
        }
    }
    Ok(Outcome::AllWell)
}

/// The person of this address, or wrong usage.
pub(super) async fn known(app: &App, email: &str) -> Result<User, Failure> {
    let found =
        users::find_by_email(&app.store, &normal_email(email)).await.context("looking the person up")?;
    found.ok_or_else(|| {
        Failure::Usage(format!("nobody here has the address {email}: see `onrecord user list`, or add them"))
    })
}

async fn add(app: &App, args: &AddArgs) -> Result<(), Failure> {
    let role = args.role.map(|role| match role {
        RoleWord::Admin => GlobalRole::Admin,
        RoleWord::Officer => GlobalRole::Officer,
    });
    let person = Person {
        email: Some(args.email.clone()),
        name: args.name.clone(),
        role: Wish::Said(role),
        ..Person::default()
    };
    let (user, link) = ops::add_with_link(app, Actor::Operator, person).await?;
    out::complain(&format!(
        "{} is added. With this link they set their password; it works once, until {}:",
        user.email,
        link.expires_at.format("%Y-%m-%d")
    ));
    out::print(&link.url);
    Ok(())
}

async fn list(app: &App, args: &ListArgs) -> Result<(), Failure> {
    let mut people = Vec::new();
    loop {
        let after = people.last().map(|line: &users::Listed| line.user.id);
        let page =
            users::list(&app.store, args.search.trim(), after, PAGE).await.context("reading people")?;
        let full = page.len() as i64 == PAGE;
        people.extend(page);
        if !full {
            break;
        }
    }
    if args.json {
        let lines: Vec<_> = people.iter().map(as_json).collect();
        out::print(&json!({ "users": lines }).to_string());
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(["id", "address", "name", "role", "courses", "state"]);
    for line in &people {
        let user = &line.user;
        table.add_row([
            user.id.to_string(),
            user.email.clone(),
            user.name.clone(),
            user.role.map(|role| role.to_string()).unwrap_or_default(),
            line.courses.to_string(),
            state(line).to_owned(),
        ]);
    }
    out::print(&table.to_string());
    Ok(())
}

fn state(line: &users::Listed) -> &'static str {
    match (line.user.disabled_at.is_some(), line.has_password) {
        (true, _) => "disabled",
        (false, true) => "active",
        (false, false) => "no password yet",
    }
}

fn as_json(line: &users::Listed) -> serde_json::Value {
    json!({
        "id": line.user.id, "email": line.user.email, "name": line.user.name, "role": line.user.role,
        "external_id": line.user.external_id, "courses": line.courses, "state": state(line),
        "last_seen_at": line.last_seen_at,
    })
}

/// One line of standard input; a terminal is asked for it and does not show it.
fn read_password() -> Result<String, Failure> {
    let input = std::io::stdin();
    let asked = input.is_terminal();
    if asked {
        out::complain("New password (at least 12 characters):");
        echo("-echo");
    }
    let mut line = String::new();
    let read = input.lock().read_line(&mut line);
    if asked {
        echo("echo");
    }
    read.context("reading the password from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Tells the terminal to show or hide what is typed. One that cannot is no reason to stop.
fn echo(mode: &str) {
    let _ = Process::new("stty").arg(mode).status();
}
