//! Which views exist, what they cover, compare and read, and which ones a change makes dirty.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use chrono_tz::Tz;
use proptest::prelude::*;

use super::samples::{candidate, candidates, date, empty, in_sequence, midnight_ns, timed, untimed, window};
use super::{
    Cadence, Candidate, Compare, History, NoCompare, Period, PeriodKey, ViewPlan, Winners, cadence, dirty,
    plan_views, winners,
};
use crate::aggregate::Kind;
use crate::window::Window;

const PERIODS: [Period; 8] = [
    Period::Rolling,
    Period::All,
    Period::Execution,
    Period::Day,
    Period::Week,
    Period::Month,
    Period::Quarter,
    Period::Year,
];

fn history<'a>(period: Period, candidates: &'a [Candidate], winners: &'a Winners) -> History<'a> {
    History {
        candidates,
        winners,
        period,
        cadence: cadence(candidates, winners),
        timezone: Tz::UTC,
        compares_years: true,
        claims: None,
    }
}

fn plan(period: Period, candidates: &[Candidate]) -> Vec<ViewPlan> {
    plan_views(&history(period, candidates, &winners(candidates)), &[])
}

fn only(period: Period, candidates: &[Candidate]) -> ViewPlan {
    let views = plan(period, candidates);
    assert_eq!(views.len(), 1, "{views:?}");
    views.into_iter().next().unwrap()
}

fn key(text: &str) -> PeriodKey {
    text.parse().unwrap()
}

fn keys(views: &[ViewPlan]) -> Vec<String> {
    views.iter().map(|view| view.key.to_string()).collect()
}

fn named<'a>(views: &'a [ViewPlan], name: &str) -> &'a ViewPlan {
    views.iter().find(|view| view.key.to_string() == name).unwrap()
}

fn compare(current: (&str, &str), previous: (&str, &str)) -> Result<Compare, NoCompare> {
    Ok(Compare {
        current: window(current.0, current.1),
        previous: window(previous.0, previous.1),
    })
}

/// Results with one row on the first date of their window.
fn on_first_date(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    for candidate in &mut candidates {
        candidate.row_days = super::RowDays::of(candidate.window, [candidate.window.start()]);
    }
    candidates
}

#[test]
fn rolling_holds_371_days_up_to_the_newest_covered_date() {
    let weeks = in_sequence("2024-01-01", 7, 100);
    let view = only(Period::Rolling, &weeks);
    let newest = weeks[99].window.end();
    assert_eq!(view.range.unwrap().days(), 371);
    assert_eq!(view.covered, view.range);
    assert_eq!(view.end(), Some(newest));
    assert_eq!(view.holdings.len(), 53);
    // Coverage counts, rows or not: an empty window moves the end.
    let mut more = weeks;
    more.push(empty(500, "2026-01-01", "2026-01-09", "2026-01-10"));
    assert_eq!(only(Period::Rolling, &more).end(), Some(date("2026-01-09")));
}

#[test]
fn rolling_holds_180_steps_of_a_coarser_cadence() {
    let weeks = on_first_date(in_sequence("2020-01-06", 7, 300));
    let view = only(Period::Rolling, &weeks);
    assert_eq!(view.range.unwrap().days(), 180 * 7);
    assert_eq!(view.holdings.len(), 180);
    assert_eq!(
        view.compare,
        compare(("2025-09-08", "2025-10-05"), ("2025-08-11", "2025-09-07"))
    );
}

#[test]
fn days_compare_28_or_7_or_nothing() {
    let compared = |days| only(Period::All, &in_sequence("2026-01-01", 1, days)).compare;
    assert_eq!(
        compared(13),
        Err(NoCompare::TooFewSteps {
            step: Cadence::Day,
            complete: 13,
            needed: 14
        })
    );
    assert_eq!(
        compared(14),
        compare(("2026-01-08", "2026-01-14"), ("2026-01-01", "2026-01-07"))
    );
    assert_eq!(
        compared(55),
        compare(("2026-02-18", "2026-02-24"), ("2026-02-11", "2026-02-17"))
    );
    assert_eq!(
        compared(56),
        compare(("2026-01-29", "2026-02-25"), ("2026-01-01", "2026-01-28"))
    );
}

