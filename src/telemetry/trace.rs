//! W3C trace context in and out, and the span of a consumed batch.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// A span named `name` whose parent is the given `traceparent`; a root span where that is missing or malformed.
pub fn span_from_traceparent(name: &'static str, traceparent: Option<&str>) -> Span {
    let span = tracing::info_span!("task", otel.name = name);
    if let Some(context) = traceparent.and_then(parse) {
        // Without a tracer there is no parent to set, and nothing to do about it.
        let _ = span.set_parent(Context::new().with_remote_span_context(context));
    }
    span
}

/// The span `process {topic}` of a batch: a child of its only message, or linked to each of several.
pub fn consumer_span<'a>(topic: &str, traceparents: impl IntoIterator<Item = Option<&'a str>>) -> Span {
    let contexts: Vec<Option<SpanContext>> = traceparents
        .into_iter()
        .map(|text| text.and_then(parse))
        .collect();
    let span = tracing::info_span!(
        "process",
        otel.name = format!("process {topic}"),
        otel.kind = "consumer",
        messaging.system = "kafka",
        messaging.destination.name = topic,
        messaging.batch.message_count = contexts.len(),
    );
    match contexts.as_slice() {
        [Some(parent)] => {
            let _ = span.set_parent(Context::new().with_remote_span_context(parent.clone()));
        }
        several => several
            .iter()
            .flatten()
            .for_each(|context| span.add_link(context.clone())),
    }
    span
}

/// The `traceparent` of the current span, where traces are collected.
pub fn current_traceparent() -> Option<String> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| {
        format!(
            "00-{}-{}-{:02x}",
            span.trace_id(),
            span.span_id(),
            span.trace_flags().to_u8()
        )
    })
}

/// Reads `00-<trace>-<span>-<flags>`; later versions may have more fields behind.
fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, len: usize| {
        text.len() == len && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_well_formed = is_hex(version, 2)
        && version != "ff"
        && (version != "00" || parts.next().is_none())
        && is_hex(trace, 32)
        && is_hex(span, 16)
        && is_hex(flags, 2);
    if !is_well_formed {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn with_tracer<T>(body: impl FnOnce() -> T) -> T {
        let tracer = SdkTracerProvider::builder().build().tracer("test");
        let subscriber =
            tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(tracer));
        tracing::subscriber::with_default(subscriber, body)
    }

    #[test]
    fn a_trace_goes_in_and_comes_out() {
        let out =
            with_tracer(|| span_from_traceparent("publish", Some(PARENT)).in_scope(current_traceparent));
        let out = out.unwrap();
        assert_eq!(out[..36], PARENT[..36], "the trace id is kept");
        assert_ne!(out[36..], PARENT[36..], "the span id is the new span's");
    }

    #[test]
    fn a_single_message_is_the_parent_and_several_are_links() {
        let single =
            with_tracer(|| consumer_span("topic", [Some(PARENT)]).in_scope(current_traceparent)).unwrap();
        assert_eq!(single[..36], PARENT[..36]);
        let several =
            with_tracer(|| consumer_span("topic", [Some(PARENT), None]).in_scope(current_traceparent))
                .unwrap();
        assert_ne!(several[..36], PARENT[..36]);
    }

    #[test]
    fn malformed_parents_are_ignored() {
        for text in [
            "",
            "00-0-0-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "ünïcode",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(parse("00-00000000000000000000000000000000-b7ad6b7169203331-01").is_none());
        assert!(parse(&PARENT.to_uppercase()).is_none());
    }
}
