import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';
import { fetchFirstAvailable } from '../fetch-first-available.ts';

const base = 'https://ftp.suse.com/pub/projects/security/oval';

const releases: Readonly<Record<string, readonly string[]>> = {
  sles: '11.4 12 12.1 12.2 12.3 12.4 12.5 15 15.1 15.2 15.3 15.4 15.5 15.6 15.7 16.0'.split(' '),
  'sle-micro': '5.0 5.1 5.2 5.3 5.4 5.5'.split(' '),
  'sl-micro': '6.0 6.1 6.2'.split(' '),
  'opensuse-leap': '15.0 15.1 15.2 15.3 15.4 15.5 15.6 16.0'.split(' '),
};

/**
 * SUSE's vulnerabilities by CVE, including unfixed ones, for SUSE Linux Enterprise and openSUSE. A feed is a namespace.
 */
export const suse: AdvisorySource = {
  name: 'suse',
  version: 2,
  feeds: [
    ...Object.entries(releases).flatMap(([name, versions]) =>
      versions.map((version) => `${name}-${version}`),
    ),
    'opensuse-tumbleweed',
  ],
  feedsFor(namespace) {
    if (namespace === 'opensuse-tumbleweed') return [namespace];
    const isOurs = /^(sles|sle-micro|sl-micro|opensuse-leap):\d+(\.\d+)?$/.test(namespace);
    return isOurs ? [namespace.replace(':', '-')] : [];
  },
  fetch: (feed, client, lastFingerprint) =>
    fetchFirstAvailable(
      filesOf(feed).map((file) => `${base}/${file}.xml.gz`),
      client,
      lastFingerprint,
    ),
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  // Loads the reader only when needed: most scans find their advisories in the store.
  yield* (await import('./vulnerabilities.ts')).suseVulnerabilities(feed, content);
}

/**
 * Returns the files that may have a feed, the best first: that release alone, then its whole series (the reader filters
 * it), then the file with fixes only.
 */
function filesOf(feed: string): string[] {
  const [, name = feed, version = '', major = '', minor = ''] =
    /^(.+?)-((\d+)(?:\.(\d+))?)$/.exec(feed) ?? [];
  const family = families[name] ?? '';
  if (name.startsWith('opensuse')) {
    const file = version === '' ? family : `${family}.${version}`;
    return [`${file}-affected`, file];
  }
  const hasServicePacks = name === 'sles' && Number(major) < 16;
  const own = !hasServicePacks ? version : minor === '' ? major : `${major}-sp${minor}`;
  const affected = [...new Set([own, major])].map((release) => `${family}.${release}-affected`);
  return [...affected, `${family}.${own}`];
}

/** Prefixes of file names. */
const families: Readonly<Record<string, string>> = {
  sles: 'suse.linux.enterprise',
  'sle-micro': 'suse.linux.enterprise.micro',
  'sl-micro': 'suse.linux.micro',
  'opensuse-leap': 'opensuse.leap',
  'opensuse-tumbleweed': 'opensuse.tumbleweed',
};