#[test]
fn months_compare_3_or_1() {
    let months = |count: u32| -> Vec<Candidate> {
        let month = |index| Cadence::Month.around(NaiveDate::from_ymd_opt(2026, index, 1).unwrap());
        let result = |index| {
            let window: Window = month(index);
            candidate(
                u128::from(index),
                window,
                midnight_ns(window.end().succ_opt().unwrap()),
            )
        };
        on_first_date((1..=count).map(result).collect())
    };
    let compared = |count| only(Period::Rolling, &months(count)).compare;
    assert_eq!(
        compared(3),
        compare(("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28"))
    );
    assert_eq!(
        compared(5),
        compare(("2026-05-01", "2026-05-31"), ("2026-04-01", "2026-04-30"))
    );
    assert_eq!(
        compared(6),
        compare(("2026-04-01", "2026-06-30"), ("2026-01-01", "2026-03-31"))
    );
}

#[test]
fn a_step_is_complete_once_its_winner_finished_after_it_ended() {
    let mut days = in_sequence("2026-01-01", 1, 15);
    days[14].finished_at_ns -= 1;
    let view = only(Period::All, &days);
    assert_eq!(
        view.compare,
        compare(("2026-01-08", "2026-01-14"), ("2026-01-01", "2026-01-07"))
    );
    // The day of New York ends five hours later.
    let winners = winners(&days);
    let utc = History {
        timezone: Tz::UTC,
        ..history(Period::All, &days, &winners)
    };
    let new_york = History {
        timezone: Tz::America__New_York,
        ..utc
    };
    assert_ne!(plan_views(&new_york, &[])[0].compare, view.compare);
}

#[test]
fn a_day_stays_open_while_its_holder_finished_before_its_end() {
    let mut days = in_sequence("2026-01-01", 1, 20);
    days[15].finished_at_ns -= 1;
    let open = Err(NoCompare::CurrentNotCovered(date("2026-01-16")));
    assert_eq!(only(Period::All, &days).compare, open);
    days.push(timed(900, "2026-01-15", "2026-01-17", "2026-01-17"));
    let closed = compare(("2026-01-14", "2026-01-20"), ("2026-01-07", "2026-01-13"));
    assert_eq!(only(Period::All, &days).compare, closed);
}

#[test]
fn a_gap_in_a_window_leaves_no_comparison() {
    let mut days = in_sequence("2026-01-01", 1, 20);
    days.remove(10);
    assert_eq!(
        only(Period::Rolling, &days).compare,
        Err(NoCompare::PreviousNotCovered(date("2026-01-11")))
    );
    days.remove(15);
    assert_eq!(
        only(Period::Rolling, &days).compare,
        Err(NoCompare::CurrentNotCovered(date("2026-01-17")))
    );
}

#[test]
fn months_read_the_month_before_for_their_comparison() {
    let days = in_sequence("2026-09-01", 1, 71);
    let views = plan(Period::Month, &days);
    assert_eq!(keys(&views), ["2026-09", "2026-10", "2026-11"]);
    let november = named(&views, "2026-11");
    assert_eq!(november.range, Some(window("2026-11-01", "2026-11-30")));
    assert_eq!(november.covered, Some(window("2026-11-01", "2026-11-10")));
    assert_eq!(
        november.compare,
        compare(("2026-11-01", "2026-11-10"), ("2026-10-01", "2026-10-10"))
    );
    // All of October, so that no day between the ten and November is taken for one without rows.
    assert_eq!((november.holdings.len(), november.compared.len()), (10, 31));
    assert_eq!(november.reads_all_from(), Some(date("2026-10-01")));
    // Nothing covers the August that September would be compared with.
    let september = named(&views, "2026-09");
    assert_eq!(
        september.compare,
        Err(NoCompare::PreviousNotCovered(date("2026-08-01")))
    );
    assert_eq!(september.reads_all_from(), Some(date("2026-09-01")));
    // A restated day concerns its month and the one after.
    for (day, expected) in [
        ("2026-10-05", vec!["2026-10", "2026-11"]),
        ("2026-10-20", vec!["2026-10", "2026-11"]),
        ("2026-09-20", vec!["2026-09", "2026-10"]),
    ] {
        let mut restated = days.clone();
        restated.push(timed(900, day, day, "2026-11-11"));
        let (old, new) = (winners(&days), winners(&restated));
        let after = plan(Period::Month, &restated);
        let before = (&history(Period::Month, &days, &old), &views[..]);
        let found = dirty(before, (&history(Period::Month, &restated, &new), &after));
        assert_eq!(
            found.iter().map(|view| view.key.to_string()).collect::<Vec<_>>(),
            expected
        );
    }
}

