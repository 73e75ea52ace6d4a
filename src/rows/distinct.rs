//! Whether a value occurs twice among many, in bounded memory.

/// Hashes kept before the sample is thinned out.
const KEPT: usize = 1 << 14;
/// Slots of the first table; a power of two.
const FIRST_SLOTS: usize = 256;

/// Finds out whether any value occurs twice. Exact up to 16,384 distinct values; beyond, values are sampled by their
/// hash, so a repeat is never invented and one that is common is never missed.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    /// Open addressing; 0 is free.
    slots: Vec<u64>,
    kept: usize,
    /// Only hashes whose low bits are zero are kept.
    skipped_bits: u32,
    repeats: bool,
    values: u64,
}

impl Distinct {
    /// Takes in a value by its bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.values += 1;
        if !self.repeats {
            self.insert(hash_bytes(bytes));
        }
    }

    /// Takes in a whole number.
    pub(super) fn integer(&mut self, value: i64) {
        self.values += 1;
        if !self.repeats {
            self.insert(mix(value as u64 ^ 0x9E37_79B9_7F4A_7C15));
        }
    }

    /// Whether some value occurred twice.
    pub(super) fn repeats(&self) -> bool {
        self.repeats
    }

    /// How many values there were, equal ones included.
    pub(super) fn values(&self) -> u64 {
        self.values
    }

    fn insert(&mut self, hash: u64) {
        let hash = hash.max(1);
        if hash & ((1 << self.skipped_bits) - 1) != 0 {
            return;
        }
        if self.kept * 2 >= self.slots.len() {
            self.make_room();
        }
        match find(&self.slots, hash) {
            Slot::Taken => self.repeats = true,
            Slot::Free(slot) => {
                self.slots[slot] = hash;
                self.kept += 1;
            }
        }
    }

    fn make_room(&mut self) {
        if self.kept >= KEPT {
            self.skipped_bits += 1;
        }
        let mask = (1u64 << self.skipped_bits) - 1;
        let old = std::mem::take(&mut self.slots);
        let wanted = if self.kept >= KEPT {
            old.len()
        } else {
            (old.len() * 2).max(FIRST_SLOTS)
        };
        self.slots = vec![0; wanted];
        self.kept = 0;
        for hash in old.into_iter().filter(|hash| *hash != 0 && hash & mask == 0) {
            if let Slot::Free(slot) = find(&self.slots, hash) {
                self.slots[slot] = hash;
                self.kept += 1;
            }
        }
    }
}

enum Slot {
    Taken,
    Free(usize),
}

fn find(slots: &[u64], hash: u64) -> Slot {
    let mask = slots.len() - 1;
    let mut slot = (hash >> 32) as usize & mask;
    while slots[slot] != 0 {
        if slots[slot] == hash {
            return Slot::Taken;
        }
        slot = (slot + 1) & mask;
    }
    Slot::Free(slot)
}

/// A fixed hash: evidence must be the same in every process.
fn hash_bytes(bytes: &[u8]) -> u64 {
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
}
