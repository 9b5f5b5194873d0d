import type { AdvisorySource } from '../../plugin/index.ts';

const feeds = ['cve'];

/**
 * Ubuntu's data on every CVE in every release, by source package. The OSV archive has ranges and priorities; the VEX
 * archive has the reasons for missing fixes. If both are missing, as in old mirrors, reads the text files of the CVE
 * tracker. Each service of Ubuntu Pro has a namespace of its own, `ubuntu:16.04:esm-infra`: only its subscribers get
 * its fixes.
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
    yield* (await import('./vulnerabilities.ts')).readUbuntuVulnerabilities(feed, content);
  },
};
