//! One run of the command.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use sync_emitters::Emitter;
use sync_runtime::{openapi, schema::Schema};

use crate::{
    Cli, Error, Result,
    extract::{self, Extracted},
    output::{self, Change, Plan},
};

/// How a run ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The files are what they should be.
    Done,
    /// `--check` found that they are not.
    Different,
}

/// Does what the command line says and tells about it.
///
/// # Errors
///
/// With the sentence that the user needs; nothing has been written then.
pub fn run(cli: &Cli, tell: &mut dyn Write) -> Result<Outcome> {
    let Extracted { schema, root } = match &cli.from {
        Some(file) => from_document(file)?,
        None => extract::extract(&cli.cargo, cli.include_deps)?,
    };
    let plans = plan(cli, &schema, &root)?;
    for target in &cli.targets {
        for emitter in emitters(target, cli)?.iter().take(1) {
            say(
                tell,
                emitter.left_out(&schema).as_deref().unwrap_or_default(),
            );
        }
    }
    if cli.check {
        say(tell, &models_line(&schema));
        return Ok(check(cli, &plans, tell));
    }
    output::write(&plans)?;
    say(tell, &models_line(&schema));
    for plan in &plans {
        say(tell, &summary(plan));
    }
    Ok(Outcome::Done)
}

/// The files of every target, compared with the disk.
fn plan(cli: &Cli, schema: &Schema, root: &Path) -> Result<Vec<Plan>> {
    let outs = outs(&cli.targets, &cli.outs, root)?;
    let mut plans: Vec<Plan> = Vec::new();
    for (target, out) in cli.targets.iter().zip(outs) {
        let emitters = emitters(target, cli)?;
        for emitter in &emitters {
            let out = match emitter.dialect() {
                // Each of several dialects has a folder of its own.
                Some(dialect) if emitters.len() > 1 || cli.outs.is_empty() => out.join(dialect),
                _ => out.clone(),
            };
            let label = sync_emitters::label(*emitter);
            let previous = output::previous(&label, &out, &|path| emitter.is_kept(path))?;
            let files = sync_emitters::generate_after(*emitter, schema, &previous)?;
            plans.push(Plan::new(&label, &out, &files)?);
        }
    }
    check_dialects(cli)?;
    check_zod(cli)?;
    check_overlaps(&plans)?;
    Ok(plans)
}

/// What writes a target: one emitter, or one for each dialect that is asked for.
fn emitters(target: &str, cli: &Cli) -> Result<Vec<&'static dyn Emitter>> {
    let dialects = &cli.dialects;
    let known = sync_emitters::dialects(target);
    let choices = known.join(", ");
    let find = |dialect| {
        sync_emitters::find(target, dialect)
            .ok_or_else(|| Error::new(format!("there is no target {target:?}")))
    };
    if known.is_empty() {
        let emitter = find(None)?;
        let with_zod = emitter.with_zod().filter(|_| cli.zod);
        return Ok(vec![with_zod.unwrap_or(emitter)]);
    }
    if dialects.is_empty() {
        return Err(Error::new(format!(
            "--target {target} needs --dialect: one of {choices}, or several"
        )));
    }
    for dialect in dialects {
        if !known.contains(&&**dialect) {
            return Err(Error::new(format!(
                "--target {target} has no dialect {dialect:?}; there are {choices}"
            )));
        }
    }
    // In the order of the registry, each once.
    let wanted = known
        .into_iter()
        .filter(|known| dialects.iter().any(|dialect| dialect == known));
    wanted.map(|dialect| find(Some(dialect))).collect()
}

/// A dialect that no target takes is a mistake.
fn check_dialects(cli: &Cli) -> Result<()> {
    let taken = |target: &String| !sync_emitters::dialects(target).is_empty();
    if cli.dialects.is_empty() || cli.targets.iter().any(taken) {
        return Ok(());
    }
    Err(Error::new(format!(
        "--dialect {} says nothing here: --target {} is written in one way",
        cli.dialects.join(" --dialect "),
        cli.targets.join(" and --target ")
    )))
}

/// Zod schemas beside a target that has none are a mistake.
fn check_zod(cli: &Cli) -> Result<()> {
    let has_forms = |target: &String| {
        sync_emitters::find(target, None).is_some_and(|emitter| emitter.with_zod().is_some())
    };
    if !cli.zod || cli.targets.iter().any(has_forms) {
        return Ok(());
    }
    Err(Error::new(format!(
        "--zod says nothing here: it goes with --target ts, not with --target {}",
        cli.targets.join(" and --target ")
    )))
}

