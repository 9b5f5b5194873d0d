import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../bench/machine.ts';
import { root } from './quality/sources.ts';

/**
 * Runs the benchmarks of docs/performance.md and writes their output into the page: `npm run performance -- --images DIR …`, optionally
 * with the names of the benchmarks to run. A block of the page is
 *
 *     <!-- bench scan --images IMAGES --mirror MIRROR -->
 *     …
 *     <!-- end -->
 *
 * where a word in capitals is replaced by the value of the option with that name. Without a value, `--trivy TRIVY` and the like are left out, and
 * the benchmark does without that scanner. The table of targets collects the rows of all blocks.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string', default: '' },
    mirror: { type: 'string', default: '' },
    trivy: { type: 'string', default: '' },
    syft: { type: 'string', default: '' },
    'osv-scanner': { type: 'string', default: '' },
    snyk: { type: 'string', default: '' },
    layer: { type: 'string', default: '' },
    layout: { type: 'string', default: '' },
  },
});
/** Other scanners, which may be missing. */
const scanners = ['trivy', 'syft', 'osv-scanner', 'snyk'];
const page = join(root, 'docs/performance.md');
const block = /^<!-- bench (.+) -->\n[\s\S]*?^<!-- end -->$/gm;

const commands = Array.from(readFileSync(page, 'utf8').matchAll(block), ([, command = '']) => command);
for (const command of commands) {
  const isWanted = positionals.length === 0 || positionals.includes(command.split(' ', 1)[0] ?? '');
  if (isWanted) replaceBlock(command, run(command));
}
replaceTargets();

/** Writes a block as soon as its benchmark ends, since benchmarks take long. */
function replaceBlock(command: string, made: string): void {
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    text.replace(block, (old, of) =>
      of === command ? `<!-- bench ${command} -->\n${made}\n<!-- end -->` : old,
    ),
  );
}

function run(command: string): string {
  const places: Readonly<Record<string, string>> = values;
  const missing = scanners
    .filter((name) => !places[name])
    .flatMap((name) => [`--${name}`, name.toUpperCase()]);
  const words = command
    .split(' ')
    .filter((word) => !missing.includes(word))
    .map((word) => (/^[A-Z][A-Z-]*$/.test(word) ? place(word, places) : word));
  process.stderr.write(`bench ${command}\n`);
  const where = machine();
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'bench/main.ts'), ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`bench ${command} exited with ${status}`);
  const text = stdout.trim();
  // The page must not contain paths of this machine.
  const shown = Object.values(places).reduce(
    (redacted, path) => (path === '' ? redacted : redacted.replaceAll(path, '…')),
    text,
  );
  return `*${where}*\n\n${/^\|/m.test(shown) ? shown : `\`\`\`text\n${shown}\n\`\`\``}`;
}

function place(word: string, places: Readonly<Record<string, string>>): string {
  const path = places[word.toLowerCase()];
  if (!path) throw new Error(`--${word.toLowerCase()} is required`);
  return path;
}

function replaceTargets(): void {
  const text = readFileSync(page, 'utf8');
  const [head = '', rest = ''] = text.split(/(?<=^<!-- targets -->\n)[\s\S]*?(?=^<!-- end -->$)/m);
  const rows = Array.from(rest.matchAll(/^\| (T\d+) \| .*$/gm), ([row, name = '']) => ({
    row,
    number: Number(name.slice(1)),
  }));
  const sorted = rows.sort((a, b) => a.number - b.number).map(({ row }) => row);
  writeFileSync(
    page,
    [head, '| | target | | here | met |\n|---|---|---|---:|---|\n', sorted.join('\n'), '\n', rest].join(''),
  );
}
