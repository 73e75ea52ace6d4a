//! Decimals against texts, floats and each other.

use proptest::prelude::*;

use super::*;

fn text(input: &str) -> Option<String> {
    Decimal::parse(input).map(|value| value.to_string())
}

#[test]
fn reads_and_writes_canonical_text() {
    for (input, output) in [
        ("0", "0"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("12.50", "12.5"),
        ("+7", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1.5E-3", "0.0015"),
        ("999999999999999.999999999999", "999999999999999.999999999999"),
        ("0.0000000000005", "0"),
        ("0.0000000000015", "0.000000000002"),
        ("0.00000000000050000000000000000000000000000001", "0.000000000001"),
        ("1e-400", "0"),
        ("0e400", "0"),
    ] {
        assert_eq!(text(input).as_deref(), Some(output), "{input}");
    }
}

#[test]
fn refuses_what_is_no_number_or_too_large() {
    for input in [
        "",
        "-",
        ".",
        "e5",
        "1e",
        "1.2.3",
        "1,000",
        " 1",
        "NaN",
        "inf",
        "1000000000000000",
        "1e15",
        "0x10",
    ] {
        assert_eq!(Decimal::parse(input), None, "{input}");
    }
}

#[test]
fn floats_enter_by_their_shortest_text() {
    assert_eq!(Decimal::from_f64(0.1).unwrap().to_string(), "0.1");
    assert_eq!(Decimal::from_f32(0.1).unwrap().to_string(), "0.1");
    assert_eq!(Decimal::from_f64(f64::NAN), None);
    assert_eq!(Decimal::from_f64(1e300), None);
    assert_eq!(Decimal::from_f64(-0.0).unwrap().to_string(), "0");
}

#[test]
fn ratios_have_twelve_significant_digits() {
    let ratio = |a: &str, b: &str| {
        Decimal::parse(a)
            .unwrap()
            .ratio(Decimal::parse(b).unwrap())
            .map(|value| value.to_string())
    };
    assert_eq!(ratio("1", "3").as_deref(), Some("0.333333333333"));
    assert_eq!(ratio("2", "3").as_deref(), Some("0.666666666667"));
    assert_eq!(ratio("200", "3").as_deref(), Some("66.6666666667"));
    assert_eq!(ratio("-1", "8").as_deref(), Some("-0.125"));
    assert_eq!(ratio("1", "0"), None);
    assert_eq!(ratio("123456789012345", "1").as_deref(), Some("123456789012000"));
    assert_eq!(ratio("1", "300").as_deref(), Some("0.003333333333"));
}

#[test]
fn products_round_half_even() {
    let a = Decimal::parse("1000.5").unwrap();
    assert_eq!(
        a.times(Decimal::parse("0.001").unwrap()).unwrap().to_string(),
        "1.0005"
    );
    assert_eq!(Decimal::from_scaled(12345, 2).unwrap().to_string(), "123.45");
    assert_eq!(Decimal::from_scaled(5, -2).unwrap().to_string(), "500");
}

#[test]
fn says_whether_digits_were_lost() {
    let read = |text: &str, exponent| Decimal::read(text.as_bytes(), exponent);
    let value = |text: &str| Decimal::parse(text).unwrap();
    assert_eq!(read("12", -2), Some(Parsed::Exact(value("0.12"))));
    assert_eq!(
        read("0.0000000000015", 0),
        Some(Parsed::Rounded(value("0.000000000002")))
    );
    assert_eq!(read("1e15", 0), Some(Parsed::OutOfRange));
    assert_eq!(read("-1234567890123456789", 0), Some(Parsed::OutOfRange));
    assert_eq!(
        read("1.50000000000000000000000000000", 0),
        Some(Parsed::Exact(value("1.5")))
    );
    assert_eq!(read("1,5", 0), None);
    assert_eq!(Decimal::read_f64(1e-13), Parsed::Rounded(Decimal::ZERO));
}

proptest! {
    #[test]
    fn text_survives_a_round_trip(steps in -LIMIT + 1..LIMIT) {
        let value = Decimal::from_steps(steps);
        let text = value.to_string();
        prop_assert_eq!(Decimal::parse(&text), Some(value));
        prop_assert!(text != "-0" && (!text.contains('.') || !text.ends_with(['.', '0'])));
    }

    #[test]
    fn the_short_way_and_the_long_way_agree(text in "[0-9]{0,17}(\\.[0-9]{0,16})?(e-?[0-9]{1,2})?", exponent in -3i32..3) {
        let short = read_short(text.as_bytes(), exponent).map(|steps| Parsed::Exact(Decimal(steps)));
        let long = read_long(text.as_bytes(), i64::from(exponent));
        if short.is_some() {
            prop_assert_eq!(short, long);
        }
    }

    #[test]
    fn rounding_is_never_off_by_more_than_half_a_step(integer in 0u64..1_000_000, fraction in "[0-9]{13,25}") {
        let text = format!("{integer}.{fraction}");
        let value = Decimal::parse(&text).unwrap();
        // In steps of 10^-25, which still fit.
        let exact = format!("{integer}{fraction:0<25}").parse::<i128>().unwrap();
        let error = (value.steps() * 10i128.pow(13) - exact).abs() * 2;
        prop_assert!(error < 10i128.pow(13) || (error == 10i128.pow(13) && value.steps() % 2 == 0));
    }

    #[test]
    fn floats_read_back(value in -1e9f64..1e9) {
        let shown = format!("{value:.0}.0");
        prop_assert_eq!(Decimal::from_f64(shown.parse().unwrap()), Decimal::parse(&shown));
        prop_assert_eq!(Decimal::from_f64(value), Decimal::parse(&format!("{value:e}")));
    }

    #[test]
    fn sums_do_not_depend_on_order(mut values in proptest::collection::vec(-LIMIT + 1..LIMIT, 0..40)) {
        let forward: Decimal = values.iter().map(|steps| Decimal::from_steps(*steps)).sum();
        values.reverse();
        let backward: Decimal = values.iter().map(|steps| Decimal::from_steps(*steps)).sum();
        prop_assert_eq!(forward, backward);
    }

    #[test]
    fn ratios_are_right_to_twelve_digits(numerator in -LIMIT + 1..LIMIT, denominator in 1i128..LIMIT) {
        let (a, b) = (Decimal::from_steps(numerator), Decimal::from_steps(denominator));
        if let Some(ratio) = a.ratio(b) {
            let expected = numerator as f64 / denominator as f64;
            let tolerance = (expected.abs() * 1e-11).max(1e-12);
            prop_assert!((ratio.to_f64() - expected).abs() <= tolerance, "{a:?} / {b:?} = {ratio:?}");
            prop_assert_eq!((-a).ratio(b), Some(-ratio));
        }
    }

    #[test]
    fn floats_are_read_as_their_shortest_text(digits in -10_000_000_000_000_000i64..10_000_000_000_000_000, places in 0u32..9, bits: u64) {
        let of_decimal: f64 = format!("{digits}e-{places}").parse().unwrap();
        for value in [of_decimal, f64::from_bits(bits)].into_iter().filter(|value| value.is_finite()) {
            prop_assert_eq!(Some(Decimal::read_f64(value)), Decimal::read(format!("{value:e}").as_bytes(), 0), "{}", value);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}") {
        let _ = Decimal::parse(&text);
    }
}