/// Where each target goes.
fn outs(targets: &[String], given: &[PathBuf], root: &Path) -> Result<Vec<PathBuf>> {
    match given {
        [] => {
            let base = shown(root).join("generated");
            Ok(targets.iter().map(|target| base.join(target)).collect())
        }
        [one] if targets.len() > 1 => Ok(targets.iter().map(|target| one.join(target)).collect()),
        many if many.len() == targets.len() => Ok(many.to_vec()),
        many => Err(Error::new(format!(
            "{} --target but {} --out; give one --out for each --target, or one for all",
            targets.len(),
            many.len()
        ))),
    }
}

/// Two targets that share a folder must not want the same new file; one that exists is a refusal already.
fn check_overlaps(plans: &[Plan]) -> Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    for plan in plans {
        for path in plan.changes.keys() {
            let path = plan.out.join(path);
            if !seen.insert(path.clone()) {
                return Err(Error::new(format!(
                    "two targets want to write {}; give each an --out of its own",
                    path.display()
                )));
            }
        }
    }
    Ok(())
}

fn from_document(file: &Path) -> Result<Extracted> {
    let text = fs::read_to_string(file).map_err(|error| Error::io("read", file, &error))?;
    let schema = openapi::parse(&text)
        .and_then(|document| openapi::from_document(&document))
        .map_err(|error| Error::new(format!("{}: {error}", file.display())))?;
    if schema.models().is_empty() {
        return Err(Error::new(format!(
            "{} has no path with x-sync; write it with cargo sync-gen --target openapi",
            file.display()
        )));
    }
    let root = file.parent().unwrap_or(Path::new("")).to_path_buf();
    Ok(Extracted { schema, root })
}

fn check(cli: &Cli, plans: &[Plan], tell: &mut dyn Write) -> Outcome {
    if plans.iter().all(Plan::is_empty) {
        for plan in plans {
            say(
                tell,
                &format!("{} → {}: up to date", plan.target, plan.out.display()),
            );
        }
        return Outcome::Done;
    }
    for plan in plans {
        say(tell, output::diff(plan).trim_end());
    }
    for plan in plans {
        for (path, change) in &plan.changes {
            let what = match change {
                Change::New(_) => "missing",
                Change::Changed { .. } => "changed",
                Change::Stale(_) => "stale",
            };
            say(tell, &format!("{what}: {}", plan.out.join(path).display()));
        }
    }
    say(tell, &format!("Not up to date. Run: {}", command(cli)));
    Outcome::Different
}

/// The command that makes it right: this one without `--check`.
fn command(cli: &Cli) -> String {
    let mut words = vec!["cargo sync-gen".to_owned()];
    for target in &cli.targets {
        words.push(format!("--target {target}"));
    }
    for dialect in &cli.dialects {
        words.push(format!("--dialect {dialect}"));
    }
    if cli.zod {
        words.push("--zod".to_owned());
    }
    for out in &cli.outs {
        words.push(format!("--out {}", quoted(&out.display().to_string())));
    }
    if let Some(file) = &cli.from {
        words.push(format!("--from {}", quoted(&file.display().to_string())));
    }
    if cli.include_deps {
        words.push("--include-deps".to_owned());
    }
    let cargo = cli.cargo.selection().into_iter().chain(cli.cargo.build());
    words.extend(cargo.map(|word| quoted(&word.to_string_lossy())));
    words.join(" ")
}

/// As a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,=+:@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// `3 models: board, order, shift`; of many, the first few.
fn models_line(schema: &Schema) -> String {
    const SHOWN: usize = 10;
    let names: Vec<&str> = schema.models().iter().map(|model| &*model.entity).collect();
    let noun = if names.len() == 1 { "model" } else { "models" };
    let (shown, rest) = names.split_at(names.len().min(SHOWN));
    let more = match rest.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("{} {noun}: {}{more}", names.len(), shown.join(", "))
}

/// `ts → web/src/sync: 2 written, 20 unchanged, 1 removed`.
fn summary(plan: &Plan) -> String {
    let mut line = format!(
        "{} → {}: {} written, {} unchanged",
        plan.target,
        plan.out.display(),
        plan.written(),
        plan.unchanged
    );
    if plan.removed() > 0 {
        line += &format!(", {} removed", plan.removed());
    }
    line
}

/// A path relative to here where that is shorter.
fn shown(path: &Path) -> PathBuf {
    std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf))
        .unwrap_or_else(|| path.to_owned())
}

/// A closed pipe must not undo a run that went well.
fn say(tell: &mut dyn Write, line: &str) {
    if !line.is_empty() {
        let _ = writeln!(tell, "{line}");
    }
}