#[test]
fn a_month_compares_as_many_days_as_the_month_before_has() {
    let month = |name: &str, days: u64| {
        let views = plan(Period::Month, &in_sequence("2026-01-01", 1, days));
        named(&views, name).compare
    };
    let first = |to: &str, before: &str| compare(("2026-03-01", to), ("2026-02-01", before));
    assert_eq!(month("2026-03", 59 + 12), first("2026-03-12", "2026-02-12"));
    // February has no 29th and no 30th: neither side counts them.
    assert_eq!(month("2026-03", 59 + 28), first("2026-03-28", "2026-02-28"));
    assert_eq!(month("2026-03", 59 + 30), first("2026-03-28", "2026-02-28"));
    assert_eq!(month("2026-03", 59 + 31), first("2026-03-28", "2026-02-28"));
    assert_eq!(
        month("2026-02", 59),
        compare(("2026-02-01", "2026-02-28"), ("2026-01-01", "2026-01-28"))
    );
    assert_eq!(
        month("2026-02", 58),
        compare(("2026-02-01", "2026-02-27"), ("2026-01-01", "2026-01-27"))
    );
    let quarter = plan(Period::Quarter, &in_sequence("2026-01-01", 1, 181));
    assert_eq!(
        named(&quarter, "2026-Q2").compare,
        compare(("2026-04-01", "2026-06-29"), ("2026-01-01", "2026-03-31"))
    );
}

#[test]
fn weekly_results_compare_whole_weeks_inside_a_month() {
    let views = plan(Period::Month, &on_first_date(in_sequence("2026-09-28", 7, 8)));
    let november = named(&views, "2026-11").compare;
    assert_eq!(
        november,
        compare(("2026-11-02", "2026-11-22"), ("2026-10-05", "2026-10-25"))
    );
    let days = plan(Period::Day, &on_first_date(in_sequence("2026-09-28", 7, 4)));
    assert_eq!(days[9].compare, Err(NoCompare::ShorterThanStep(Cadence::Week)));
}

#[test]
fn each_period_makes_the_views_it_covers() {
    let results = [
        timed(1, "2026-09-30", "2026-10-01", "2026-10-02"),
        timed(2, "2027-01-03", "2027-01-04", "2027-01-05"),
    ];
    for (period, expected) in [
        (
            Period::Day,
            vec!["2026-09-30", "2026-10-01", "2027-01-03", "2027-01-04"],
        ),
        (Period::Week, vec!["2026-W40", "2026-W53", "2027-W01"]),
        (Period::Month, vec!["2026-09", "2026-10", "2027-01"]),
        (Period::Quarter, vec!["2026-Q3", "2026-Q4", "2027-Q1"]),
        (Period::Year, vec!["2026", "2027"]),
        (Period::All, vec!["all"]),
    ] {
        assert_eq!(keys(&plan(period, &results)), expected);
    }
    let all = only(Period::All, &results);
    assert_eq!(all.covered, Some(window("2026-09-30", "2027-01-04")));
}

#[test]
fn an_untimed_result_belongs_to_the_period_of_its_end() {
    let results = [
        untimed(1, "2026-09-28", "2026-10-04", "2026-10-05"),
        untimed(2, "2026-10-26", "2026-11-01", "2026-11-02"),
    ];
    let views = plan(Period::Month, &results);
    assert_eq!(keys(&views), ["2026-10", "2026-11"]);
    assert_eq!(views[0].covered, Some(window("2026-10-01", "2026-10-04")));
    assert_eq!(views[1].covered, Some(window("2026-11-01", "2026-11-01")));
    assert_eq!(views[1].holdings.len(), 1);
    assert_eq!(views[0].compare, Err(NoCompare::NoExecutionBefore));
    assert_eq!(
        views[1].compare,
        compare(("2026-10-26", "2026-11-01"), ("2026-09-28", "2026-10-04"))
    );
    assert_eq!(views[1].compared.len(), 1);
    assert_eq!(
        only(Period::Rolling, &results).compare,
        compare(("2026-10-26", "2026-11-01"), ("2026-09-28", "2026-10-04"))
    );
}

