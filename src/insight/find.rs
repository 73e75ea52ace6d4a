//! Finding a view's insights: every test is made and noted, all are judged together, the best are told.

use super::choose::choose;
use super::claim::{Claim, Kind};
use super::course::{self, Series};
use super::docket::Docket;
use super::evidence::{self, Provenance};
use super::examine::LEAST_STEP;
use super::frames::Frames;
use super::judge::{MAX_Q, Verdict, hundredths, judge};
use super::number::rounded;
use super::pattern::Member;
use super::period::{self, Compared};
use super::study::{FLOOR, Line, Scope, Study};
use super::{
    ages, chance, change, contribution, drivers, factors, funnel, mix, pattern, quality, relations, segments,
    simpson, tables, wording,
};
use crate::dashboard::chronicle::{Chronicle, MetricKind, Step};

/// The least confidence of what is told.
const LEAST_CONFIDENCE: f64 = 0.50;
/// Hundredths of confidence from which a claim is sure: as much as one from few data can have.
const SURE: u8 = 80;
/// What a claim that each year has counts beside one that is new.
const USUAL: f64 = 0.01;
/// What a value is taken for that stood out by all there is.
const LEAST_LEFT: f64 = 0.01;
/// The correlation from which on two measures are nearly one.
const NEARLY_ONE: f64 = 0.9;
/// Tests that one series may need.
const TESTS_OF_SERIES: usize = 8;

/// An insight as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Insight {
    /// `dashboard_insights.insight_type`.
    pub insight_type: &'static str,
    /// What it is about, canonical JSON; with the type it is the insight's name within its view.
    pub subject: String,
    /// The sentence.
    pub text: String,
    /// Hundredths of `confidence_score`.
    pub confidence: u8,
    /// The evidence, canonical JSON.
    pub data_points: String,
}

impl Insight {
    /// All that makes it what it is, for hashing: type, sentence and evidence, which holds subject and confidence.
    pub fn parts(&self) -> [&str; 3] {
        [self.insight_type, &self.text, &self.data_points]
    }
}

/// What was found in a view, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The insights, the most important first.
    pub insights: Vec<Insight>,
    /// How many tests were made.
    pub tests: usize,
    /// How many series were left out because the budget was spent.
    pub skipped: usize,
}

impl Found {
    /// Why nothing is told: that no test found more than chance does, or that there is too little to test.
    pub fn silence(&self, chronicle: &Chronicle) -> String {
        let is_shown = |step: &&Step| step.is_complete && step.in_view;
        let steps = chronicle.steps.iter().filter(is_shown).count();
        let least = period::least(chronicle.cadence);
        let name = chronicle.cadence.name();
        let tested = match self.tests {
            0 => None,
            1 => Some("the one test that could be made shows no more than chance does".to_owned()),
            tests => Some(format!("none of {tests} tests shows more than chance does")),
        };
        let told_from = |what: &str, least: usize| {
            Some(format!(
                "{what} told from {least} complete {name}s on, of which there are {steps}"
            ))
        };
        let missing = match (chronicle.is_timed, steps) {
            (false, _) => Some("what changes is told only of results with dates".to_owned()),
            (true, steps) if steps < least => told_from("what changes is", least),
            (true, steps) if steps < LEAST_STEP => told_from("new levels are", LEAST_STEP),
            _ => None,
        };
        match (tested, missing) {
            (Some(tested), Some(missing)) => format!("{tested}, and {missing}"),
            (Some(reason), None) | (None, Some(reason)) => reason,
            (None, None) => "no number has enough values to be tested".to_owned(),
        }
    }
}

/// A claim that may be told, with its verdict; exact ones have none.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The claim.
    pub claim: Claim,
    /// The verdict.
    pub verdict: Option<Verdict>,
    /// Hundredths of confidence.
    pub confidence: u8,
    /// What it is ordered by.
    pub rank: f64,
}

/// The version of engine and tables that insights are stored with; at most 50 characters.
pub fn model_version() -> String {
    format!(
        "dashloom {} tables {}",
        env!("CARGO_PKG_VERSION"),
        tables::version()
    )
}

