//! Names of what is so at a time: how much of a machine is taken up, and what is under way.

use super::beside::Beside;
use super::level_words::{ONGOING, OPEN_OTHERWISE, OPENED_UP, STAYING, UNDONE};
use super::mean_words::UNIT_PLURALS;
use super::money::is_amount;
use super::names::Name;
use crate::rows::evidence::Evidence;

/// What machines keep things in.
const STORES: &[&str] = &[
    "memory",
    "mem",
    "ram",
    "heap",
    "swap",
    "disk",
    "storage",
    "filesystem",
    "rss",
    "vram",
    "arbeitsspeicher",
    "speicher",
    "festplatte",
    "mémoire",
    "memoria",
    "disco",
];

/// How much of that there is.
const SIZES: &[&str] = &[
    "bytes", "byte", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib",
];

/// Words of what is taken up of it, or left.
const TAKEN: &[&str] = &[
    "used",
    "free",
    "available",
    "avail",
    "usage",
    "use",
    "utilised",
    "utilized",
    "total",
    "capacity",
    "size",
    "reserved",
    "committed",
    "allocated",
    "remaining",
    "cached",
    "resident",
    "occupied",
    "limit",
    "frei",
    "belegt",
    "genutzt",
];

/// Words of what goes into it and out of it, and of how long it was so, which adds up.
const TRAFFIC: &[&str] = &[
    "read",
    "reads",
    "write",
    "writes",
    "written",
    "io",
    "ops",
    "in",
    "out",
    "sent",
    "received",
    "transfer",
    "transferred",
    "time",
    "ns",
    "ms",
    "second",
    "seconds",
    "minutes",
    "hour",
    "hours",
    "day",
    "days",
    "month",
    "months",
    "errors",
    "faults",
];

/// What machines work with.
const PROCESSORS: &[&str] = &["cpu", "gpu", "processor", "prozessor"];

/// Words of machines, beside which a lone `cpu` tells how busy one is.
const MACHINES: &[&str] = &[
    "host",
    "hostname",
    "server",
    "node",
    "machine",
    "instance",
    "pod",
    "container",
    "vm",
    "cluster",
    "service",
    "load",
    "memory",
    "mem",
    "disk",
    "network",
    "iowait",
];

/// Words of how busy they are.
const BUSY: &[&str] = &[
    "usage", "used", "util", "load", "idle", "busy", "user", "system", "iowait", "steal", "last",
];

/// How much of a machine's store is taken up or left, in a unit of sizes: machines have it together.
pub(super) fn stored(name: &Name) -> Option<[&str; 2]> {
    Some([store(name)?, name.word_of(SIZES)?])
}

/// How busy a machine is, or how full, in a unit that the name does not tell: percent do not add up over machines.
pub(super) fn busy<'n>(name: &'n Name, evidence: &Evidence, beside: &Beside<'_>) -> Option<&'n str> {
    // Whole numbers under `cpu` may be how many were sold.
    let is_alone = |word: &&str| name.is(&[word]) && (!evidence.all_integers() || beside.has_word(MACHINES));
    let full = || store(name).filter(|_| name.word_of(TAKEN).is_some());
    let worked = || {
        let word = name.word_of(PROCESSORS)?;
        let is_busy = name.word_of(BUSY).is_some() || is_alone(&word);
        (is_busy && name.word_of(TRAFFIC).is_none()).then_some(word)
    };
    full().or_else(worked)
}

/// What of a machine the name says is taken up; not what is counted in it (`memory alerts`), or paid for it.
fn store(name: &Name) -> Option<&str> {
    let is_paid = name.words().iter().any(|word| is_amount(word) && word != "total");
    let is_of_it = [STORES, SIZES, TAKEN]
        .iter()
        .any(|words| words.contains(&name.last()));
    let is_traffic = name.word_of(TRAFFIC).is_some();
    name.word_of(STORES)
        .filter(|_| is_of_it && !is_traffic && !is_paid)
}

/// What is under way at a time (`open tickets`, `users online`).
pub(super) fn ongoing(name: &Name) -> Option<[&str; 2]> {
    let known = name.words().windows(2).find_map(|pair| {
        let [first, second] = [pair[0].as_str(), pair[1].as_str()];
        let is_known = |state: &str, what: &str| {
            ONGOING
                .iter()
                .any(|(states, things)| states.contains(&state) && things.contains(&what))
        };
        (is_known(first, second) || is_known(second, first)).then_some([first, second])
    });
    known.or_else(|| open(name))
}

/// What is still to be done, whatever it is.
fn open(name: &Name) -> Option<[&str; 2]> {
    let words: Vec<&str> = name.words().iter().map(String::as_str).collect();
    let is_of_work = |what: &str| {
        name.is_plural()
            && !UNIT_PLURALS.contains(&what)
            && !OPEN_OTHERWISE.contains(&what)
            && !is_amount(what)
    };
    match words[..] {
        [first @ ("offene" | "offener"), .., last] => Some([first, last]),
        [first, next, ..] if UNDONE.contains(&first) && is_of_work(name.last()) => {
            (first != "open" || !OPENED_UP.contains(&next)).then_some([first, name.last()])
        }
        [.., what, state] if (state == "pending" || STAYING.contains(&state)) && what.ends_with('s') => {
            Some([what, state]).filter(|_| !is_amount(what))
        }
        _ => None,
    }
}
