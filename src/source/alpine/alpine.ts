import type { AdvisorySource } from '../../plugin/index.ts';

const branches = [
  'v3.2',
  'v3.3',
  'v3.4',
  'v3.5',
  'v3.6',
  'v3.7',
  'v3.8',
  'v3.9',
  'v3.10',
  'v3.11',
  'v3.12',
  'v3.13',
  'v3.14',
  'v3.15',
  'v3.16',
  'v3.17',
  'v3.18',
  'v3.19',
  'v3.20',
  'v3.21',
  'v3.22',
  'v3.23',
  'edge',
];

/** Alpine's security database: fixed versions by origin package, one file per branch and repository. */
export const alpine: AdvisorySource = {
  name: 'alpine',
  version: 1,
  feeds: branches.flatMap(feedsOfBranch),
  feedsFor(namespace) {
    const branch = /^alpine:(edge|v\d+\.\d+)$/.exec(namespace)?.[1];
    return branch === undefined ? [] : feedsOfBranch(branch);
  },
  fetch: (feed, client, lastFingerprint) =>
    client.get(`https://secdb.alpinelinux.org/${feed}.json`, lastFingerprint),
  async *parse(feed, content) {
    // Loads the reader only when needed: most scans find their advisories in the store.
    const { readSecdb } = await import('../secdb/secdb.ts');
    const [branch] = feed.split('/');
    const namespace = { name: `alpine:${branch}`, versionScheme: 'apk' };
    yield* readSecdb({ source: 'alpine', feed, namespace, repository: feed, link: pageOf }, content);
  },
};

function pageOf(cve: string): string {
  return `https://security.alpinelinux.org/vuln/${cve}`;
}

/** Returns feeds for future branches, too: the fetch shows whether the file exists. */
function feedsOfBranch(branch: string): string[] {
  return branch === 'v3.2' ? ['v3.2/main'] : [`${branch}/main`, `${branch}/community`];
}
