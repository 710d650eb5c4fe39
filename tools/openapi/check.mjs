// Reads OpenAPI documents with other people's tools and fails if one of them complains:
//
//     npm run check -- path/to/openapi.json path/to/openapi.yaml
//
// Redocly's linter passes with its recommended rules, warnings counted as errors; openapi-typescript reads the
// document, and what it makes passes the strictest tsc.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
// npm runs this in its own folder; names are relative to where it was called.
const documents = process.argv.slice(2).map((name) => resolve(process.env.INIT_CWD ?? ".", name));
if (documents.length === 0) {
  console.error("name at least one document: npm run check -- path/to/openapi.yaml");
  process.exit(2);
}

// Redocly asks for news and reports its use unless told not to.
const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };

const fail = (what) => {
  console.error(what);
  process.exit(1);
};

const run = (tool, ...args) => {
  try {
    return execFileSync(join(here, "node_modules", ".bin", tool), args, { encoding: "utf8", env, stdio: "pipe" });
  } catch (error) {
    return fail(`${tool} ${args.join(" ")}\n${error.stdout ?? ""}${error.stderr ?? error}`);
  }
};

const lint = (document) => {
  const report = JSON.parse(run("redocly", "lint", document, "--config", join(here, "redocly.yaml"), "--format", "json"));
  if (report.totals.errors + report.totals.warnings > 0) {
    fail(report.problems.map((problem) => `${problem.ruleId}: ${problem.message} ${problem.location[0]?.pointer}`).join("\n"));
  }
};

const scratch = mkdtempSync(join(tmpdir(), "syncable-openapi-"));
try {
  for (const document of documents) {
    const types = join(scratch, `${basename(document)}.ts`);
    lint(document);
    run("openapi-typescript", document, "--output", types);
    run("tsc", "--noEmit", "--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", types);
    console.log(`${document}: lints, reads, compiles`);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
