// PGlite's sync plugin: shapes into tables, several of them in one transaction.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PGlite } from "@electric-sql/pglite";
import { electricSync } from "@electric-sql/pglite-sync";

import { shapeUrl, somebody, until } from "./support.mjs";

const open = async () => {
  const db = await PGlite.create({ extensions: { electric: electricSync() } });
  await db.exec(`
    CREATE TABLE contacts (id text PRIMARY KEY, first_name text NOT NULL, email text, credit_limit numeric);
    CREATE TABLE accounts (id text PRIMARY KEY, name text NOT NULL, tags json);
  `);
  return db;
};

const shape = (ann, table, columns) => ({
  shape: { url: shapeUrl, params: { table, columns }, headers: ann.headers },
  table,
  primaryKey: ["id"],
});

test("two shapes are kept in tables, and go on after a restart", async () => {
  const ann = somebody();
  const ada = await ann.create("contacts", { first_name: "Ada", credit_limit: "12.50" });
  await ann.create("accounts", { name: "a", tags: ["x"] });
  const db = await open();
  const sync = () =>
    db.electric.syncShapesToTables({
      key: "both",
      shapes: {
        contacts: shape(ann, "contacts", ["id", "first_name", "email", "credit_limit"]),
        accounts: shape(ann, "accounts", ["id", "name", "tags"]),
      },
    });
  const rows = async (sql) => (await db.query(sql)).rows;
  const first = await sync();
  await until("both are there", async () => (await rows("SELECT 1 FROM contacts, accounts")).length === 1);
  assert.deepEqual(await rows("SELECT first_name, credit_limit FROM contacts"), [
    { first_name: "Ada", credit_limit: "12.5" },
  ]);

  const made = ada.tx.transaction_id;
  const changed = await ann.update("contacts", ada.data.id, { email: "a@x" }, { email: made });
  const start = Date.now();
  await until("a change of one is there", async () => (await rows("SELECT 1 FROM contacts WHERE email = 'a@x'")).length);
  // It waits until the other shape has come as far, and that one hears of it.
  assert.ok(Date.now() - start < 10_000, `it took ${Date.now() - start} ms`);
  await first.unsubscribe();

  await ann.update("contacts", ada.data.id, { email: "b@x" }, { email: changed.tx.transaction_id });
  await ann.create("contacts", { first_name: "Bob" });
  const second = await sync();
  await until("it goes on", async () => (await rows("SELECT 1 FROM contacts")).length === 2);
  assert.deepEqual(await rows("SELECT email FROM contacts WHERE first_name = 'Ada'"), [{ email: "b@x" }]);
  const bob = (await rows("SELECT id FROM contacts WHERE first_name = 'Bob'"))[0].id;
  const expected = await ann.expected("contacts", bob);
  await ann.remove("contacts", bob, Object.values(expected).sort().at(-1));
  await until("one goes", async () => (await rows("SELECT 1 FROM contacts")).length === 1);
  await second.unsubscribe();
  await db.close();
});
