import type { Random } from '../random.ts';

/** A request. `{page N}` and `{notification N}` are placeholders for values that each server generates. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Objects that requests can refer to. */
export interface Material {
  /** Paths of layers. */
  readonly layers: readonly string[];
  /** Number of page tokens and notifications seen so far. */
  readonly pages: number;
  readonly notifications: number;
}

const oddTexts = [
  '',
  ' ',
  'é',
  'ü/ö',
  'a b',
  '日本語',
  '😀',
  '\u0000',
  'x\u0000y',
  '\ud800',
  '\ufffd',
  '..',
  '.',
  'a%2Fb',
  "'; drop table v1_layer; --",
  'x'.repeat(128),
  'x'.repeat(129),
  'é'.repeat(128),
];

const namespaces = ['debian:12', 'debian:11', 'ubuntu:22.04', 'alpine:v3.19', 'centos:8', 'made-up:1'];
const severities = ['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical', 'Defcon1', 'high'];
const oddSeverities = ['None', '', 'HIGH!'];
const packages = ['openssl', 'curl', 'zlib', 'bash', 'ümlaut'];
const versions = ['1.0-1', '1.1-1', '2:0.9-3', '#MAXV#', '#MINV#', '1.0~rc1', '0'];
const oddVersions = ['', 'not a version', '1:', ...oddTexts];
const limits = ['1', '2', '3', '10', '100', '1000'];
const oddLimits = ['1001', '100000', '0', '-1', '', 'x', '1e3', '9999999999', '%zz'];

function name(draw: Random, prefix: string, count: number): string {
  return draw.chance(0.12) ? draw.pick(oddTexts) : `${prefix}${draw.below(count)}`;
}

const layerName = (draw: Random): string => name(draw, 'layer-', 25);
const ancestryName = (draw: Random): string => name(draw, 'image-', 15);
const vulnerabilityName = (draw: Random): string => name(draw, 'CVE-2024-', 25);
const namespaceName = (draw: Random): string =>
  draw.chance(0.08) ? draw.pick(oddTexts) : draw.pick(namespaces);

/** Picks one of the usual values, and sometimes one of the others. */
function mostly<T>(draw: Random, usual: readonly T[], others: readonly T[]): T {
  return draw.pick(draw.chance(0.92) ? usual : others);
}

/** Returns a path segment, usually escaped correctly. */
function part(draw: Random, text: string): string {
  if (draw.chance(0.03)) return text.replace(/[^\x21-\x7e]/g, '');
  return encodeURIComponent(text.toWellFormed());
}

function request(method: string, path: string, body: unknown = null): FuzzRequest {
  return { method, path, headers: {}, body: body === null ? null : JSON.stringify(body) };
}

function fix(draw: Random, namespace: string): object {
  return {
    Name: name(draw, draw.pick(packages), 1).replace(/0$/, ''),
    NamespaceName: mostly(draw, [namespace], ['', ...namespaces]),
    VersionFormat: mostly(draw, ['dpkg'], ['rpm', 'apk', '']),
    Version: mostly(draw, versions, oddVersions),
  };
}

function vulnerability(draw: Random, namespace: string): object {
  return {
    Name: vulnerabilityName(draw),
    ...(draw.chance(0.8) && { NamespaceName: namespace }),
    Severity: mostly(draw, severities, oddSeverities),
    ...(draw.chance(0.6) && { Description: draw.chance(0.2) ? draw.pick(oddTexts) : 'What is wrong.' }),
    ...(draw.chance(0.4) && { Link: draw.pick(['https://example.org/a', ...oddTexts]) }),
    ...(draw.chance(0.2) && {
      Metadata: { NVD: { CVSSv2: { Score: draw.below(10) } }, odd: draw.pick(oddTexts) },
    }),
    ...(draw.chance(0.7) && { FixedIn: Array.from({ length: draw.below(4) }, () => fix(draw, namespace)) }),
  };
}

function page(draw: Random, { pages }: Material): string {
  if (draw.chance(0.5)) return '';
  if (draw.chance(0.2)) return `&page=${part(draw, draw.pick(['gAAAAA', 'AAAA', ...oddTexts]))}`;
  return pages === 0 ? '' : `&page={page ${draw.below(pages)}}`;
}

function notification(draw: Random, { notifications }: Material): string {
  if (notifications === 0 || draw.chance(0.15)) return part(draw, draw.pick(['none', ...oddTexts]));
  return `{notification ${draw.below(notifications)}}`;
}

type Maker = (draw: Random, material: Material) => FuzzRequest;

const postLayer: Maker = (draw, { layers }) =>
  request('POST', '/v1/layers', {
    Layer: {
      Name: layerName(draw),
      Path: draw.chance(0.04) ? '/nowhere/at/all' : draw.pick(layers),
      Format: mostly(draw, ['Docker', 'docker'], ['ACI', 'rkt', '']),
      ...(draw.chance(0.6) && { ParentName: layerName(draw) }),
    },
  });

const getLayer: Maker = (draw) =>
  request(
    'GET',
    `/v1/layers/${part(draw, layerName(draw))}${draw.pick(['', '?features', '?vulnerabilities', '?features&vulnerabilities'])}`,
  );

const deleteLayer: Maker = (draw) => request('DELETE', `/v1/layers/${part(draw, layerName(draw))}`);

const postVulnerability: Maker = (draw) => {
  const namespace = namespaceName(draw);
  return request('POST', `/v1/namespaces/${part(draw, namespace)}/vulnerabilities`, {
    Vulnerability: vulnerability(draw, namespace),
  });
};

