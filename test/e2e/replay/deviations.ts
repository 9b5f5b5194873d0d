import type { V1Feature, V1Layer, V1Notification, V1Vulnerability } from '../../../src/api/http/v1/types.ts';
import type { Answer } from './compare.ts';

/** A response that differs from Clair's on purpose. */
export interface Deviation {
  /** Heading in docs/reference/deviations.md with the reason. */
  readonly rule: string;
  readonly status?: number;
  readonly location?: string;
  readonly contentType?: string;
  /** Body that replaces the recorded one: text, or a value to serialize as JSON. */
  readonly body?: object | string;
  /** Changes the recorded body. */
  readonly change?: (recorded: never) => object;
  /** Number of features, if there are too many to list. */
  readonly features?: number;
}

/** Deviations by the number of their exchange. */
export type Deviations = Readonly<Record<number, Deviation>>;

const json = 'application/json;charset=utf-8';

/** Returns the expected response in place of a recorded one. */
export function expectedAnswer(recorded: Answer, deviation: Deviation | undefined): Answer {
  if (deviation === undefined) return recorded;
  const { status = recorded.status, location = recorded.location, change } = deviation;
  const body = change === undefined ? deviation.body : change(JSON.parse(recorded.body) as never);
  if (body === undefined) return { ...recorded, status, location };
  if (body === '') return { status, location, contentType: '', body };
  const { contentType: given = recorded.contentType } = deviation;
  if (typeof body === 'string') return { status, location, contentType: given, body };
  const isJson = recorded.contentType.includes('json');
  const contentType = isJson ? recorded.contentType : json;
  const ending = isJson && !recorded.body.endsWith('\n') ? '' : '\n';
  return { status, location, contentType, body: `${JSON.stringify(body)}${ending}` };
}

/** Returns our response, with the number of its features instead of the features if only that is expected. */
export function comparableAnswer(answer: Answer, deviation: Deviation | undefined): Answer {
  if (deviation?.features === undefined) return answer;
  const { Layer: layer } = JSON.parse(answer.body) as { Layer: V1Layer };
  return {
    ...answer,
    body: `${JSON.stringify({ Layer: { ...layer, Features: layer.Features?.length } })}\n`,
  };
}

function fault(message: string): object {
  return { Error: { Message: message } };
}

function posted(name: string, file: string): object {
  return { Layer: { Name: name, Path: `{layers}/${file}`, Format: 'Docker', IndexedByVersion: 3 } };
}

type Versions = Readonly<Record<string, string>>;

function features(namespace: string, addedBy: string, versions: Versions): V1Feature[] {
  return Object.entries(versions).map(([name, version]) => ({
    Name: name,
    NamespaceName: namespace,
    VersionFormat: 'dpkg',
    Version: version,
    AddedBy: addedBy,
  }));
}

/** Returns a layer of Debian 9 with these packages and without a parent. */
function stretch(name: string, versions: Versions): object {
  const layer = { Name: name, NamespaceName: 'debian:9', IndexedByVersion: 3 };
  return { Layer: { ...layer, Features: features('debian:9', name, versions) } };
}

const base: Versions = {
  bash: '4.4-5',
  glibc: '2.24-11',
  openssl: '1.1.0f-3',
  perl: '5.24.1-3+deb9u2',
  zlib: '1:1.2.8.dfsg-5',
};

const unread = 'Packages that Clair cannot read';
const removed = 'Removed packages are not listed';
const distribution = 'How the distribution is detected';
const damaged = 'Layers that cannot be fully read are refused';
const ordered = 'Versions that dpkg accepts';

/** A distribution that Clair chose at random. */
const bookworm: Deviation = {
  rule: distribution,
  change: ({ Layer: layer }: { readonly Layer: V1Layer }) => ({
    Layer: { ...layer, NamespaceName: 'debian:12' },
  }),
};

const notFound = fault('the resource cannot be found');

