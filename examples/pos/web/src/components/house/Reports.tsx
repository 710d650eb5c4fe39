import { type FormEvent, type ReactElement, useMemo, useState } from 'react';
import { count, money } from '../../format.js';
import { total } from '../../orders.js';
import { useDayReport, useDayReportMutations, useDayReports, useOrders } from '../../sync/hooks/index.js';
import { useToast } from '../../toast.js';

const SHOWN = 31;

/** What was written at the end of each day. The server alone keeps it: it takes a network to read and to write. */
export default function Reports(): ReactElement {
  const { data, isLoading, error } = useDayReports({ orderBy: '-day', limit: SHOWN });
  const [open, setOpen] = useState<string | null>(null);
  return (
    <div className="house-page" aria-busy={isLoading}>
      <NewReport />
      {error !== null && <p className="house-problem">The reports cannot be read: {error.message}</p>}
      {isLoading && <p>Fetching the reports…</p>}
      <ul className="house-list" aria-label="Reports">
        {data.map(({ id, day, orders, takings_cents, remarks }) => (
          <li key={id}>
            <button
              type="button"
              className="house-row"
              aria-expanded={open === id}
              onClick={() => setOpen(open === id ? null : id)}
            >
              <strong>{day}</strong>
              <span>{remarks ?? count(orders, 'order')}</span>
              <strong>{money(takings_cents)}</strong>
            </button>
            {open === id && <Report id={id} onGone={() => setOpen(null)} />}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Writes a report of the orders that this device knows to be paid. */
function NewReport(): ReactElement {
  const { data: paid } = useOrders({ where: { status: 'paid' } });
  const { create } = useDayReportMutations();
  const toast = useToast();
  const [isBusy, setBusy] = useState(false);
  const sums = useMemo(
    () => ({
      orders: paid.length,
      takings_cents: paid.reduce((sum, order) => sum + total(order), 0),
      tips_cents: paid.reduce((sum, { tip_cents }) => sum + tip_cents, 0),
    }),
    [paid],
  );
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await create({ day: new Date().toISOString().slice(0, 10), ...sums });
    } catch (error) {
      toast(`The report was not written: ${messageOf(error)}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="house-form" onSubmit={submit}>
      <p>
        <strong>{count(sums.orders, 'order')}</strong> paid · <strong>{money(sums.takings_cents)}</strong> taken
      </p>
      <button type="submit" className="button button-primary" disabled={isBusy}>
        Write today’s report
      </button>
    </form>
  );
}

/** One report, and what the next shift should know. */
function Report({ id, onGone }: { readonly id: string; readonly onGone: () => void }): ReactElement | null {
  const { data: report } = useDayReport(id);
  const mutations = useDayReportMutations(id);
  const toast = useToast();
  const [draft, setDraft] = useState<string | null>(null);
  if (report === undefined) return null;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const remarks = (draft ?? report.remarks ?? '').trim();
    try {
      await mutations.update({ remarks: remarks === '' ? null : remarks });
      setDraft(null);
    } catch (error) {
      toast(`The remarks were not kept: ${messageOf(error)}`);
    }
  };
  const end = async (): Promise<void> => {
    try {
      await mutations.delete();
      onGone();
    } catch (error) {
      toast(`The report is still there: ${messageOf(error)}`);
    }
  };
  return (
    <form className="house-inner house-form" onSubmit={submit}>
      <label>
        Remarks
        <input
          className="field"
          maxLength={2000}
          value={draft ?? report.remarks ?? ''}
          onChange={({ target }) => setDraft(target.value)}
        />
      </label>
      <button type="submit" className="button button-primary">
        Keep
      </button>
      <button type="button" className="button button-danger" onClick={end}>
        Tear up
      </button>
    </form>
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
