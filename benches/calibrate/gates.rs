//! What a simulation must hold.

use dashloom::insight::claim::Kind;

use crate::dashboards::Noise;
use crate::run::Counts;

/// One gate: what it is about, its figure, the bound, and whether the figure may not exceed it.
#[derive(Debug, Clone)]
pub struct Gate {
    /// What it is about.
    pub name: &'static str,
    /// The figure.
    pub figure: f64,
    /// The bound.
    pub bound: f64,
    /// Whether the figure must not lie above the bound; else it must not lie below.
    pub is_ceiling: bool,
    /// For a recall how many effects were planted, from which its error follows.
    pub planted: Option<usize>,
}

impl Gate {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        match self.is_ceiling {
            true => self.figure <= self.bound,
            false => self.figure >= self.bound,
        }
    }
}

/// The gates of a simulation; errors may be half as many again under other noises than the normal one.
pub fn gates(counts: &Counts, noise: Noise) -> Vec<Gate> {
    let slack = if noise == Noise::Normal { 1.0 } else { 1.5 };
    let figures = counts.figures();
    let ceiling = |name, figure, bound: f64| Gate {
        name,
        figure,
        bound: bound * slack,
        is_ceiling: true,
        planted: None,
    };
    let floor = |name, figure, bound: f64| Gate {
        name,
        figure,
        bound: 1.0 - (1.0 - bound) * slack,
        is_ceiling: false,
        planted: None,
    };
    let (false_share, error) = figures.false_share;
    let (right, claims) = counts.kinds.get(&Kind::AnomalyPoint).copied().unwrap_or((1, 1));
    let mut gates = vec![
        ceiling(
            "mean share of false claims of a dashboard",
            false_share,
            0.10 + 2.0 * error / slack,
        ),
        floor(
            "dashboards with nothing planted that claim no change",
            figures.silent,
            0.90,
        ),
        ceiling("claims of the wrong sign", figures.wrong_sign, 0.01),
        ceiling("expected calibration error", figures.ece, 0.05),
        ceiling(
            "the same where 95 % have nothing planted",
            figures.ece_sparse,
            0.10,
        ),
        floor(
            "right claims among those of 90 % confidence or more",
            figures.precision90,
            0.95,
        ),
        floor(
            "right claims among those of single steps",
            right as f64 / claims as f64,
            0.80,
        ),
    ];
    for (name, effect) in [
        ("recall of trends of 40 %, 56 days or more", "trend"),
        ("recall of shifts of 28 %, 90 days or more", "shift"),
        ("recall of rate changes of 20 %, 28 + 28 days", "rate"),
        (
            "recall of single steps of 10 deviations or more, 56 steps or more",
            "anomaly",
        ),
    ] {
        gates.push(Gate {
            planted: counts.recalls.get(effect).map(|recall| recall.planted),
            ..floor(name, counts.recall(effect), 0.80)
        });
    }
    gates
}
