import type { AdvisorySource, FeedClient, Fetched } from '../../plugin/index.ts';

/** Places of a feed, the best first: what is known of every CVE, then the advisories alone, which a mirror may hold instead. */
const places: readonly ((release: string) => string)[] = [
  (release) => `https://packages.broadcom.com/photon/photon_cve_metadata/cve_data_photon${release}.json`,
  (release) => `https://packages.vmware.com/photon/photon_cve_metadata/cve_data_photon${release}.json`,
  (release) =>
    `https://packages.vmware.com/photon/photon_oval_definitions/com.vmware.phsa-photon${release.replace(/\.0$/, '')}.xml.gz`,
];

/** Photon OS: which version of a package fixes a CVE, or that it is not affected, one file per release. */
export const photon: AdvisorySource = {
  name: 'photon',
  version: 1,
  feeds: ['1.0', '2.0', '3.0', '4.0', '5.0'],
  feedsOf(namespace) {
    const release = /^photon:(\d+\.\d+)$/.exec(namespace)?.[1];
    return release === undefined ? [] : [release];
  },
  fetch: firstOf,
  async *parse(feed, content) {
    // The readers are loaded when there is something to read: most scans find their advisories in the store.
    yield* /\.xml(\.|$)/.test(content.url)
      ? (await import('./oval.ts')).readOvalFile(feed, content)
      : (await import('./cve-metadata.ts')).readCveMetadata(feed, content);
  },
};

async function firstOf(
  feed: string,
  client: FeedClient,
  known?: string,
): Promise<Fetched | 'unchanged' | 'absent'> {
  for (const place of places) {
    const answer = await client.get(place(feed), known);
    if (answer !== 'absent') return answer;
  }
  return 'absent';
}
