// `@electric-sql/client`: ShapeStream and Shape.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { FetchError, isChangeMessage, Shape, ShapeStream } from "@electric-sql/client";

import { shapeUrl, somebody, until } from "./support.mjs";

const follow = (who, params, options = {}) => {
  const controller = new AbortController();
  const errors = [];
  const stream = new ShapeStream({
    url: shapeUrl,
    params: { table: "contacts", ...params },
    headers: who.headers,
    signal: controller.signal,
    onError: (error) => {
      errors.push(error);
    },
    ...options,
  });
  return { stream, errors, end: () => controller.abort() };
};

for (const liveSse of [false, true]) {
  test(`a shape is followed ${liveSse ? "by server-sent events" : "by long polls"}`, async () => {
    const ann = somebody();
    const ada = await ann.create("contacts", { first_name: "Ada", credit_limit: "12.50" });
    const { stream, errors, end } = follow(ann, {}, { liveSse });
    const shape = new Shape(stream);
    const told = [];
    stream.subscribe((messages) => told.push(...messages.filter(isChangeMessage)));
    const rows = await shape.rows;
    assert.equal(rows.length, 1);
    assert.equal(rows[0].first_name, "Ada");
    assert.equal(rows[0].credit_limit, "12.5");
    assert.equal(rows[0].email, null);
    assert.deepEqual(Object.keys(rows[0]).sort(), [
      "created_at",
      "credit_limit",
      "email",
      "first_name",
      "id",
      "last_name",
      "updated_at",
    ]);

    const made = ada.tx.transaction_id;
    const changed = await ann.update("contacts", ada.data.id, { email: "a@x", last_name: "B" }, {
      email: made,
      last_name: made,
    });
    await until("the change comes", () => shape.currentRows[0]?.email === "a@x");
    assert.deepEqual(told.at(-1).headers.txids, [changed.txid]);
    assert.equal(shape.currentRows[0].last_name, "B");

    // Each of several transactions comes once.
    const before = told.length;
    const bobs = [];
    for (let at = 0; at < 5; at += 1) {
      bobs.push(await ann.create("contacts", { first_name: `Bob ${at}` }));
    }
    await until("all come", () => shape.currentRows.length === 6);
    await ann.remove("contacts", bobs[2].data.id, bobs[2].tx.transaction_id);
    await until("one goes", () => shape.currentRows.length === 5);
    const inserted = told.slice(before).filter((it) => it.headers.operation === "insert");
    assert.equal(inserted.length, 5);
    assert.equal(new Set(inserted.map((it) => it.key)).size, 5);
    assert.deepEqual(errors, []);
    end();
  });
}

test("values are parsed as PostgreSQL's are", async () => {
  const ann = somebody();
  await ann.create("accounts", { name: "a", balance_cents: 5, tags: ["x", "y"] });
  const { stream, end } = follow(ann, { table: "accounts", columns: ["id", "name", "balance_cents", "tags"] });
  const [row] = await new Shape(stream).rows;
  assert.equal(row.balance_cents, 5n);
  assert.deepEqual(row.tags, ["x", "y"]);
  end();
});

test("a stream goes on where it was left, and a condition moves rows in and out", async () => {
  const ann = somebody();
  const params = { where: "email LIKE $1 AND first_name <> 'Bob'", params: ["a%"] };
  const one = await ann.create("contacts", { first_name: "Ada", email: "b@x" });
  const first = follow(ann, params);
  assert.deepEqual(await new Shape(first.stream).rows, []);
  const { shapeHandle, lastOffset } = first.stream;
  first.end();
  await ann.update("contacts", one.data.id, { email: "a@x" }, { email: one.tx.transaction_id });
  const second = follow(ann, params, { handle: shapeHandle, offset: lastOffset });
  const told = [];
  second.stream.subscribe((messages) => told.push(...messages.filter(isChangeMessage)));
  await until("it enters", () => told.length === 1);
  assert.equal(told[0].headers.operation, "insert");
  assert.equal(told[0].value.first_name, "Ada");
  assert.equal(second.stream.shapeHandle, shapeHandle);
  const expected = await ann.expected("contacts", one.data.id);
  await ann.update("contacts", one.data.id, { first_name: "Bob" }, { first_name: expected.first_name });
  await until("it leaves", () => told.length === 2);
  assert.equal(told[1].headers.operation, "delete");
  second.end();
});

test("a handle of before makes the client begin again", async () => {
  const ann = somebody();
  await ann.create("contacts", { first_name: "Ada" });
  const { stream, errors, end } = follow(ann, {}, { handle: "1-2", offset: "7_0" });
  const shape = new Shape(stream);
  const rows = await shape.rows;
  assert.equal(rows.length, 1);
  assert.notEqual(stream.shapeHandle, "1-2");
  assert.deepEqual(errors, []);
  end();
});

test("what a reader may not see is not there, and a refusal reaches him", async () => {
  const ann = somebody();
  await ann.create("contacts", { first_name: "Ada", credit_limit: "1" });
  const eve = somebody("editor", ann.tenant);
  const mine = follow(eve, {});
  const [row] = await new Shape(mine.stream).rows;
  assert.ok(!("credit_limit" in row) && !("local_notes" in row));
  mine.end();
  const asked = follow(eve, { where: "credit_limit > 0" });
  asked.stream.subscribe(() => {}, () => {});
  await until("it is refused", () => asked.errors.length > 0);
  assert.ok(asked.errors[0] instanceof FetchError);
  assert.equal(asked.errors[0].status, 400);
  const stranger = follow({ headers: {} }, {});
  stranger.stream.subscribe(() => {}, () => {});
  await until("he is sent away", () => stranger.errors.length > 0);
  assert.equal(stranger.errors[0].status, 401);
});

test("a large table comes in parts", async () => {
  const ann = somebody();
  const text = "x".repeat(9_000);
  const total = 700;
  for (let at = 0; at < total; at += 50) {
    const events = Array.from({ length: 50 }, (_, n) => ({
      id: randomUUID(),
      event_type: "contact.created",
      entity_type: "contact",
      entity_id: randomUUID(),
      payload: { first_name: `${at + n}`, last_name: text },
      timestamp: `${String(Date.now() - 60_000 + at + n).padStart(15, "0")}.00000.0000c0df`,
      schema_version: 1,
    }));
    const answer = await ann.batch(events);
    assert.equal(answer.accepted.length, 50);
  }
  const { stream, errors, end } = follow(ann, {});
  const shape = new Shape(stream);
  assert.equal((await shape.rows).length, total);
  assert.deepEqual(errors, []);
  end();
});
