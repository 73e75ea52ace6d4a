//! What columns tell of one row or one time each, by their values: shares, rates and scores, and whether something happened.

use super::money::{amount_word, is_told_amount};
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
    "usage",
    "used",
    "generation",
    "production",
    "output",
    "yield",
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
    "total",
    "totals",
    "sum",
    "gross",
    "net",
    "gesamt",
    "summe",
    "totale",
    "suma",
    "somme",
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

/// Numbers below which values between 0 and 1 may be so by chance, unless a name speaks for it.
const FEWEST: u64 = 10;

/// Whether all values are shares, rates or scores of one row each: they lie between 0 and 1, some are neither, and no word
/// says that they are amounts that happen to be small.
pub(super) fn are_shares(name: &Name, evidence: &Evidence) -> bool {
    evidence.within_one()
        && evidence.currencies().is_empty()
        && match name.word_of(RATED) {
            Some(_) => !is_told_amount(name),
            None => evidence.count(Count::Numbers) >= FEWEST && !may_be_small_amounts(name),
        }
}

/// Whether a column's values are shares of an amount that are taken off it or put on top: discounts of 0.2.
pub fn is_share_of_amount(label: &str, evidence: &Evidence) -> bool {
    let name = Name::of(label);
    name.word_of(RATED).is_some() && are_shares(&name, evidence)
}

fn may_be_small_amounts(name: &Name) -> bool {
    // Many of something, each counted in part: attributed conversions.
    let last = name.last();
    let is_plural = last.len() > 3 && last.ends_with('s') && !last.ends_with("ss");
    is_plural || is_told_amount(name) || amount_word(name).is_some() || name.word_of(MEASURED).is_some()
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
