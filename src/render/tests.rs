//! What an engine draws, and what it withstands.

use std::time::{Duration, Instant};

use super::{ChartRequest, Engine, Limits, Pool, RenderError};

const THEME: &str = "{\"font\":\"Inter\",\"background\":\"white\"}";
const GOOD: &str = r#"{"data":{"name":"d"},"mark":"bar","title":"Spend by campaign, the largest and the rest, over the whole of the year",
    "width":"container","height":{"step":20},
    "encoding":{"x":{"field":"v","type":"quantitative"},"y":{"field":"a","type":"nominal","sort":null}}}"#;
const ROWS: &str = r#"{"d":[{"a":"first","v":1.5},{"a":"<b>&\u0001","v":3}]}"#;

fn request(spec: &str) -> ChartRequest {
    ChartRequest {
        spec: spec.to_owned(),
        data: ROWS.to_owned(),
        theme: THEME,
        width: 320,
    }
}

fn strict() -> Limits {
    Limits {
        time: Duration::from_secs(2),
        ..Limits::default()
    }
}

/// A spec around a transform.
fn with_transform(transform: &str) -> String {
    format!(
        r#"{{"data":{{"values":[{{"a":1}}]}},"transform":[{transform}],"mark":"point","encoding":{{"x":{{"field":"a","type":"quantitative"}}}}}}"#
    )
}

#[test]
fn a_chart_is_as_wide_as_its_place_and_its_title_wraps() {
    let engine = Engine::start(Limits::default()).unwrap();
    let svg = engine.draw(&request(GOOD)).unwrap();
    assert!(svg.contains("width=\"320\""), "{}", &svg[..200]);
    assert!(svg.contains("&lt;b&gt;&amp;"), "labels are texts");
    assert!(!svg.contains('\u{1}'), "XML knows no control characters");
    assert!(svg.matches("<tspan").count() >= 2, "the title has two lines");
    assert_eq!(
        svg,
        engine.draw(&request(GOOD)).unwrap(),
        "the same chart gives the same bytes"
    );
}

