//! The simulation: many dashboards, their claims held against the truth.

use std::collections::BTreeMap;

use dashloom::insight::Frames;
use dashloom::insight::claim::{Claim, Family, Kind};
use dashloom::insight::find::weigh;

use crate::dashboards::{Dashboard, Effects, Noise, Planted, Setting, draw};
use crate::noise::Random;
use crate::truth::{Verdict, recalled, verdict};

/// The bins of confidence, by their lower ends.
pub const BINS: [f64; 6] = [0.50, 0.60, 0.70, 0.80, 0.90, 0.95];

/// Claims of a bin.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bin {
    /// How many.
    pub claims: usize,
    /// How many are right.
    pub right: usize,
    /// The sum of their confidences.
    pub confidence: f64,
}

/// Recall of one planted effect.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recall {
    /// How many were planted.
    pub planted: usize,
    /// How many were found, with the right sign.
    pub found: usize,
}

impl Recall {
    /// The share that was found.
    pub fn share(self) -> f64 {
        self.found as f64 / self.planted.max(1) as f64
    }
}

/// What a simulation counted.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Dashboards.
    pub dashboards: usize,
    /// The share of false claims of each dashboard; 0 where there is none.
    pub false_shares: Vec<f64>,
    /// Dashboards with nothing planted, and those of them that claim a change that is none.
    pub silent: (usize, usize),
    /// Claims, and those of the wrong sign.
    pub signs: (usize, usize),
    /// Claims by confidence.
    pub bins: [Bin; BINS.len()],
    /// Claims by confidence where hardly anything was planted.
    pub sparse_bins: [Bin; BINS.len()],
    /// Recall by effect.
    pub recalls: BTreeMap<&'static str, Recall>,
    /// Right claims and all, by kind.
    pub kinds: BTreeMap<Kind, (usize, usize)>,
    /// Tests made.
    pub tests: usize,
}

/// Simulates so many dashboards, whose middling segments have so many visits a day, and half as many more for the recalls.
pub fn simulate(seed: u64, dashboards: usize, noise: Noise, volume: f64) -> Counts {
    let mut counts = Counts::default();
    let frames = Frames::default();
    let drawn = |index: usize, effects: Effects| {
        let state = seed
            .wrapping_add(index as u64)
            .wrapping_mul(0x2545_F491_4F6C_DD1D);
        let setting = Setting {
            noise,
            volume,
            effects,
        };
        draw(&mut Random::new(state), setting)
    };
    for index in 0..dashboards {
        hold_claims(&drawn(index, Effects::All), noise, &frames, &mut counts);
    }
    for index in dashboards..dashboards + dashboards / 2 {
        hold_recalls(&drawn(index, Effects::Recalled), &frames, &mut counts);
    }
    counts
}

/// Whether a kind of claim says that something changed: by a test, or by exact arithmetic.
fn tells_change(kind: Kind) -> bool {
    kind.family() == Some(Family::Change)
        || matches!(kind, Kind::ChangeDriver | Kind::KpiTreeDriver | Kind::MixVsRate)
}

/// Holds what is claimed of a dashboard against its truth.
fn hold_claims(dashboard: &Dashboard, noise: Noise, frames: &Frames, counts: &mut Counts) {
    let (judged, docket) = weigh(&dashboard.chronicle, frames);
    counts.dashboards += 1;
    counts.tests += docket.tests.len();
    // A holiday is a change itself, so that what is truly said of it is no false alarm.
    let is_so = |claim: &Claim| noise == Noise::Holidays && verdict(dashboard, claim) == Verdict::Right;
    let changes = judged
        .iter()
        .filter(|judged| tells_change(judged.claim.kind) && !is_so(&judged.claim))
        .count();
    let (mut claims, mut wrong) = (0, 0);
    for judged in judged.iter().filter(|judged| judged.verdict.is_some()) {
        let verdict = verdict(dashboard, &judged.claim);
        let is_right = verdict == Verdict::Right;
        claims += 1;
        wrong += usize::from(!is_right);
        counts.signs.0 += 1;
        counts.signs.1 += usize::from(verdict == Verdict::Opposite);
        let kind = counts.kinds.entry(judged.claim.kind).or_default();
        kind.0 += usize::from(is_right);
        kind.1 += 1;
        let confidence = f64::from(judged.confidence) / 100.0;
        count(&mut counts.bins, confidence, is_right);
        if dashboard.share == 0.05 {
            count(&mut counts.sparse_bins, confidence, is_right);
        }
    }
    counts.false_shares.push(if claims == 0 {
        0.0
    } else {
        f64::from(wrong as u32) / f64::from(claims)
    });
    if dashboard
        .segments
        .iter()
        .all(|truth| truth.planted == Planted::Nothing)
    {
        counts.silent.0 += 1;
        counts.silent.1 += usize::from(changes > 0);
    }
}

