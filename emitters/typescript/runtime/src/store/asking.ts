/** Which entities the server is asked for: its word on them is the only one. */
import { absent, deleted } from '../model.js';
import { EntityLog } from './entityLog.js';
import type { Ledger } from './ledger.js';
import type { Log } from './log.js';

/** Entities whose state only the server knows, and one whose state tells what the user sees, as long as nothing has told. */
export function needingServer(ledger: Ledger): Log[] {
  const needy = [...ledger.needy].filter(({ needsServer }) => needsServer);
  const witness = ledger.rights.owner === null ? witnessOf(ledger) : undefined;
  return witness === undefined || needy.includes(witness) ? needy : [...needy, witness];
}

function witnessOf(ledger: Ledger): EntityLog | undefined {
  for (const log of ledger.all()) {
    if (!(log instanceof EntityLog) || log.model.hidden === undefined || log.empty) continue;
    const state = log.state();
    if (state !== absent && state !== deleted) return log;
  }
  return undefined;
}
