//! What columns tell of one row or one time each, by their values: shares, rates and scores, and whether something happened.

use super::money::{amount_word, is_amount, is_told_amount};
use super::names::{Name, zero_or_one};
use crate::rows::evidence::{Count, Evidence, Values};

/// Words of what is taken off or put on top of an amount, which tables give as an amount or as a share of one.
const RATED: &[&str] = &[
    "discount",
    "discounts",
    "rebate",
    "markup",
    "markdown",
    "commission",
    "vat",
    "rabatt",
    "nachlass",
    "skonto",
    "provision",
    "mwst",
    "remise",
    "réduction",
    "tva",
    "descuento",
    "iva",
    "desconto",
    "sconto",
    "korting",
    "btw",
    "rabat",
];

/// Words of what is measured in amounts that may all be small.
const MEASURED: &[&str] = &[
    "kwh",
    "wh",
    "mwh",
    "kw",
    "mw",
    "l",
    "ml",
    "liter",
    "liters",
    "litre",
    "litres",
    "gal",
    "gallon",
    "gallons",
    "oz",
    "lb",
    "lbs",
    "t",
    "g",
    "mg",
    "m3",
    "m2",
    "mm",
    "cm",
    "m",
    "inch",
    "inches",
    "ha",
    "acre",
    "acres",
    "h",
    "hr",
    "hrs",
    "tb",
    "consumption",
    "generation",
    "production",
    "energy",
    "import",
    "export",
    "volume",
    "dose",
    "rain",
    "precipitation",
    "precip",
    "prcp",
    "snow",
    "snowfall",
    "emission",
    "emissions",
    "co2",
    "waste",
    "wasted",
    "scrap",
    "units",
    "unit",
    "verbrauch",
    "erzeugung",
    "energie",
    "niederschlag",
    "regen",
    "gewicht",
    "strecke",
    "dauer",
    "consommation",
    "énergie",
    "pluie",
    "poids",
    "durée",
    "consumo",
    "energía",
    "lluvia",
    "peso",
    "duración",
    "energia",
    "pioggia",
    "durata",
    "chuva",
    "duração",
    "verbruik",
    "neerslag",
    "water",
    "gas",
    "fuel",
    "heat",
    "power",
    "electricity",
    "data",
    "paper",
    "wasser",
    "strom",
    "eau",
    "agua",
    "acqua",
    "água",
    "gross",
    "net",
    "overtime",
    "leave",
    "effort",
    "downtime",
    "absence",
    "workload",
    "aufwand",
    "abwesenheit",
    "ausfall",
    "stunde",
    "stunden",
    "std",
    "minuten",
    "sekunden",
    "zeit",
    "tage",
    "heures",
    "jours",
    "temps",
    "horas",
    "días",
    "tiempo",
    "dias",
    "tempo",
    "ore",
    "giorni",
    "uren",
    "uur",
    "dagen",
    "tijd",
    "godziny",
    "godzin",
    "dni",
    "timer",
    "timmar",
    "dager",
    "btc",
    "eth",
    "bitcoin",
    "coins",
];

/// How compounds end of amounts of money and of what is measured, in languages that write them as one word.
const AMOUNT_ENDINGS: &[&str] = &[
    "betrag",
    "kosten",
    "preis",
    "menge",
    "verbrauch",
    "stunden",
    "zeit",
    "summe",
    "umsatz",
    "erlös",
    "gebühr",
    "dauer",
    "gewicht",
    "bedrag",
    "uren",
    "verbruik",
    "belopp",
    "timmar",
    "timer",
];

/// Last words of how much of what there is, there was of something: a share of it where the numbers say so.
const USES: &[&str] = &[
    "usage",
    "used",
    "utilised",
    "utilized",
    "yield",
    "return",
    "auslastung",
    "rendite",
    "availability",
    "uptime",
    "performance",
    "oee",
    "adherence",
    "attainment",
    "coverage",
    "completeness",
    "compliance",
    "punctuality",
    "reliability",
    "saturation",
    "fulfilment",
    "fulfillment",
    "verfügbarkeit",
    "disponibilité",
    "disponibilidad",
];