#[test]
fn under_execution_runs_do_not_compete() {
    let results = [
        timed(1, "2026-11-01", "2026-11-07", "2026-11-08"),
        timed(2, "2026-11-03", "2026-11-09", "2026-11-10"),
        Candidate {
            run: 1,
            ..timed(1, "2026-11-02", "2026-11-07", "2026-11-12")
        },
    ];
    let views = plan(Period::Execution, &results);
    assert_eq!(views.len(), 2);
    assert_eq!(views[0].covered, Some(window("2026-11-02", "2026-11-07")));
    assert_eq!(views[0].compare, Err(NoCompare::NoExecutionBefore));
    assert_eq!(views[1].covered, Some(window("2026-11-03", "2026-11-09")));
    assert_eq!(
        views[1].compare,
        compare(("2026-11-03", "2026-11-09"), ("2026-11-02", "2026-11-07"))
    );
    assert_eq!(
        views[1].reads().map(|(_, in_view)| in_view).collect::<Vec<_>>(),
        [false, true]
    );
}

#[test]
fn views_that_cover_nothing_any_more_stay_and_other_shapes_are_frozen() {
    let existing = [
        key("2026-10"),
        key("2026-11"),
        key("2026-W45"),
        key("rolling"),
        key("2026"),
    ];
    let results = [timed(1, "2026-11-01", "2026-11-07", "2026-11-08")];
    let winning = winners(&results);
    let views = plan_views(&history(Period::Month, &results, &winning), &existing);
    assert_eq!(keys(&views), ["2026-10", "2026-11"]);
    assert_eq!(views[0].covered, None);
    assert_eq!(views[0].range, Some(window("2026-10-01", "2026-10-31")));
    assert_eq!(views[0].compare, Err(NoCompare::NothingCovered));
    let none = Winners::default();
    let views = plan_views(&history(Period::Rolling, &[], &none), &existing);
    assert_eq!(keys(&views), ["rolling"]);
    assert_eq!((views[0].range, views[0].covered), (None, None));
}

#[test]
fn another_shape_of_a_partial_makes_its_views_dirty() {
    let old = [timed(1, "2026-11-01", "2026-11-07", "2026-11-08")];
    let new = [Candidate {
        shape: [1; 32],
        ..old[0].clone()
    }];
    let (a, b) = (winners(&old), winners(&new));
    let (before, after) = (history(Period::All, &old, &a), history(Period::All, &new, &b));
    let (views, again) = (plan_views(&before, &[]), plan_views(&after, &[]));
    assert_eq!(dirty((&before, &views), (&after, &again)).len(), 1);
    assert_eq!(after.changes_since(&before), []);
    assert_eq!(dirty((&after, &again), (&after, &again)).len(), 0);
}

/// Everything rendering reads of a view, by value.
fn read(history: &History<'_>, view: &ViewPlan) -> String {
    let results: Vec<_> = view
        .reads()
        .map(|(held, shown)| (&history.candidates[held.candidate], held.from, held.to, shown))
        .collect();
    let dates = (view.range, view.covered, view.kept);
    let plan = (view.key, dates, view.compare, history.cadence);
    format!("{plan:?} {results:?}")
}

