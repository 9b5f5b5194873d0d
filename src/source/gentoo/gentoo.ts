import type { AdvisorySource, VersionScheme } from '../../plugin/index.ts';

/** The archive of the repository of advisories. The repository itself is only available through Git. */
const archive = 'https://gitweb.gentoo.org/data/glsa.git/snapshot/glsa-master.tar.gz';

/** Returns the source for Gentoo's advisories (GLSA), all in one archive. `scheme` orders their versions. */
export function gentooSource(scheme: VersionScheme): AdvisorySource {
  return {
    name: 'gentoo',
    version: 1,
    feeds: ['glsa'],
    feedsFor(namespace) {
      return namespace === 'gentoo' ? ['glsa'] : [];
    },
    fetch: (_, client, lastFingerprint) => client.get(archive, lastFingerprint),
    async *parse(feed, content) {
      // Loads the reader only when needed: most scans find their advisories in the store.
      yield* (await import('./glsa.ts')).glsaRecords({ feed, scheme }, content);
    },
  };
}
