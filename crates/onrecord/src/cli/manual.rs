//! The manual of the command line in Markdown, made from the clap tree. `docs/cli.md` is its committed copy, a test
//! compares them.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use super::Cli;

/// All commands with their arguments and options.
pub fn manual() -> String {
    let mut root = Cli::command();
    root.build();
    let mut out = String::from(HEAD);
    let globals: Vec<&Arg> = root.get_arguments().filter(|arg| arg.is_global_set()).collect();
    out.push_str("\nEvery command takes\n\n");
    for arg in globals {
        describe_argument(&mut out, arg);
    }
    for command in root.get_subcommands() {
        describe(&mut out, command, "onrecord");
    }
    out
}

const HEAD: &str = "\
# The command line

Made from the program itself; a test keeps it true.

Results are written to stdout, log lines to stderr. Exit code 0: all well; 1: something failed; 2: wrong usage or
configuration. Commands return when the work is done and may run beside a running server.
";

fn describe(out: &mut String, command: &Command, parent: &str) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = format!("{parent} {}", command.get_name());
    let has_children = command.get_subcommands().any(|child| child.get_name() != "help");
    if !has_children {
        heading(out, command, &name);
    }
    for child in command.get_subcommands() {
        describe(out, child, &name);
    }
}

fn heading(out: &mut String, command: &Command, name: &str) {
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_global_set() && !arg.is_hide_set() && !is_builtin(arg))
        .collect();
    let usage: Vec<String> = arguments.iter().map(|arg| in_usage(arg)).collect();
    let _ = write!(out, "\n## `{name}`\n\n");
    let about = command.get_long_about().or_else(|| command.get_about());
    let _ = writeln!(out, "{}", about.map(ToString::to_string).unwrap_or_default());
    let aliases: Vec<_> = command.get_visible_aliases().collect();
    if !aliases.is_empty() {
        let _ = writeln!(out, "\nAlso: `{}`", aliases.join("`, `"));
    }
    if !usage.is_empty() {
        let _ = write!(out, "\n    {name} {}\n\n", usage.join(" "));
    }
    for arg in arguments {
        describe_argument(out, arg);
    }
}

fn is_builtin(arg: &Arg) -> bool {
    matches!(arg.get_id().as_str(), "help" | "version")
}

fn in_usage(arg: &Arg) -> String {
    let spelled = spelling(arg);
    if arg.is_required_set() { spelled } else { format!("[{spelled}]") }
}

fn spelling(arg: &Arg) -> String {
    let takes_value = arg.get_action().takes_values();
    let names = arg.get_value_names().unwrap_or_default();
    let value = names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    match (arg.get_long(), takes_value) {
        (Some(long), true) => format!("--{long} {value}"),
        (Some(long), false) => format!("--{long}"),
        (None, _) => value,
    }
}

fn describe_argument(out: &mut String, arg: &Arg) {
    let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let _ = write!(out, "- `{}`: {}", spelling(arg), help.replace('\n', " "));
    let words: Vec<_> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if arg.get_action().takes_values() && !words.is_empty() {
        let _ = write!(out, " One of `{}`.", words.join("`, `"));
    }
    let defaults: Vec<_> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if arg.get_action().takes_values() && !defaults.is_empty() {
        let _ = write!(out, " Default: `{}`.", defaults.join(" "));
    }
    out.push('\n');
}