/// Finds a view's insights; those of less than `min_confidence` (0 to 1) are not told.
pub fn find(chronicle: &Chronicle, min_confidence: f64, frames: &Frames) -> Found {
    let (judged, docket) = weigh(chronicle, frames);
    let provenance = Provenance {
        executions: &chronicle.executions,
        datasets: &chronicle.datasets,
        grain: chronicle.cadence.name(),
        skipped: docket.skipped,
    };
    let told = choose(judged, min_confidence);
    Found {
        insights: told.iter().map(|judged| insight(judged, &provenance)).collect(),
        tests: docket.tests.len(),
        skipped: docket.skipped,
    }
}

fn insight(judged: &Judged, provenance: &Provenance<'_>) -> Insight {
    let claim = &judged.claim;
    Insight {
        insight_type: claim.kind.name(),
        subject: evidence::subject(&claim.subject),
        text: wording::sentence(claim),
        confidence: judged.confidence,
        data_points: evidence::data_points(judged, provenance),
    }
}

/// All claims that hold, before the best are chosen: with false discoveries controlled and confidence enough.
pub fn weigh(chronicle: &Chronicle, frames: &Frames) -> (Vec<Judged>, Docket) {
    let study = Study::new(chronicle, frames);
    let mut docket = Docket::default();
    quality::note(&study, &mut docket);
    note_all(&study, &mut docket);
    let verdicts = judge(&docket.tests);
    let judged = std::mem::take(&mut docket.claims)
        .into_iter()
        .filter_map(|(claim, test)| {
            held(
                study.of_newest(study.of_settled(claim)),
                test.map(|test| verdicts[test]),
            )
        })
        .collect();
    (judged, docket)
}

fn held(claim: Claim, verdict: Option<Verdict>) -> Option<Judged> {
    let confidence = match verdict {
        Some(verdict) => hundredths(verdict.confidence.min(claim.cap)),
        None => 100,
    };
    let holds =
        verdict.is_none_or(|verdict| verdict.q <= MAX_Q) && f64::from(confidence) >= LEAST_CONFIDENCE * 100.0;
    let news = if claim.is_usual { USUAL } else { 1.0 };
    let rank = rounded(claim.impact * strength(&claim) * weight(confidence) * news);
    holds.then_some(Judged {
        claim,
        verdict,
        confidence,
        rank,
    })
}

/// What so many hundredths of confidence count: as much as they are where a claim is sure, half of that where it is as little
/// so as may be told, and in between by as much as it is.
fn weight(confidence: u8) -> f64 {
    let least = LEAST_CONFIDENCE * 100.0;
    let sure = (f64::from(confidence) - least) / (f64::from(SURE) - least);
    (1.0 + sure.clamp(0.0, 1.0)) / 2.0 * f64::from(confidence) / 100.0
}

/// How strong an effect is, from 0 to 1: all of it from four floors on. A value that stood out counts the more the farther it did, and
/// two measures of which each says nearly all of the other the less there is left to say.
fn strength(claim: &Claim) -> f64 {
    let effect = &claim.effect;
    let all = 4.0 * FLOOR;
    let size = match (claim.kind, effect.name) {
        (Kind::AnomalyPoint, _) => {
            let size = libm::log1p(effect.v.max(LEAST_LEFT - 1.0)).abs();
            all * size / (size + all)
        }
        (_, "correlation") => all * (1.0 - effect.v * effect.v) / (1.0 - NEARLY_ONE * NEARLY_ONE),
        // That nothing changed is worth knowing, but less than any change.
        (Kind::NoMaterialChange, _) => FLOOR / 2.0,
        (_, "elasticity" | "rate") => 1.0 - effect.v,
        (_, "share") if effect.floor > 0.0 => effect.v - effect.floor + FLOOR,
        // A finer floor makes more of the same difference.
        _ if effect.floor > 0.0 && effect.floor < FLOOR => effect.v * FLOOR / effect.floor,
        _ => effect.v,
    };
    (size.abs() / all).min(1.0)
}

