//! `onrecord serve` and `onrecord worker`: the running product.

use std::fs::File;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::RustlsConfig;
use clap::Args;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Context, Failure, Outcome};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::ops::{journal, visits};
use crate::store;
use crate::telemetry::metrics;
use crate::{web, worker};

/// Running answers are given this long to finish after the signal to stop.
const GRACE: Duration = Duration::from_secs(25);

/// What waits in the process for one slow reader, in bytes: with a thousand of them this is what memory is made of. Also
/// the longest head of a request.
const CONNECTION_BUFFER: usize = 16 << 10;

/// What the kernel holds for one slow reader beyond what is on its way, in bytes. It would hold megabytes, and with
/// hundreds of viewers run out of memory for connections and drop what they should get.
const UNSENT: u32 = 256 << 10;

/// Accepts connections whose buffers stay small; small answers leave at once.
#[derive(Debug, Clone, Copy)]
struct Thrifty;

impl<S> Accept<TcpStream, S> for Thrifty {
    type Stream = TcpStream;
    type Service = S;
    type Future = Ready<io::Result<(TcpStream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let set =
            stream.set_nodelay(true).and_then(|()| SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT));
        ready(set.map(|()| (stream, service)))
    }
}

/// Serve pages and API, and work on jobs.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Leave the jobs to `onrecord worker` processes.
    #[arg(long)]
    no_worker: bool,
}

/// Work on jobs without serving pages.
#[derive(Debug, Args)]
pub struct WorkerArgs {}

/// Runs `onrecord serve` until the process is told to stop.
pub async fn serve(context: &Context, args: &ServeArgs) -> Result<Outcome, Failure> {
    let config = context.config_and_log()?;
    let _lock = lock(&config)?;
    let app = super::open(config, Clock::System).await?;
    catch_up(&app).await;
    let stop = stop_signal()?;
    let router = web::router(Arc::clone(&app));
    if args.no_worker {
        listen(&app, router, stop).await?;
    } else {
        let (served, ()) =
            tokio::join!(listen(&app, router, stop.clone()), worker::run(Arc::clone(&app), stop.clone()));
        served?;
    }
    Ok(Outcome::AllWell)
}

/// Runs `onrecord worker` until the process is told to stop.
pub async fn work(context: &Context, _args: &WorkerArgs) -> Result<Outcome, Failure> {
    let config = context.config_and_log()?;
    let _lock = lock(&config)?;
    let app = super::open(config, Clock::System).await?;
    catch_up(&app).await;
    tracing::info!("working on jobs");
    worker::run(app, stop_signal()?).await;
    Ok(Outcome::AllWell)
}

/// A database that was put back by hand learns what was removed since, before it is served. An archive that does not
/// answer holds nobody up: the timetable asks it again.
async fn catch_up(app: &App) {
    if let Err(error) = journal::settle(app).await {
        tracing::warn!(%error, "whether the archive knows of removals that the database does not could not be told");
    }
}

/// Serves these pages and API until `stop`, then lets running answers finish.
pub(super) async fn listen(app: &Arc<App>, router: Router, stop: CancellationToken) -> Result<(), Failure> {
    let address = app.config.http.listen;
    let handle = Handle::new();
    let ending = {
        let (handle, stop) = (handle.clone(), stop.clone());
        async move {
            stop.cancelled().await;
            handle.graceful_shutdown(Some(GRACE));
        }
    };
    metrics::install();
    tracing::info!(%address, url = app.config.public_url().base(), "listening");
    let serving = bind(&app.config, address, handle, router);
    let all_sent = CancellationToken::new();
    let (served, (), ()) = tokio::join!(
        async {
            let served = serving.await;
            // A listener that failed must not leave the rest of the process waiting for a signal.
            stop.cancel();
            all_sent.cancel();
            served
        },
        ending,
        visits::keep(app, &all_sent)
    );
    served
}

async fn bind(
    config: &Config,
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    router: Router,
) -> Result<(), Failure> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let busy = || format!("listening on {address} (ONRECORD_LISTEN)");
    if let (Some(cert), Some(key)) = (&config.http.tls_cert, &config.http.tls_key) {
        let tls = RustlsConfig::from_pem_file(cert, key).await;
        let tls = tls.map_err(|error| {
            Failure::Usage(format!("ONRECORD_TLS_CERT and ONRECORD_TLS_KEY cannot be used: {error}"))
        })?;
        let server = axum_server::bind_rustls(address, tls).handle(handle);
        let mut server = server.map(|tls| tls.acceptor(Thrifty));
        server.http_builder().http1().max_buf_size(CONNECTION_BUFFER);
        server.serve(service).await.with_context(busy)?;
    } else {
        let mut server = axum_server::bind(address).acceptor(Thrifty).handle(handle);
        server.http_builder().http1().max_buf_size(CONNECTION_BUFFER);
        server.serve(service).await.with_context(busy)?;
    }
    Ok(())
}

/// Cancelled at the first SIGTERM or SIGINT.
pub(super) fn stop_signal() -> Result<CancellationToken, Failure> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let token = stop.clone();
    let waiting = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: running answers and jobs may finish");
        token.cancel();
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "it lives as long as the process and only waits for a signal"
    )]
    tokio::spawn(waiting);
    Ok(stop)
}

/// On SQLite at most one `serve` or `worker` may run; the lock goes with the process.
pub(super) fn lock(config: &Config) -> Result<Vec<File>, Failure> {
    if config.is_postgres() {
        return Ok(Vec::new());
    }
    let mut locks = vec![lock_folder(config.data_dir())?];
    // Two data directories may name one database.
    if let Some(database) = store::sqlite_file(config.database_url().expose()) {
        if let Some(folder) = database.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        locks.push(lock_file(&PathBuf::from(format!("{}.lock", database.display())), &database)?);
    }
    Ok(locks)
}

/// Takes the lock of a data directory, which is made if it is missing.
pub(super) fn lock_folder(folder: &Path) -> Result<File, Failure> {
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    lock_file(&folder.join("onrecord.lock"), folder)
}

/// Takes a lock; `used` is what the sentence to people names.
fn lock_file(path: &Path, used: &Path) -> Result<File, Failure> {
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(Failure::Usage(format!(
            "another `onrecord serve`, `worker` or `demo` already uses {}: stop it, or give this one its own --data-dir, or move to PostgreSQL. Short commands may run beside it",
            used.display()
        ))),
    }
}
