//! `onrecord demo`: the whole product on one machine, with Microsoft 365 played by the simulator. The only place
//! that starts the simulator; everything the demo shows went through the same operations as at a real school.

mod campus;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Args;
use msgraph_sim::{HoldRequest, Options, Outcome as ClassOutcome, SeedEvent, SeedUser, Simulator};

use self::campus::{Class, HOST, PEOPLE, Past};
use super::{Context, Failure, Outcome, out, serve};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::model::sync::SyncCause;
use crate::ops::actor::Actor;
use crate::ops::enforce::Mode;
use crate::ops::sync::{Asked, sync_whole};
use crate::ops::{doctor, enforce, import, sign_in};
use crate::store::{conferences, sync::Scope, users};
use crate::{telemetry, web, worker};

/// The password of every person of the demo.
const PASSWORD: &str = "onrecord-demo";

/// The first line of the settings that the demo writes; a folder whose settings begin otherwise is not the demo's.
const MARK: &str = "# Written by `onrecord demo` at each start; changes are lost.";

/// What the demo puts into its folder, and so what `--reset` may remove.
const OURS: [&str; 9] = [
    "onrecord.toml",
    "onrecord.db",
    "onrecord.db-wal",
    "onrecord.db-shm",
    "onrecord.lock",
    "onrecord.db.lock",
    "secret.key",
    "archive",
    "sim",
];

/// Run the whole product on this machine, with Microsoft 365 played by the simulator.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to serve pages.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the simulated Microsoft 365 listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    sim_listen: SocketAddr,
    /// Begin anew: remove what an earlier demo left in the data directory.
    #[arg(long)]
    reset: bool,
}

/// Runs the demo until the process is told to stop.
pub async fn run(context: &Context, args: &DemoArgs) -> Result<Outcome, Failure> {
    let folder = context.data_dir();
    prepare(&folder, args)?;
    let stop = serve::stop_signal()?;
    let options =
        Options { listen: args.sim_listen, state_dir: Some(folder.join("sim")), ..Options::default() };
    let sim =
        Simulator::start(options).await.context("starting the simulated Microsoft 365 (--sim-listen)")?;
    let file = folder.join("onrecord.toml");
    std::fs::write(&file, settings(&sim, args)).with_context(|| format!("writing {}", file.display()))?;
    // The machine's own environment may name a real tenant: the demo never reads it.
    let sources = Sources { data_dir: Some(folder), config_file: Some(file), environment: BTreeMap::new() };
    let config = Config::load(&sources)?;
    telemetry::start(&config.log)?;
    let _lock = serve::lock(&config)?;
    let app = super::open(config, Clock::System).await?;
    if conferences::is_empty(&app.store).await.context("looking for classes")? {
        furnish(&app, &sim).await?;
    }
    greet(&app, &sim);
    let router = web::demo_router(Arc::clone(&app));
    let (served, ()) =
        tokio::join!(serve::listen(&app, router, stop.clone()), worker::run(Arc::clone(&app), stop.clone()));
    sim.shutdown().await.context("saving the simulated Microsoft 365")?;
    served?;
    Ok(Outcome::AllWell)
}

/// Makes sure that the folder is the demo's or empty; with `--reset` removes what an earlier demo left.
fn prepare(folder: &Path, args: &DemoArgs) -> Result<(), Failure> {
    let settings = folder.join("onrecord.toml");
    let is_ours = std::fs::read_to_string(&settings).is_ok_and(|text| text.starts_with(MARK));
    let holds_data = folder.join("onrecord.db").exists() || settings.exists();
    if holds_data && !is_ours {
        return Err(Failure::Usage(format!(
            "{} holds an installation that the demo did not make: name another folder with --data-dir",
            folder.display()
        )));
    }
    if args.reset && is_ours {
        let lock = serve::lock_folder(folder)?;
        for name in OURS {
            remove(&folder.join(name)).with_context(|| format!("removing {name}"))?;
        }
        drop(lock);
    }
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(())
}

fn remove(path: &Path) -> std::io::Result<()> {
    match path.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
    }
}

fn settings(sim: &Simulator, args: &DemoArgs) -> String {
    let tenant = sim.tenant();
    let known = |name: &str| tenant[name].as_str().unwrap_or_default().to_owned();
    format!(
        "{MARK}\n\n\
         [http]\nlisten = \"{listen}\"\n\n\
         [graph]\nurl = \"{url}\"\nlogin_url = \"{url}\"\n\n\
         [teams]\ntenant_id = \"{tenant_id}\"\nclient_id = \"{client_id}\"\nclient_secret = \"{secret}\"\n\
         service_accounts = [\"{account}\"]\n\n\
         [sync]\npoll_seconds = 3\nidle_seconds = 3\n\n\
         [notice]\ncontact = \"privacy@{HOST}\"\n\n\
         [log]\nlevel = \"warn,onrecord=info\"\n",
        listen = args.listen,
        url = sim.url(),
        tenant_id = known("tenant_id"),
        client_id = known("client_id"),
        secret = known("client_secret"),
        account = known("service_account_email"),
    )
}

