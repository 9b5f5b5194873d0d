import type { Logger } from 'pino';
import type { Metrics } from '../../api/metrics.ts';
import type { Config } from '../../config/settings.ts';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { LayerExtracts } from '../../service/fleet/layer-extracts.ts';
import type { Store } from '../../store/store.ts';
import type { ServerPlan } from './server-plan.ts';

interface ExtractDeps {
  readonly server: Pick<ServerPlan, 'extractBucket'>;
  readonly store: Store;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Returns the extracts of layers. Undefined if the settings keep none. */
export function layerExtractsOf(
  { extracts: { keep, maxbytes } }: Pick<Config, 'extracts'>,
  { server, store, log, metrics }: ExtractDeps,
): LayerExtracts | undefined {
  if (keep === 'none') return undefined;
  return new LayerExtracts({
    store,
    now: store.now,
    bucket: server.extractBucket,
    bytesMax: maxbytes,
    pauseMs: limits.extractPauseMs,
    onRead: (outcome, layer, { fetchedBytes = 0, error }) => {
      metrics.recordExtractRead(outcome, fetchedBytes);
      if (fetchedBytes > 0)
        log.info({ layer, bytes: fetchedBytes }, 'parts of a layer fetched for its extract');
      if (error !== undefined)
        log.warn({ layer, error: messageOf(error) }, 'extract cannot be used: the layer is fetched');
    },
    onWrite: (outcome, layer, { bytes, error }) => {
      metrics.recordExtractWrite(outcome, bytes);
      if (error !== undefined) log.warn({ layer, error: messageOf(error) }, 'extract could not be kept');
    },
  });
}
