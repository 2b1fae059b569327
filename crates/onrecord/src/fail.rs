//! Fail points: every step that writes or calls has a name, and a test can have the process end there as if it had been
//! killed. Debug builds only, and only when the environment asks for it; a release build contains nothing of this.

use std::panic::Location;

/// Where a step stands to what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A transaction is about to be committed.
    BeforeCommit,
    /// A transaction was committed, and nobody was told yet.
    AfterCommit,
    /// An object is about to be written to the archive.
    BeforeObject,
    /// An object was written to the archive, and no row says so yet.
    AfterObject,
    /// Microsoft is about to be asked.
    BeforeCall,
    /// Microsoft has answered, and the answer is not kept yet.
    AfterCall,
}

/// Passes a step. `place` names what is written or called: a line of the source, or a lane.
#[cfg(not(debug_assertions))]
#[inline]
pub fn step(_step: Step, _place: impl FnOnce() -> String) {}

/// Passes a step. `place` names what is written or called: a line of the source, or a lane.
#[cfg(debug_assertions)]
pub fn step(step: Step, place: impl FnOnce() -> String) {
    if let Some(plan) = armed::plan() {
        plan.pass(&format!("{step:?} {}", place()));
    }
}

/// The place of a caller, below `src`.
pub fn place(caller: &Location<'_>) -> String {
    let file = caller.file().replace('\\', "/");
    let file = file.rsplit_once("/src/").map_or(file.as_str(), |(_, below)| below);
    format!("{file}:{}", caller.line())
}

#[cfg(debug_assertions)]
mod armed {
    use std::fs::File;
    use std::io::Write as _;
    use std::path::PathBuf;
    use std::sync::{Mutex, OnceLock, PoisonError};

    /// When the process ends.
    enum Plan {
        /// At the step of this number, counted from 1 (`ONRECORD_FAIL_AT=17`).
        Nth(u64),
        /// At the first step whose name this file does not list; the name is added first (`ONRECORD_FAIL_AT=new:FILE`).
        New(PathBuf),
    }

    /// The plan of this process and the steps passed so far.
    pub(super) struct Armed {
        plan: Plan,
        passed: Mutex<u64>,
    }

    impl Armed {
        /// Counts a step and ends the process if it is the one. No destructor runs, as when a process is killed.
        pub(super) fn pass(&self, name: &str) {
            let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
            *passed += 1;
            let ends = match &self.plan {
                Plan::Nth(nth) => *passed == *nth,
                Plan::New(file) => is_new(file, name),
            };
            if ends {
                tracing::error!(step = name, "ending at a fail point");
                std::process::abort();
            }
        }
    }

    fn is_new(file: &PathBuf, name: &str) -> bool {
        let known = std::fs::read_to_string(file).unwrap_or_default();
        if known.lines().any(|line| line == name) {
            return false;
        }
        File::options()
            .create(true)
            .append(true)
            .open(file)
            .is_ok_and(|mut file| writeln!(file, "{name}").is_ok())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "no setting of the product: only tests of a debug build arm it"
    )]
    pub(super) fn plan() -> Option<&'static Armed> {
        static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
        let read = || {
            let text = std::env::var("ONRECORD_FAIL_AT").ok()?;
            let plan = match text.strip_prefix("new:") {
                Some(file) => Plan::New(PathBuf::from(file)),
                None => Plan::Nth(text.parse().ok()?),
            };
            Some(Armed { plan, passed: Mutex::default() })
        };
        ARMED.get_or_init(read).as_ref()
    }
}
