//! The migration from beginning to end.

use refinery::{Runner as Refinery, Target};
use tokio_postgres::Client;

use super::backfill::{self, Backfill};
use super::compatible::applied;
use super::engine::{Engine, roles};
use super::error::MigrateError;
use super::options::{BackfillRule, MigrateOptions, OnProgress, Progress};
use super::preflight;
use super::report::{BackfillReport, MigrationFile, MigrationReport};
use super::runner::Runner;
use super::session;

mod embedded {
    refinery::embed_migrations!("migrations");
}

const HISTORY: &str = "dashloom.refinery_schema_history";
const UPSTREAM_TABLES: &str = include_str!("../../../migrations/upstream/tables.sql");
const LAST_PHASE: u8 = 5;
const BACKFILL_PHASE: u8 = 3;

/// Brings the database to this release's schema, or to the end of `to_phase`. Running it again goes on where it stopped.
///
/// The connection must be a session of its own (no pooler in transaction mode): the migrator's lock belongs to it. If
/// the future is dropped, close the connection.
pub async fn migrate(
    client: &mut Client,
    options: &MigrateOptions,
    on_progress: OnProgress<'_>,
) -> Result<MigrationReport, MigrateError> {
    if let Some(phase) = options.to_phase.filter(|phase| !(1..=LAST_PHASE).contains(phase)) {
        return Err(MigrateError::NoSuchPhase(phase));
    }
    session::open(client, options, on_progress).await?;
    let outcome = migrate_locked(client, options, on_progress).await;
    session::close(client).await;
    outcome
}

/// Repeats phase 3 by a rule, at any time after phase 2. Touches neither existing configurations nor users' choices.
pub async fn backfill(
    client: &mut Client,
    options: &MigrateOptions,
    on_progress: OnProgress<'_>,
) -> Result<BackfillReport, MigrateError> {
    session::open(client, options, on_progress).await?;
    let outcome = backfill_locked(client, options, on_progress).await;
    session::close(client).await;
    outcome
}

/// The files of this release, in order.
pub(super) fn files() -> Vec<MigrationFile> {
    let mut files: Vec<_> = embedded::migrations::runner()
        .get_migrations()
        .iter()
        .map(file)
        .collect();
    files.sort_by_key(|file| file.version);
    files
}

async fn migrate_locked(
    client: &mut Client,
    options: &MigrateOptions,
    on_progress: OnProgress<'_>,
) -> Result<MigrationReport, MigrateError> {
    let mut notes = Vec::new();
    if options.with_upstream {
        make_upstream(client, options, &mut notes, on_progress).await?;
    }
    let engine = Engine::look_up(client, &options.upstream).await?;
    let before = applied(client).await?;
    let wanted = |file: &MigrationFile| options.to_phase.is_none_or(|phase| file.phase <= phase);
    let reaches_backfill = options.to_phase.is_none_or(|phase| phase >= BACKFILL_PHASE);
    let backfill_due = reaches_backfill && (before.is_empty() || !backfill::is_done(client).await?);
    let due = backfill_due
        || files()
            .iter()
            .any(|file| wanted(file) && !before.contains(&file.version));
    check(client, &engine, options, due, !before.is_empty()).await?;
    engine_notes(&engine, &mut notes);

    let mut report = MigrationReport {
        dry_run: options.dry_run,
        server_version: server_version(client).await?,
        schema: engine.schema().to_owned(),
        applied: Vec::new(),
        pending: files()
            .into_iter()
            .filter(|file| !before.contains(&file.version))
            .collect(),
        backfill: None,
        notes,
    };
    if options.dry_run {
        if backfill_due && engine.workflows.found.is_some() {
            let backfill = Backfill {
                engine: &engine,
                options,
                rule: options.backfill_rule,
            };
            report.backfill = Some(backfill.preview(client).await?);
        }
        return Ok(report);
    }
    if due {
        report.backfill = apply(client, &engine, options, backfill_due, on_progress).await?;
    }
    let after = applied(client).await?;
    report.pending = files()
        .into_iter()
        .filter(|file| !after.contains(&file.version))
        .collect();
    report.applied = files()
        .into_iter()
        .filter(|file| after.contains(&file.version) && !before.contains(&file.version))
        .collect();
    Ok(report)
}

/// Applies what is due: the files before the backfill, the backfill, the files after it.
async fn apply(
    client: &mut Client,
    engine: &Engine,
    options: &MigrateOptions,
    backfill_due: bool,
    on_progress: OnProgress<'_>,
) -> Result<Option<BackfillReport>, MigrateError> {
    make_schema(client).await?;
    let last = options.to_phase.map(i32::from);
    let until = |phase: i32| phase * 100 + 99;
    let before_backfill = i32::from(BACKFILL_PHASE) - 1;
    let first_stop = until(last.map_or(before_backfill, |last| last.min(before_backfill)));
    run_files(client, engine, options, Target::Version(first_stop), on_progress).await?;
    record(client, &names(engine)).await?;
    let mut done = None;
    if backfill_due {
        let with_our_columns = Engine::look_up(client, &options.upstream).await?;
        let backfill = Backfill {
            engine: &with_our_columns,
            options,
            rule: options.backfill_rule,
        };
        done = Some(backfill.run(client, on_progress).await?);
    }
    let second_stop = last.map_or(Target::Latest, |last| Target::Version(until(last)));
    run_files(client, engine, options, second_stop, on_progress).await?;
    if last.is_none_or(|last| last >= i32::from(LAST_PHASE)) {
        record(client, &role_names(options)).await?;
    }
    Ok(done)
}

