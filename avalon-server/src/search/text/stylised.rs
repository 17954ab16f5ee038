//! Symbols and digits that are read as the letters they look like.

/// The letter that a symbol or digit is read as, in the middle of letters.
pub(super) fn letter(symbol: char) -> Option<char> {
    Some(match symbol {
        '$' => 's',
        '!' => 'i',
        '@' => 'a',
        '€' => 'e',
        '£' => 'l',
        '¥' => 'y',
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        _ => return None,
    })
}

/// Whether it can only be an exclamation unless something to read follows.
fn exclaims(symbol: char) -> bool {
    symbol == '!'
}

/// Reads a run of letters, digits and such symbols; nothing if none is read as a letter. Runs without a
/// letter are amounts; digits are only read if the run begins with a letter and has two; several digits at
/// the end are a number.
pub(super) fn read(run: &str) -> Option<String> {
    let number = run.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number = if run.len() - number > 1 {
        number
    } else {
        run.len()
    };
    let symbol = |c: char| letter(c).filter(|_| !c.is_ascii_digit());
    if run[..number].chars().all(|c| letter(c).is_none()) {
        return None;
    }
    let letters = run.chars().filter(|c| c.is_alphabetic()).count();
    let digits = letters >= 2 && run.starts_with(char::is_alphabetic);
    let read = |(at, c)| match digits && at < number {
        true => letter(c),
        false => symbol(c),
    };
    let is_read = letters > 0 && run.char_indices().any(|part| read(part).is_some());
    is_read.then(|| {
        run.char_indices()
            .map(|part| read(part).unwrap_or(part.1))
            .collect()
    })
}

/// Whether a symbol is part of a run, by what comes after it.
pub(super) fn is_in_run(symbol: char, next: Option<char>) -> bool {
    let goes_on =
        |next: char| next.is_alphanumeric() || letter(next).is_some_and(|_| !exclaims(next));
    letter(symbol).is_some() && (!exclaims(symbol) || next.is_some_and(goes_on))
}
