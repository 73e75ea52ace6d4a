//! The composition root: reads the environment, runs a command, answers with an exit code.

mod api;
mod changes;
mod check_config;
mod depot;
mod dlq;
mod dlq_report;
mod error;
mod export;
mod figures;
mod healthcheck;
mod meter;
mod migrate;
mod position;
mod preview;
mod repair;
mod replay;
mod replay_report;
mod roles;
mod schema;
mod serve;
mod stop;
mod typefaces;
mod wait;

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;
use tokio::runtime::{Builder, Runtime};

use crate::cli::{Cli, Command, ServeArgs, SettingsArgs};
use crate::config::{self, Config, ConfigError, Sources};

use error::AppError;

/// Threads that drive the async work of a command; a serving process gets one for each core.
const COMMAND_THREADS: usize = 2;

/// How much nicer threads are that let others go first: beside one of the others such a thread has a quarter of a core.
#[cfg(target_os = "linux")]
const PATIENT_NICENESS: i32 = 5;

/// Runs a command.
pub fn run(cli: Cli) -> ExitCode {
    // Whoever speaks TLS in this process speaks it by the same provider; one that is installed already serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to tell when stderr is gone.
            let _ = writeln!(std::io::stderr(), "dashloom: {}", error.explain());
            error.exit_code()
        }
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode, AppError> {
    let settings = cli.settings;
    match cli.command {
        Command::Serve(args) => {
            let config = load(settings, serve_flags(&args))?;
            serve::run(config)
        }
        Command::Migrate(args) => {
            let config = load(settings, Vec::new())?;
            runtime(COMMAND_THREADS)?.block_on(migrate::run(&config, &args))
        }
        Command::Replay(args) => {
            let config = load(settings, Vec::new())?;
            runtime(threads())?.block_on(replay::run(&config, &args))
        }
        Command::Preview(args) => {
            let visualization = settings.config.clone();
            if args.out.is_some() {
                // Its --config is no file of settings; what files are drawn with is one of the others.
                let config = None;
                typefaces::add(&load(SettingsArgs { config, ..settings }, Vec::new())?)?;
            }
            preview::run(&args, visualization.as_deref())
        }
        Command::Dlq { command } => {
            let config = load(settings, Vec::new())?;
            runtime(COMMAND_THREADS)?.block_on(dlq::run(&config, &command))
        }
        Command::Withdraw(args) => {
            let config = load(settings, Vec::new())?;
            runtime(COMMAND_THREADS)?.block_on(repair::withdraw(&config, &args))
        }
        Command::Rebuild(args) => {
            let config = load(settings, Vec::new())?;
            runtime(threads())?.block_on(repair::rebuild(&config, &args))
        }
        Command::Position { command } => {
            let config = load(settings, Vec::new())?;
            runtime(COMMAND_THREADS)?.block_on(position::run(&config, &command))
        }
        Command::Export(args) => {
            let config = load(settings, Vec::new())?;
            typefaces::add(&config)?;
            runtime(threads())?.block_on(export::run(&config, &args))
        }
        Command::CheckConfig(args) => {
            let config = load(settings, Vec::new())?;
            runtime(COMMAND_THREADS)?.block_on(check_config::run(&config, args.connect))
        }
        Command::Schema(args) => schema::run(&args),
        Command::Healthcheck(args) => healthcheck::run(&load(settings, Vec::new())?, args.ready),
        Command::Completion { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "dashloom", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// As many threads as there are cores, for a command that folds.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(COMMAND_THREADS, std::num::NonZero::get)
}

/// The flags of `serve` as settings.
fn serve_flags(args: &ServeArgs) -> Vec<(String, String, String)> {
    let flag = |name: &str, path: &str, value: &str| (name.to_owned(), path.to_owned(), value.to_owned());
    let roles = args
        .roles
        .iter()
        .map(|roles| flag("--roles", "serve.roles", roles));
    let create = args
        .create_topics
        .then(|| flag("--create-topics", "serve.create_topics", "true"));
    roles.chain(create).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn load(settings: SettingsArgs, mut flags: Vec<(String, String, String)>) -> Result<Config, ConfigError> {
    let set = settings
        .set
        .into_iter()
        .map(|(path, value)| ("--set".to_owned(), path, value));
    flags.splice(0..0, set);
    let env = std::env::vars_os();
    let env = env.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    config::load(&Sources {
        file: settings.config,
        env: env.collect(),
        flags,
    })
}

fn runtime(threads: usize) -> Result<Runtime, AppError> {
    start(Builder::new_multi_thread().worker_threads(threads))
}

/// A runtime whose threads let others go first: whoever asks for a dashboard waits for the answer, who finished an execution does not.
fn patient_runtime(threads: usize) -> Result<Runtime, AppError> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(threads).thread_name("patient");
    // On Linux each thread has a priority of its own; elsewhere it is the process's.
    #[cfg(target_os = "linux")]
    builder.on_thread_start(|| {
        // Without it the thread is like any other.
        if let Ok(nice) = rustix::process::getpriority_process(None) {
            let _ = rustix::process::setpriority_process(None, nice + PATIENT_NICENESS);
        }
    });
    start(&mut builder)
}

fn start(builder: &mut Builder) -> Result<Runtime, AppError> {
    builder
        .enable_all()
        .build()
        .map_err(|error| AppError::failed("the async runtime cannot be started", error))
}