/// A series to be tested.
struct Job<'a> {
    measure: usize,
    scope: Scope<'a>,
    impact: f64,
}

/// A tested series.
struct Done<'a> {
    job: Job<'a>,
    line: &'a Line,
    compared: Option<Compared>,
}

fn note_all(study: &Study<'_>, docket: &mut Docket) {
    let chronicle = study.chronicle;
    let mut done = Vec::new();
    // Cohorts are compared at one age, or not at all.
    let ages = ages::of(study);
    let has_one_age = |job: &Job<'_>| ages.is_none() || job.scope.segment.map(|(axis, _)| axis) == ages;
    for job in jobs(study).into_iter().filter(has_one_age) {
        if !docket.allows(TESTS_OF_SERIES) {
            continue;
        }
        let line = study.line(job.scope, job.measure);
        let series = Series {
            scope: job.scope,
            measure: job.measure,
            line,
            impact: job.impact,
        };
        let tested = study.tested(job.scope, job.measure);
        course::note(study, docket, series, &tested.examined);
        let compared = tested.compared;
        if let Some(compared) = &compared {
            change::note(study, docket, series, compared);
        }
        done.push(Done { job, line, compared });
    }
    if ages.is_some() {
        return quality::note_left_out(study, docket);
    }
    let own_test = |measure: usize| tested_chance(study, &done, measure);
    let beyond = match chronicle.compare {
        Some(compare) => chance::beyond(study, compare, own_test),
        None => vec![false; chronicle.measures.len()],
    };
    let is_tested = |measure: &usize| chronicle.measures[*measure].kind != MetricKind::Other;
    for measure in (0..chronicle.measures.len()).filter(is_tested) {
        contribution::note_step(study, docket, measure);
        for axis in study.axes().iter().copied() {
            if docket.allows(4 * chronicle.dimensions[axis].segments.len()) {
                note_axis(study, docket, measure, axis, &done);
                if beyond[measure] {
                    drivers::note_segments(study, docket, measure, axis);
                    mix::note(study, docket, measure, axis);
                }
            }
        }
        for cross in &chronicle.crosses {
            simpson::note(study, docket, measure, cross);
        }
    }
    factors::note(study, docket, |measure| beyond[measure]);
    funnel::note(study, docket);
    relations::note(study, docket);
    quality::note_left_out(study, docket);
}

/// Every series with enough values, in order of impact.
fn jobs<'a>(study: &Study<'a>) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for scope in study.scopes() {
        for (measure, metric) in study.chronicle.measures.iter().enumerate() {
            if metric.kind != MetricKind::Other && study.line(scope, measure).varies() {
                let impact = rounded(study.share(scope, measure));
                jobs.push(Job {
                    measure,
                    scope,
                    impact,
                });
            }
        }
    }
    jobs.sort_by(|a, b| {
        let place = |job: &Job<'_>| (job.scope.segment, job.measure);
        b.impact
            .total_cmp(&a.impact)
            .then_with(|| place(a).cmp(&place(b)))
    });
    jobs
}

/// The probability of a measure's change by the test of its series, where that was of the dashboard's windows.
fn tested_chance(study: &Study<'_>, done: &[Done<'_>], measure: usize) -> Option<f64> {
    let is_it = |done: &&Done<'_>| done.job.measure == measure && done.job.scope.segment.is_none();
    let own = done.iter().find(is_it)?.compared?;
    let compare = study.chronicle.compare?;
    let steps = |window| {
        study
            .steps_inside(window)
            .map(|(first, end)| (first, end - first))
    };
    let (older, newer) = (steps(compare.previous)?, steps(compare.current)?);
    let is_next = older.0 + older.1 == newer.0;
    (is_next && own.length == newer.1).then(|| rounded(own.outcome.p))
}

