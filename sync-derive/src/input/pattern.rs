//! The regular expressions that Rust and ECMAScript read alike.
//!
//! Whatever is not positively known to mean the same in both is refused: an accepted pattern is compiled by the server
//! and by every client, and they must agree on each string.

use std::{iter::Peekable, str::Chars};

/// Whether the pattern is in the common subset; else what is not.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    let mut parser = Parser {
        rest: pattern.chars().peekable(),
        depth: 0,
    };
    parser.alternatives()?;
    match parser.rest.next() {
        Some(_) => Err("a ')' closes nothing in this pattern".to_owned()),
        None => Ok(()),
    }
}

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
    depth: u32,
}

/// The largest count of a repetition.
const LIMIT: u32 = 1000;

type Outcome<T = ()> = Result<T, String>;

impl Parser<'_> {
    fn alternatives(&mut self) -> Outcome {
        let mut repeatable = false;
        while let Some(&char) = self.rest.peek() {
            match char {
                ')' => return Ok(()),
                '|' | '^' | '$' => {
                    self.rest.next();
                    repeatable = false;
                }
                '*' | '+' | '?' | '{' => {
                    self.repetition(repeatable)?;
                    repeatable = false;
                }
                _ => {
                    self.atom()?;
                    repeatable = true;
                }
            }
        }
        Ok(())
    }

    fn repetition(&mut self, repeatable: bool) -> Outcome {
        let sign = self.rest.next().unwrap_or_default();
        if !repeatable {
            return Err(format!(
                "'{sign}' repeats nothing in this pattern; a literal one is `\\{sign}`"
            ));
        }
        if sign == '{' {
            self.counts()?;
        }
        self.rest.next_if_eq(&'?');
        Ok(())
    }

    fn counts(&mut self) -> Outcome {
        let wrong = || {
            format!(
                "expected `{{n}}`, `{{n,}}` or `{{n,m}}` with numbers up to {LIMIT} in this pattern"
            )
        };
        let from = self.number().ok_or_else(wrong)?;
        let to = if self.rest.next_if_eq(&',').is_some() {
            if self.rest.peek() == Some(&'}') {
                LIMIT
            } else {
                self.number().ok_or_else(wrong)?
            }
        } else {
            from
        };
        if self.rest.next() != Some('}') || from > to || to > LIMIT {
            return Err(wrong());
        }
        Ok(())
    }

    fn number(&mut self) -> Option<u32> {
        let mut digits = String::new();
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        digits.parse().ok()
    }

    fn atom(&mut self) -> Outcome {
        match self.rest.next() {
            Some('(') => self.group(),
            Some('[') => self.class(),
            Some('\\') => self.escape(false).map(|_| ()),
            Some('.') => Err(
                "'.' leaves out other characters in ECMAScript than in Rust: write `[^\\n]`"
                    .to_owned(),
            ),
            Some(char @ (']' | '}')) => Err(format!(
                "a literal '{char}' in a pattern is written `\\{char}`"
            )),
            _ => Ok(()),
        }
    }

    fn group(&mut self) -> Outcome {
        if self.rest.next_if_eq(&'?').is_some() && self.rest.next() != Some(':') {
            return Err("of groups a pattern has `(...)` and `(?:...)`: names, flags and look-around differ between \
                        Rust and ECMAScript"
                .to_owned());
        }
        self.depth += 1;
        if self.depth > 50 {
            return Err("this pattern is nested too deep".to_owned());
        }
        self.alternatives()?;
        self.depth -= 1;
        match self.rest.next() {
            Some(')') => Ok(()),
            _ => Err("a '(' is not closed in this pattern".to_owned()),
        }
    }

    fn class(&mut self) -> Outcome {
        let open = || "a '[' is not closed in this pattern".to_owned();
        self.rest.next_if_eq(&'^');
        let mut empty = true;
        loop {
            let first = match self.rest.next().ok_or_else(open)? {
                ']' if empty => {
                    return Err(
                        "an empty class `[]` differs between Rust and ECMAScript".to_owned()
                    );
                }
                ']' => return Ok(()),
                char => self.member(char)?,
            };
            empty = false;
            if self.rest.peek() != Some(&'-') {
                continue;
            }
            self.rest.next();
            match self.rest.next().ok_or_else(open)? {
                ']' => return Ok(()),
                char => {
                    let last = self.member(char)?;
                    match (first, last) {
                        (Some(first), Some(last)) if first <= last => {}
                        _ => {
                            return Err("a range in a class goes from a character to a higher one"
                                .to_owned());
                        }
                    }
                }
            }
        }
    }

    /// A member of a class; `None` stands for several characters, as `\d` does.
    fn member(&mut self, char: char) -> Outcome<Option<char>> {
        match char {
            '\\' => self.escape(true),
            '[' => Err("a literal '[' in a class is written `\\[`".to_owned()),
            '&' | '~' if self.rest.peek() == Some(&char) => Err(format!(
                "'{char}{char}' in a class differs between Rust and ECMAScript"
            )),
            '-' if self.rest.peek() == Some(&'-') => {
                Err("'--' in a class differs between Rust and ECMAScript".to_owned())
            }
            char => Ok(Some(char)),
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, in_class: bool) -> Outcome<Option<char>> {
        match self.rest.next() {
            Some('d' | 'D' | 'w' | 'W' | 's' | 'S') => Ok(None),
            Some('n') => Ok(Some('\n')),
            Some('r') => Ok(Some('\r')),
            Some('t') => Ok(Some('\t')),
            Some('f') => Ok(Some('\u{c}')),
            Some('v') => Ok(Some('\u{b}')),
            Some('x') => self.code_point(2).map(Some),
            Some('u') if self.rest.next_if_eq(&'{').is_some() => {
                let mut digits = String::new();
                while let Some(digit) = self.rest.next_if(char::is_ascii_hexdigit) {
                    digits.push(digit);
                }
                if self.rest.next() == Some('}') {
                    scalar(&digits).map(Some)
                } else {
                    Err(no_scalar(&digits))
                }
            }
            Some('u') => self.code_point(4).map(Some),
            Some('-') if in_class => Ok(Some('-')),
            Some(char) if "^$\\.*+?()[]{}|/".contains(char) => Ok(Some(char)),
            Some(char) if char.is_ascii_digit() => {
                Err(format!("a back reference `\\{char}` is unknown to Rust"))
            }
            Some(char) => Err(format!(
                "`\\{char}` differs between Rust and ECMAScript or is unknown to one of them"
            )),
            None => Err("a '\\' ends this pattern".to_owned()),
        }
    }

    fn code_point(&mut self, digits: usize) -> Outcome<char> {
        let mut hex = String::new();
        while hex.len() < digits {
            match self.rest.next_if(char::is_ascii_hexdigit) {
                Some(digit) => hex.push(digit),
                None => return Err(no_scalar(&hex)),
            }
        }
        scalar(&hex)
    }
}

