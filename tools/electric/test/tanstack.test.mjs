// TanStack DB's Electric collection: optimistic mutations that wait for their transaction.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { createCollection } from "@tanstack/db";
import { electricCollectionOptions } from "@tanstack/electric-db-collection";

import { shapeUrl, somebody, until } from "./support.mjs";

const contacts = (ann, params = {}) =>
  createCollection(
    electricCollectionOptions({
      id: `contacts-${randomUUID()}`,
      getKey: (row) => row.id,
      shapeOptions: { url: shapeUrl, params: { table: "contacts", ...params }, headers: ann.headers },
      onInsert: async ({ transaction }) => {
        const written = await ann.create("contacts", transaction.mutations[0].modified);
        return { txid: written.txid };
      },
      onUpdate: async ({ transaction }) => {
        const { original, changes } = transaction.mutations[0];
        const known = await ann.expected("contacts", original.id);
        const expected = Object.fromEntries(Object.keys(changes).map((name) => [name, known[name]]));
        const written = await ann.update("contacts", original.id, changes, expected);
        return { txid: written.txid };
      },
      onDelete: async ({ transaction }) => {
        const { original } = transaction.mutations[0];
        const known = await ann.expected("contacts", original.id);
        const newest = Object.values(known).sort().at(-1);
        const written = await ann.remove("contacts", original.id, newest);
        return { txid: written.txid };
      },
    }),
  );

test("mutations are seen at once and settle with their transaction", async () => {
  const ann = somebody();
  await ann.create("contacts", { first_name: "Ada" });
  const collection = contacts(ann);
  await collection.preload();
  assert.equal(collection.size, 1);

  const id = randomUUID();
  const inserted = collection.insert({ id, first_name: "Bob" });
  assert.equal(collection.get(id).first_name, "Bob");
  await inserted.isPersisted.promise;
  assert.ok(collection.get(id).created_at);

  const updated = collection.update(id, (draft) => {
    draft.email = "b@x";
  });
  await updated.isPersisted.promise;
  assert.equal(collection.get(id).email, "b@x");

  const removed = collection.delete(id);
  await removed.isPersisted.promise;
  assert.equal(collection.has(id), false);

  const cy = await ann.create("contacts", { first_name: "Cy" });
  await until("another's row comes", () => collection.has(cy.data.id));
  await collection.cleanup();
});

test("what is refused is rolled back", async () => {
  const ann = somebody();
  const ada = await ann.create("contacts", { first_name: "Ada" });
  const collection = contacts(ann);
  await collection.preload();
  const refused = collection.update(ada.data.id, (draft) => {
    draft.email = "no address";
  });
  assert.equal(collection.get(ada.data.id).email, "no address");
  await assert.rejects(refused.isPersisted.promise);
  assert.equal(collection.get(ada.data.id).email, null);
  await collection.cleanup();
});

test("a write whose row is outside the shape settles too", async () => {
  const ann = somebody();
  const collection = contacts(ann, { where: "first_name <> 'Bob'" });
  await collection.preload();
  const id = randomUUID();
  const inserted = collection.insert({ id, first_name: "Bob" });
  const start = Date.now();
  await inserted.isPersisted.promise;
  assert.ok(Date.now() - start < 4_000, "it waited for the timeout");
  await until("it is gone again", () => !collection.has(id));
  await collection.cleanup();
});