#[test]
fn the_year_before_has_the_same_weekdays_and_is_read_where_it_lies_before_the_range() {
    let results = in_sequence("2025-01-06", 7, 62);
    let view = only(Period::Rolling, &results);
    assert_eq!(view.compare.unwrap().current, window("2026-02-16", "2026-03-15"));
    assert_eq!(view.year_before, Ok(window("2025-02-17", "2025-03-16")));
    let (first, last) = (view.compared.first().unwrap(), view.compared.last().unwrap());
    assert_eq!((first.from, last.to), (date("2025-02-17"), date("2025-03-09")));
    assert_eq!(view.range.unwrap().start(), date("2025-03-10"));
    assert_eq!(view.reads_all_from(), Some(date("2025-02-17")));
    let all = only(Period::All, &results);
    assert_eq!((all.year_before, all.compared), (view.year_before, Vec::new()));
    let short = only(Period::Rolling, &results[30..]);
    assert_eq!(
        short.year_before,
        Err(NoCompare::YearBeforeNotCovered(date("2025-02-17")))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_not_dirty_reads_the_same(old in candidates(), new in candidates(), period in 0..PERIODS.len()) {
        let (a, b) = (winners(&old), winners(&new));
        let (before, after) = (history(PERIODS[period], &old, &a), history(PERIODS[period], &new, &b));
        let was = plan_views(&before, &[]);
        let stored: Vec<PeriodKey> = was.iter().map(|view| view.key).collect();
        let is = plan_views(&after, &stored);
        let dirty: BTreeSet<PeriodKey> = dirty((&before, &was), (&after, &is)).iter().map(|view| view.key).collect();
        for view in &is {
            let former = was.iter().find(|was| was.key == view.key);
            let same = former.is_some_and(|former| read(&before, former) == read(&after, view));
            prop_assert_eq!(!same, dirty.contains(&view.key), "{}", view.key);
        }
        prop_assert!(stored.iter().all(|key| is.iter().any(|view| view.key == *key)));
    }

    #[test]
    fn order_and_duplicates_change_no_plan(
        (history_, shuffled) in candidates().prop_flat_map(|history| {
            let twice = [history.clone(), history.clone()].concat();
            (Just(history), Just(twice).prop_shuffle())
        }),
        period in 0..PERIODS.len(),
    ) {
        let plans = |candidates: &[Candidate]| -> Vec<String> {
            let winners = winners(candidates);
            let history = history(PERIODS[period], candidates, &winners);
            plan_views(&history, &[]).iter().map(|view| read(&history, view)).collect()
        };
        prop_assert_eq!(plans(&history_), plans(&shuffled));
    }

    #[test]
    fn calendar_views_show_each_held_date_once(results in candidates(), period in 3..PERIODS.len()) {
        let winning = winners(&results);
        let mut shown = BTreeSet::new();
        for view in plan(PERIODS[period], &results) {
            let range = view.range.unwrap();
            prop_assert_eq!(view.holdings.is_empty(), view.kept.is_some());
            for held in &view.holdings {
                for date in Window::new(held.from, held.to).unwrap().dates() {
                    prop_assert!(range.contains(date) && shown.insert((date, held.candidate)));
                }
            }
        }
        let mut expected = BTreeSet::new();
        for held in &winning.holdings {
            let range = PeriodKey::calendar(PERIODS[period].calendar_step().unwrap(), held.to).calendar_range();
            let is_untimed = results[held.candidate].kind == Kind::Untimed;
            let dates = Window::new(held.from, held.to).unwrap().dates();
            let dates = dates.filter(|date| !is_untimed || range.unwrap().contains(*date));
            expected.extend(dates.map(|date| (date, held.candidate)));
        }
        prop_assert_eq!(shown, expected);
    }

    #[test]
    fn compared_windows_are_covered_and_read(results in candidates(), period in 0..PERIODS.len()) {
        let held = winners(&results);
        let is_daily = history(PERIODS[period], &results, &held).cadence == Cadence::Day
            && results.iter().all(|result| result.kind != Kind::Untimed);
        for view in plan(PERIODS[period], &results) {
            let Ok(Compare { current, previous }) = view.compare else { continue };
            let read: Vec<Window> = view.reads().map(|(held, _)| Window::new(held.from, held.to).unwrap()).collect();
            let range = view.range.unwrap();
            for date in current.dates().filter(|date| range.contains(*date)).chain(previous.dates()) {
                let inside = read.iter().any(|held| held.contains(date));
                let cut = view.holdings.iter().any(|held| results[held.candidate].window.contains(date));
                prop_assert!(inside || cut, "{} lacks {date}", view.key);
            }
            prop_assert!(PERIODS[period] == Period::Execution || previous.end() < current.start());
            let days = |window: Window| window.dates().count();
            prop_assert!(period < 3 || !is_daily || days(current) == days(previous));
        }
    }
}
