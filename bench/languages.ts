import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clair, node } from './command.ts';
import { forgetLayers } from './forget-layers.ts';
import { languageImage } from './language-image.ts';
import { type Contender, type Cost, figures, measure } from './measure.ts';
import { type Target, targetTable } from './target.ts';

/**
 * Measures what language packages add, as CPU of the whole command: `npm run bench -- languages --mirror DIR [--images DIR] [--heavy PATH …]
 * [--rounds N]`. The first part scans an image with and without 3,000 packages, whose advisories are loaded. The second part lists the
 * packages of images by the command, and by the same one without its listers of language packages. `--heavy` names layouts and archives of
 * other images. Prints minima of interleaved runs.
 */
const { values } = parseArgs({
  options: {
    mirror: { type: 'string' },
    images: { type: 'string' },
    heavy: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '9' },
  },
});
if (values.mirror === undefined) {
  console.error('bench languages needs --mirror');
  process.exit(2);
}
const rounds = Number(values.rounds);
const root = resolve(import.meta.dirname, '..');
const mirror = resolve(values.mirror);
const work = mkdtempSync(join(tmpdir(), 'clair-bench-languages-'));
process.on('exit', () => {
  rmSync(work, { recursive: true, force: true });
});

/** Packages of the matched image, two thirds of npm. */
const packages = { npm: 2000, pypi: 1000 };

const withoutPackages = 'system of 100 packages';
const withPackages = 'with 3,000 language packages';

/** Measures scans of images whose layers are in the database, or are read. */
function matchedImages(isCached: boolean): ReadonlyMap<string, Cost> {
  const scan = (name: string, image: string): Contender => {
    const database = join(work, `${image}.db`);
    const command = `${clair} scan ${join(work, image)}.tar --format json --db ${database} --mirror ${mirror} >${join(work, 'report.json')}`;
    const forget = (): void => {
      forgetLayers(database);
    };
    const before = isCached ? {} : { before: forget };
    return { name, command, ...before };
  };
  return measure([scan(withoutPackages, 'system'), scan(withPackages, 'languages')], rounds, 'minimum');
}

function addedMs(costs: ReadonlyMap<string, Cost>): number {
  return (costs.get(withPackages)?.cpuMs ?? Number.NaN) - (costs.get(withoutPackages)?.cpuMs ?? Number.NaN);
}

writeFileSync(join(work, 'system.tar'), languageImage({ npm: 0, pypi: 0 }));
writeFileSync(join(work, 'languages.tar'), languageImage(packages));
const cached = matchedImages(true);
const read = matchedImages(false);
console.log(`### Layers in the database\n\n${figures(cached)}`);
console.log(`### Layers that are read\n\n${figures(read)}`);

/** Returns the command line of a build without listers of language packages. */
function buildWithoutLanguages(): string {
  const copy = join(work, 'checkout');
  mkdirSync(copy);
  for (const name of ['src', 'tools', 'package.json', 'proto'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const extensions = join(copy, 'src/extensions.ts');
  const text = readFileSync(extensions, 'utf8');
  // Those of which the targets were set. They follow each other in the list.
  const reduced = text.replace(/^ {4}npmLister,\n(?: {4}.*\n)*? {4}cargoLister,\n/m, '');
  if (reduced === text)
    throw new Error('src/extensions.ts has its listers of language packages in other lines');
  writeFileSync(extensions, reduced);
  const { status, stderr } = spawnSync(node, ['tools/bundle.ts'], { cwd: copy, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return `${node} ${join(copy, 'dist/bin/clair.js')}`;
}

/** Measures the inventory of an image by a build without and one with languages. No layer is cached. Each build keeps its compiled code. */
function listings(path: string, without: string): ReadonlyMap<string, Cost> {
  const list = (name: string, command: string): Contender => ({
    name,
    command: `env XDG_CACHE_HOME=${join(work, name)} ${command} sbom ${path} --format json --db :memory: >${join(work, 'report.json')}`,
  });
  return measure([list('without-languages', without), list('all', clair)], Math.min(rounds, 5), 'minimum');
}

/** An image to list, and the highest ratio of its CPU to that without languages. */
interface ListedImage {
  readonly path: string;
  readonly ratioMax: number;
}

/** Ratios for layers that are inflated, and for those that are read by seeking. */
const [ratioOfStream, ratioOfSeek, ratioOfDebian] = [1.1, 1.4, 1.04];

function listedImages(): ListedImage[] {
  const { images, heavy } = values;
  const debian =
    images === undefined
      ? []
      : [
          { path: join(images, 'oci/debian-multi'), ratioMax: ratioOfDebian },
          { path: join(images, 'docker/debian-multi.tar'), ratioMax: ratioOfSeek },
        ];
  const others = heavy.map((path) => ({
    path,
    ratioMax: path.endsWith('.tar') ? ratioOfSeek : ratioOfStream,
  }));
  return [...debian, ...others].map(({ path, ratioMax }) => ({ path: resolve(path), ratioMax }));
}

const targets: Target[] = [
  {
    name: 'S11',
    what: '3,000 language packages, layers in the database, CPU',
    limit: 15,
    unit: 'ms',
    measured: addedMs(cached),
  },
];
const listed = listedImages();
const reduced = listed.length === 0 ? '' : buildWithoutLanguages();
for (const { path, ratioMax } of listed) {
  const costs = listings(path, reduced);
  const [base, all] = [...costs.values()];
  const name = path.split('/').slice(-2).join('/');
  console.log(`### ${name}\n\n${figures(costs, false)}`);
  targets.push(
    {
      name: 'S11',
      what: `${name}, CPU, of a build without languages`,
      limit: ratioMax,
      measured: (all?.cpuMs ?? Number.NaN) / (base?.cpuMs ?? Number.NaN),
    },
    { name: 'S11', what: `${name}, memory`, limit: 120, unit: 'MB', measured: all?.peakMb ?? Number.NaN },
  );
}
console.log(targetTable(targets));