/// Words that say whether something happened to what a row is about.
const OUTCOMES: &[&str] = &[
    "converted",
    "conversion",
    "purchased",
    "purchase",
    "bought",
    "ordered",
    "sold",
    "sale",
    "churn",
    "churned",
    "attrition",
    "exited",
    "cancelled",
    "canceled",
    "cancellation",
    "default",
    "defaulted",
    "clicked",
    "click",
    "opened",
    "subscribed",
    "unsubscribed",
    "responded",
    "response",
    "accepted",
    "approved",
    "rejected",
    "returned",
    "refunded",
    "delivered",
    "delayed",
    "late",
    "diverted",
    "success",
    "successful",
    "succeeded",
    "failed",
    "failure",
    "error",
    "passed",
    "survived",
    "died",
    "death",
    "dead",
    "deceased",
    "readmitted",
    "readmission",
    "recovered",
    "won",
    "win",
    "lost",
    "hired",
    "retained",
    "fraud",
    "fraudulent",
    "spam",
    "complained",
    "complaint",
    "resolved",
    "reopened",
    "escalated",
    "breached",
    "outcome",
    "bounced",
    "bounce",
    "registered",
    "activated",
    "completed",
    "signed",
    "renewed",
    "upgraded",
    "downgraded",
    "infected",
    "attended",
    "deposit",
    "claimed",
    "gekauft",
    "gekündigt",
    "kündigung",
    "storniert",
    "konvertiert",
    "erfolgreich",
    "erfolg",
    "bestanden",
    "abgebrochen",
    "geliefert",
    "verspätet",
    "abgeschlossen",
    "acheté",
    "annulé",
    "converti",
    "réussi",
    "livré",
    "résilié",
    "comprado",
    "cancelado",
    "convertido",
    "aprobado",
    "entregado",
    "aprovado",
    "entregue",
    "acquistato",
    "annullato",
    "convertito",
    "superato",
    "consegnato",
    "gekocht",
    "geannuleerd",
    "geslaagd",
    "geleverd",
];

/// Pairs of words that say so.
const OUTCOME_PAIRS: &[[&str; 2]] = &[["on", "time"], ["sla", "met"], ["no", "show"], ["in", "full"]];

/// Numbers from which on values between 0 and 1 speak for shares where a name does as well: of amounts one would be larger.
const FEWEST: u64 = 3;

/// Numbers from which on rates show that they repeat.
const FEWEST_REPEATED: u64 = 10;

/// Numbers among which amounts would have shown one larger than 1, where no name says what they are.
const FEWEST_UNNAMED: u64 = 100;

/// The fewest steps of a scale between its ends.
const FEWEST_STEPS: u32 = 3;

/// Whether all values are shares, rates or scores of one row each.
pub(super) fn are_shares(name: &Name, evidence: &Evidence) -> bool {
    share_reason(name, evidence).is_some()
}

/// Whether a column's values are shares of an amount that are taken off it or put on top: discounts of 0.2.
pub fn is_share_of_amount(label: &str, evidence: &Evidence) -> bool {
    rated(&Name::of(label), evidence).is_some()
}

/// Why values are averaged as shares, rates or scores of one row each. Being small is not enough, as amounts are small as well:
/// a name has to speak for it, or the steps of a scale.
pub(super) fn share_reason(name: &Name, evidence: &Evidence) -> Option<String> {
    let named = |word: &str, range: &str| {
        format!(
            "A measure, averaged over its rows: its name has \"{word}\", and its values lie between {range}, as shares do."
        )
    };
    let by_name = || {
        rated(name, evidence)
            .map(|word| named(word, "0 and 1"))
            .or_else(|| used(name, evidence).map(|word| named(word, "-1 and 1")))
    };
    let by_values = || {
        is_scale(name, evidence).then(|| {
            "A measure, averaged over its rows: all of its values are the same few steps between 0 and 1, as on a scale, and its \
             name is not that of an amount."
                .to_owned()
        })
    };
    by_name().or_else(by_values)
}

