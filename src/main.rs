//! The binary: parses the command line and turns the outcome into an exit code.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    dashloom::app::run(dashloom::cli::Cli::read())
}
