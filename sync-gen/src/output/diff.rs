//! What a plan would change, for people to read.

use std::fmt::Write as _;

use similar::TextDiff;

use super::{Change, Plan};

/// A unified diff of everything that the plan would change.
pub fn diff(plan: &Plan) -> String {
    let mut text = String::new();
    for (path, change) in &plan.changes {
        let path = plan.out.join(path);
        let path = path.display().to_string();
        let (old, new) = match change {
            Change::New(new) => ("", &**new),
            Change::Changed { old, new } => (&**old, &**new),
            Change::Stale(old) => (&**old, ""),
        };
        let nothing = "/dev/null".to_owned();
        let names = match change {
            Change::New(_) => (&nothing, &path),
            Change::Changed { .. } => (&path, &path),
            Change::Stale(_) => (&path, &nothing),
        };
        let lines = TextDiff::from_lines(old, new);
        let _ = write!(
            text,
            "{}",
            lines
                .unified_diff()
                .context_radius(3)
                .header(names.0, names.1)
        );
    }
    text
}
