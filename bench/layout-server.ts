import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type LayoutServer, layoutListener } from '../src/testing/published-layout.ts';

/**
 * Serves a published database until it is killed. Prints its port. `GET /requests` returns the number of requests since the last call, and
 * their bytes. Run: node bench/layout-server.ts DIR
 */
const recorded: Omit<LayoutServer, 'url'> = { requests: [], intercept: () => false };
const listener = layoutListener(process.argv[2] ?? '.', recorded);

const server = createServer((request, response) => {
  if (request.url !== '/requests') {
    listener(request, response);
    return;
  }
  const requests = recorded.requests.splice(0);
  const bytes = requests.reduce((sum, one) => sum + one.bytes, 0);
  response.end(JSON.stringify({ requests: requests.length, bytes }));
});
server.listen(0, '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port);
});
