import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ClairError } from '../../core/errors.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { applyNetworkEnv } from './http-environment.ts';

test('uses the proxy of the environment, except for the hosts in NO_PROXY', async (context) => {
  const seen: string[] = [];
  const origin = await serveHttp(context, (_, response) => {
    response.end('from the origin');
  });
  const proxy = createServer((request, response) => {
    seen.push(request.url ?? '');
    response.end('through the proxy');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  context.after(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const via = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  await getIn({ HTTP_PROXY: via, http_proxy: via }, origin);
  assert.equal(seen.length, 1);
  await getIn({ HTTP_PROXY: via, http_proxy: via, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' }, origin);
  assert.equal(seen.length, 1);
});

/** Gets a URL in a process of its own, because the settings apply to a whole process. */
async function getIn(env: NodeJS.ProcessEnv, url: string): Promise<void> {
  const script = `
    const { applyNetworkEnv } = await import(${JSON.stringify(new URL('./http-environment.ts', import.meta.url).href)});
    const { httpGet } = await import(${JSON.stringify(new URL('./http-get.ts', import.meta.url).href)});
    applyNetworkEnv();
    const file = await httpGet(${JSON.stringify(url)});
    for await (const _ of file.body);`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: process.env['PATH'], ...env },
  });
}

test('names the file when SSL_CERT_FILE does not exist', () => {
  assert.throws(
    () => {
      applyNetworkEnv({ SSL_CERT_FILE: 'no/such.pem' });
    },
    (error) => error instanceof ClairError && error.message.includes('SSL_CERT_FILE names no/such.pem'),
  );
});
