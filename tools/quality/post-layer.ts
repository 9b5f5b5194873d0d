import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { loadConfig } from '../../src/cli/config.ts';
import { startServer } from '../../src/cli/server/start-server.ts';
import { tar } from '../../src/testing/tar-writer.ts';

/** Starts a server with a database in memory, and posts a layer of a few MiB to it. */
const status = 'Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n';
const layer = tar([
  { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' },
  { path: 'var/lib/dpkg/status', content: status },
  { path: 'large', content: Buffer.alloc(4 * 1024 * 1024) },
]);
const layers = createServer((_, response) => response.end(layer)).listen(0, '127.0.0.1');
await once(layers, 'listening');
const config = loadConfig(
  {},
  {
    CLAIR_DATABASE_OPTIONS_PATH: ':memory:',
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
  },
);
{
  await using server = await startServer(config, { log: pino({ level: 'silent' }) });
  const path = `http://127.0.0.1:${(layers.address() as AddressInfo).port}/layer.tar`;
  const body = JSON.stringify({ Layer: { Name: 'a', Path: path, Format: 'Docker' } });
  const response = await fetch(`http://127.0.0.1:${server.apiPort}/v1/layers`, { method: 'POST', body });
  if (response.status !== 201) throw new Error(`the layer was not posted: ${await response.text()}`);
}
layers.close();
layers.closeAllConnections();
