import { type FormEvent, type ReactElement, useMemo, useState } from 'react';
import { count } from '../../format.js';
import { useFloorTable, useFloorTableMutations, useFloorTables } from '../../sync/hooks/index.js';
import type { FloorTable } from '../../sync/index.js';
import { useToast } from '../../toast.js';
import './FloorPlan.css';

/** How many columns and rows a room has. */
const COLUMNS = 12;
const ROWS = 8;

/** Where the tables stand, room by room. Every tablet may move them, with or without a network. */
export function FloorPlan(): ReactElement {
  const { data: tables, isLoading } = useFloorTables({ orderBy: 'number' });
  const [chosen, setChosen] = useState<string | null>(null);
  const rooms = useMemo(() => Map.groupBy(tables, ({ room }) => room), [tables]);
  return (
    <div className="house-page" aria-busy={isLoading}>
      <NewTable tables={tables} onMade={setChosen} />
      {tables.length === 0 && !isLoading && <p>No table is on the plan yet.</p>}
      {[...rooms].map(([room, inRoom]) => (
        <section key={room} aria-label={room}>
          <h2>{room}</h2>
          <div className="plan">
            {inRoom.map(({ id, number, seats, x, y }) => (
              <button
                key={id}
                type="button"
                className="plan-table"
                style={{ gridColumn: x + 1, gridRow: y + 1 }}
                aria-label={`Table ${number}, ${count(seats, 'seat')}, column ${x + 1}, row ${y + 1}`}
                aria-pressed={chosen === id}
                onClick={() => setChosen(chosen === id ? null : id)}
              >
                {number}
              </button>
            ))}
          </div>
        </section>
      ))}
      {chosen !== null && <TableTools key={chosen} id={chosen} onGone={() => setChosen(null)} />}
    </div>
  );
}

/** What can be done with the chosen table. */
function TableTools({ id, onGone }: { readonly id: string; readonly onGone: () => void }): ReactElement | null {
  const { data: table } = useFloorTable(id);
  const mutations = useFloorTableMutations(id);
  if (table === undefined) return null; // somebody else took it away
  const { number, seats, x, y } = table;
  const tools: readonly { readonly name: string; readonly sign: string; readonly change: Partial<FloorTable> }[] = [
    { name: 'left', sign: '←', change: { x: x - 1 } },
    { name: 'up', sign: '↑', change: { y: y - 1 } },
    { name: 'down', sign: '↓', change: { y: y + 1 } },
    { name: 'right', sign: '→', change: { x: x + 1 } },
  ];
  const isThere = ({ x = 0, y = 0 }: Partial<FloorTable>): boolean => x >= 0 && x < COLUMNS && y >= 0 && y < ROWS;
  return (
    <div className="plan-tools" role="toolbar" aria-label={`Table ${number}`}>
      <strong>Table {number}</strong>
      {tools.map(({ name, sign, change }) => (
        <button
          key={name}
          type="button"
          className="button"
          aria-label={`Move ${name}`}
          disabled={!isThere(change)}
          onClick={() => mutations.update(change)}
        >
          {sign}
        </button>
      ))}
      <button
        type="button"
        className="button"
        aria-label="One seat less"
        disabled={seats <= 1}
        onClick={() => mutations.update({ seats: seats - 1 })}
      >
        −
      </button>
      <span>{count(seats, 'seat')}</span>
      <button
        type="button"
        className="button"
        aria-label="One seat more"
        disabled={seats >= 20}
        onClick={() => mutations.update({ seats: seats + 1 })}
      >
        +
      </button>
      <button
        type="button"
        className="button button-danger"
        onClick={() => {
          mutations.delete();
          onGone();
        }}
      >
        Take away
      </button>
    </div>
  );
}

function NewTable({
  tables,
  onMade,
}: {
  readonly tables: readonly FloorTable[];
  readonly onMade: (id: string) => void;
}): ReactElement {
  const { create } = useFloorTableMutations();
  const toast = useToast();
  const [room, setRoom] = useState('Garden');
  const [number, setNumber] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = Number(number);
    if (tables.some((table) => table.number === wanted)) {
      toast(`Table ${wanted} is on the plan already.`);
      return;
    }
    const here = tables.filter((table) => table.room === room.trim());
    const isFree = (place: number): boolean =>
      !here.some(({ x, y }) => x === place % COLUMNS && y === Math.floor(place / COLUMNS));
    const place = Array.from({ length: COLUMNS * ROWS }, (_, at) => at).find(isFree) ?? 0;
    const made = create({
      number: wanted,
      room: room.trim(),
      x: place % COLUMNS,
      y: Math.floor(place / COLUMNS),
    });
    onMade(made.entityId);
    setNumber('');
  };
  return (
    <form className="house-form" onSubmit={submit}>
      <label>
        Room
        <input
          className="field"
          value={room}
          maxLength={40}
          required
          onChange={({ target }) => setRoom(target.value)}
        />
      </label>
      <label>
        Number of the table
        <input
          className="field"
          type="number"
          min={1}
          max={999}
          value={number}
          required
          onChange={({ target }) => setNumber(target.value)}
        />
      </label>
      <button type="submit" className="button button-primary">
        Put it on the plan
      </button>
    </form>
  );
}
