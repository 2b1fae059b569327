//! The program: hands its arguments to the command line. Everything else is in the library, where tests reach it.

use std::process::ExitCode;

/// A page is a thousand small pieces of memory; this takes and gives them faster than the system's.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    onrecord::cli::run(std::env::args_os())
}
