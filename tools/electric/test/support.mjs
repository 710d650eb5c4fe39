// The server under test, and somebody who writes rows there by their own address.

import { randomUUID } from "node:crypto";

const address = process.env.SYNC_ADDRESS;
if (!address) {
  throw new Error("set SYNC_ADDRESS to the host and port of a fixture-server");
}

export const shapeUrl = `http://${address}/v1/shape`;

let ticks = Date.now() - 3_600_000;
/** A transaction id, after all before it. */
export const transaction = () => `${String(ticks++).padStart(15, "0")}.00000.0000c0de`;

/** Somebody of a tenant of his own, so that tests do not meet. */
export const somebody = (roles = "owner", tenant = `t${randomUUID().slice(0, 8)}`) => {
  const headers = { authorization: `Bearer dev:${tenant}:ann:${roles}` };
  const send = async (method, path, body) => {
    const response = await fetch(`http://${address}/api/v1${path}`, {
      method,
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    }
    return answer;
  };
  return {
    tenant,
    headers,
    /** Answers `{ data, tx, txid, seq }`. */
    create: (path, data) =>
      send("POST", `/${path}`, {
        data: { id: randomUUID(), ...data },
        tx: { transaction_id: transaction(), source_id: "tab-1" },
      }),
    update: (path, id, data, expected) =>
      send("PATCH", `/${path}/${id}`, {
        data,
        tx: { transaction_id: transaction(), source_id: "tab-1", expected },
      }),
    remove: (path, id, expected) =>
      send("DELETE", `/${path}/${id}`, {
        tx: { transaction_id: transaction(), source_id: "tab-1", expected_transaction_id: expected },
      }),
    batch: (events) => send("POST", "/events/batch", { events }),
    expected: async (path, id) => {
      const response = await fetch(`http://${address}/api/v1/${path}/${id}`, { headers });
      return (await response.json()).tx;
    },
  };
};

/** Waits until something holds. */
export const until = async (what, holds, within = 15_000) => {
  const end = Date.now() + within;
  for (;;) {
    const value = await holds();
    if (value) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`never: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
