import type { ReactElement } from 'react';
import { count } from '../format.js';
import { useSyncStatus } from '../sync/hooks/index.js';
import { usePageUpdate } from '../usePageUpdate.js';
import './Notices.css';

/** What must not go unseen, across the top of every page. */
export function Notices({ onOpen }: { readonly onOpen: () => void }): ReactElement | null {
  const { rejections, overtaken, updateRequired, problem } = useSyncStatus();
  const update = usePageUpdate();
  const storage = problem?.code.startsWith('stor') ? problem.message : null;
  const lines: string[] = [];
  if (updateRequired) lines.push('This page is older than what others work with. Reload it for the newest.');
  if (storage !== null) lines.push(`This device’s store: ${storage}.`);
  if (rejections.length > 0) lines.push(`${count(rejections.length, 'change was', 'changes were')} not accepted.`);
  if (overtaken.length > 0) lines.push(`${count(overtaken.length, 'change was', 'changes were')} overtaken by others.`);
  if (lines.length === 0) return update.isThere ? <NewerPage onLoad={update.load} /> : null;
  return (
    <aside className="notices" aria-label="Needs attention" data-grave={rejections.length > 0 || storage !== null}>
      <p>{lines.join(' ')}</p>
      <button type="button" className="button" onClick={onOpen}>
        Look
      </button>
    </aside>
  );
}

/** Nothing is wrong; whoever has a moment goes over to it. */
function NewerPage({ onLoad }: { readonly onLoad: () => void }): ReactElement {
  return (
    <aside className="notices" aria-label="Newer page">
      <p>There is a newer version of this page.</p>
      <button type="button" className="button" onClick={onLoad}>
        Load it
      </button>
    </aside>
  );
}
