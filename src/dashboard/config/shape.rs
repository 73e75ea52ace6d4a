//! The vocabulary in which the language is written down.

/// What a JSON value must look like.
pub(super) enum Shape {
    /// An object with these members and no others.
    Object(&'static [Field]),
    /// An object of the second kind where it has the named member, else of the first.
    Either(&'static [Field], &'static str, &'static [Field]),
    /// An object whose member names are free: names of this kind, values of this shape, at most so many.
    Map(Text, &'static Shape, usize),
    /// A list of values of this shape: at least and at most so many.
    List(&'static Shape, usize, usize),
    /// A value of this shape, or a list of 1 to so many.
    OneOrMany(&'static Shape, usize),
    /// A text.
    Text(Text),
    /// One of the words of the first list; those of the second are known but not supported by this version.
    Word(&'static [&'static str], &'static [&'static str]),
    /// A whole number from … to ….
    Integer(i64, i64),
    /// A number from 0 to 1.
    Fraction,
    /// true or false.
    Flag,
}

/// What a text must look like. No text may hold control characters or a URL (`://`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    /// An id: 1 to 64 of `a-z 0-9 _`.
    Id,
    /// A reference to an id: 1 to 64 characters.
    Reference,
    /// A column's label as the results have it: 1 to 200 characters.
    Column,
    /// Something to show: 1 to 120 characters.
    Label,
    /// A unit: 1 to 16 characters.
    Unit,
    /// An IANA time zone.
    Timezone,
}

/// A member of an object.
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    /// What it means, for the JSON Schema.
    pub(super) doc: &'static str,
    /// What its value looks like.
    pub(super) shape: Shape,
    /// Whether it must be there.
    pub(super) required: bool,
}

impl Text {
    /// The most characters it may have.
    pub(super) fn max_chars(self) -> usize {
        match self {
            Self::Id | Self::Reference | Self::Timezone => 64,
            Self::Column => 200,
            Self::Label => 120,
            Self::Unit => 16,
        }
    }
}
