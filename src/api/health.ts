import type { Store } from '../store/store.ts';
import type { ApiAnswer, Route } from './http/exchange.ts';

/** What the health check tells of. */
export interface HealthRoom {
  readonly store: Pick<Store, 'advisories' | 'keyValues'>;
  /** The metrics of this process as text. */
  readonly metrics: () => Promise<string>;
  /** Told why the database does not answer. */
  readonly onError: (error: unknown) => void;
}

/** What Prometheus takes. */
export const metricsType = 'text/plain; version=0.0.4';

/**
 * `GET /health`: 200 while the database answers, else 500, both without a body, as Clair. `/metrics`, and `/status`, which tells of
 * every feed how fresh it is.
 */
export function healthRoutes({ store, metrics, onError }: HealthRoom): Route[] {
  const route = (path: string, handle: () => Promise<ApiAnswer>): Route => ({
    name: path.slice(1),
    method: 'GET',
    path,
    handle,
  });
  return [
    route('/health', async () => {
      try {
        await store.keyValues.get('health');
        return { status: 200 };
      } catch (error) {
        onError(error);
        return { status: 500 };
      }
    }),
    route('/metrics', async () => ({ status: 200, contentType: metricsType, text: await metrics() })),
    route('/status', async () => ({
      status: 200,
      contentType: 'application/json',
      text: `${JSON.stringify({ feeds: await store.advisories.feedStates() })}\n`,
    })),
  ];
}