/// What is said of a measure by one dimension.
fn note_axis(study: &Study<'_>, docket: &mut Docket, measure: usize, axis: usize, done: &[Done<'_>]) {
    contribution::note(study, docket, measure, axis);
    segments::note_gaps(study, docket, measure, axis);
    segments::note_outlier(study, docket, measure, axis);
    let of_measure = || done.iter().filter(|done| done.job.measure == measure);
    let members: Vec<Member<'_>> = of_measure()
        .filter(|done| done.job.scope.segment.is_some_and(|(own, _)| own == axis))
        .filter_map(|done| {
            let series = Series {
                scope: done.job.scope,
                measure,
                line: done.line,
                impact: done.job.impact,
            };
            Some((series, done.compared?))
        })
        .collect();
    pattern::note(study, docket, &members);
}

#[cfg(test)]
mod tests {
    use super::super::claim::{Effect, Subject};
    use super::super::samples::{Sample, draw};
    use super::*;
    use crate::dashboard::Cadence;

    fn claim(kind: Kind, name: &'static str, v: f64) -> Claim {
        let effect = Effect {
            name,
            v,
            ci95: None,
            floor: FLOOR,
        };
        Claim::new(kind, Subject::default(), 1.0, effect, "")
    }

    #[test]
    fn the_farther_a_value_stood_out_the_more_it_counts() {
        let strength = |v| strength(&claim(Kind::AnomalyPoint, "relative", v));
        assert!(strength(22.0) > strength(2.0) && strength(2.0) > strength(0.2));
        assert!(
            (strength(9.0) - strength(-0.9)).abs() < 1e-9,
            "ten times as much, or a tenth"
        );
        assert!(strength(-1.0) > strength(-0.9) && strength(-1.0) < 1.0);
        // ln 1.25 = 0.2231.
        assert!((strength(0.25) - 0.2231 / 0.4231).abs() < 1e-4);
    }

    #[test]
    fn of_two_measures_that_are_nearly_one_there_is_little_to_tell() {
        let strength = |r| strength(&claim(Kind::CorrelatedMeasures, "correlation", r));
        assert_eq!([0.4, -0.6, 0.85].map(strength), [1.0; 3]);
        // 1 - .99² = .0199 of 1 - .9² = .19.
        assert!((strength(0.99) - 0.0199 / 0.19).abs() < 1e-9);
        assert!(strength(-0.999) < 0.02);
    }

    #[test]
    fn silence_is_chance_or_too_little() {
        let silence = |days: usize, cadence: Cadence| {
            let sample = Sample::days(days, &[]).sum("Visits", |day, _| Some(100.0 + draw(day, 1)));
            let sample = sample.by(cadence);
            let found = find(&sample.chronicle, 0.99, &Frames::default());
            assert!(found.insights.is_empty());
            found.silence(&sample.chronicle)
        };
        assert_eq!(
            silence(19, Cadence::Day),
            "what changes is told from 28 complete days on, of which there are 19"
        );
        assert_eq!(
            silence(11, Cadence::Month),
            "what changes is told from 24 complete months on, of which there are 11"
        );
        assert_eq!(
            silence(36, Cadence::Day),
            "none of 4 tests shows more than chance does, and new levels are told from 42 complete days on, of which there are 36"
        );
        assert_eq!(
            silence(90, Cadence::Day),
            "none of 6 tests shows more than chance does"
        );
        let parts = Sample::days(20, &["a", "b"]).sum("Visits", |day, at| Some(100.0 + draw(day, at as u64)));
        let found = find(&parts.chronicle, 0.5, &Frames::default());
        assert_eq!(
            found.silence(&parts.chronicle),
            "the one test that could be made shows no more than chance does, and what changes is told from 28 complete days on, of \
             which there are 20"
        );
    }

    #[test]
    fn a_claim_that_is_not_sure_ranks_behind() {
        assert_eq!([100, 99, 80].map(weight), [1.0, 0.99, 0.80]);
        assert_eq!([50, 65].map(weight), [0.25, 0.4875]);
        assert!((weight(80) - weight(79)) < 0.03, "there is no cliff");
    }
}
