import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';

/**
 * The extras of Amazon Linux 2, `topics[].n` of its catalogue: separate package streams that are disabled by default.
 */
const extras =
  'BCC GraphicsMagick1.3 R3.4 R4 ansible2 aws-nitro-enclaves-cli awscli1 collectd collectd-python3 corretto8 dnsmasq ' +
  'dnsmasq2.85 docker ecs emacs epel firecracker firefox gimp golang1.11 golang1.19 golang1.9 haproxy2 httpd_modules ' +
  'java-openjdk11 kernel-5.10 kernel-5.15 kernel-5.4 kernel-ng lamp-mariadb10.2-php7.2 libreoffice livepatch lustre ' +
  'lustre2.10 lynis mariadb10.5 mate-desktop1.x memcached1.5 mock mock2 mono nano nginx1 nginx1.12 php7.1 php7.2 php7.3 ' +
  'php7.4 php8.0 php8.1 php8.2 postgresql10 postgresql11 postgresql12 postgresql13 postgresql14 postgresql9.6 python3 ' +
  'python3.8 redis4.0 redis6 ruby2.4 ruby2.6 ruby3.0 rust1 selinux-ng squid4 testing tomcat8.5 tomcat9 unbound1.13 ' +
  'unbound1.17 vim';

/** URL of the mirror list of each feed. A repository of one architecture has the advisories of all. */
const mirrorLists: ReadonlyMap<string, string> = new Map([
  ['1', 'http://repo.us-west-2.amazonaws.com/2018.03/updates/x86_64/mirror.list'],
  ['2', 'https://cdn.amazonlinux.com/2/core/latest/x86_64/mirror.list'],
  ...extras
    .split(' ')
    .map(
      (topic) =>
        [`2/${topic}`, `https://cdn.amazonlinux.com/2/extras/${topic}/latest/x86_64/mirror.list`] as const,
    ),
  ['2023', 'https://cdn.amazonlinux.com/al2023/core/mirrors/latest/x86_64/mirror.list'],
  [
    '2023/kernel-livepatch',
    'https://cdn.amazonlinux.com/al2023/kernel-livepatch/mirrors/latest/x86_64/mirror.list',
  ],
  ['2023/nvidia', 'https://cdn.amazonlinux.com/al2023/nvidia/mirrors/latest/x86_64/mirror.list'],
]);

/** Additional feeds of a release. Their package names occur in no other repository, so their rows are unambiguous. */
const companions: Readonly<Record<string, readonly string[]>> = {
  '2': ['2/livepatch'],
  '2023': ['2023/kernel-livepatch', '2023/nvidia'],
};

/**
 * Amazon Linux's advisories: the `updateinfo.xml` of each repository. An extra of Amazon Linux 2 has its own namespace,
 * `amzn:2:docker`: it ships other streams of packages that the core also has, so its fixes do not apply to those.
 */
export const amazon: AdvisorySource = {
  name: 'amazon',
  version: 3,
  feeds: [...mirrorLists.keys()],
  feedsFor(namespace) {
    const [, release, extra] = /^amzn:(2018\.03|2|2023)(?::(.+))?$/.exec(namespace) ?? [];
    const feed = release === '2018.03' ? '1' : release;
    if (feed === undefined) return [];
    if (extra !== undefined) return mirrorLists.has(`${feed}/${extra}`) ? [`${feed}/${extra}`] : [];
    return [feed, ...(companions[feed] ?? [])];
  },
  async fetch(feed, client, lastFingerprint) {
    const mirrorList = mirrorLists.get(feed);
    if (mirrorList === undefined) return 'absent';
    return (await import('./mirrors.ts')).fetchFromMirrors({ feed, mirrorList }, client, lastFingerprint);
  },
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  const { updateinfoDocuments } = await import('../updateinfo/updates.ts');
  yield* updateinfoDocuments({ source: 'amazon', feed, namespace: namespaceOf(feed), pageOf }, content);
}

/** Returns Amazon's page on an advisory. Its directory is the release in `ALAS2DOCKER-2021-001` or `ALAS2023-2023-319`. */
function pageOf(id: string): string {
  const [, release, rest] = /^ALAS(2023|2022|2)?(.+)$/.exec(id) ?? [];
  const name = rest === undefined ? id : `ALAS${rest}`;
  return `https://alas.aws.amazon.com/${release === undefined ? '' : `AL${release}/`}${name}.html`;
}

function namespaceOf(feed: string): string {
  const [release = '', extra] = feed.split('/');
  if (release === '1') return 'amzn:2018.03';
  const isCompanion = companions[release]?.includes(feed) === true;
  return extra === undefined || isCompanion ? `amzn:${release}` : `amzn:${release}:${extra}`;
}
