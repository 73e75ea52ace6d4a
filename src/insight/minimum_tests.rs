//! The least data of each kind of insight: with as much it is told, with one step, segment or event less it stays silent.

use super::claim::Kind;
use super::samples::{Sample, noise};

/// What is so clear that only too few data keep it from being told, in so much data.
struct Clear {
    least: usize,
    sample: fn(usize) -> Sample,
}

fn days(day: usize, of: usize, older: f64, newer: f64) -> Option<f64> {
    Some(if day < of.div_ceil(2) { older } else { newer } + noise(day))
}

const NAMES: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

/// A share of a hundred that follows nothing.
fn draw(day: usize, salt: u64) -> f64 {
    let mixed = (day as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ (salt << 32));
    ((mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 40) as f64 % 100.0
}

/// Two stages of a funnel on one day, by segment.
fn passage(entrants: [f64; 2], passed: [f64; 2]) -> Sample {
    Sample::days(1, &["new", "known"])
        .sum("Visits", move |_, segment| Some(entrants[segment]))
        .sum("Orders", move |_, segment| Some(passed[segment]))
        .funnel()
}

/// Two groups in two strata, whose smallest cell has so many entrants; within the strata the second is ahead.
fn reversal(least: usize) -> Sample {
    let small = least as f64;
    let cells = [
        (0.5 * 3000.0, 3000.0),
        (0.0, small),
        (small, small),
        (0.1 * 3000.0, 3000.0),
    ];
    let sum = |group: usize, of: fn(&(f64, f64)) -> f64| {
        cells[2 * group..2 * group + 2].iter().map(of).sum::<f64>()
    };
    let parts = [0, 1].map(|group| (sum(group, |cell| cell.0), sum(group, |cell| cell.1)));
    Sample::days(1, &["first", "second"])
        .sum("Admitted", move |_, group| Some(parts[group].0))
        .sum("Applied", move |_, group| Some(parts[group].1))
        .rate("Rate", 0, 1)
        .crossed(&["easy", "hard"], &cells)
}

fn clear(kind: Kind) -> Clear {
    let (least, sample): (usize, fn(usize) -> Sample) = match kind {
        Kind::Trend => (28, |n| {
            Sample::days(n, &[]).sum("Clicks", |day, _| Some(1000.0 + 20.0 * day as f64 + noise(day)))
        }),
        Kind::LevelShift => (42, |n| {
            Sample::days(n, &[]).sum("Clicks", |day, _| {
                Some(if day < 20 { 100.0 } else { 200.0 } + noise(day))
            })
        }),
        Kind::AnomalyPoint => (28, |n| {
            Sample::days(n, &[]).sum("Clicks", |day, _| {
                Some(if day == 20 { 9e5 } else { 100.0 + noise(day) })
            })
        }),
        Kind::WeeklySeasonality => (42, |n| {
            Sample::days(n, &[]).sum("Clicks", |day, _| {
                Some(if day % 7 == 0 { 300.0 } else { 100.0 } + noise(day))
            })
        }),
        Kind::PeriodChange => (28, |n| {
            Sample::days(n, &[]).sum("Clicks", move |day, _| days(day, n, 1000.0, 1500.0))
        }),
        Kind::RateChange => (28, |n| {
            Sample::days(n, &[])
                .sum("Clicks", move |day, _| days(day, n, 1000.0, 1500.0))
                .sum("Views", |_, _| Some(9000.0))
                .rate("CTR", 0, 1)
        }),
        // Of a proportion counts say something before.
        Kind::SegmentRateGap => (14, |n| {
            Sample::days(n, &NAMES[..2])
                .sum("Spend", |day, segment| {
                    Some([5000.0, 2000.0][segment] + noise(day + segment))
                })
                .sum("Clicks", |_, _| Some(1000.0))
                .rate("CPC", 0, 1)
        }),
        Kind::SegmentOutlier => (8, |n| {
            Sample::days(13, &NAMES[..n])
                .sum("Clicks", |_, segment| {
                    Some(if segment == 0 {
                        900_000.0
                    } else {
                        500.0 + 2.0 * segment as f64
                    })
                })
                .sum("Views", |_, _| Some(1_000_000.0))
                .rate("CTR", 0, 1)
        }),
        Kind::TopContributor => (14, |n| {
            Sample::days(n, &NAMES[..2]).sum("Clicks", |day, segment| {
                Some([500.0, 200.0][segment] + noise(day + segment))
            })
        }),
        Kind::BottomContributor => (14, |n| {
            Sample::days(n, &NAMES[..3]).sum("Clicks", |day, segment| {
                Some([500.0, 400.0, 200.0][segment] + noise(day + segment))
            })
        }),
        Kind::ConcentrationRisk => (3, |n| {
            Sample::days(28, &NAMES[..n]).sum("Clicks", |day, segment| {
                Some(if segment == 0 { 900.0 } else { 50.0 } + noise(day + segment))
            })
        }),
        // Four changes of nothing before the newest.
        Kind::ChangeDriver => (6, |n| {
            Sample::days(n, &NAMES[..2])
                .sum("Sales", move |day, segment| {
                    Some(100.0 + if segment == 1 && day + 1 == n { 50.0 } else { 0.0 })
                })
                .compared(1)
        }),
        Kind::KpiTreeDriver => (6, |n| {
            Sample::days(n, &[])
                .sum("Clicks", |_, _| Some(100.0))
                .sum("Revenue", move |day, _| {
                    Some(if day + 1 == n { 1000.0 } else { 500.0 })
                })
                .compared(1)
        }),
        Kind::MixVsRate => (6, |n| {
            Sample::days(n, &NAMES[..2])
                .sum("Orders", move |day, segment| {
                    Some([10.0, 40.0][segment] + if day + 1 == n { 20.0 } else { 0.0 })
                })
                .sum("Visits", |_, _| Some(100.0))
                .rate("Conversion", 0, 1)
                .compared(1)
        }),
        Kind::SimpsonReversal => (30, reversal),
        Kind::FunnelLargestDrop => (30, |n| {
            Sample::days(1, &[])
                .sum("Visits", |_, _| Some(40.0))
                .sum("Carts", move |_, _| Some(n as f64))
                .sum("Orders", |_, _| Some(5.0))
                .funnel()
        }),
        Kind::FunnelSegmentGap => (30, |n| passage([n as f64, 900.0], [n as f64 - 6.0, 90.0])),
        Kind::FunnelStepChange => (28, |n| {
            Sample::days(n, &[])
                .sum("Visits", |_, _| Some(10_000.0))
                .sum("Orders", move |day, _| days(day, n, 1000.0, 1500.0))
                .funnel()
        }),
        Kind::CorrelatedMeasures => (56, |n| {
            Sample::days(n, &[])
                .sum("Clicks", |day, _| Some(1000.0 + draw(day, 1)))
                .sum("Orders", |day, _| Some(5000.0 + 3.0 * draw(day, 1)))
        }),
        Kind::DiminishingReturns => (56, |n| {
            Sample::days(n, &[])
                .sum("Spend", |day, _| Some(1000.0 + 50.0 * draw(day, 1)))
                .sum("Clicks", |day, _| {
                    let spend = 1000.0 + 50.0 * draw(day, 1);
                    Some((100.0 * spend.powf(0.5) * (1.0 + 0.0002 * draw(day, 3))).round())
                })
        }),
        Kind::CommonPatternException => (5, |n| {
            Sample::days(56, &NAMES[..n]).sum("Clicks", |day, segment| {
                days(
                    day + segment,
                    56 + 2 * segment,
                    1000.0,
                    if segment == 0 { 500.0 } else { 1500.0 },
                )
            })
        }),
        Kind::NoMaterialChange => (28, |n| {
            Sample::days(n, &[]).sum("Clicks", move |day, _| days(day, n, 1000.0, 1005.0))
        }),
        Kind::DeliveryGap => (14, |n| {
            Sample::days(n, &[]).sum("Clicks", |day, _| (day != 3).then_some(10.0))
        }),
        // Of two hundred rows two are a hundredth.
        Kind::DataQuality => (2, |n| {
            let mut sample = Sample::days(5, &[]).sum("Clicks", |_, _| Some(10.0));
            sample.chronicle.faults.rows = 200;
            sample.chronicle.faults.duplicates = n as u64;
            sample
        }),
    };
    Clear { least, sample }
}

#[test]
fn each_kind_is_told_from_its_least_data_on_and_not_before() {
    for kind in Kind::ALL {
        let Clear { least, sample } = clear(kind);
        assert!(!sample(least).claims(kind).is_empty(), "{kind:?} of {least}");
        assert!(
            sample(least - 1).claims(kind).is_empty(),
            "{kind:?} of one less than {least}"
        );
    }
}

#[test]
fn all_kinds_are_listed_once_in_their_order() {
    assert!(Kind::ALL.is_sorted_by(|a, b| a < b));
    let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
}
