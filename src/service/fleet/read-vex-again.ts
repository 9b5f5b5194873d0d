import type { Store } from '../../store/store.ts';
import type { RecurringJob } from '../jobs/run-job.ts';
import type { VexKeys } from '../suppressions/vex-keys.ts';
import { type NamedScanTerms, scanByName } from './named-scan.ts';

/** Dependencies of `readVexAgain`. */
export interface ReadVexAgainDeps extends Pick<NamedScanTerms, 'mayContact'> {
  readonly store: Pick<Store, 'attachedVex' | 'scanJobs'>;
  readonly vexKeys: VexKeys;
  /** Milliseconds between two readings of the documents of an image. */
  readonly intervalMs: number;
  readonly now: () => Date;
  /** Called when there are new scans. */
  readonly onScans: () => void;
}

/** Images of one page. */
const imagesAtATime = 500;

/** Returns the job that scans images again whose attached VEX documents were read long ago. Their layers are stored, so it reads none. */
export function readVexAgainJob(deps: ReadVexAgainDeps): RecurringJob {
  const { intervalMs } = deps;
  return {
    name: 'read attached VEX documents',
    kind: 'vex',
    lane: 'maintenance',
    intervalMs,
    run: async (_lease, signal) => {
      await readVexAgain(deps, signal);
    },
  };
}

async function readVexAgain(
  { store, vexKeys, mayContact, intervalMs, now, onScans }: ReadVexAgainDeps,
  signal: AbortSignal,
): Promise<void> {
  const before = new Date(now().getTime() - intervalMs / 2);
  for (let after: number | undefined; !signal.aborted; ) {
    const page = { limit: imagesAtATime, ...(after !== undefined && { after }) };
    const { names, next } = await store.attachedVex.findReadBefore(before, page);
    for (const name of names) {
      const scan = scanByName(name, { lane: 'backfill', mayContact });
      if (scan !== undefined && vexKeys.of(name.repository).length > 0) await store.scanJobs.add(scan);
    }
    if (names.length > 0) onScans();
    if (next === undefined) return;
    after = next;
  }
}
