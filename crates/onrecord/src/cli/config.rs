//! `onrecord config template|show`: what can be set, and what is in force and why. Secrets are masked, always.

use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::UTF8_BORDERS_ONLY;

use super::{Context, Failure, Outcome, out};
use crate::config::{Config, Effective, Source};

/// What to show of the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print a configuration file with every setting, its documentation and its default.
    Template,
    /// Print the settings in force, secrets masked, and where each comes from.
    Show(ShowArgs),
}

/// Options of `config show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(context: &Context, command: &ConfigCommand) -> Result<Outcome, Failure> {
    match command {
        ConfigCommand::Template => out::print(&crate::config::template()),
        ConfigCommand::Show(args) => {
            let config = context.config()?;
            let text = if args.json { as_json(&config) } else { as_table(&config) };
            out::print(&text);
            for warning in config.warnings() {
                out::complain(&format!("onrecord: {warning}"));
            }
        }
    }
    Ok(Outcome::AllWell)
}

fn as_table(config: &Config) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(["setting", "value", "from"]);
    for effective in config.effective() {
        table.add_row([
            effective.setting.key.to_owned(),
            in_force(config, effective),
            origin(&effective.source),
        ]);
    }
    table.to_string()
}

fn as_json(config: &Config) -> String {
    let settings = config.effective().iter().map(|effective| {
        serde_json::json!({
            "key": effective.setting.key,
            "variable": effective.setting.variable,
            "value": in_force(config, effective),
            "from": origin(&effective.source),
            "secret": effective.setting.secret,
        })
    });
    serde_json::json!({ "settings": settings.collect::<Vec<_>>(), "warnings": config.warnings() }).to_string()
}

/// The value, or for settings whose default depends on others what it comes to.
fn in_force(config: &Config, effective: &Effective) -> String {
    use crate::config::shown;
    match effective.setting.key {
        "database.url" => shown(&config.database_url()),
        "archive.url" => shown(&config.archive_url()),
        "http.public_url" => shown(&config.public_url()),
        "secrets.key" if effective.shown.is_empty() && !config.is_postgres() => {
            format!("(file {})", config.key_file().display())
        }
        _ => effective.shown.clone(),
    }
}

fn origin(source: &Source) -> String {
    source.locked_by().unwrap_or_else(|| "default".to_owned())
}
