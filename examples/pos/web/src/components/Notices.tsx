import type { ReactElement } from 'react';
import { count } from '../format.js';
import { useSyncStatus } from '../sync/hooks/index.js';
import './Notices.css';

/** What must not go unseen, across the top of every page. */
export function Notices({ onOpen }: { readonly onOpen: () => void }): ReactElement | null {
  const { rejections, overtaken, updateRequired, problem } = useSyncStatus();
  const storage = problem?.code.startsWith('stor') ? problem.message : null;
  const lines: string[] = [];
  if (updateRequired) lines.push('This page is older than what others work with. Reload it for the newest.');
  if (storage !== null) lines.push(`This device’s store: ${storage}.`);
  if (rejections.length > 0) lines.push(`${count(rejections.length, 'change was', 'changes were')} not accepted.`);
  if (overtaken.length > 0) lines.push(`${count(overtaken.length, 'change was', 'changes were')} overtaken by others.`);
  if (lines.length === 0) return null;
  return (
    <aside className="notices" aria-label="Needs attention" data-grave={rejections.length > 0 || storage !== null}>
      <p>{lines.join(' ')}</p>
      <button type="button" className="button" onClick={onOpen}>
        Look
      </button>
    </aside>
  );
}