/// Makes the schema, unless it is there: `IF NOT EXISTS` alone would ask for the right to make it all the same.
async fn make_schema(client: &Client) -> Result<(), MigrateError> {
    let there = client.query_one(
        "select exists (select from pg_namespace where nspname = 'dashloom')",
        &[],
    );
    if !there.await?.try_get::<_, bool>(0)? {
        client.batch_execute("create schema dashloom").await?;
    }
    Ok(())
}

async fn backfill_locked(
    client: &mut Client,
    options: &MigrateOptions,
    on_progress: OnProgress<'_>,
) -> Result<BackfillReport, MigrateError> {
    let phases_1_and_2 = files()
        .into_iter()
        .filter(|file| file.phase < BACKFILL_PHASE)
        .map(|file| file.version);
    let applied = applied(client).await?;
    if !phases_1_and_2
        .into_iter()
        .all(|version| applied.contains(&version))
    {
        return Err(MigrateError::NotMigrated);
    }
    let engine = Engine::look_up(client, &options.upstream).await?;
    check(client, &engine, options, false, true).await?;
    let backfill = Backfill {
        engine: &engine,
        options,
        rule: options.backfill_rule,
    };
    if options.dry_run {
        return backfill.preview(client).await;
    }
    backfill.run(client, on_progress).await
}

/// All problems at once; what nothing is due for is not asked of a database.
async fn check(
    client: &Client,
    engine: &Engine,
    options: &MigrateOptions,
    due: bool,
    migrated: bool,
) -> Result<(), MigrateError> {
    let mut problems = Vec::new();
    let not_made_yet =
        options.dry_run && options.with_upstream && engine.tables().iter().any(|t| t.found.is_none());
    if due && !not_made_yet {
        problems = preflight::problems(client, engine, options).await?;
    }
    if migrated {
        let current = [names(engine), role_names(options)].concat();
        problems.extend(preflight::other_names(client, &current).await?);
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(MigrateError::Preflight(problems))
    }
}

async fn run_files(
    client: &mut Client,
    engine: &Engine,
    options: &MigrateOptions,
    target: Target,
    on_progress: OnProgress<'_>,
) -> Result<(), MigrateError> {
    let template = engine.template(options);
    let mut runner = Runner {
        client,
        template: &template,
        patience: options.patience,
        on_progress,
    };
    let mut refinery: Refinery = embedded::migrations::runner().set_target(target);
    refinery.set_migration_table_name(HISTORY);
    refinery.run_async(&mut runner).await?;
    Ok(())
}

async fn make_upstream(
    client: &mut Client,
    options: &MigrateOptions,
    notes: &mut Vec<String>,
    on_progress: OnProgress<'_>,
) -> Result<(), MigrateError> {
    let engine = Engine::look_up(client, &options.upstream).await?;
    let missing: Vec<_> = engine
        .tables()
        .into_iter()
        .filter(|table| table.found.is_none())
        .map(|t| t.sql())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (verb, list) = (
        if options.dry_run { "would make" } else { "made" },
        missing.join(", "),
    );
    notes.push(format!(
        "--with-upstream {verb} minimal tables of the engine: {list}"
    ));
    if options.dry_run {
        return Ok(());
    }
    let template = engine.template(options);
    let sql = template.render(UPSTREAM_TABLES).map_err(super::RunError::from)?;
    on_progress(Progress::Statement("create the engine's tables".to_owned()));
    Runner {
        client,
        template: &template,
        patience: options.patience,
        on_progress,
    }
    .run_statements(&sql)
    .await?;
    Ok(())
}

fn engine_notes(engine: &Engine, notes: &mut Vec<String>) {
    let workflows = engine.workflows.sql();
    if engine.workflows.found.is_none() {
        return;
    }
    match engine.owner_column() {
        None => notes.push(format!(
            "{workflows} has neither user_id nor created_by: a row is visible to whoever created its configuration only, \
             and configurations made by dashloom have no creator"
        )),
        Some(column) if engine.owner_uuid_column().is_none() => notes.push(format!(
            "{workflows}.{column} is no uuid: it decides who sees a row, but does not become `created_by`"
        )),
        Some(_) => {}
    }
    if !engine.has_template() {
        notes.push(format!(
            "{workflows} has no query_template_id: templates' defaults are not used by the backfill"
        ));
    }
}

/// What the database is bound to from phase 1 on.
fn names(engine: &Engine) -> Vec<(String, String)> {
    engine
        .tables()
        .into_iter()
        .map(|table| (table.role.to_owned(), table.sql()))
        .collect()
}

/// What the database is bound to from phase 5 on.
fn role_names(options: &MigrateOptions) -> Vec<(String, String)> {
    roles(&options.roles)
        .map(|(placeholder, _, name)| (placeholder.to_owned(), name.to_owned()))
        .to_vec()
}

async fn record(client: &Client, names: &[(String, String)]) -> Result<(), MigrateError> {
    for (name, value) in names {
        client
            .execute(
                "insert into dashloom.installation (name, value) values ($1, $2) on conflict (name) do nothing",
                &[name, value],
            )
            .await?;
    }
    Ok(())
}

async fn server_version(client: &Client) -> Result<String, MigrateError> {
    Ok(client.query_one("show server_version", &[]).await?.try_get(0)?)
}

fn file(migration: &refinery::Migration) -> MigrationFile {
    MigrationFile {
        phase: u8::try_from(migration.version() / 100).unwrap_or(u8::MAX),
        version: migration.version(),
        name: migration.name().to_owned(),
    }
}

impl BackfillRule {
    /// The rule a stored name stands for.
    pub(super) fn is_named(self, name: &str) -> bool {
        self.as_str() == name
    }
}