/// Why values are added up that may as well be shares: only an older build saw them, which did not look.
pub(super) fn is_share_unknown(name: &Name, evidence: &Evidence) -> bool {
    let may_be = rate_word(name).is_some() || use_word(name).is_some() || !may_be_small_amounts(name);
    evidence.may_be_within_one() && evidence.currencies().is_empty() && may_be
}

/// The word of what is taken off an amount or put on top, where the values are shares of one: rates repeat, amounts do not.
fn rated<'n>(name: &'n Name, evidence: &Evidence) -> Option<&'n str> {
    let may_repeat = || evidence.count(Count::Numbers) < FEWEST_REPEATED || evidence.has_few_levels();
    let are_rates = is_judged(evidence, FEWEST) && evidence.within_one() && may_repeat();
    rate_word(name).filter(|_| are_rates)
}

/// That word, where no other one says that there is an amount (`discount amount`).
fn rate_word(name: &Name) -> Option<&str> {
    let others = || {
        name.words()
            .iter()
            .map(String::as_str)
            .filter(|word| !RATED.contains(word))
    };
    let is_told = is_told_amount(name) || others().any(|word| is_amount(word) || is_measured(word));
    name.word_of(RATED).filter(|_| !is_told)
}

/// The word of how much of something is used, there or reached, where the values are shares of it.
fn used<'n>(name: &'n Name, evidence: &Evidence) -> Option<&'n str> {
    let are_shares = is_judged(evidence, FEWEST) && evidence.within_one_either_way();
    use_word(name).filter(|_| are_shares)
}

/// That word, where no unit or other word says that there is an amount (`usage kWh`, `water used`).
fn use_word(name: &Name) -> Option<&str> {
    Some(name.last()).filter(|last| USES.contains(last) && !may_be_small_amounts(name))
}

/// Whether the values are steps of a scale from 0 to 1. People count parts of days and hours in halves and quarters.
fn is_scale(name: &Name, evidence: &Evidence) -> bool {
    let [fractions, quarters] =
        [Count::Fractions, Count::QuarterFractions].map(|count| evidence.count(count));
    is_judged(evidence, FEWEST_UNNAMED)
        && evidence.within_one()
        && evidence.has_few_levels()
        && evidence.ones() > 0
        && evidence.levels.count_ones() >= FEWEST_STEPS
        && 2 * quarters < fractions
        && !may_be_small_amounts(name)
}

/// Whether there are enough numbers, in no currency.
fn is_judged(evidence: &Evidence, fewest: u64) -> bool {
    evidence.count(Count::Numbers) >= fewest && evidence.currencies().is_empty()
}

fn may_be_small_amounts(name: &Name) -> bool {
    let says_so = |word: &String| is_amount(word) || is_measured(word);
    // Many of something may each be counted in part: attributed conversions.
    name.is_plural() || is_told_amount(name) || name.words().iter().any(says_so)
}

fn is_measured(word: &str) -> bool {
    MEASURED.contains(&word) || AMOUNT_ENDINGS.iter().any(|end| word.ends_with(end))
}

/// The words of a name that say whether something happened to what a row is about, where its values are yes and no.
pub(super) fn outcome(name: &Name, evidence: &Evidence) -> Option<String> {
    let is_yes_or_no = evidence.values() == Values::Booleans || zero_or_one(evidence);
    if !is_yes_or_no {
        return None;
    }
    let pair = || name.pair_of(OUTCOME_PAIRS).map(|words| words.join(" "));
    // An amount that is only ever yes or no is whether there was one.
    let word = name.word_of(OUTCOMES).or_else(|| amount_word(name));
    word.map(str::to_owned).or_else(pair)
}
