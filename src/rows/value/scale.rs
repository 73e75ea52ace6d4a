//! What short numbers end in for thousands, millions and more: `1.2K`, `3,4 Mio`, `$2.89T`.

/// How large the unit is that a number is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) enum Scale {
    /// 10³.
    Thousands,
    /// 10⁶.
    Millions,
    /// 10⁹.
    Billions,
    /// 10¹².
    Trillions,
}

/// How they are written, longer ones before those that they end in. A small `m` is left out: it may be a metre, a minute, a
/// month or a thousand.
const WRITTEN: &[(&str, Scale)] = &[
    ("thousand", Scale::Thousands),
    ("Tsd.", Scale::Thousands),
    ("Tsd", Scale::Thousands),
    ("K", Scale::Thousands),
    ("k", Scale::Thousands),
    ("million", Scale::Millions),
    ("Mio.", Scale::Millions),
    ("Mio", Scale::Millions),
    ("mio", Scale::Millions),
    ("Mln", Scale::Millions),
    ("mln", Scale::Millions),
    ("MM", Scale::Millions),
    ("Mn", Scale::Millions),
    ("mn", Scale::Millions),
    ("M", Scale::Millions),
    ("billion", Scale::Billions),
    ("Mrd.", Scale::Billions),
    ("Mrd", Scale::Billions),
    ("mrd", Scale::Billions),
    ("Mld", Scale::Billions),
    ("mld", Scale::Billions),
    ("BN", Scale::Billions),
    ("Bn", Scale::Billions),
    ("bn", Scale::Billions),
    ("B", Scale::Billions),
    ("trillion", Scale::Trillions),
    ("tn", Scale::Trillions),
    ("T", Scale::Trillions),
];

impl Scale {
    /// The power of ten that it stands for.
    pub fn exponent(self) -> i32 {
        match self {
            Self::Thousands => 3,
            Self::Millions => 6,
            Self::Billions => 9,
            Self::Trillions => 12,
        }
    }
}

/// Takes what a number is scaled by off the end of a text, where a digit stands before it.
pub(in crate::rows) fn strip_back(text: &[u8]) -> Option<(Scale, &[u8])> {
    let stripped = |(written, scale): &(&str, Scale)| {
        let rest = super::trim(text.strip_suffix(written.as_bytes())?);
        rest.last()?.is_ascii_digit().then_some((*scale, rest))
    };
    let may_end_so = text.last().is_some_and(|last| !last.is_ascii_digit());
    may_end_so.then(|| WRITTEN.iter().find_map(stripped)).flatten()
}