/** Deviations in the recording of layers. */
export const layerDeviations: Deviations = {
  18: { rule: distribution, status: 201, body: posted('alpineedge', 'alpine-edge.tar.gz') },
  // A layer of Arch Linux, which Clair does not know.
  39: { rule: damaged, status: 201, body: posted('unknown-os', 'unknown-os.tar') },
  45: { rule: unread, body: stretch('abs-names', base) },
  49: { rule: removed, body: stretch('removed-pkg', { bash: '4.4-5' }) },
  51: { rule: unread, body: stretch('longline', { bash: '4.4-5', big: '1.0', openssl: '1.1.0f-3' }) },
  59: { rule: unread, body: stretch('statusd', { 'base-files': '9.9', libc6: '2.24-11' }) },
  61: { rule: ordered, body: stretch('bad-version', { bash: '4.4-5', weird: '1.0_$x' }) },
  62: {
    rule: damaged,
    status: 422,
    body: fault(
      'worker: var/lib/dpkg/status cannot be read: holds a NUL byte at offset 11; a part of it may be lost',
    ),
  },
  64: {
    rule: damaged,
    status: 422,
    body: fault(
      'worker: var/lib/dpkg/status cannot be read: entry 1 has an impossible package name "caf\ufffd"',
    ),
  },
  66: { rule: unread, status: 201, body: posted('longname', 'longname.tar') },
  67: { rule: unread, status: 200, body: stretch('longname', { ['b'.repeat(200)]: '4.4-5' }) },
  68: { rule: unread, status: 201, body: posted('longversion', 'longversion.tar') },
  69: { rule: unread, status: 200, body: stretch('longversion', { bash: `4.4-5${'0'.repeat(200)}` }) },
  73: {
    rule: removed,
    body: { Layer: { Name: 'wh', NamespaceName: 'debian:9', ParentName: 'deb-base', IndexedByVersion: 3 } },
  },
  75: {
    rule: removed,
    body: { Layer: { Name: 'opq', NamespaceName: 'debian:9', ParentName: 'deb-base', IndexedByVersion: 3 } },
  },
  77: {
    rule: 'Several package databases',
    body: {
      Layer: {
        Name: 'apkondeb',
        NamespaceName: 'debian:9',
        ParentName: 'deb-base',
        IndexedByVersion: 3,
        Features: features('debian:9', 'deb-base', base),
      },
    },
  },
  79: {
    rule: ordered,
    change: ({ Layer: layer }: { readonly Layer: V1Layer }) => ({
      Layer: {
        ...layer,
        Features: [
          ...(layer.Features ?? []),
          ...features('ubuntu:16.04', 'ubuntu', { 'invalidpkg-5': '5.#' }),
        ],
      },
    }),
  },
  84: {
    rule: damaged,
    status: 422,
    body: fault('worker: var/lib/rpm/Packages cannot be read: is not an rpm database of a known format'),
  },
  85: { rule: damaged, status: 404, body: notFound },
  86: { rule: distribution, status: 201, body: posted('edgelike', 'alpine-edge-like.tar') },
  92: {
    rule: unread,
    features: 129,
    body: {
      Layer: {
        Name: 'rpm-mariner-sqlite.tar',
        NamespaceName: 'mariner:2.0',
        IndexedByVersion: 3,
        Features: 129,
      },
    },
  },
  96: {
    rule: unread,
    features: 129,
    body: {
      Layer: { Name: 'rpm-rhel9-sqlite.tar', NamespaceName: 'centos:9', IndexedByVersion: 3, Features: 129 },
    },
  },
  98: bookworm,
  102: bookworm,
  104: bookworm,
  106: bookworm,
  108: bookworm,
  109: {
    rule: distribution,
    body: {
      Namespaces: [
        ...['alpine:v3.10', 'alpine:v3.20', 'alpine:v3.6', 'alpine:v3.9', 'alpine:v3.16', 'alpine:edge'].map(
          inDpkg,
        ),
        inDpkg('debian:9'),
        { Name: 'arch', VersionFormat: 'alpm' },
        ...['ubuntu:16.04', 'alpine:v3.4'].map(inDpkg),
        ...['centos:7', 'fedora:20', 'mariner:2.0', 'oracle:7', 'centos:9'].map(inRpm),
        inDpkg('debian:12'),
      ],
    },
  },
  135: { rule: 'Names with a slash', status: 200, body: { Layer: { Name: 'a/b', IndexedByVersion: 3 } } },
  156: { rule: 'Redirects keep the prefix', location: '/v1/layers' },
  167: redirected('/v1/namespaces'),
  169: redirected('/v1/namespaces'),
  171: redirected('/v1/metrics'),
};

function inDpkg(name: string): object {
  return { Name: name, VersionFormat: 'dpkg' };
}

function inRpm(name: string): object {
  return { Name: name, VersionFormat: 'rpm' };
}

function redirected(location: string): Deviation {
  const body = `<a href="${location}">Moved Permanently</a>.\n\n`;
  return { rule: 'Redirects keep the prefix', location, body };
}

/** Deviations in the recording of notifications. */
export const notificationDeviations: Deviations = {
  15: {
    rule: 'A limit below -1 is refused',
    status: 400,
    body: fault('limit value should not be less than -1'),
  },
  16: {
    rule: 'A limit below -1 is refused',
    status: 400,
    body: fault('limit value should not be less than -1'),
  },
  17: {
    rule: 'An empty page has no next page',
    change: ({ Notification: { NextPage, ...rest } }: { readonly Notification: V1Notification }) => ({
      Notification: rest,
    }),
  },
};

const route = 'The namespace of the route is the default';
const fixes = 'Fixes can be written';
const learnt = 'A new namespace gets a version format';
const empty = 'An empty page has no next page';

/** Request body of exchange 31, which Clair rejects. */
const fromRoute: V1Vulnerability = {
  Name: 'CVE-2017-0004',
  NamespaceName: 'debian:9',
  Description: 'openssl thing <x>',
  Link: 'https://security-tracker.debian.org/tracker/CVE-2017-0001',
  Severity: 'Low',
};

