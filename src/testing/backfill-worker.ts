/**
 * A process of `backfill-kills.ts`: `node backfill-worker.ts ENGINE PLACE AHEAD_MS HOST ROLE [TAG…]`. As `worker`, it looks at announced tags
 * and scans images until it is killed. As `api`, it records a notification of each tag, and prints the tag then. The clock of its store is
 * ahead, so that claims of killed processes have expired.
 */
import { loadExtensions } from '../cli/load-extensions.ts';
import { openReference } from '../image/open-reference.ts';
import { distributionListing } from '../image/registry/listing/distribution-listing.ts';
import { KeyedMutex } from '../kit/async/keyed-mutex.ts';
import { sleep } from '../kit/async/wake-signal.ts';
import { runScans } from '../service/fleet/run-scans.ts';
import { scanImage } from '../service/fleet/scan-image.ts';
import { LayerAnalyzer } from '../service/images/layer-analyzer.ts';
import { lookAtNames } from '../service/registries/look-at-names.ts';
import type { Store } from '../store/store.ts';
import { backfillName, backfillRepository, watchedHost } from './backfill-scene.ts';
import { sharedEngines } from './store-engines.ts';

const [, , engineName, place = '', aheadMs, host = '', role, ...tags] = process.argv;
const engine = sharedEngines.find(({ name }) => name === engineName);
if (engine === undefined) throw new Error('usage: backfill-worker.ts ENGINE PLACE AHEAD_MS HOST ROLE [TAG…]');
const store = await engine.open(place, { now: () => Date.now() + Number(aheadMs) });
process.stdout.write('ready\n');
if (role === 'api') await announce(store);
else await work(store);

async function announce({ noticedNames }: Store): Promise<void> {
  for (const tag of tags) {
    await noticedNames.add(backfillName, [{ repository: backfillRepository, tag }]);
    process.stdout.write(`${tag}\n`);
  }
}

async function work(shared: Store): Promise<void> {
  const forever = new AbortController().signal;
  const env = { HOME: '/nowhere' };
  const loop = {
    store: shared,
    now: shared.now,
    onScans: () => undefined,
    onError: () => undefined,
    sleepOrWake: (ms: number, signal: AbortSignal) => sleep(Math.min(ms, 20), signal),
  };
  // Small layers are read without a thread.
  const startWorker = async (): Promise<never> => {
    throw new Error('the images are small');
  };
  const { extensions } = await loadExtensions([], '');
  const analyzer = new LayerAnalyzer({ analyzers: extensions, startWorker });
  const layerTurns = new KeyedMutex(60_000);
  const looks = lookAtNames(
    {
      ...loop,
      registries: [watchedHost(host)],
      openListing: () => distributionListing(host, { env }),
      onFailed: () => undefined,
    },
    forever,
  );
  const scans = runScans(
    {
      ...loop,
      owner: String(process.pid),
      atOnce: 2,
      perRegistry: () => 99,
      takesOrders: false,
      scan: (job, onStep) =>
        scanImage(job, {
          store: shared,
          extensions,
          analyzer,
          layerTurns,
          onStep,
          openImage: ({ reference }) => openReference(`registry:${reference}`, { env }),
        }),
      onRun: () => undefined,
    },
    forever,
  );
  await Promise.all([looks, scans]);
}
