import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hostileImages } from '../test/e2e/hostile/hostile-images.ts';
import { tryImage } from '../test/e2e/hostile/judge.ts';

/**
 * Reads images that are made to exhaust their reader, in full size: `npm run bench -- hostile [WORD] [--most N]`. The word selects images
 * by name. N is the number of images shown, those with the highest memory use. Takes minutes and some gigabytes of the temporary directory.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { most: { type: 'string' } },
});
const [word = ''] = positionals;
const GiB = 1024 ** 3;
const images = hostileImages({
  bombBytes: 100 * GiB,
  members: 1_000_000,
  files: 3_000_000,
  falseDatabases: 200,
  largeLayers: 12,
  jarBytes: 4 * GiB,
  nestedJars: 10_000,
  goPrograms: 2000,
  packages: 30_000,
}).filter(({ name }) => name.includes(word));
const directory = mkdtempSync(join(tmpdir(), 'clair-bench-hostile-'));
process.on('exit', () => {
  rmSync(directory, { recursive: true, force: true });
});

const tried = images.map((image) => {
  const { bytes, seconds, peakMib, fault, status, stderr } = tryImage(image, directory, 600_000);
  const refusal = stderr
    .trim()
    .replace(/^clair: /, '')
    .replaceAll(/\/\S*(?=\/image)/g, '…');
  const isRefused = status === 3;
  return {
    name: image.name,
    bytes,
    seconds,
    peakMib,
    fault,
    isRefused,
    answer: isRefused ? refusal : 'read',
  };
});
const shown = tried.toSorted((a, b) => b.peakMib - a.peakMib).slice(0, Number(values.most ?? tried.length));
console.log('| image | MiB stored | seconds | peak MiB | answer |\n|---|---:|---:|---:|---|');
for (const { name, bytes, seconds, peakMib, fault, answer } of shown) {
  const figures = [(bytes / 1024 ** 2).toFixed(1), seconds.toFixed(1), peakMib.toFixed(0)].join(' | ');
  console.log(`| ${name} | ${figures} | ${fault ?? answer} |`);
}
const slowest = Math.max(...tried.map(({ seconds }) => seconds));
const refused = tried.filter(({ isRefused }) => isRefused).length;
const wrong = tried.filter(({ fault }) => fault !== undefined).length;
console.log(
  `\n${tried.length} images, of which ${refused} are refused and ${wrong} have a wrong result; the slowest took ${slowest.toFixed(1)} s.`,
);
