//! Results that are drawn in another form than they were kept in.

use crate::aggregate::Partial;
use crate::dashboard::Contribution;

/// Results in another form.
#[derive(Debug, Default)]
pub struct Replaced {
    partials: Vec<Partial>,
    /// For each contribution its place among these.
    partial_of: Vec<usize>,
}

impl Replaced {
    /// What `make` makes of each result, which several contributions may be of.
    pub fn of<'a>(
        contributions: &[Contribution<'a>],
        mut make: impl FnMut(usize, &Contribution<'a>) -> Partial,
    ) -> Self {
        let mut sources: Vec<&Partial> = Vec::new();
        let mut replaced = Self::default();
        for (read, contribution) in contributions.iter().enumerate() {
            let source = contribution.partial;
            let place = sources.iter().rposition(|known| std::ptr::eq(*known, source));
            let place = place.unwrap_or_else(|| {
                sources.push(source);
                replaced.partials.push(make(read, contribution));
                replaced.partials.len() - 1
            });
            replaced.partial_of.push(place);
        }
        replaced
    }

    /// The form of the result that a contribution is of.
    pub fn partial_mut(&mut self, contribution: usize) -> &mut Partial {
        &mut self.partials[self.partial_of[contribution]]
    }

    /// The same contributions, of the results in this form.
    pub fn contributions<'s>(&'s self, all: &[Contribution<'_>]) -> Vec<Contribution<'s>> {
        let places = all.iter().zip(&self.partial_of);
        let replaced = places.map(|(contribution, place)| Contribution {
            partial: &self.partials[*place],
            ..*contribution
        });
        replaced.collect()
    }
}