fn scalar(hex: &str) -> Outcome<char> {
    let scalar = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
    scalar.ok_or_else(|| no_scalar(hex))
}

fn no_scalar(hex: &str) -> String {
    format!("'{hex}' is no Unicode scalar in hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_both_languages_read_alike() {
        for pattern in [
            "",
            "[A-Z]{2}-\\d{3,}",
            "(?:a|b)+?c*",
            "^x$",
            "[^\\n]+@[^\\n]+",
            "[a\\-z\\]-]",
            "\\u{1F600}|\\u00e9|\\x41",
            "a|",
            "()",
            "\\/\\.\\*",
            "[\\w^&]",
            "é+",
            "(a(b(c)))?",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn what_they_do_not() {
        let refused = [
            "a.b",
            "(?=a)",
            "(?<n>a)",
            "(?i)a",
            "(?P<n>a)",
            "\\1",
            "\\p{L}",
            "\\b",
            "a**",
            "a++",
            "*",
            "|*",
            "^*",
            "a{",
            "a{,3}",
            "a{3,1}",
            "a{2000}",
            "[",
            "[]",
            "[^]",
            "[a[b]]",
            "[a&&b]",
            "[a--b]",
            "[a~~b]",
            "[z-a]",
            "[\\d-z]",
            "(",
            ")",
            "a)",
            "}",
            "]",
            "\\",
            "\\-",
            "\\u{D800}",
            "\\u12",
            "\\q",
            "\\A",
            "\\z",
        ];
        for pattern in refused {
            assert!(check(pattern).is_err(), "{pattern}");
        }
    }
}
