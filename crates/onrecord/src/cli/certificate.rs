//! `onrecord certificate create`: a certificate for signing in to Microsoft, written to files that only their owner
//! may read. Nothing is sent anywhere and no database is needed.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;

use super::{Context, Failure, Outcome, out};
use crate::clock::Clock;
use crate::ops::certificate;

/// Work on the certificate that signs in to Microsoft.
#[derive(Debug, Subcommand)]
pub enum CertificateCommand {
    /// Make a certificate and its key, and say what to do with them.
    Create(CreateArgs),
}

/// Options of `certificate create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// The file for key and certificate [default: DIR/onrecord-certificate.pem]. It must not exist yet. Beside it the
    /// certificate alone is written, ending in .crt: that is what Entra gets.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How many months it is good.
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=120))]
    months: u32,
    /// The name in it.
    #[arg(long, default_value = "OnRecord")]
    name: String,
}

/// Runs the command.
pub fn run(context: &Context, command: &CertificateCommand) -> Result<Outcome, Failure> {
    let CertificateCommand::Create(args) = command;
    let name = args.name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(Failure::Usage("--name: write one line of at most 64 characters".to_owned()));
    }
    let file = args.out.clone().unwrap_or_else(|| context.data_dir().join("onrecord-certificate.pem"));
    let public = file.with_extension("crt");
    for path in [&file, &public] {
        if path.exists() {
            return Err(Failure::Usage(format!(
                "{} exists already and is not overwritten: it may be in use. Name another with --out",
                path.display()
            )));
        }
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let made = certificate::make(name, args.months, Clock::System.now())?;
    write(&file, made.pem.expose_secret()).with_context(|| format!("writing {}", file.display()))?;
    write(&public, &made.public_pem).with_context(|| format!("writing {}", public.display()))?;
    out::print(&format!(
        "Key and certificate  {file}\nCertificate alone    {public}\nThumbprint           {thumbprint}\nGood until           {until}\n\n\
         Next:\n\
         1. In Entra, App registrations, the app, Certificates & secrets, Certificates, Upload certificate:\n   upload {public}, and compare the thumbprint.\n\
         2. Set TEAMS_CLIENT_CERTIFICATE_FILE={file} (and remove TEAMS_CLIENT_SECRET), or paste the\n   content of that file on the page Manage, Microsoft Teams.\n\
         3. Run `onrecord doctor`.",
        file = file.display(),
        public = public.display(),
        thumbprint = made.thumbprint,
        until = made.not_after.date_naive(),
    ));
    Ok(Outcome::AllWell)
}

/// Writes a new file that only its owner may read.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