#[test]
fn there_is_no_way_to_run_code_that_a_chart_brings() {
    let specs = [
        with_transform(r#"{"calculate":"datum.constructor.constructor('return 1')()","as":"b"}"#),
        with_transform(r#"{"calculate":"[].constructor","as":"b"}"#),
        // Vega reads CSV by a function that it writes.
        r#"{"data":{"values":"a,b\n1,2\n","format":{"type":"csv"}},"mark":"bar","encoding":{"x":{"field":"a","type":"quantitative"}}}"#.to_owned(),
    ];
    for spec in specs {
        let engine = Engine::start(strict()).unwrap();
        if let Ok(svg) = engine.draw(&request(&spec)) {
            assert!(!svg.contains("return 1"), "{spec}");
        }
    }
}

#[test]
fn a_chart_reaches_neither_network_nor_files() {
    let specs = [
        r#"{"data":{"url":"http://127.0.0.1:1/x.json"},"mark":"bar","encoding":{"x":{"field":"a","type":"quantitative"}}}"#,
        r#"{"data":{"url":"file:///etc/passwd","format":{"type":"csv"}},"mark":"bar","encoding":{"x":{"field":"a","type":"quantitative"}}}"#,
        r#"{"data":{"values":[{"u":"file:///etc/passwd"}]},"mark":{"type":"image","width":50,"height":50},"encoding":{"url":{"field":"u"}}}"#,
        r#"{"data":{"values":[{"u":"javascript:alert(1)"}]},"mark":"bar","encoding":{"href":{"field":"u"}}}"#,
    ];
    for spec in specs {
        let engine = Engine::start(strict()).unwrap();
        if let Ok(svg) = engine.draw(&request(spec)) {
            let addresses = svg.split("href=\"").skip(1);
            let kept: Vec<&str> = addresses.filter(|address| !address.starts_with('"')).collect();
            assert!(kept.is_empty() && !svg.contains("root:"), "{svg}");
        }
    }
}

#[test]
fn texts_cannot_leave_their_place() {
    let spec = r#"{"title":"</text><script>alert(1)</script>\"'&","data":{"values":[{"a":"<b>\u0000\u0001x"}]},"mark":"text","encoding":{"text":{"field":"a"}}}"#;
    let svg = Engine::start(strict()).unwrap().draw(&request(spec)).unwrap();
    assert!(!svg.contains("<script") && !svg.contains("<b>"), "{svg}");
    crate::export::Picture::read(svg).unwrap();
}

/// Each takes more time, memory or stack than a chart may, and ends in an error, soon.
#[test]
fn what_takes_too_much_is_stopped() {
    let nested = |depth: usize| {
        format!(
            "{}{}{}",
            r#"{"layer":["#.repeat(depth),
            r#"{"mark":"bar"}"#,
            "]}".repeat(depth)
        )
    };
    let specs = [
        r#"{"data":{"sequence":{"start":0,"stop":1000000000}},"mark":"bar","encoding":{"x":{"field":"data","type":"quantitative"}}}"#.to_owned(),
        with_transform(r#"{"calculate":"length(sequence(0,1000000000))","as":"b"}"#),
        with_transform(r#"{"density":"a","steps":1000000000,"extent":[0,1]}"#),
        with_transform(&format!(r#"{{"calculate":"test(regexp('(a+)+$'),'{}!')","as":"b"}}"#, "a".repeat(40))),
        r#"{"data":{"graticule":{"step":[0.01,0.01]}},"projection":{"type":"orthographic"},"mark":"geoshape"}"#.to_owned(),
        nested(20_000),
        "{\"mark\":".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
    ];
    for spec in specs {
        let engine = Engine::start(strict()).unwrap();
        let started = Instant::now();
        let drawn = engine.draw(&request(&spec));
        let shown: String = spec.chars().take(120).collect();
        assert!(
            matches!(drawn, Err(RenderError::Chart(_) | RenderError::Late(_))),
            "{shown} was drawn: {drawn:?}"
        );
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{shown} took {:?}",
            started.elapsed()
        );
    }
}

#[test]
fn memory_is_bounded_apart_from_time() {
    // Time enough for anything: only memory can stop it.
    let limits = |memory_bytes| Limits {
        memory_bytes,
        time: Duration::from_secs(120),
    };
    let hungry = with_transform(r#"{"calculate":"length(sequence(0,3000000))","as":"b"}"#);
    let started = Instant::now();
    let small = Engine::start(limits(24 << 20)).unwrap().draw(&request(&hungry));
    assert!(matches!(small, Err(RenderError::Chart(_))), "{small:?}");
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "it is no limit of time"
    );
    let large = Engine::start(limits(512 << 20)).unwrap().draw(&request(&hungry));
    assert!(
        large.is_ok(),
        "the same is drawn where there is memory for it: {large:?}"
    );
}

#[test]
fn a_chart_leaves_nothing_behind() {
    let engine = Engine::start(strict()).unwrap();
    let before = engine.draw(&request(GOOD)).unwrap();
    for transform in [
        r#"{"calculate":"{x:1}","as":"__proto__"}"#,
        r#"{"calculate":"7","as":"constructor.prototype.polluted"}"#,
        r#"{"calculate":"datum.__proto__","as":"b"}"#,
    ] {
        let _ = engine.draw(&request(&with_transform(transform)));
        assert_eq!(engine.draw(&request(GOOD)).unwrap(), before, "after {transform}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_starts_engines_when_asked_outlives_bad_charts_and_ends_when_idle() {
    let pool = Pool::new(strict(), Duration::from_millis(300));
    assert_eq!(pool.engines(), 0);
    let requests = ["[]", GOOD, "{\"mark\":", GOOD, GOOD].map(request).to_vec();
    let pictures = pool.draw(requests).await;
    let drawn: Vec<bool> = pictures.iter().map(Result::is_ok).collect();
    assert_eq!(drawn, [false, true, false, true, true]);
    assert!(pool.engines() >= 1);
    let until = Instant::now() + Duration::from_secs(20);
    while pool.engines() > 0 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(pool.engines(), 0, "idle engines end");
    assert!(pool.draw(vec![request(GOOD)]).await[0].is_ok(), "and start again");
}
