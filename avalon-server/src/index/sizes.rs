//! From what size on a set is kept in another form: where the forms cost the same, measured.
//!
//! In: how many elements a collection has. Out: the bounds. They change what an answer costs and never
//! what it is, so tests set them low to have small libraries go every way.

/// So many matches of a prefix are gathered for a request within two milliseconds.
const GATHERED: usize = 8192;

/// The bounds of one collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The set of a prefix with more hits than this, repeats included, is made beforehand.
    pub prepared: usize,
    /// That of a prefix with more hits than this, which is no less, is made before lists are served: to gather them for
    /// a request takes up to a fifth of a microsecond each. Of others it is made afterwards.
    pub prepared_first: usize,
    /// More matches than this of a prefix that has no set are not gathered beside other answers: of a long one, or for
    /// as long as its set is not made.
    pub gathered: usize,
    /// Sets with more members than this are bitmaps.
    pub dense: usize,
    /// Of sets with more members than this it is counted once how they spread over each order; of
    /// others whenever that is asked, which takes about a nanosecond a member.
    pub counted: usize,
    /// A page of a set with more members than this, in an order, is looked for by their blocks first.
    pub many: usize,
    /// Of prepared sets with at least so many members as many by name stand ready as `head` says, of others
    /// as many as `short_head` says.
    pub headed: usize,
    /// The longest page that is commonly asked for.
    pub head: usize,
    /// The page that is asked for most: beside few members more would take much room.
    pub short_head: usize,
    /// So many places of an order are looked at for a page before it is asked which blocks it lies in.
    pub looks: usize,
    /// Answers of more elements than this are put in order while they are sent.
    pub listed: usize,
    /// Where more elements of a long answer, or places of an order, are looked at before its first byte, or members of a
    /// set counted that will be counted once for all, it is not made beside others: each takes up to ten nanoseconds. Not
    /// less than `counted`, or sets between the two would never be.
    pub at_once: usize,
    /// Nor where more members or places are looked at for any other page, by what comes next in memory.
    pub page_at_once: usize,
}

impl Sizes {
    /// For a collection of so many elements.
    pub fn of(elements: usize) -> Self {
        let prepared = (elements / 16_384).max(64);
        Self {
            prepared,
            prepared_first: (elements / 256).clamp(64, GATHERED).max(prepared),
            gathered: GATHERED,
            dense: (elements / 32).max(1024),
            counted: 32_768,
            many: 4096,
            headed: 4096,
            head: 100,
            short_head: 20,
            looks: 4096,
            listed: 16_384,
            at_once: 32_768,
            page_at_once: 262_144,
        }
    }
}
