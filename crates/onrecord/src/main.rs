//! The program: hands its arguments to the command line. Everything else is in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    onrecord::cli::run(std::env::args_os())
}
