//! A message put together while a crate compiles.

/// A message put together while a crate compiles: a constant cannot allocate.
#[derive(Clone, Copy)]
pub(super) struct Message {
    bytes: [u8; 400],
    len: usize,
}

impl Message {
    pub(super) const fn new(text: &str) -> Self {
        Self {
            bytes: [0; 400],
            len: 0,
        }
        .and(text)
    }

    /// With more text; what does not fit is cut at a character.
    pub(super) const fn and(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut fits = text.len();
        if self.len + fits > self.bytes.len() {
            fits = self.bytes.len() - self.len;
            while fits > 0 && text[fits] & 0xC0 == 0x80 {
                fits -= 1;
            }
        }
        let mut at = 0;
        while at < fits {
            self.bytes[self.len + at] = text[at];
            at += 1;
        }
        self.len += fits;
        self
    }

    /// With the nearest of some words, if one is near.
    pub(super) const fn and_nearest(self, nearest: Nearest<'_>) -> Self {
        match nearest.best {
            Some(word) => self.and(", did you mean '").and(word).and("'?"),
            None => self,
        }
    }

    /// Stops the compiler where the caller stands.
    #[track_caller]
    pub(super) const fn fail(&self) -> ! {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("a message that is no UTF-8"),
        }
    }
}

/// The word nearest to a wrong one.
#[derive(Clone, Copy)]
pub(super) struct Nearest<'a> {
    wrong: &'a str,
    best: Option<&'a str>,
    distance: usize,
}

impl<'a> Nearest<'a> {
    pub(super) const fn to(wrong: &'a str) -> Self {
        let len = wrong.len();
        Self {
            wrong,
            best: None,
            distance: if len < 3 { 2 } else { len / 3 + 2 },
        }
    }

    pub(super) const fn or(self, word: &'a str) -> Self {
        let distance = distance(self.wrong.as_bytes(), word.as_bytes());
        if distance < self.distance {
            Self {
                best: Some(word),
                distance,
                ..self
            }
        } else {
            self
        }
    }
}

/// Levenshtein's, in bytes; words beyond 64 bytes are far from everything.
const fn distance(a: &[u8], b: &[u8]) -> usize {
    const LIMIT: usize = 64;
    if a.len() > LIMIT || b.len() > LIMIT {
        return LIMIT;
    }
    let mut row = [0; LIMIT + 1];
    let mut j = 0;
    while j <= b.len() {
        row[j] = j;
        j += 1;
    }
    let mut i = 0;
    while i < a.len() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        let mut j = 0;
        while j < b.len() {
            let replaced = diagonal + if a[i] == b[j] { 0 } else { 1 };
            diagonal = row[j + 1];
            let shifted = 1 + if row[j] < diagonal { row[j] } else { diagonal };
            row[j + 1] = if replaced < shifted {
                replaced
            } else {
                shifted
            };
            j += 1;
        }
        i += 1;
    }
    row[b.len()]
}

/// Whether two strings are the same; `==` is no `const fn`.
pub(super) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
