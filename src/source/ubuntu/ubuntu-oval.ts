import type { AdvisorySource, FeedDocument, FetchedFeed, OnFeedDate } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';
import { fetchFirstAvailable } from '../fetch-first-available.ts';
import { namespaceOfLabel } from './release.ts';

const base = 'https://security-metadata.canonical.com/oval';

const longTerm = ['trusty', 'xenial', 'bionic', 'focal', 'jammy', 'noble', 'resolute'];
const others = [
  'groovy',
  'hirsute',
  'impish',
  'kinetic',
  'lunar',
  'mantic',
  'oracular',
  'plucky',
  'questing',
];
const services = ['esm-infra', 'esm-apps', 'fips', 'fips-updates', 'fips-preview', 'realtime', 'bluefield'];

const feeds: readonly string[] = [
  ...longTerm,
  ...others,
  // Extended maintenance was once one service.
  'esm_trusty',
  ...longTerm.flatMap((codename) => services.map((service) => `${service}_${codename}`)),
];

/**
 * Ubuntu's OVAL files, one for each release and each service on it, for mirrors without the OSV archive and the CVE
 * tracker. A feed is `jammy`, or `esm-infra_xenial` as Ubuntu names the file.
 */
export const ubuntuOval: AdvisorySource = {
  name: 'ubuntu-oval',
  version: 1,
  fallbackFor: 'ubuntu',
  feeds,
  feedsFor: (namespace) => feeds.filter((feed) => namespaceOfLabel(labelOf(feed))?.name === namespace),
  fetch(feed, client, lastFingerprint) {
    const file = `com.ubuntu.${feed}.cve.oval.xml.bz2`;
    // The second file is the same for images: it tests lines of a package list, with the same comments.
    return fetchFirstAvailable([`${base}/${file}`, `${base}/oci.${file}`], client, lastFingerprint);
  },
  parse: (feed, content, onDate) => recordsOf(documents(feed, content, onDate)),
  documents,
};

async function* documents(
  feed: string,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<FeedDocument> {
  // Loads the reader only when needed: most scans find their advisories in the store.
  yield* (await import('./oval.ts')).ubuntuOvalDocuments({ feed, label: labelOf(feed) }, content, onDate);
}

/** Returns the label of a feed in Ubuntu's other files: `esm-infra/xenial`, `trusty/esm`. */
function labelOf(feed: string): string {
  return feed === 'esm_trusty' ? 'trusty/esm' : feed.replace('_', '/');
}