/// Counts which of the planted effects are claimed.
fn hold_recalls(dashboard: &Dashboard, frames: &Frames, counts: &mut Counts) {
    let (judged, _) = weigh(&dashboard.chronicle, frames);
    for (index, truth) in dashboard
        .segments
        .iter()
        .enumerate()
        .filter(|(_, truth)| !truth.is_sparse)
    {
        let Some((name, kind, measure)) = recalled(dashboard, truth.planted) else {
            continue;
        };
        let segment = &dashboard.chronicle.dimensions[0].segments[index].name;
        let is_found = judged.iter().any(|judged| {
            let claim = &judged.claim;
            let is_it = claim
                .subject
                .filters
                .first()
                .is_some_and(|(_, name)| name == segment);
            is_it
                && claim.kind == kind
                && claim.subject.measure == measure
                && verdict(dashboard, claim) == Verdict::Right
        });
        let recall = counts.recalls.entry(name).or_default();
        recall.planted += 1;
        recall.found += usize::from(is_found);
    }
}

fn count(bins: &mut [Bin; BINS.len()], confidence: f64, is_right: bool) {
    let at = BINS
        .iter()
        .rposition(|low| confidence >= *low - 1e-9)
        .unwrap_or_default();
    let bin = &mut bins[at];
    bin.claims += 1;
    bin.right += usize::from(is_right);
    bin.confidence += confidence;
}

/// The figures of a simulation.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Mean share of false claims of a dashboard, and its standard error.
    pub false_share: (f64, f64),
    /// The share of dashboards with nothing planted that claim no change.
    pub silent: f64,
    /// The share of claims of the wrong sign.
    pub wrong_sign: f64,
    /// Expected calibration error.
    pub ece: f64,
    /// The same where 95 % of the segments have nothing planted.
    pub ece_sparse: f64,
    /// The share of right claims among those of 90 % confidence or more.
    pub precision90: f64,
}

impl Counts {
    /// The figures.
    pub fn figures(&self) -> Figures {
        let n = self.false_shares.len().max(1) as f64;
        let mean = self.false_shares.iter().sum::<f64>() / n;
        let variance = self
            .false_shares
            .iter()
            .map(|share| (share - mean) * (share - mean))
            .sum::<f64>()
            / n;
        let high: Vec<&Bin> = BINS
            .iter()
            .zip(&self.bins)
            .filter(|(low, _)| **low >= 0.9)
            .map(|(_, bin)| bin)
            .collect();
        let (right, claims) = high
            .iter()
            .fold((0, 0), |sum, bin| (sum.0 + bin.right, sum.1 + bin.claims));
        Figures {
            false_share: (mean, libm::sqrt(variance / n)),
            silent: 1.0 - share(self.silent.1, self.silent.0),
            wrong_sign: share(self.signs.1, self.signs.0),
            ece: calibration_error(&self.bins),
            ece_sparse: calibration_error(&self.sparse_bins),
            precision90: share(right, claims),
        }
    }

    /// The recall of an effect.
    pub fn recall(&self, name: &str) -> f64 {
        self.recalls.get(name).map_or(0.0, |recall| recall.share())
    }
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The mean distance between what was confided and what was right, by bin.
fn calibration_error(bins: &[Bin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.claims).sum();
    let distance = |bin: &Bin| (bin.confidence - bin.right as f64).abs();
    bins.iter().map(distance).sum::<f64>() / all.max(1) as f64
}
