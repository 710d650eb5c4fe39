//! Line breaking, as Biome and Prettier do it: what fits stays on its line, what does not is broken from the outside in.
//!
//! Generated code passes a formatter that the generator never runs.

/// The width of a line.
const WIDTH: usize = 120;

/// A piece of code that may break at its lines.
#[derive(Debug, Clone)]
pub(super) enum Doc {
    /// Stays as it is.
    Text(String),
    /// A space, or a break.
    Line,
    /// Nothing, or a break.
    Soft,
    /// A break.
    Hard,
    /// Only where the group around it is broken.
    IfBroken(&'static str),
    /// One after the other.
    Concat(Vec<Doc>),
    /// Two spaces further in.
    Indent(Box<Doc>),
    /// Breaks all of its own lines or none.
    Group(Box<Doc>),
    /// An object of so many members, which may embrace a call's last place.
    Object(Box<Doc>, usize),
    /// An array of so many items.
    Array(Box<Doc>, usize),
    /// The first, or where its head does not fit on the line the second.
    Either {
        head: Box<Doc>,
        first: Box<Doc>,
        second: Box<Doc>,
    },
}

/// Text.
pub(super) fn text(text: impl Into<String>) -> Doc {
    Doc::Text(text.into())
}

/// One after the other.
pub(super) fn concat(parts: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Concat(parts.into_iter().collect())
}

/// Breaks all of its own lines or none.
pub(super) fn group(doc: Doc) -> Doc {
    Doc::Group(Box::new(doc))
}

fn indent(doc: Doc) -> Doc {
    Doc::Indent(Box::new(doc))
}

/// `{ a: 1, b }`; on lines of their own where `expanded` or too long.
pub(super) fn object(members: Vec<Doc>, expanded: bool) -> Doc {
    braces(members, ",", expanded)
}

/// `{ readonly a: string; readonly b: number }`
pub(super) fn object_type(members: Vec<Doc>) -> Doc {
    braces(members, ";", false)
}

fn braces(members: Vec<Doc>, separator: &'static str, expanded: bool) -> Doc {
    if members.is_empty() {
        return Doc::Object(Box::new(text("{}")), 0);
    }
    let count = members.len();
    let line = || if expanded { Doc::Hard } else { Doc::Line };
    let body = group(concat([
        text("{"),
        indent(concat([line(), joined(members, separator)])),
        Doc::IfBroken(separator),
        line(),
        text("}"),
    ]));
    Doc::Object(Box::new(body), count)
}

/// `[a, b]`; a table of lists or objects has a line for each.
pub(super) fn array(items: Vec<Doc>) -> Doc {
    if items.is_empty() {
        return text("[]");
    }
    let count = items.len();
    let lists = items.iter().all(|item| matches!(item, Doc::Array(_, 2..)));
    let objects = items.iter().all(|item| matches!(item, Doc::Object(_, 2..)));
    let line = if count > 1 && (lists || objects) {
        Doc::Hard
    } else {
        Doc::Soft
    };
    Doc::Array(Box::new(enclosed_by("[", items, "]", line)), count)
}

/// `name(a, b)`; a last argument that is the only object keeps its braces on the call's lines.
pub(super) fn call(name: &str, mut args: Vec<Doc>) -> Doc {
    let objects = args
        .iter()
        .filter(|arg| matches!(arg, Doc::Object(..)))
        .count();
    let hugs = objects == 1 && matches!(args.last(), Some(Doc::Object(..)));
    if args.is_empty() {
        return text(format!("{name}()"));
    }
    let apart = enclosed(&format!("{name}("), args.clone(), ")");
    match args.pop() {
        Some(last) if hugs => {
            let alone = args.is_empty();
            let mut head = vec![text(format!("{name}("))];
            for arg in args {
                head.extend([arg, text(", ")]);
            }
            let head = concat(head);
            let first = concat([head.clone(), last, text(")")]);
            if alone {
                return first;
            }
            Doc::Either {
                head: Box::new(concat([head, text("{")])),
                first: Box::new(first),
                second: Box::new(apart),
            }
        }
        _ => apart,
    }
}

/// `open a, b close`, each on a line of its own where they do not fit.
pub(super) fn enclosed(open: &str, items: Vec<Doc>, close: &str) -> Doc {
    enclosed_by(open, items, close, Doc::Soft)
}

fn enclosed_by(open: &str, items: Vec<Doc>, close: &str, line: Doc) -> Doc {
    group(concat([
        text(open),
        indent(concat([line.clone(), joined(items, ",")])),
        Doc::IfBroken(","),
        line,
        text(close),
    ]))
}

fn joined(items: Vec<Doc>, separator: &'static str) -> Doc {
    let mut parts = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            parts.extend([text(separator), Doc::Line]);
        }
        parts.push(item);
    }
    concat(parts)
}

