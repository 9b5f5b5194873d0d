import type { AdvisorySource } from '../../plugin/index.ts';
import { fetchFirstAvailable } from '../fetch-first-available.ts';
import { namespaceOf } from './release.ts';

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
 * Ubuntu's OVAL files, one for each release and each service upon it, for mirrors that have neither the OSV archive nor the CVE
 * tracker. A feed is `jammy`, or `esm-infra_xenial` as Ubuntu names the file.
 */
export const ubuntuOval: AdvisorySource = {
  name: 'ubuntu-oval',
  version: 1,
  fallbackFor: 'ubuntu',
  feeds,
  feedsFor: (namespace) => feeds.filter((feed) => namespaceOf(labelOf(feed))?.name === namespace),
  fetch(feed, client, lastFingerprint) {
    const file = `com.ubuntu.${feed}.cve.oval.xml.bz2`;
    // The second is the same made for images: it asks for lines of a list of packages, in the same words.
    return fetchFirstAvailable([`${base}/${file}`, `${base}/oci.${file}`], client, lastFingerprint);
  },
  async *parse(feed, content, onDate) {
    // The reader is loaded when there is something to read: most scans find their advisories in the store.
    yield* (await import('./oval.ts')).readOvalFile({ feed, label: labelOf(feed) }, content, onDate);
  },
};

/** How Ubuntu's other files label what a feed is of: `esm-infra/xenial`, `trusty/esm`. */
function labelOf(feed: string): string {
  return feed === 'esm_trusty' ? 'trusty/esm' : feed.replace('_', '/');
}
