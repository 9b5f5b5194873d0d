import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Report } from '../src/model/report.ts';
import { appImage, appImages } from '../src/testing/app-images.ts';
import { corpus } from '../src/testing/corpus.ts';

/**
 * Counts the packages of all images of the corpus by type and evidence, and what is not read by kind: `npm run bench -- census`. Also reads the
 * archives in the directory that `CLAIR_TEST_IMAGES` names. An image that cannot be read is named.
 */
const clair = resolve(import.meta.dirname, '../bin/clair');
const { CLAIR_TEST_IMAGES: more } = process.env;

/** Counts by class, such as `npm installed`. */
type Counts = Map<string, number>;

const targets = [
  ...appImages().map((name) => appImage(name)),
  ...[corpus('images'), corpus('golden/images'), ...(more === undefined ? [] : [more])].flatMap(archivesIn),
];
const total: Counts = new Map();
console.log('| image | classes |\n|---|---|');
for (const target of targets) {
  const counts = countsOf(target);
  for (const [name, count] of counts ?? []) total.set(name, (total.get(name) ?? 0) + count);
  const name = target.split('/').slice(-2).join('/');
  console.log(`| ${name} | ${counts === undefined ? 'cannot be read' : textOf(counts)} |`);
}
console.log('\n| class | count |\n|---|---:|');
for (const [name, count] of sorted(total)) console.log(`| ${name} | ${count} |`);

function archivesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => /\.tar(?:\.\w+)?$/.test(name))
    .sort()
    .map((name) =>
      /rootfs|micro/.test(name) ? `rootfs-tar:${join(directory, name)}` : join(directory, name),
    );
}

/** Counts the packages of an image at each place, and what is not read. Undefined if the image cannot be read. */
function countsOf(target: string): Counts | undefined {
  const args = ['sbom', target, '--db', ':memory:', '--format', 'json'];
  const { status, stdout } = spawnSync(clair, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0 && status !== 4) return undefined;
  const { packages, unread = [] } = JSON.parse(stdout) as Report;
  const counts: Counts = new Map();
  for (const found of packages)
    for (const place of found.locations ?? [found]) {
      const { evidence = 'in a package database', owner } = place;
      const name = `${found.type} ${evidence}${owner === undefined ? '' : ', owned'}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  for (const { kind, count } of unread) counts.set(`${kind} not read`, count);
  return counts;
}

function sorted(counts: Counts): [string, number][] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

function textOf(counts: Counts): string {
  return sorted(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