const unnamed = 'A fix belongs to the namespace of its vulnerability';

/** Request body of exchange 23, on which Clair fails. */
const withoutNamespace: V1Vulnerability = { ...fromRoute, Name: 'CVE-NONS' };

interface ShownLayer {
  readonly Layer: V1Layer;
}

/** A layer whose bash has the vulnerability of exchange 23. */
const shownWithoutNamespace: Deviation = {
  rule: unnamed,
  change: ({ Layer: layer }: ShownLayer): object => ({
    Layer: {
      ...layer,
      Features: layer.Features?.map(({ Vulnerabilities: found = [], AddedBy = '', ...rest }) => ({
        ...rest,
        ...(found.length + Number(rest.Name === 'bash') > 0 && {
          Vulnerabilities: rest.Name === 'bash' ? [...found, withoutNamespace] : found,
        }),
        AddedBy,
      })),
    },
  }),
};

/** A layer whose bash has the vulnerabilities of exchanges 23 and 31. Its openssl is not vulnerable after its fix is removed. */
function withPostedFeatures({ Layer: layer }: ShownLayer): object {
  const changed = (feature: V1Feature): V1Feature => {
    const { Vulnerabilities: found = [], AddedBy = '', ...rest } = feature;
    if (feature.Name === 'bash')
      return { ...rest, Vulnerabilities: [...found, withoutNamespace, fromRoute], AddedBy };
    return feature.Name === 'openssl' ? { ...rest, AddedBy } : feature;
  };
  return { Layer: { ...layer, Features: layer.Features?.map(changed) } };
}

const shownWithPosted: Deviation = { rule: route, change: withPostedFeatures };

function fix(name: string, version: string): V1Feature {
  return { Name: name, NamespaceName: 'debian:9', VersionFormat: 'dpkg', Version: version };
}

function postedFeature(version: string): Deviation {
  return { rule: fixes, status: 200, body: { Feature: fix('curl', version) } };
}

function listed(curl: string): Deviation {
  return { rule: fixes, body: { Features: [fix('openssl', '1.1.0f-3+deb9u1'), fix('curl', curl)] } };
}

const unknown: Deviation = { rule: fixes, status: 404, body: notFound };

/** Deviations in the recording of vulnerabilities. */
export const vulnerabilityDeviations: Deviations = {
  23: {
    rule: unnamed,
    status: 201,
    body: {
      Vulnerability: {
        ...withoutNamespace,
        Severity: 'low',
        FixedIn: [{ Name: 'bash', VersionFormat: 'dpkg', Version: 'None' }],
      },
    },
  },
  26: shownWithoutNamespace,
  31: {
    rule: route,
    status: 201,
    body: {
      Vulnerability: {
        Name: fromRoute.Name,
        Description: fromRoute.Description,
        Link: fromRoute.Link,
        Severity: 'low',
        FixedIn: [fix('bash', 'None')],
      },
    },
  },
  57: shownWithPosted,
  72: { rule: learnt, body: { Namespaces: [inDpkg('debian:9'), inDpkg('newos:1')] } },
  73: {
    rule: learnt,
    body: {
      Vulnerability: {
        Name: 'CVE-NEW',
        NamespaceName: 'newos:1',
        Severity: 'High',
        FixedIn: [{ ...fix('foo', '2'), NamespaceName: 'newos:1' }],
      },
    },
  },
  90: { rule: empty, body: { Vulnerabilities: null } },
  91: { rule: empty, status: 400, body: fault('invalid page format: invalid or expired pagination token') },
  109: postedFeature('7.60'),
  110: listed('7.60'),
  111: postedFeature('7.61'),
  112: postedFeature('7.61'),
  113: postedFeature('None'),
  114: listed('None'),
  116: {
    rule: fixes,
    body: fault(
      'could not insert an invalid vulnerability that contains FixedIn FeatureVersion that are not in the same namespace as the Vulnerability',
    ),
  },
  120: unknown,
  121: unknown,
  122: { rule: fixes, status: 200, body: '' },
  124: { rule: fixes, status: 200, body: '' },
  125: unknown,
  126: { rule: fixes, status: 200, body: '' },
  127: {
    rule: fixes,
    body: { Vulnerability: { Name: 'CVE-2017-0001', NamespaceName: 'debian:9', Severity: 'Medium' } },
  },
  128: shownWithPosted,
  135: shownWithPosted,
  137: shownWithPosted,
  143: {
    rule: route,
    change: ({
      Vulnerabilities: [first, ...rest],
      ...more
    }: {
      readonly Vulnerabilities: readonly V1Vulnerability[];
    }) => ({
      Vulnerabilities: [withoutNamespace, first, fromRoute, ...rest.slice(0, 2)],
      ...more,
    }),
  },
};
