import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clair, node } from './command.ts';
import { figures, measure } from './measure.ts';
import { type Target, targetTable } from './target.ts';

/** Measures the start of the command: `npm run bench -- start`. The first run has no cached compiled code, the following runs have. */
const cache = mkdtempSync(join(tmpdir(), 'clair-bench-start-'));
process.on('exit', () => {
  rmSync(cache, { recursive: true, force: true });
});
const forget = (): void => {
  rmSync(join(cache, 'cold'), { recursive: true, force: true });
};
const within = (name: string): string => `env XDG_CACHE_HOME=${join(cache, name)}`;
const costs = measure(
  [
    { name: 'node -e 0', command: `${node} -e 0` },
    { name: 'clair --help, the first time', command: `${within('cold')} ${clair} --help`, before: forget },
    { name: 'clair --version', command: `${within('warm')} ${clair} --version` },
    { name: 'clair --help', command: `${within('warm')} ${clair} --help` },
    { name: 'clair scan --help', command: `${within('warm')} ${clair} scan --help` },
    { name: 'clair compare-versions', command: `${within('warm')} ${clair} compare-versions dpkg 1.0 1.1` },
    { name: 'clair db status', command: `${within('warm')} ${clair} db status --db :memory:` },
  ],
  21,
);
console.log(figures(costs));
const cpuOf = (name: string): number => costs.get(name)?.cpuMs ?? Number.NaN;
const targets = ['clair --version', 'clair --help', 'clair scan --help'].map(
  (name): Target => ({
    name: 'S6',
    what: `${name}, CPU, of \`node -e 0\``,
    limit: 1.15,
    measured: cpuOf(name) / cpuOf('node -e 0'),
  }),
);
console.log(targetTable(targets));
