//! `onrecord audit`: proves that nobody altered, dropped, inserted or reordered an entry, prints the head to be stored
//! elsewhere, exports entries, and cuts off the oldest ones.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{NaiveDate, NaiveTime};
use clap::{Args, Subcommand, ValueEnum};

use super::{Context, Failure, Outcome, out, user, verify};
use crate::app::App;
use crate::clock::Clock;
use crate::ops::actor::Actor;
use crate::ops::audit::{self, Asked, Form};

/// Work on the audit.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Read the whole chain and report what is wrong and where.
    Verify(VerifyArgs),
    /// Print the chain's signed head as one line. Keep it where nobody who can change the database can change it.
    Head(HeadArgs),
    /// Write entries to stdout or a file, newest first.
    Export(ExportArgs),
    /// Cut off the oldest entries. What remains still proves whole.
    Cut(CutArgs),
}

/// Options of `audit verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Compare with a head that `onrecord audit head` printed: the line, or a file of such lines. Then a tail that was cut
    /// off is found too.
    #[arg(long, value_name = "LINE|FILE")]
    head: Vec<String>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `audit head`.
#[derive(Debug, Args)]
pub struct HeadArgs {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

/// Options of `audit export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// A table, or one JSON object per line.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Write to this new file instead of stdout.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only entries of this person: e-mail address or number.
    #[arg(long, value_name = "PERSON")]
    who: Option<String>,
    /// Only this action, such as `recording.downloaded`; `visits`: whatever tells that somebody watched, read or downloaded.
    #[arg(long)]
    action: Option<String>,
    /// Only entries on this thing, as `word:id`.
    #[arg(long)]
    subject: Option<String>,
    /// Only entries on this recording, transcript or file.
    #[arg(long, value_name = "N")]
    recording: Option<String>,
    /// Only entries on this meeting and what it left behind.
    #[arg(long, value_name = "N")]
    class: Option<String>,
    /// Only entries on this course, by number or code, its classes and what they left behind.
    #[arg(long, value_name = "COURSE")]
    course: Option<String>,
    /// The first day (UTC), as 2026-09-01.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day (UTC).
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
}

/// Options of `audit cut`.
#[derive(Debug, Args)]
pub struct CutArgs {
    /// Cut off what was written before this day (UTC), as 2026-09-01.
    #[arg(long, value_name = "DAY")]
    before: NaiveDate,
    /// Say what would be cut off, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(context: &Context, command: &AuditCommand) -> Result<Outcome, Failure> {
    let heads = match command {
        AuditCommand::Verify(args) => verify::heads(&args.head)?,
        _ => Vec::new(),
    };
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    audit::seal(&app).await.context("sealing what was written last")?;
    match command {
        AuditCommand::Verify(args) => {
            let found = audit::verify_against(&app, &heads).await.context("reading the audit")?;
            tell(&found, args)
        }
        AuditCommand::Head(args) => head(&app, args).await,
        AuditCommand::Export(args) => export(&app, args).await,
        AuditCommand::Cut(args) => cut(&app, args).await,
    }
}

fn tell(found: &audit::Verification, args: &VerifyArgs) -> Result<Outcome, Failure> {
    if args.json {
        out::print(&serde_json::to_string_pretty(found).context("writing JSON")?);
    } else {
        for line in found.problems.iter().chain(&found.notes) {
            out::print(line);
        }
        let word = if found.ok { "whole" } else { "BROKEN" };
        let cut = match found.cut_off {
            0 => String::new(),
            last => format!(" after entry {last}, up to which it was cut off"),
        };
        out::print(&format!("The audit is {word}: {} entries{cut}. Head: {}", found.entries, found.head));
    }
    Ok(if found.ok { Outcome::AllWell } else { Outcome::SomethingFailed })
}

async fn head(app: &App, args: &HeadArgs) -> Result<Outcome, Failure> {
    let head = audit::head(app).await?;
    let Some(head) = head else {
        return Err(Failure::Work(anyhow::anyhow!("nothing stands in the audit yet")));
    };
    if args.json {
        out::print(&serde_json::to_string_pretty(&head).context("writing JSON")?);
    } else {
        out::print(&head.line());
    }
    Ok(Outcome::AllWell)
}

async fn export(app: &App, args: &ExportArgs) -> Result<Outcome, Failure> {
    let text = |given: &Option<String>| given.clone().unwrap_or_default();
    let asked = Asked {
        who: text(&args.who),
        action: text(&args.action),
        subject: text(&args.subject),
        recording: text(&args.recording),
        class: text(&args.class),
        course: text(&args.course),
        from: text(&args.from),
        to: text(&args.to),
    };
    let form = match args.format {
        Format::Csv => Form::Csv,
        Format::Jsonl => Form::JsonLines,
    };
    if let Some(address) = args.who.as_deref().filter(|who| who.contains('@')) {
        user::known(app, address).await?;
    }
    let mut filter = asked.filter(app).await?;
    audit::note_export(app, Actor::Operator, &asked, form).await?;
    let mut target = open_target(args.output.as_deref())?;
    let mut write = |text: &str| target.write_all(text.as_bytes());
    let mut written = write(form.head());
    while let (true, Some((lines, next))) = (written.is_ok(), audit::next_lines(app, &filter).await?) {
        let text: String = lines.iter().map(|line| audit::line_of(line, form)).collect();
        written = write(&text);
        filter = next;
    }
    match written.and_then(|()| target.flush()) {
        // Whoever read it has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Outcome::AllWell),
        Err(error) => Err(Failure::Work(anyhow::Error::new(error).context("writing the export"))),
        Ok(()) => Ok(Outcome::AllWell),
    }
}

fn open_target(file: Option<&Path>) -> Result<Box<dyn std::io::Write + Send>, Failure> {
    let Some(file) = file else { return Ok(Box::new(std::io::stdout())) };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(file) => Ok(Box::new(std::io::BufWriter::new(file))),
        Err(error) => Err(Failure::Usage(format!("--output: {}: {error}", file.display()))),
    }
}

async fn cut(app: &App, args: &CutArgs) -> Result<Outcome, Failure> {
    let before = args.before.and_time(NaiveTime::MIN).and_utc();
    if before > app.clock.now() {
        return Err(Failure::Usage("--before: name a day that is over".to_owned()));
    }
    let (cut, word) = if args.dry_run {
        (audit::plan_cut(app, before).await?, "would be cut off")
    } else {
        (audit::cut(app, before).await?, "were cut off")
    };
    if args.json {
        out::print(&serde_json::to_string_pretty(&cut).context("writing JSON")?);
    } else {
        out::print(&format!("{} entries written before {} {word}.", cut.entries, args.before));
    }
    Ok(Outcome::AllWell)
}
