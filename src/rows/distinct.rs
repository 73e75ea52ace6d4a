//! Whether a value occurs twice among many, in bounded memory.

/// Hashes kept before the sample is thinned out.
const KEPT: usize = 1 << 12;
/// Slots of the first table; a power of two.
const FIRST_SLOTS: usize = 256;

/// Set in a slot whose value occurred twice.
const TWICE: u64 = 1 << 63;

/// Finds out whether any value occurs twice. Exact up to 4,096 distinct values; beyond, only values whose hash falls
/// into a sample are looked at, so that a repeat is never invented and one that is common is hardly missed. The
/// answer depends on the values, never on their order.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    /// Open addressing; 0 is free.
    slots: Vec<u64>,
    kept: usize,
    /// Only hashes whose low bits are zero are kept.
    skipped_bits: u32,
    values: u64,
}

impl Distinct {
    /// Takes in a value by its bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.values += 1;
        self.insert(fixed_hash(bytes));
    }

    /// Takes in a whole number.
    pub(super) fn integer(&mut self, value: i64) {
        self.values += 1;
        self.insert(mix(value as u64 ^ 0x9E37_79B9_7F4A_7C15));
    }

    /// Whether some value occurred twice.
    pub(super) fn repeats(&self) -> bool {
        self.slots.iter().any(|slot| slot & TWICE != 0)
    }

    /// How many values there were, equal ones included.
    pub(super) fn values(&self) -> u64 {
        self.values
    }

    fn insert(&mut self, hash: u64) {
        let hash = (hash & !TWICE).max(1);
        if self.slots.is_empty() {
            self.slots = vec![0; FIRST_SLOTS];
        }
        while hash & self.mask() == 0 {
            match find(&self.slots, hash) {
                Slot::Taken(slot) => {
                    self.slots[slot] |= TWICE;
                    return;
                }
                Slot::Free(slot) if self.kept * 2 < self.slots.len() => {
                    self.slots[slot] = hash;
                    self.kept += 1;
                    return;
                }
                Slot::Free(_) => self.make_room(),
            }
        }
    }

    fn mask(&self) -> u64 {
        (1 << self.skipped_bits) - 1
    }

    /// Makes the table larger, or once that is large enough the sample smaller.
    fn make_room(&mut self) {
        let wanted = match self.kept < KEPT {
            true => self.slots.len() * 2,
            false => {
                self.skipped_bits += 1;
                self.slots.len()
            }
        };
        let mask = self.mask();
        let old = std::mem::replace(&mut self.slots, vec![0; wanted]);
        self.kept = 0;
        for entry in old.into_iter().filter(|entry| *entry != 0 && entry & mask == 0) {
            if let Slot::Free(slot) = find(&self.slots, entry & !TWICE) {
                self.slots[slot] = entry;
                self.kept += 1;
            }
        }
    }
}

enum Slot {
    Taken(usize),
    Free(usize),
}

fn find(slots: &[u64], hash: u64) -> Slot {
    let mask = slots.len() - 1;
    let mut slot = (hash >> 32) as usize & mask;
    while slots[slot] != 0 {
        if slots[slot] & !TWICE == hash {
            return Slot::Taken(slot);
        }
        slot = (slot + 1) & mask;
    }
    Slot::Free(slot)
}

/// A fixed hash of 64 bits: what is stored must be the same in every process and on every machine.
pub fn fixed_hash(bytes: &[u8]) -> u64 {
    let mut hash = 0x2545_F491_4F6C_DD1Du64 ^ bytes.len() as u64;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        hash = mix(hash ^ u64::from_le_bytes(*chunk));
    }
    let mut last = [0u8; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(hash ^ u64::from_le_bytes(last))
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let value = (value ^ (value >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    value ^ (value >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_repeats_among_few() {
        let mut few = Distinct::default();
        (0..1000).for_each(|value| few.integer(value));
        assert!(!few.repeats());
        few.integer(17);
        assert!(few.repeats());
    }

    #[test]
    fn stays_bounded_and_invents_nothing_among_many() {
        let mut many = Distinct::default();
        (0..2_000_000i64).for_each(|value| many.bytes(format!("order-{value}").as_bytes()));
        assert!(!many.repeats());
        assert!(many.slots.len() <= 4 * KEPT);
        (0..100_000i64).for_each(|value| many.bytes(format!("order-{value}").as_bytes()));
        assert!(many.repeats());
    }

    #[test]
    fn the_order_of_values_does_not_matter() {
        // One value in 20,000 occurs twice; it is in the sample or not, wherever it stands.
        for repeated in 0..50i64 {
            let values = || (0..20_000i64).chain([repeated]);
            let (mut forward, mut backward) = (Distinct::default(), Distinct::default());
            values().for_each(|value| forward.integer(value));
            values().rev().for_each(|value| backward.integer(value));
            assert_eq!(forward.repeats(), backward.repeats(), "{repeated}");
        }
    }
}