/// `A | B` among arguments, each on its line behind a bar where they do not fit.
pub(super) fn alternatives(members: Vec<Doc>) -> Doc {
    let mut parts = vec![Doc::IfBroken("| ")];
    for (at, member) in members.into_iter().enumerate() {
        if at > 0 {
            parts.extend([Doc::Line, text("| ")]);
        }
        parts.push(member);
    }
    group(concat(parts))
}

/// `A | B` behind an equals sign, each on its line behind a bar where they do not fit.
pub(super) fn union(members: Vec<Doc>) -> Doc {
    let mut parts = vec![Doc::Line, Doc::IfBroken("| ")];
    for (at, member) in members.into_iter().enumerate() {
        if at > 0 {
            parts.extend([Doc::Line, text("| ")]);
        }
        parts.push(member);
    }
    group(indent(concat(parts)))
}

/// `function name(parameters): Type`
pub(super) fn function(name: &str, parameters: Vec<Doc>, returns: &str) -> String {
    // As long as what stands around it on its line.
    let rest = format!("): {returns} {{");
    let doc = concat([
        text("export "),
        enclosed(&format!("function {name}("), parameters, &rest),
    ]);
    let code = render(&doc, 0);
    code.trim_start_matches("export ")
        .trim_end_matches(" {")
        .to_owned()
}

/// `key: value`, where the value of a condition goes to a line of its own before it is broken.
pub(super) fn condition(head: &str, test: &str, then: Doc, otherwise: Doc) -> Doc {
    group(concat([
        text(head),
        indent(concat([
            Doc::Line,
            group(concat([
                text(test),
                indent(concat([
                    Doc::Line,
                    text("? "),
                    then,
                    Doc::Line,
                    text(": "),
                    otherwise,
                ])),
            ])),
        ])),
    ]))
}

/// Lays a statement out from the given column; `level` is how far in its first line stands, in spaces.
pub(super) fn render(doc: &Doc, level: usize) -> String {
    let mut out = String::new();
    let mut column = level;
    let mut stack: Vec<(usize, bool, &Doc)> = vec![(level, true, doc)];
    while let Some((at, broken, doc)) = stack.pop() {
        match doc {
            Doc::Text(text) => {
                out.push_str(text);
                column = match text.rsplit_once('\n') {
                    Some((_, last)) => last.chars().count(),
                    None => column + text.chars().count(),
                };
            }
            Doc::Line if !broken => {
                out.push(' ');
                column += 1;
            }
            Doc::Soft if !broken => {}
            Doc::Line | Doc::Soft | Doc::Hard => {
                out.push('\n');
                out.push_str(&" ".repeat(at));
                column = at;
            }
            Doc::IfBroken(text) => {
                if broken {
                    out.push_str(text);
                    column += text.len();
                }
            }
            Doc::Concat(parts) => stack.extend(parts.iter().rev().map(|part| (at, broken, part))),
            Doc::Indent(inner) => stack.push((at + 2, broken, inner)),
            Doc::Object(inner, _) | Doc::Array(inner, _) => stack.push((at, broken, inner)),
            Doc::Either {
                head,
                first,
                second,
            } => {
                let fits = !must_break(head) && fits(WIDTH.saturating_sub(column), head, &[]);
                stack.push((at, broken, if fits { first } else { second }));
            }
            Doc::Group(inner) => {
                let broken =
                    must_break(inner) || !fits(WIDTH.saturating_sub(column), inner, &stack);
                stack.push((at, broken, inner));
            }
        }
    }
    out
}

