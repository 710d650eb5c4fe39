//! Swift text, line by line.

use crate::template;

/// Lines of Swift, two spaces a level.
#[derive(Debug, Default)]
pub(super) struct Code {
    text: String,
    depth: usize,
}

impl Code {
    /// Without lines.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A line.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            self.text.push_str(&"  ".repeat(self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// An empty line, unless a block has just begun.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("{\n") {
            self.text.push('\n');
        }
    }

    /// A line that ends in `{`, what stands in the block, and `}`.
    pub(super) fn block(&mut self, head: impl AsRef<str>, body: impl FnOnce(&mut Self)) {
        self.line(format!("{} {{", head.as_ref()));
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line("}");
    }

    /// A line that opens a bracket, what stands in it, and the bracket's end.
    pub(super) fn list(&mut self, head: &str, end: &str, body: impl FnOnce(&mut Self)) {
        self.line(head);
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line(end);
    }

    /// A list of values between a head and a tail: on one line where they fit, else one a line.
    pub(super) fn array(&mut self, head: &str, items: &[String], tail: &str) {
        let one = format!("{head}[{}]{tail}", items.join(", "));
        if self.depth * 2 + one.chars().count() <= WIDTH {
            self.line(one);
            return;
        }
        self.list(&format!("{head}["), &format!("]{tail}"), |code| {
            for item in items {
                code.line(format!("{item},"));
            }
        });
    }

    /// A doc comment.
    pub(super) fn doc(&mut self, doc: &str) {
        let text = template::doc(doc, "swift", self.depth * 2).unwrap_or_default();
        self.text.push_str(&text);
    }

    /// A doc comment, or what stands in for one where the declaration has none.
    pub(super) fn doc_or(&mut self, doc: &str, otherwise: &str) {
        self.doc(if doc.trim().is_empty() {
            otherwise
        } else {
            doc
        });
    }

    /// A `switch`, whose cases stand no further in than itself.
    pub(super) fn switch(&mut self, value: &str, body: impl FnOnce(&mut Self)) {
        self.line(format!("switch {value} {{"));
        body(self);
        self.line("}");
    }

    /// A head with parameters: on one line where they fit, else one a line.
    pub(super) fn call(&mut self, head: &str, parameters: &[String], tail: &str) {
        let one = format!("{head}({}){tail}", parameters.join(", "));
        if self.depth * 2 + one.chars().count() <= WIDTH {
            self.line(one);
            return;
        }
        self.line(format!("{head}("));
        self.depth += 1;
        for (at, parameter) in parameters.iter().enumerate() {
            let comma = if at + 1 < parameters.len() { "," } else { "" };
            self.line(format!("{parameter}{comma}"));
        }
        self.depth -= 1;
        self.line(format!("){tail}"));
    }

    /// A head with parameters and a block.
    pub(super) fn function(
        &mut self,
        head: &str,
        parameters: &[String],
        tail: &str,
        body: impl FnOnce(&mut Self),
    ) {
        self.call(head, parameters, &format!("{tail} {{"));
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line("}");
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// The width of a line, less the room that a closing brace may take.
const WIDTH: usize = 118;
