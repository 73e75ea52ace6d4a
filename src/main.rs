//! The binary: parses the command line and turns the outcome into an exit code.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    dashloom::app::run(dashloom::cli::Cli::parse())
}
