import type { AdvisorySource, FeedClient, Fetched } from '../../plugin/index.ts';

const versions = ['5', '6', '7', '8', '9'];

/**
 * Red Hat's OVAL files, for mirrors that have no VEX documents: version 2 with what is not fixed, else version 1 with the
 * advisories alone. Red Hat has not written them since 2024. They are of the general streams of a release only.
 */
export const rhelOval: AdvisorySource = {
  name: 'rhel-oval',
  version: 2,
  insteadOf: 'rhel',
  feeds: versions.map((version) => `RHEL${version}`),
  feedsOf(namespace) {
    const version = /^rhel:(\d+)$/.exec(namespace)?.[1];
    return version !== undefined && versions.includes(version) ? [`RHEL${version}`] : [];
  },
  fetch: firstOf,
  async *parse(feed, content) {
    // The reader is loaded when there is something to read: most scans find their advisories in the store.
    yield* (await import('./oval.ts')).readOvalFile(feed, content);
  },
};

async function firstOf(
  feed: string,
  client: FeedClient,
  known?: string,
): Promise<Fetched | 'unchanged' | 'absent'> {
  const second = 'https://security.access.redhat.com/data/oval/v2';
  const first = 'https://www.redhat.com/security/data/oval';
  for (const url of [
    `${second}/${feed}/${feed.toLowerCase().replace('rhel', 'rhel-')}-including-unpatched.oval.xml.bz2`,
    `${second}/${feed}/${feed.toLowerCase().replace('rhel', 'rhel-')}.oval.xml.bz2`,
    `${first}/com.redhat.rhsa-${feed}.xml.bz2`,
    `${first}/com.redhat.rhsa-${feed}.xml`,
  ]) {
    const answer = await client.get(url, known);
    if (answer !== 'absent') return answer;
  }
  return 'absent';
}
