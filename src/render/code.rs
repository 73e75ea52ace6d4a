//! The charts' script as QuickJS bytecode: compiled once a process, so that an engine starts in a sixth of the time and
//! without a compiler in it.

use std::sync::{Mutex, OnceLock, PoisonError};

use rquickjs::loader::Bundle;
use rquickjs::module::WriteOptions;
use rquickjs::{CatchResultExt, Context, Module, Runtime};

use super::error::RenderError;

/// The name that the script is loaded by.
pub const NAME: &str = "charts";
const SOURCE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist/render/charts.js"));

static COMPILED: OnceLock<Vec<u8>> = OnceLock::new();
static MODULES: OnceLock<[(&str, &[u8]); 1]> = OnceLock::new();
/// Held while compiling, so that it is done once.
static COMPILING: Mutex<()> = Mutex::new(());

/// The script, ready to be loaded.
pub fn bundle() -> Result<Bundle, RenderError> {
    if COMPILED.get().is_none() {
        let _held = COMPILING.lock().unwrap_or_else(PoisonError::into_inner);
        if COMPILED.get().is_none() {
            let compiled = compile().map_err(RenderError::Engine)?;
            COMPILED.get_or_init(|| compiled);
        }
    }
    let code = COMPILED.get().map_or(&[] as &[u8], Vec::as_slice);
    Ok(rquickjs::loader::bundle::Bundle(
        MODULES.get_or_init(|| [(NAME, code)]),
    ))
}

fn compile() -> Result<Vec<u8>, String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    runtime.set_max_stack_size(super::engine::STACK_BYTES);
    let context = Context::full(&runtime).map_err(|error| error.to_string())?;
    context.with(|ctx| {
        let module = Module::declare(ctx.clone(), NAME, SOURCE)
            .catch(&ctx)
            .map_err(|error| error.to_string())?;
        let options = WriteOptions {
            strip_source: true,
            strip_debug: true,
            ..WriteOptions::default()
        };
        module.write(options).map_err(|error| error.to_string())
    })
}
