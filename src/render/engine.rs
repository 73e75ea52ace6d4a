//! One engine: a QuickJS context that can draw charts and nothing else.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use rquickjs::context::intrinsic;
use rquickjs::loader::{BuiltinLoader, BuiltinResolver};
use rquickjs::{CatchResultExt, Context, Ctx, Function, Module, Object, Persistent, Promise, Runtime};
use rustix::time::{ClockId, clock_gettime};

use super::code;
use super::error::RenderError;
use crate::export::font::{self, Weight};

/// The stack of the script; the thread around it has more.
pub const STACK_BYTES: usize = 1 << 20;

/// What the context has of JavaScript: everything but `eval` and its kin.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
    intrinsic::Performance,
    intrinsic::WeakRef,
);

/// What one chart may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the engine's heap.
    pub memory_bytes: usize,
    /// Time of a processor for one chart: what a busy machine makes it wait does not count, so a chart that takes more always does.
    pub time: Duration,
}

impl Default for Limits {
    /// A dashboard's chart takes a tenth of the memory and of the time.
    fn default() -> Self {
        Self {
            memory_bytes: 96 << 20,
            time: Duration::from_secs(3),
        }
    }
}

/// A chart to draw; all texts are JSON.
#[derive(Debug, Clone)]
pub struct ChartRequest {
    /// The Vega-Lite spec.
    pub spec: String,
    /// The rows, by the dataset's name.
    pub data: String,
    /// The theme's configuration.
    pub theme: &'static str,
    /// How wide, in pixels of CSS.
    pub width: u32,
}

/// An engine. It stays on the thread that made it.
pub struct Engine {
    // Dropped in this order: what lives in the context, the context, the runtime.
    draw: Persistent<Function<'static>>,
    context: Context,
    _runtime: Runtime,
    deadline: Rc<Cell<Option<Duration>>>,
    limits: Limits,
}

impl Engine {
    /// Starts an engine.
    pub fn start(limits: Limits) -> Result<Self, RenderError> {
        let failed = |error: rquickjs::Error| RenderError::Engine(error.to_string());
        let runtime = Runtime::new().map_err(failed)?;
        runtime.set_memory_limit(limits.memory_bytes);
        runtime.set_max_stack_size(STACK_BYTES);
        let deadline: Rc<Cell<Option<Duration>>> = Rc::default();
        let watched = Rc::clone(&deadline);
        let is_over = move || watched.get().is_some_and(|deadline| time_taken() > deadline);
        runtime.set_interrupt_handler(Some(Box::new(is_over)));
        let bundle = code::bundle()?;
        runtime.set_loader(bundle, bundle);
        let context = Context::custom::<Intrinsics>(&runtime).map_err(failed)?;
        let draw = context.with(|ctx| load(&ctx)).map_err(RenderError::Engine)?;
        // Nothing more is ever loaded.
        runtime.set_loader(BuiltinResolver::default(), BuiltinLoader::default());
        Ok(Self {
            draw,
            context,
            _runtime: runtime,
            deadline,
            limits,
        })
    }

    /// Draws a chart as SVG. After an error the engine may be in any state: throw it away.
    pub fn draw(&self, request: &ChartRequest) -> Result<String, RenderError> {
        self.deadline.set(Some(time_taken() + self.limits.time));
        let drawn = self.context.with(|ctx| self.call(&ctx, request));
        let is_late = self
            .deadline
            .get()
            .is_some_and(|deadline| time_taken() > deadline);
        self.deadline.set(None);
        // The script cannot catch being stopped, but what awaits it may go on with half a drawing.
        if is_late {
            return Err(RenderError::Late(self.limits.time.as_secs_f32()));
        }
        drawn.map_err(RenderError::Chart)
    }

    fn call(&self, ctx: &Ctx<'_>, request: &ChartRequest) -> Result<String, String> {
        let draw = self.draw.clone().restore(ctx).catch(ctx).map_err(in_words)?;
        let arguments = (
            request.spec.as_str(),
            request.data.as_str(),
            request.theme,
            request.width,
        );
        let promise: Promise<'_> = draw.call(arguments).catch(ctx).map_err(in_words)?;
        promise.finish::<String>().catch(ctx).map_err(in_words)
    }
}

/// How long a processor has worked for this thread.
fn time_taken() -> Duration {
    let taken = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(taken.tv_sec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(taken.tv_nsec).unwrap_or_default())
}

/// Loads the script, tells it how to measure text, and takes its `draw`.
fn load(ctx: &Ctx<'_>) -> Result<Persistent<Function<'static>>, String> {
    let script: Object<'_> = Module::import(ctx, code::NAME)
        .and_then(|promise| promise.finish())
        .catch(ctx)
        .map_err(in_words)?;
    let measure = |weight: String, text: String| f64::from(font::width_em(&text, Weight::from_css(&weight)));
    let measure = Function::new(ctx.clone(), measure).catch(ctx).map_err(in_words)?;
    let install: Function<'_> = script.get("install").catch(ctx).map_err(in_words)?;
    install.call::<_, ()>((measure,)).catch(ctx).map_err(in_words)?;
    let draw: Function<'_> = script.get("draw").catch(ctx).map_err(in_words)?;
    Ok(Persistent::save(ctx, draw))
}

/// What an exception says, without where in the script it was thrown.
fn in_words(error: rquickjs::CaughtError<'_>) -> String {
    let text = match &error {
        rquickjs::CaughtError::Exception(exception) => exception.message().unwrap_or_default(),
        rquickjs::CaughtError::Value(_) | rquickjs::CaughtError::Error(_) => error.to_string(),
    };
    let line = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(300)
        .collect::<String>();
    match line.is_empty() {
        true => "it fails without a reason".to_owned(),
        false => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_processor_is_no_time_that_a_chart_takes() {
        let before = time_taken();
        std::thread::sleep(Duration::from_millis(300));
        let waited = time_taken() - before;
        assert!(waited < Duration::from_millis(100), "{waited:?}");
    }
}
