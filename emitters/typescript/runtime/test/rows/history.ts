/** Random histories of a device's rows, against plain objects in memory. */
import assert from 'node:assert/strict';
import { type Device, fed, found, type RowChange, recorded, upTo } from './sql.js';

type Fields = Record<string, unknown>;

/** A write of the device. */
interface Write {
  readonly change: RowChange;
  /** Where the server has it; null: it has not judged it, or refused it. */
  seq: number | null;
  judged: boolean;
  answered: boolean;
}

const FIELDS = ['first_name', 'last_name', 'email'];
const STEPS = 250;

/** A server that takes changes in order, and one device that hears of them late, loses answers, and writes by SQL and by its client. */
export async function anyHistory(device: Device, seed: number): Promise<void> {
  const roll = dice(seed);
  const log: RowChange[] = [];
  /** What the server has. */
  const server = new Map<string, Fields | null>();
  const writes: Write[] = [];
  let read = 0;
  let at = 0;

  const changeOf = (rowId: string, row: Fields | null | undefined): Pick<RowChange, 'type' | 'payload' | 'rowId'> => {
    const field = FIELDS[roll(FIELDS.length)] ?? '';
    const value = field !== 'first_name' && roll(4) === 0 ? null : `v${at}`;
    // An id is created once.
    if (row === null || row === undefined)
      return { rowId: `row-${at}`, type: 'created', payload: { first_name: `v${at}` } };
    if (roll(8) === 0) return { rowId, type: 'deleted' };
    return { rowId, type: 'updated', payload: { [field]: value } };
  };
  const judge = (change: RowChange): boolean => {
    const now = server.get(change.rowId);
    if (change.type === 'created' ? now !== undefined : now === undefined || now === null) return false;
    log.push(change);
    server.set(change.rowId, folded(now ?? null, change));
    return true;
  };

  for (let step = 0; step < STEPS; step++) {
    at += 1;
    const shown = view(log.slice(0, read), writes, read);
    const alive = [...shown].filter(([, row]) => row !== null);
    const [rowId, seen] = alive.length < 3 ? ['', null] : (alive[roll(alive.length)] ?? ['', null]);
    switch (roll(8)) {
      case 0: // somebody else, elsewhere
        judge({ ...changeOf(rowId, server.get(rowId)), id: `e${at}`, at });
        break;
      case 1:
      case 2: {
        const change = changeOf(rowId, seen);
        if (
          change.payload !== undefined &&
          seen !== null &&
          Object.entries(change.payload).every(([key, value]) => seen[key] === value)
        )
          break;
        await bySql(device, change);
        const [entry, ...more] = await device.capture();
        assert.ok(entry?.kind === 'new' && more.length === 0);
        const { id, payload } = entry.event;
        assert.deepEqual(payload, change.payload ?? {});
        writes.push({ change: { ...change, id, at }, seq: null, judged: false, answered: false });
        break;
      }
      case 3: {
        const change = { ...changeOf(rowId, seen), id: `w${at}`, at };
        writes.push({ change, seq: null, judged: false, answered: false });
        await device.apply(recorded(change));
        break;
      }
      case 4: {
        const next = writes.find(({ judged }) => !judged);
        if (next === undefined) break;
        next.judged = true;
        await device.apply({ kind: 'sent', ids: [next.change.id] });
        if (roll(6) > 0 && judge(next.change)) next.seq = log.length;
        break;
      }
      case 5: {
        const next = writes.find(({ judged, answered }) => judged && !answered);
        if (next === undefined) break;
        next.answered = true;
        const { id } = next.change;
        if (next.seq !== null) await device.apply({ kind: 'accepted', ids: [id], head: next.seq });
        else await device.apply({ kind: 'rejected', id, code: 'forbidden', reason: '', at: 0 });
        break;
      }
      default: {
        const page = log.slice(read, read + 1 + roll(4));
        const entries = page.map((change, place) => fed(read + place + 1, change));
        read += page.length;
        if (page.length > 0) await device.apply(...entries, upTo(read));
      }
    }
    const rows = [...view(log.slice(0, read), writes, read)].flatMap(([id, row]) =>
      row === null ? [] : [{ id, ...row }],
    );
    assert.deepEqual(
      await found(device.database, 'SELECT id, first_name, last_name, email FROM contact ORDER BY id'),
      rows.sort((a, b) => (a.id < b.id ? -1 : 1)),
      `after step ${step} of seed ${seed}`,
    );
  }
}

/** What a device shows that has read so far: what the server said, and on top what it has not heard the end of. */
function view(said: readonly RowChange[], writes: readonly Write[], read: number): Map<string, Fields | null> {
  const rows = new Map<string, Fields | null>();
  for (const change of said) rows.set(change.rowId, folded(rows.get(change.rowId) ?? null, change));
  for (const { change, seq, answered } of writes) {
    const ended = answered && seq === null;
    if (!ended && (seq === null || seq > read)) rows.set(change.rowId, folded(rows.get(change.rowId) ?? null, change));
  }
  return rows;
}

function folded(row: Fields | null, { type, payload }: RowChange): Fields | null {
  switch (type) {
    case 'created':
      return { first_name: null, last_name: null, email: null, ...payload };
    case 'updated':
      return row === null ? null : { ...row, ...payload };
    case 'deleted':
      return null;
    default:
      return type satisfies never;
  }
}

async function bySql(
  { database }: Device,
  { rowId, type, payload = {} }: Pick<RowChange, 'type' | 'payload' | 'rowId'>,
): Promise<void> {
  const [[field, value] = ['', null]] = Object.entries(payload);
  if (type === 'created')
    await database.query('INSERT INTO contact (id, first_name) VALUES ($1, $2)', [rowId, String(value)]);
  else if (type === 'deleted') await database.query('DELETE FROM contact WHERE id = $1', [rowId]);
  else
    await database.query(`UPDATE contact SET ${field} = $1 WHERE id = $2`, [
      value === null ? null : String(value),
      rowId,
    ]);
}

/** Numbers below so many sides, the same for a seed. */
export function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0;
  return (sides) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}
