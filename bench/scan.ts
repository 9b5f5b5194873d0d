import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { clair, node } from './command.ts';
import { forgetLayers } from './forget-layers.ts';
import { type Contender, type Cost, measure, table } from './measure.ts';
import { PeerScanners } from './peer-scanners.ts';
import { type Target, targetTable } from './target.ts';

/**
 * Compares scans with physical limits and with other scanners: the whole command, with loaded advisories and without cached layers. `npm
 * run bench -- scan --images DIR --mirror DIR [--trivy FILE] [--syft FILE] [--osv-scanner FILE] [--snyk DIR] [--rounds N]`. `make-images.sh`
 * and `make-mirror.sh` of the corpus create the images and the mirror.
 */
const { values } = parseArgs({
  options: {
    images: { type: 'string' },
    mirror: { type: 'string' },
    trivy: { type: 'string' },
    syft: { type: 'string' },
    'osv-scanner': { type: 'string' },
    snyk: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    only: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
if (values.images === undefined || values.mirror === undefined) {
  console.error('bench scan needs --images and --mirror');
  process.exit(2);
}
const images = resolve(values.images);
const mirror = resolve(values.mirror);
const work = mkdtempSync(join(tmpdir(), 'clair-bench-scan-'));
const database = join(work, 'clair.db');
process.on('exit', () => {
  rmSync(work, { recursive: true, force: true });
});

/** Returns a scan with loaded advisories. Removes the cached layers of the previous run. */
function scanOf(target: string): Contender {
  return {
    name: 'clair',
    command: `${clair} scan ${target} --format json --db ${database} --mirror ${mirror} >${join(work, 'report.json')}`,
    before: () => {
      forgetLayers(database);
    },
  };
}

/** Returns the layers of an OCI layout, for tools that only decompress. */
function layersOf(layout: string): string[] {
  const blob = (digest: string): string => join(layout, 'blobs', digest.replace(':', '/'));
  const parse = <T extends z.ZodMiniType>(path: string, schema: T): z.infer<T> =>
    z.parse(schema, JSON.parse(readFileSync(path, 'utf8')));
  const digests = z.object({ manifests: z.array(z.object({ digest: z.string() })) });
  const [manifest] = parse(join(layout, 'index.json'), digests).manifests;
  const layers = z.object({ layers: z.array(z.object({ digest: z.string() })) });
  return parse(blob(manifest?.digest ?? ''), layers).layers.map(({ digest }) => blob(digest));
}

const start: Contender = { name: 'node -e 0', command: `${node} -e 0` };

/** Decompresses on both cores, as clair does. */
function decompress(layout: string, tool: string): Contender {
  return {
    name: tool,
    command: `printf '%s\\n' ${layersOf(layout).join(' ')} | xargs -n1 -P2 ${tool} >/dev/null`,
  };
}

const docker = (name: string): string => join(images, 'docker', `${name}.tar`);
const oci = (name: string): string => join(images, 'oci', name);
const alpine =
  readdirSync(join(images, 'oci'))
    .filter((name) => name.startsWith('alpine-'))
    .sort(new Intl.Collator('en', { numeric: true }).compare)
    .at(-1) ?? 'alpine';

const gzip = 'gzip -dc';
const zstd = 'zstd -qdc';
const peers = new PeerScanners(values, work);
const { trivy, osvScanner, snyk } = peers;

/** Targets that were set before there was a scan. They are ratios between clair and another tool, so that they apply to other machines. */
interface Wanted {
  readonly name: Target['name'];
  /** The other tool. Clair takes at most `most` times as much, or the other tool takes at least `least` times as much. */
  readonly than: string;
  readonly most?: number;
  readonly least?: number;
  readonly figure?: keyof Cost;
}

interface Suite {
  readonly title: string;
  readonly contenders: () => readonly Contender[];
  readonly wanted: readonly Wanted[];
  readonly peakMbMost?: number;
}

const large = 'debian-multi (1.6 GB)';
const suites: readonly Suite[] = [
  {
    title: `${alpine}, docker-archive`,
    contenders: () => [start, ...scanners(docker(alpine))],
    wanted: [
      { name: 'S4', than: start.name, most: 3.1, figure: 'cpuMs' },
      { name: 'S4', than: start.name, most: 2.85 },
      { name: 'S4', than: osvScanner, most: 0.9 },
      { name: 'T6', than: start.name, most: 1.6 },
      { name: 'T6', than: trivy, least: 5 },
      { name: 'T6', than: snyk, least: 4.5 },
    ],
  },
  {
    title: `${alpine}, OCI gzip`,
    contenders: () => [start, ...scanners(oci(alpine))],
    wanted: [{ name: 'S5', than: start.name, most: 4.6, figure: 'cpuMs' }],
  },
  {
    title: 'debian-bookworm, docker-archive',
    contenders: () => [start, ...scanners(docker('debian-bookworm'))],
    wanted: [{ name: 'S5', than: start.name, most: 6, figure: 'cpuMs' }],
  },
  {
    title: 'debian-bookworm, OCI gzip',
    contenders: () => against(gzip, oci('debian-bookworm')),
    wanted: [
      { name: 'T7', than: gzip, most: 0.55 },
      { name: 'T7', than: trivy, least: 3 },
    ],
  },
  {
    title: `${large}, docker-archive`,
    contenders: () => [start, ...scanners(docker('debian-multi'))],
    wanted: [
      { name: 'S5', than: start.name, most: 13.7 },
      { name: 'T5', than: start.name, most: 5 },
      { name: 'T5', than: trivy, least: 10 },
      { name: 'T5', than: snyk, least: 15 },
    ],
  },
  {
    title: `${large}, OCI gzip`,
    contenders: () => against(gzip, oci('debian-multi')),
    wanted: [
      { name: 'T1', than: gzip, most: 0.45 },
      { name: 'T2', than: gzip, most: 0.45, figure: 'cpuMs' },
      { name: 'T4', than: trivy, least: 2.8 },
    ],
    peakMbMost: 120,
  },
  {
    title: `${large}, OCI zstd`,
    contenders: () => against(zstd, oci('debian-multi-zstd')),
    wanted: [
      { name: 'T9', than: zstd, most: 1.8 },
      { name: 'T9', than: trivy, least: 2 },
    ],
  },
];

/** Returns clair and the other scanners. */
function scanners(image: string): readonly Contender[] {
  return [scanOf(image), ...peers.of(image)];
}

function against(tool: string, layout: string): readonly Contender[] {
  return [decompress(layout, tool), ...scanners(layout)];
}

function targetsOf({ title, wanted, peakMbMost }: Suite, costs: ReadonlyMap<string, Cost>): Target[] {
  const of = (name: string, figure: keyof Cost): number => costs.get(name)?.[figure] ?? Number.NaN;
  const ratios = wanted.map(({ name, than, most, least, figure = 'wallMs' }): Target => {
    const ratio = of('clair', figure) / of(than, figure);
    const what = `${title}, ${figure === 'cpuMs' ? 'CPU' : 'wall'}`;
    return least === undefined
      ? { name, what: `${what}, of \`${than}\``, limit: most ?? Number.NaN, measured: ratio }
      : { name, what: `${what}, less than ${than}`, limit: least, isLeast: true, measured: 1 / ratio };
  });
  if (peakMbMost === undefined) return ratios;
  const measured = of('clair', 'peakMb');
  return [...ratios, { name: 'T4', what: `${title}, memory`, limit: peakMbMost, unit: 'MB', measured }];
}

const chosen = suites.filter(({ title }) => values.only === undefined || title.includes(values.only));
const results = chosen.map((suite) => ({ suite, costs: measure(suite.contenders(), rounds) }));
console.log(targetTable(results.flatMap(({ suite, costs }) => targetsOf(suite, costs))));
for (const { suite, costs } of results) console.log(table(suite.title, costs));