const vulnerabilityPath = (draw: Random): string =>
  `/v1/namespaces/${part(draw, namespaceName(draw))}/vulnerabilities/${part(draw, vulnerabilityName(draw))}`;

const putVulnerability: Maker = (draw) => {
  const body = { Vulnerability: vulnerability(draw, namespaceName(draw)) };
  return request('PUT', vulnerabilityPath(draw), body);
};

const listVulnerabilities: Maker = (draw, material) =>
  request(
    'GET',
    `/v1/namespaces/${part(draw, namespaceName(draw))}/vulnerabilities?limit=${mostly(draw, limits, oddLimits)}${page(draw, material)}`,
  );

const putFix: Maker = (draw) => {
  const namespace = namespaceName(draw);
  const vulnerable = `/v1/namespaces/${part(draw, namespace)}/vulnerabilities/${part(draw, vulnerabilityName(draw))}`;
  return request('PUT', `${vulnerable}/fixes/${part(draw, draw.pick(packages))}`, {
    Feature: fix(draw, namespace),
  });
};

const getNotification: Maker = (draw, material) =>
  request(
    'GET',
    `/v1/notifications/${notification(draw, material)}?limit=${mostly(draw, limits, oddLimits)}${page(draw, material)}`,
  );

const postAncestry: Maker = (draw, { layers }) =>
  request('POST', '/ancestry', {
    ancestry_name: ancestryName(draw),
    format: mostly(draw, ['Docker', 'docker'], ['aci', '']),
    layers: Array.from({ length: draw.below(5) }, () => {
      const path = draw.pick(layers);
      return { hash: draw.chance(0.05) ? draw.pick(oddTexts) : `hash of ${path}`, path };
    }),
  });

const getAncestry: Maker = (draw) =>
  request(
    'GET',
    `/ancestry/${part(draw, ancestryName(draw))}${draw.pick(['', '?with_vulnerabilities=true&with_features=true'])}`,
  );

const getNotificationV3: Maker = (draw, material) =>
  request(
    'GET',
    `/notifications/${notification(draw, material)}?limit=${mostly(draw, limits, oddLimits)}${page(draw, material).replace('&page=', '&old_vulnerability_page=')}`,
  );

const affectedImages: Maker = (draw) =>
  request(
    'GET',
    `/v1/vulnerabilities/${part(draw, vulnerabilityName(draw))}/images?limit=${draw.pick(['1', '5', 'x'])}`,
  );

/**
 * Bodies that are not JSON or do not match the schema. Not for ancestries: a refused ancestry leaves the layers that were read in time. So
 * a hash with another path would show which ones.
 */
const invalidBody: Maker = (draw, material) => {
  const { method, path, body } = draw.pick([postLayer, postVulnerability, putVulnerability, putFix])(
    draw,
    material,
  );
  const text = body ?? '';
  const at = draw.below(text.length + 1);
  const changed = draw.pick([
    text.slice(0, at),
    `${text.slice(0, at)}${draw.pick(['"', '{', '}', '\\', '\\ud800', '\u0000', '1e999', 'null', ',', '[]'])}${text.slice(at)}`,
    text.replace(/"[^"]*"/, draw.pick(['1', 'null', '[]', '{}', 'true', '"é"'])),
    '',
    'null',
  ]);
  return { method, path, headers: {}, body: changed };
};

const stray: Maker = (draw) => ({
  method: draw.pick(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS']),
  path: draw.pick([
    '/',
    '/v1',
    '/v1/',
    '/v1/layers',
    '/v1/layers/',
    '/v1/layers//x',
    '/V1/layers/x',
    '/v1/layers/a%00',
    '/v1/layers/%zz',
    '/v1/layers/%ff',
    '/v1/namespaces/debian:12/vulnerabilities/',
    '/v1/notifications',
    '/ancestry',
    '/ancestry/',
    '/status',
    '/nothing',
  ]),
  headers: draw.chance(0.3) ? { 'accept-encoding': 'gzip' } : {},
  body: null,
});

const weighted: readonly (readonly [number, Maker])[] = [
  [18, postLayer],
  [14, getLayer],
  [4, deleteLayer],
  [16, postVulnerability],
  [6, (draw) => request('GET', `${vulnerabilityPath(draw)}${draw.pick(['', '?fixedIn'])}`)],
  [5, putVulnerability],
  [3, (draw) => request('DELETE', vulnerabilityPath(draw))],
  [6, listVulnerabilities],
  [2, () => request('GET', '/v1/namespaces')],
  [3, (draw) => request('GET', `${vulnerabilityPath(draw)}/fixes`)],
  [4, putFix],
  [2, (draw) => request('DELETE', `${vulnerabilityPath(draw)}/fixes/${part(draw, draw.pick(packages))}`)],
  [8, getNotification],
  [2, (draw, material) => request('DELETE', `/v1/notifications/${notification(draw, material)}`)],
  [6, postAncestry],
  [6, getAncestry],
  [4, getNotificationV3],
  [1, (draw, material) => request('DELETE', `/notifications/${notification(draw, material)}`)],
  [1, () => request('GET', '/status')],
  [2, affectedImages],
  [5, invalidBody],
  [4, stray],
];

const all: readonly Maker[] = weighted.flatMap(([weight, maker]) => new Array<Maker>(weight).fill(maker));

/** Returns a request, valid or invalid. */
export function randomRequest(draw: Random, material: Material): FuzzRequest {
  return draw.pick(all)(draw, material);
}
