//! Pieces of secrets, and where they stand in a text.
//!
//! A secret of up to 7 characters, or of small letters alone, may be any word, such as `password`. It is one piece, that has to
//! stand by itself, and in our own words it counts for nothing. Of every other one each piece of half its length is kept (at
//! least 8 characters, at most 16), so that a quoted half is found wherever it was cut. Of a very long one (a token, a private
//! key) only every sixteenth piece is kept; where one is found, the whole word goes.
//!
//! What is kept are digests under a key of this process, so that no copy of a secret lies in memory.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::BuildHasher,
    ops::Range,
};

/// The shortest secret.
pub(super) const SHORTEST: usize = 4;
/// The shortest piece of a secret that cannot be any word.
const SHORTEST_PIECE: usize = 8;
/// The longest piece.
const LONGEST_PIECE: usize = 16;
/// The longest secret that may be any word.
const LONGEST_WORD: usize = 12;
/// From here on a secret is very long.
const VERY_LONG: usize = 256;

/// How many bits the filter begins with, as a power of two. Each time that it is full it grows by [`GROWTH`], up to 2 MiB.
const FIRST_BITS: u32 = 12;
/// One bit becomes a word of 64.
const GROWTH: u32 = 6;
const MOST_BITS: u32 = 24;
/// How many pieces fill it, one of so many bits.
const FULL: usize = 8;

/// Which secrets are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Every one.
    All,
    /// Those that cannot be any word.
    NoWords,
}

/// What stands somewhere in a text. One text can be several; the last counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// A secret that may be any word.
    Word,
    /// A piece of a secret.
    Piece,
    /// A piece of a very long one.
    Sample,
}

/// See the module's words.
#[derive(Default)]
pub(super) struct Pieces {
    key: RandomState,
    /// Whole secrets, to notice one that is known.
    whole: HashSet<u64>,
    pieces: HashMap<u64, Found>,
    /// Whether there are others than words.
    has_pieces: bool,
    /// The lengths that there are, the `n`th bit for `n` bytes.
    lengths: u32,
    /// Whether a piece may begin so.
    filter: Filter,
}

/// Tells whether any piece begins with some 4 bytes: most texts hold none, and then nothing else has to be looked at. It knows no more of a
/// piece than one bit, so that it cannot be made anew when it grows: each bit becomes several.
#[derive(Default)]
struct Filter {
    /// Empty while there is no piece.
    words: Vec<u64>,
    /// How many bits there are, as a power of two.
    bits: u32,
    pieces: usize,
}

impl Filter {
    fn add(&mut self, piece: &[u8]) {
        if self.words.is_empty() {
            self.bits = FIRST_BITS;
            self.words.resize(1 << (FIRST_BITS - GROWTH), 0);
        }
        self.pieces += 1;
        if self.pieces * FULL > self.words.len() * 64 && self.bits < MOST_BITS {
            self.grow();
        }
        let bit = filter_bit(piece, self.bits);
        self.words[bit / 64] |= 1 << (bit % 64);
    }

    /// The first bits of a number stay what they are, so that a bit becomes a whole word.
    fn grow(&mut self) {
        let bits = self.words.iter().flat_map(|word| (0..64).map(move |bit| word & (1 << bit) != 0));
        self.words = bits.map(|is_set| if is_set { u64::MAX } else { 0 }).collect();
        self.bits += GROWTH;
    }

    fn may_begin(&self, text: &[u8]) -> bool {
        if self.words.is_empty() {
            return false;
        }
        let bit = filter_bit(text, self.bits);
        self.words.get(bit / 64).is_some_and(|bits| bits & (1 << (bit % 64)) != 0)
    }
}

impl Pieces {
    pub(super) fn knows(&self, text: &str) -> bool {
        self.whole.contains(&self.key.hash_one(text.as_bytes()))
    }

    pub(super) fn add(&mut self, secret: &[u8]) {
        self.whole.insert(self.key.hash_one(secret));
        let secret: Vec<u8> = secret.iter().copied().map(folded).collect();
        if secret.len() < SHORTEST {
            return;
        }
        if may_be_any_word(&secret) {
            self.keep(&secret, Found::Word);
            return;
        }
        let length = (secret.len() / 2).clamp(SHORTEST_PIECE, LONGEST_PIECE);
        self.has_pieces = true;
        if secret.len() >= VERY_LONG {
            let end = &secret[secret.len() - length..];
            secret.chunks_exact(length).chain([end]).for_each(|piece| self.keep(piece, Found::Sample));
        } else {
            secret.windows(length).for_each(|piece| self.keep(piece, Found::Piece));
        }
    }

    fn keep(&mut self, piece: &[u8], kind: Found) {
        self.lengths |= 1 << piece.len();
        self.filter.add(piece);
        let known = self.pieces.entry(self.key.hash_one(piece)).or_insert(kind);
        *known = kind.max(*known);
    }

