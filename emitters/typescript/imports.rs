//! The imports of one file, collected while its code is written.

use std::collections::BTreeMap;

use super::layout::{self, concat, object, text};

/// What a file imports, by the path of the other file from the output folder, without extension.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// Name and whether it is a type alone.
    files: BTreeMap<String, BTreeMap<String, bool>>,
}

impl Imports {
    /// Imports a value.
    pub(super) fn value(&mut self, file: &str, name: &str) {
        self.add(file, name, false);
    }

    /// Imports a type.
    pub(super) fn ty(&mut self, file: &str, name: &str) {
        self.add(file, name, true);
    }

    fn add(&mut self, file: &str, name: &str, is_type: bool) {
        let known = self
            .files
            .entry(file.to_owned())
            .or_default()
            .entry(name.to_owned())
            .or_insert(is_type);
        *known &= is_type;
    }

    /// Statements for the file at that path, which imports nothing of its own.
    pub(super) fn render(&self, of: &str) -> String {
        let mut files: Vec<(String, &BTreeMap<String, bool>)> = self
            .files
            .iter()
            .filter(|(file, _)| *file != of)
            .map(|(file, names)| (relative(of, file), names))
            .collect();
        files.sort_by_key(|(path, _)| place(path));
        files
            .iter()
            .map(|(path, names)| statement("import", path, names))
            .collect()
    }
}

/// `import { a, type B } from './c.js';`
fn statement(keyword: &str, path: &str, names: &BTreeMap<String, bool>) -> String {
    let types_only = names.values().all(|is_type| *is_type);
    let mut sorted: Vec<(&String, &bool)> = names.iter().collect();
    sorted.sort_by_key(|(name, _)| collation(name));
    let members = sorted
        .into_iter()
        .map(|(name, is_type)| {
            text(if *is_type && !types_only {
                format!("type {name}")
            } else {
                name.clone()
            })
        })
        .collect();
    let keyword = if types_only {
        format!("{keyword} type")
    } else {
        keyword.to_owned()
    };
    let from = if path.starts_with('.') {
        format!("{path}.js")
    } else {
        path.to_owned()
    };
    let line = concat([
        text(format!("{keyword} ")),
        object(members, false),
        text(format!(" from '{from}';")),
    ]);
    layout::render(&line, 0) + "\n"
}

/// As the formatter sorts: letters whatever their case, of the same letter the capital first, numbers by value.
fn collation(name: &str) -> Vec<(u8, u64, String, bool)> {
    let mut out = Vec::new();
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match c.to_digit(10) {
            Some(first) => {
                let mut number = u64::from(first);
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    number = number.saturating_mul(10).saturating_add(digit.into());
                    chars.next();
                }
                out.push((0, number, String::new(), false));
            }
            None => out.push((1, 0, c.to_lowercase().to_string(), c.is_lowercase())),
        }
    }
    out
}

/// The statements of an index: what it passes on from other files.
pub(super) fn exports(files: &BTreeMap<String, BTreeMap<String, bool>>, of: &str) -> String {
    let mut files: Vec<(String, &BTreeMap<String, bool>)> = files
        .iter()
        .map(|(file, names)| (relative(of, file), names))
        .collect();
    files.sort_by_key(|(path, _)| place(path));
    files
        .iter()
        .map(|(path, names)| statement("export", path, names))
        .collect()
}

/// Packages come first, then what is further away.
fn place(path: &str) -> (u8, String) {
    let rank = match path {
        _ if path.starts_with("../") => 1,
        _ if path.starts_with("./") => 2,
        _ => 0,
    };
    (rank, path.to_lowercase())
}

fn relative(of: &str, file: &str) -> String {
    if file == "react" {
        return file.to_owned();
    }
    match of.rsplit_once('/') {
        None => format!("./{file}"),
        Some((folder, _)) => match file
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/'))
        {
            Some(sibling) => format!("./{sibling}"),
            None => format!("../{file}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_merged_and_sorted() {
        let mut imports = Imports::default();
        imports.value("schemas/validate", "uuid");
        imports.ty("schemas/validate", "Parser");
        imports.value("schemas/validate", "oneOf");
        imports.ty("model", "Folded");
        imports.ty("schemas/order", "Order");
        imports.value("react", "useMemo");
        assert_eq!(
            imports.render("schemas/order"),
            "import { useMemo } from 'react';\n\
             import type { Folded } from '../model.js';\n\
             import { oneOf, type Parser, uuid } from './validate.js';\n"
        );
    }
}
