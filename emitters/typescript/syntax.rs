//! What may stand where in TypeScript: identifiers, keys, strings, numbers. Comments are the filter `doc`'s.
//!
//! Every piece of text from a declaration goes through here.

use sync_runtime::schema::Whole;

use crate::{
    Error,
    names::{Language, is_reserved},
    template,
};

/// Whether the text is an identifier that needs no quotes as a key.
pub(super) fn is_identifier(name: &str) -> bool {
    // Beyond Latin, Unicode's letters and JavaScript's are not quite the same: those get quotes.
    let letter = |c: char| c == '_' || c == '$' || (c.is_alphabetic() && c < '\u{250}');
    let mut chars = name.chars();
    chars.next().is_some_and(letter) && chars.all(|c| letter(c) || c.is_ascii_digit())
}

/// An identifier made of any name: what no identifier holds becomes `_`, a reserved word gets one.
pub(super) fn identifier(name: &str) -> String {
    let mut out: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' || c == '$' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if !is_identifier(&out) {
        out.insert(0, '_');
    }
    if is_reserved(Language::TypeScript, &out) {
        out.push('_');
    }
    out
}

/// A string literal with single quotes, or with double ones where that escapes less, as a formatter leaves it.
pub(super) fn string(text: &str) -> String {
    let double = template::string(text, "ts").unwrap_or_default();
    if text.contains('\'') && !text.contains('"') {
        return double;
    }
    let inner = &double[1..double.len() - 1];
    format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "\\'"))
}

/// A key of an object or an interface.
pub(super) fn key(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        string(name)
    }
}

/// `of.name`, or `of['name']` where it must.
pub(super) fn member(of: &str, name: &str) -> String {
    if is_identifier(name) {
        format!("{of}.{name}")
    } else {
        format!("{of}[{}]", string(name))
    }
}

/// An entry of an object literal, in short where key and value are the same word.
pub(super) fn entry(name: &str, value: &str) -> String {
    if name == value && is_identifier(name) {
        name.to_owned()
    } else {
        format!("{}: {value}", key(name))
    }
}

/// Refuses what would be a prototype and no key.
pub(super) fn check_key(name: &str, whose: &str) -> Result<(), Error> {
    if name == "__proto__" {
        Err(Error::new(format!(
            "a field of {whose} is called `__proto__` on the wire, which JavaScript keeps for itself; rename it"
        )))
    } else {
        Ok(())
    }
}

/// An integer with `_` between its thousands.
pub(super) fn integer(value: i128) -> String {
    whole(Whole::new(value))
}

/// The same of any width.
pub(super) fn whole(value: Whole) -> String {
    let text = value.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", &*text),
    };
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digits.len() > 4 {
            out.push('_');
        }
        out.push(digit);
    }
    format!("{sign}{out}")
}

/// A regular expression that the whole string matches, where `\s` and `.` mean what they mean on the server.
pub(super) fn whole_match(pattern: &str) -> String {
    const SPACE: &str = "\\t\\n\\v\\f\\r ";
    let mut out = String::from("/^(?:");
    let mut in_class = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('s') if in_class => out.push_str(SPACE),
                Some('s') => out.push_str(&format!("[{SPACE}]")),
                Some('S') if !in_class => out.push_str(&format!("[^{SPACE}]")),
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push_str("\\\\"),
            },
            '[' => {
                in_class = true;
                out.push(c);
            }
            ']' => {
                in_class = false;
                out.push(c);
            }
            '.' if !in_class => out.push_str("[^\\n]"),
            '/' => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push_str(")$/u");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_quoted_where_they_must() {
        assert_eq!(key("table_number"), "table_number");
        assert_eq!(key("class"), "class");
        assert_eq!(key("größe"), "größe");
        assert_eq!(key("寸法"), "'寸法'");
        assert_eq!(key("it's"), "\"it's\"");
        assert_eq!(member("state", "kebab-case"), "state['kebab-case']");
        assert_eq!(entry("by", "by"), "by");
        assert_eq!(entry("a-b", "a-b"), "'a-b': a-b");
    }

    #[test]
    fn strings_end_where_they_end() {
        assert_eq!(string("a\\\n\u{2028}`${x}"), "'a\\\\\\n\\u2028`${x}'");
        assert_eq!(string("\"'"), "'\"\\''");
        assert_eq!(string("say \"hi\""), "'say \"hi\"'");
    }

    #[test]
    fn identifiers_are_made_of_anything() {
        assert_eq!(identifier("delete"), "delete_");
        assert_eq!(identifier("2nd-item"), "_2nd_item");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(integer(-9_007_199_254_740_991), "-9_007_199_254_740_991");
        assert_eq!(integer(1000), "1000");
        assert_eq!(integer(65_535), "65_535");
    }

    #[test]
    fn patterns_mean_what_they_mean_on_the_server() {
        assert_eq!(whole_match("[A-Z]{2}\\d+"), "/^(?:[A-Z]{2}\\d+)$/u");
        assert_eq!(
            whole_match("a/\\s[\\s.]."),
            "/^(?:a\\/[\\t\\n\\v\\f\\r ][\\t\\n\\v\\f\\r .][^\\n])$/u"
        );
    }

    #[test]
    fn a_prototype_is_no_key() {
        assert!(check_key("__proto__", "Order").is_err());
    }
}
