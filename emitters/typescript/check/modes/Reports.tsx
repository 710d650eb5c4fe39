/** A component that is compiled over the same model in each mode: a change of the mode changes nothing here. */
import type { ReactElement } from 'react';
import { SyncProvider, useReport, useReportMutations, useReports, useSyncStatus } from '../src/hooks/index.js';
import { createSync, type Mutation, memoryStore, type Report, type SyncConfig } from '../src/index.js';

/** The client, made as in every mode. */
export function open(config: SyncConfig): ReactElement {
  const sync = createSync({ ...config, adapter: memoryStore() });
  return (
    <SyncProvider sync={sync}>
      <Reports />
    </SyncProvider>
  );
}

export function Reports(): ReactElement {
  const { data, isLoading, error } = useReports({
    where: { title: 'May' },
    orderBy: '-created_at',
    offset: 1,
    limit: 20,
  });
  const everything = useReports();
  const { create } = useReportMutations();
  const { isOnline, isVerified, latency, pendingCount } = useSyncStatus();
  const rows: readonly Report[] = data;
  const add = async (): Promise<string> => {
    const made: Mutation = create({ title: 'New', score: null });
    await made;
    await made.synced;
    return made.entityId;
  };
  const state = isOnline && isVerified && latency === 'low' ? 'fine' : `${pendingCount}`;
  return (
    <section>
      <button type="button" onClick={() => void add()}>
        {isLoading ? '' : (error?.message ?? state)}
      </button>
      {[...rows, ...everything.data].map((report) => (
        <OneReport key={report.id} id={report.id} />
      ))}
    </section>
  );
}

function OneReport({ id }: { readonly id: string }): ReactElement | null {
  const { data: report, isLoading, error } = useReport(id);
  const mutations = useReportMutations(id);
  if (isLoading || error !== null || report === undefined) return null;
  const end = (): PromiseLike<void> => mutations.delete();
  const rename = (title: string): Promise<void> => mutations.update({ title }).synced;
  const copy = (): string => mutations.create({ title: report.title, body: report.body }).entityId;
  return (
    <p title={report.updated_at}>
      <input value={report.title} onChange={({ target }) => void rename(target.value)} />
      <button type="button" onClick={() => void end()} onDoubleClick={() => copy()}>
        {report.score}
      </button>
    </p>
  );
}