fn must_break(doc: &Doc) -> bool {
    match doc {
        Doc::Hard => true,
        Doc::Text(_) | Doc::Line | Doc::Soft | Doc::IfBroken(_) => false,
        Doc::Concat(parts) => parts.iter().any(must_break),
        Doc::Indent(inner) | Doc::Group(inner) => must_break(inner),
        Doc::Object(inner, _) | Doc::Array(inner, _) => must_break(inner),
        Doc::Either { first, .. } => must_break(first),
    }
}

/// Whether the group fits flat, with what follows it up to the next break.
fn fits(room: usize, group: &Doc, rest: &[(usize, bool, &Doc)]) -> bool {
    let mut room = room;
    let mut stack: Vec<(bool, &Doc)> = rest
        .iter()
        .map(|(_, broken, doc)| (*broken, *doc))
        .collect();
    stack.push((false, group));
    while let Some((broken, doc)) = stack.pop() {
        let width = match doc {
            Doc::Text(text) => text.chars().count(),
            Doc::Line | Doc::Soft | Doc::Hard if broken => return true,
            Doc::Hard => return true,
            Doc::Line => 1,
            Doc::Soft => 0,
            Doc::IfBroken(text) => {
                if broken {
                    text.len()
                } else {
                    0
                }
            }
            Doc::Concat(parts) => {
                stack.extend(parts.iter().rev().map(|part| (broken, part)));
                0
            }
            Doc::Indent(inner) | Doc::Object(inner, _) | Doc::Array(inner, _) => {
                stack.push((broken, inner));
                0
            }
            Doc::Either { first, .. } => {
                stack.push((broken, first));
                0
            }
            Doc::Group(inner) => {
                stack.push((broken && must_break(inner), inner));
                0
            }
        };
        match room.checked_sub(width) {
            Some(left) => room = left,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(count: usize) -> Vec<Doc> {
        (0..count)
            .map(|at| text(format!("'member number {at}'")))
            .collect()
    }

    #[test]
    fn what_fits_stays_on_its_line() {
        assert_eq!(
            render(&call("oneOf", words(2)), 0),
            "oneOf('member number 0', 'member number 1')"
        );
        assert_eq!(render(&object(vec![], true), 0), "{}");
        assert_eq!(
            render(&object(vec![text("a: 1")], true), 2),
            "{\n    a: 1,\n  }"
        );
    }

    #[test]
    fn what_does_not_is_broken_from_the_outside_in() {
        let long = render(&call("oneOf", words(9)), 0);
        assert!(long.starts_with("oneOf(\n  'member number 0',\n"), "{long}");
        assert!(long.ends_with(",\n)"), "{long}");
        let union = render(&concat([text("type A ="), union(words(9)), text(";")]), 0);
        assert!(
            union.starts_with("type A =\n  | 'member number 0'\n  | "),
            "{union}"
        );
    }

    #[test]
    fn a_last_object_is_embraced_and_two_are_not() {
        let one = call("object", vec![object(vec![text("a: b")], true)]);
        assert_eq!(render(&one, 0), "object({\n  a: b,\n})");
        let two = call(
            "object",
            vec![object(vec![], false), object(vec![text("a: b")], true)],
        );
        assert_eq!(render(&two, 0), "object(\n  {},\n  {\n    a: b,\n  },\n)");
        let two = call(
            "object",
            vec![
                object(vec![text("c: d")], false),
                object(vec![text("a: b")], true),
            ],
        );
        assert_eq!(
            render(&two, 0),
            "object(\n  { c: d },\n  {\n    a: b,\n  },\n)"
        );
    }
}