    /// Whether there is anything to look for.
    pub(super) fn reaches(&self, reach: Reach) -> bool {
        self.has_pieces || (reach == Reach::All && !self.pieces.is_empty())
    }

    /// Adds where pieces stand in a text. Parts may overlap.
    pub(super) fn find(&self, text: &[u8], reach: Reach, found: &mut Vec<Range<usize>>) {
        if !self.reaches(reach) || text.len() < SHORTEST {
            return;
        }
        let folded: Vec<u8> = text.iter().copied().map(folded).collect();
        let lengths: Vec<usize> =
            (SHORTEST..=LONGEST_PIECE).filter(|length| self.lengths & (1 << length) != 0).collect();
        let (before, mut words) = (found.len(), Vec::new());
        for start in (0..=folded.len() - SHORTEST).filter(|start| self.filter.may_begin(&folded[*start..])) {
            for length in &lengths {
                let Some(piece) = folded.get(start..start + length) else { break };
                let part = start..start + length;
                match self.look_up(piece) {
                    Some(Found::Word) if reach == Reach::All && stands_alone(text, part.clone()) => found.push(part),
                    Some(Found::Piece) if reach == Reach::NoWords && is_of_words(piece) => add(&mut words, part),
                    Some(Found::Piece) => found.push(part),
                    Some(Found::Sample) => found.push(word_around(text, part)),
                    Some(Found::Word) | None => {}
                }
            }
        }
        // Beside other pieces, and in a long row, it is no accident.
        words.retain(|word| word.len() > LONGEST_WORD || is_beside(word, &found[before..]));
        found.append(&mut words);
    }

    fn look_up(&self, piece: &[u8]) -> Option<Found> {
        self.pieces.get(&self.key.hash_one(piece)).copied()
    }
}

/// A form writes a blank as `+`.
const fn folded(byte: u8) -> u8 {
    if byte == b'+' { b' ' } else { byte }
}

/// The number of the bit for the first 4 bytes, mixed so that similar beginnings have different ones.
fn filter_bit(text: &[u8], bits: u32) -> usize {
    let begin = text.iter().take(SHORTEST).fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
    (begin.wrapping_mul(0x9E37_79B1) >> (u32::BITS - bits)) as usize
}

fn may_be_any_word(secret: &[u8]) -> bool {
    let is_word = || secret.len() <= LONGEST_WORD && secret.iter().all(u8::is_ascii_lowercase);
    secret.len() < SHORTEST_PIECE || is_word()
}

/// Whether it may be words, or parts of words, of anybody.
fn is_of_words(piece: &[u8]) -> bool {
    piece.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b' ')
}

/// Adds a part to those before it, with the last of which it may overlap.
fn add(parts: &mut Vec<Range<usize>>, part: Range<usize>) {
    match parts.last_mut() {
        Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
        _ => parts.push(part),
    }
}

/// Whether one of these parts, which are in their order, touches the word.
fn is_beside(word: &Range<usize>, parts: &[Range<usize>]) -> bool {
    let near = parts.partition_point(|part| part.start <= word.end);
    parts[..near].iter().rev().take(2 * LONGEST_PIECE).any(|part| part.end >= word.start)
}

/// Whether no letter or digit goes on before or behind.
fn stands_alone(text: &[u8], part: Range<usize>) -> bool {
    let goes_on = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    !goes_on(part.start.checked_sub(1).and_then(|before| text.get(before))) && !goes_on(text.get(part.end))
}

/// The part up to the next blank or mark on both sides, that a token or a line of a key ends with.
fn word_around(text: &[u8], part: Range<usize>) -> Range<usize> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`<>(){}[],;&?:".contains(byte);
    let before = text[..part.start].iter().rev().take_while(|byte| !ends(byte)).count();
    let behind = text[part.end..].iter().take_while(|byte| !ends(byte)).count();
    part.start - before..part.end + behind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_is_as_large_as_there_are_secrets_and_forgets_none_when_it_grows() {
        let mut filter = Filter::default();
        assert!(!filter.may_begin(b"anything"));
        let pieces: Vec<String> =
            (0..40_000_u32).map(|number| format!("{:08x}", number.wrapping_mul(0x9E37_79B1))).collect();
        let mut sizes = Vec::new();
        for piece in &pieces {
            filter.add(piece.as_bytes());
            sizes.push(filter.words.len() * 64);
        }
        sizes.dedup();
        assert_eq!(sizes, [1 << 12, 1 << 18, 1 << 24]);
        assert!(pieces.iter().all(|piece| filter.may_begin(piece.as_bytes())));
        let by_accident = (0..1_000_u32).filter(|number| filter.may_begin(format!("{number}_-x").as_bytes())).count();
        assert!(by_accident < 500, "{by_accident} of 1000 would be looked at");
    }
}
