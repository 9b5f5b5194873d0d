import type { AdvisorySource } from '../../plugin/index.ts';

const feeds = ['cve'];

/**
 * Ubuntu's word on every CVE in every release, by source package: the OSV archive for ranges and priorities together with the
 * VEX archive for the reasons of what has no fix; or where these are not to be had, as in old mirrors, the text files of the
 * CVE tracker. What Ubuntu Pro maintains is a namespace of its own for each service, `ubuntu:16.04:esm-infra`: its fixes
 * reach nobody who has not enabled it.
 */
export const ubuntu: AdvisorySource = {
  name: 'ubuntu',
  version: 2,
  feeds,
  feedsFor: (namespace) => (namespace.startsWith('ubuntu:') ? feeds : []),
  async fetch(_feed, client, lastFingerprint) {
    return (await import('./archives.ts')).fetchArchives(client, lastFingerprint);
  },
  async *parse(feed, content) {
    yield* (await import('./vulnerabilities.ts')).readVulnerabilities(feed, content);
  },
};
