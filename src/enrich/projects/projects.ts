import type { Enricher } from '../../plugin/index.ts';

const curlUrl = 'https://curl.se/docs/vuln.json';
const nodeUrl = 'https://raw.githubusercontent.com/nodejs/security-wg/main/vuln/core/index.json';

/** The vulnerabilities of curl that its project publishes, with the affected versions. It has no ratings. */
export const curlVulnerabilities: Enricher = {
  name: 'curl',
  version: 1,
  feeds: ['vulnerabilities'],
  fetch: (_feed, client, lastFingerprint) => client.get(curlUrl, lastFingerprint),
  async *parse(feed, content, onDate) {
    yield* (await import('./curl.ts')).readCurlVulnerabilities(feed, content, onDate);
  },
};

/** The vulnerabilities of Node.js that its security working group publishes, with the affected and patched versions. It has no ratings. */
export const nodeVulnerabilities: Enricher = {
  name: 'nodejs',
  version: 1,
  feeds: ['core'],
  fetch: (_feed, client, lastFingerprint) => client.get(nodeUrl, lastFingerprint),
  async *parse(feed, content) {
    yield* (await import('./node.ts')).readNodeVulnerabilities(feed, content);
  },
};
