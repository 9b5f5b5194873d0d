import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostileImages } from '../test/e2e/hostile/hostile-images.ts';
import { tryImage } from '../test/e2e/hostile/judge.ts';

/**
 * Reads images made to exhaust their reader, as large as somebody would make them: `npm run bench -- hostile [WORD]`, where the
 * word picks images by their names. It takes minutes and some gigabytes of the temporary directory.
 */
const [word = ''] = process.argv.slice(2);
const GiB = 1024 ** 3;
const images = hostileImages({
  bombBytes: 100 * GiB,
  members: 1_000_000,
  files: 3_000_000,
  falseDatabases: 200,
  largeLayers: 12,
});
const directory = mkdtempSync(join(tmpdir(), 'clair-bench-hostile-'));
process.on('exit', () => {
  rmSync(directory, { recursive: true, force: true });
});

console.log('| image | MiB stored | seconds | peak MiB | answer |\n|---|---:|---:|---:|---|');
for (const image of images) {
  if (!image.name.includes(word)) continue;
  const { bytes, seconds, peakMib, fault, status, stderr } = tryImage(image, directory, 600_000);
  const answer = fault ?? (status === 3 ? `refused: ${stderr.trim()}` : 'right');
  console.log(
    `| ${image.name} | ${(bytes / 1024 ** 2).toFixed(1)} | ${seconds.toFixed(1)} | ${peakMib.toFixed(0)} | ${answer} |`,
  );
}
