import * as z from 'zod/mini';
import { sha256Of } from '../../kit/sha256.ts';
import type { Store } from '../../store/store.ts';
import { type Analyzers, analyzerKey } from '../images/analyze-layers.ts';
import { indexVersion } from '../images/index-image.ts';
import type { RecurringJob } from '../jobs/run-job.ts';
import { type NamedScanTerms, scanByName } from './named-scan.ts';

/** Dependencies of `analyseAgainJob`. */
export interface AnalyseAgainDeps extends Pick<NamedScanTerms, 'mayContact'> {
  readonly store: Pick<Store, 'keyValues' | 'knownImages' | 'scanJobs'>;
  readonly analyzers: Analyzers;
  /** Called when there are new scans. */
  readonly onScans: () => void;
}

/** How often a server looks whether its extensions are new, in milliseconds. */
const intervalMs = 3_600_000;

/** Images of one page. */
const imagesAtATime = 500;

/**
 * Sets of extensions that are remembered. Servers of two versions, such as during an upgrade, then do not take turns in scanning all images
 * again.
 */
const rememberedKeysMax = 16;

const rememberedKey = 'fleet/analyzer-keys';
const rememberedSchema = z.array(z.string());

/**
 * Returns the job that scans all named images again once the detectors or listers have changed, such as after an upgrade. It is for servers
 * that keep extracts: the scans then fetch no layers.
 */
export function analyseAgainJob(deps: AnalyseAgainDeps): RecurringJob {
  return {
    name: 'analyse images again',
    kind: 'analysis',
    lane: 'maintenance',
    intervalMs,
    run: async (_lease, signal) => {
      await analyseAgain(deps, signal);
    },
  };
}

async function analyseAgain(deps: AnalyseAgainDeps, signal: AbortSignal): Promise<void> {
  const { keyValues } = deps.store;
  const key = sha256Of(`${indexVersion} ${analyzerKey(deps.analyzers)}`);
  const remembered = rememberedIn(await keyValues.get(rememberedKey));
  if (remembered.includes(key)) return;
  await addScans(deps, signal);
  // A run that was stopped begins again. An image that still waits is not added twice.
  if (signal.aborted) return;
  await keyValues.set(rememberedKey, JSON.stringify([key, ...remembered].slice(0, rememberedKeysMax)));
}

function rememberedIn(text: string | undefined): string[] {
  return text === undefined ? [] : z.parse(rememberedSchema, JSON.parse(text));
}

async function addScans(
  { store, mayContact, onScans }: AnalyseAgainDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let after: number | undefined; !signal.aborted; ) {
    const page = { limit: imagesAtATime, ...(after !== undefined && { after }) };
    const { images, next } = await store.knownImages.page({}, page);
    for (const { names, platform } of images) {
      const terms = { lane: 're-analysis', mayContact } as const;
      const [scan] = names.flatMap((name) => scanByName({ ...name, platform }, terms) ?? []);
      if (scan !== undefined) await store.scanJobs.add(scan);
    }
    if (images.length > 0) onScans();
    if (next === undefined) return;
    after = next;
  }
}
