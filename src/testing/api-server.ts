import type { TestContext } from 'node:test';
import { accessByTokens } from '../api/http/access.ts';
import { type ApiServer, type ApiServerOptions, serveApi } from '../api/http/api-server.ts';

/** Options of `serveApi` for tests: no tokens, no TLS, and a time limit that no test reaches. An internal error ends the test process. */
export const apiServerDefaults = {
  access: accessByTokens([]),
  timeoutMs: 60_000,
  tls: undefined,
  onError: (error: unknown): void => {
    throw error;
  },
  onResponse: (): void => undefined,
} satisfies Partial<ApiServerOptions>;

/** Starts an API server on a free port of the loopback interface until the end of the test. */
export async function startApiServer(
  context: TestContext,
  options: Partial<ApiServerOptions> & Pick<ApiServerOptions, 'routers'>,
): Promise<ApiServer> {
  const server = await serveApi(
    'the API',
    { host: '127.0.0.1', port: 0 },
    { ...apiServerDefaults, ...options },
  );
  context.after(() => server.stop(0));
  return server;
}
