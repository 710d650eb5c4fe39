//! The nearest right word.

use std::fmt::Write;

/// `unknown event effect 'incremnt', did you mean 'increment'?`
pub(crate) fn unknown<'a>(
    what: &str,
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let mut message = format!("unknown {what} '{wrong}'");
    match nearest(wrong, known.iter().copied()) {
        Some(word) => {
            let _ = write!(message, ", did you mean '{word}'?");
        }
        None if known.is_empty() => {}
        None => {
            let _ = write!(message, ", expected {}", one_of(&known));
        }
    }
    message
}

/// The word that was probably meant.
pub(crate) fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = if wrong.chars().count() < 3 {
        1
    } else {
        wrong.chars().count() / 3 + 1
    };
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(wrong, word), word))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// `'a', 'b' or 'c'`
pub(crate) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