/// Fills an empty demo: people and courses, classes of the past with what they left at Microsoft, classes to come.
async fn furnish(app: &Arc<App>, sim: &Simulator) -> Result<(), Failure> {
    for (mailbox, name, _) in PEOPLE {
        let kind = if matches!(*mailbox, "instructor" | "lukasz") { "teacher" } else { "student" };
        let user = SeedUser {
            email: format!("{mailbox}@{HOST}"),
            display_name: (*name).to_owned(),
            kind: Some(kind.to_owned()),
            ..SeedUser::default()
        };
        sim.seed_user(&user).map_err(|error| anyhow!("{error}")).context("adding a person to the tenant")?;
    }
    let classes = campus::classes(app.clock.now());
    let slots = time_slots(sim, &classes)?;
    let with_office_hour = classes.iter().any(|class| class.conference == "office-hour");
    let mut files: BTreeMap<&'static str, Vec<u8>> =
        campus::school(with_office_hour).into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    files.insert("time_slots.csv", slots.into_bytes());
    let source = import::Source::Contents(files);
    let report = import::run(app, Actor::Operator, &source, import::Options::default()).await;
    let report = report.context("importing the campus")?;
    if let Some(error) = report.errors.first() {
        return Err(
            anyhow!("the campus is wrong: {} line {}: {}", error.file, error.line, error.message).into()
        );
    }
    for (mailbox, ..) in PEOPLE {
        let user = users::find_by_email(&app.store, &format!("{mailbox}@{HOST}"))
            .await
            .context("finding a person")?;
        let user = user.context("a person of the campus was not imported")?;
        sign_in::set_password(app, &user, PASSWORD.to_owned()).await.context("setting a password")?;
    }
    enforce::sweep(app, Mode::Apply).await.context("sweeping the classes")?;
    let asked = Asked { scope: Scope::Ended, cause: SyncCause::Command };
    sync_whole(app, asked, |_| {}).await.context("reading the classes of the past")?;
    doctor::examine(app).await.context("examining the connection")?;
    Ok(())
}

/// `time_slots.csv`. Classes of the past take place at Microsoft first; those to come are left to OnRecord.
fn time_slots(sim: &Simulator, classes: &[Class]) -> Result<String, Failure> {
    let account = sim.tenant()["service_account_email"].as_str().unwrap_or_default().to_owned();
    let mut csv = "id,conference_id,date,start_time,end_time,join_url,event_id,organizer\n".to_owned();
    for class in classes {
        let (join_url, event_id, organizer) = match class.past {
            Some(past) => {
                let (join_url, event_id) =
                    take_place(sim, class, past).context("holding a class of the past")?;
                (join_url, event_id, account.as_str())
            }
            None => (String::new(), String::new(), ""),
        };
        let _ = writeln!(
            csv,
            "{},{},{},{},{},{join_url},{event_id},{organizer}",
            class.id,
            class.conference,
            class.date,
            class.starts.format("%H:%M"),
            class.ends.format("%H:%M"),
        );
    }
    Ok(csv)
}

/// Makes the meeting as it stood in the calendar and lets the class take place as planned.
fn take_place(sim: &Simulator, class: &Class, past: Past) -> anyhow::Result<(String, String)> {
    let (start, end) = class.moments();
    let event = SeedEvent {
        subject: class.subject(),
        start: Some(start),
        end: Some(end),
        attendees: class.people.iter().map(|mailbox| format!("{mailbox}@{HOST}")).collect(),
        record_automatically: true,
        ..SeedEvent::default()
    };
    let seeded = sim.seed_event(&event).map_err(|error| anyhow!("{error}"))?;
    let outcome = match past {
        Past::Held | Past::TwoParts => ClassOutcome::Held,
        Past::NotRecorded => ClassOutcome::NotRecorded,
        Past::NobodyCame => ClassOutcome::NotHeld,
        Past::NoTranscript => ClassOutcome::NoTranscript,
    };
    let held = HoldRequest {
        join_url: Some(seeded.join_url.clone()),
        started_at: Some(start),
        outcome,
        parts: (past == Past::TwoParts).then_some(2),
        ..HoldRequest::default()
    };
    sim.hold(&held).map_err(|error| anyhow!("{error}"))?;
    Ok((seeded.join_url, seeded.event_id))
}

fn greet(app: &App, sim: &Simulator) {
    let mut text = format!("OnRecord demo: {}\n\nSign in as\n", app.config.public_url().base());
    for (mailbox, name, _) in PEOPLE.iter().take_while(|(mailbox, ..)| *mailbox != "amina") {
        if *mailbox != "lukasz" {
            let _ = writeln!(text, "  {:<28} {name}", format!("{mailbox}@{HOST}"));
        }
    }
    let _ = write!(
        text,
        "with the password {PASSWORD}\n\n\
         Microsoft 365 is simulated at {}. A class's join link leads to a page there on which you can hold it in\n\
         seconds; its recording then arrives here. Stop with Ctrl-C; the next start goes on from here.",
        sim.url()
    );
    out::print(&text);
}
