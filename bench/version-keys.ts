/**
 * Measures how many version keys per second each scheme makes, from the real versions of the corpus:
 *
 *     node bench/version-keys.ts [SCHEME…]
 *
 * Prints the median of several rounds in CPU time of this process, which hardly depends on the load of the machine.
 */
import { realVersions } from '../fuzz/versions/real-versions.ts';
import { builtIn } from '../src/extensions.ts';
import { isKey, type VersionScheme } from '../src/plugin/version-scheme.ts';

const rounds = 9;
const roundMs = 300;

/** Used if there is no corpus. */
const someVersions: readonly string[] = [
  '1.0',
  '1.2.3',
  '2.10.7-1',
  '4.19.0-r3',
  '1.0.0-rc.1',
  '1:2.38.1-5+b1',
  '0.9a',
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !builtIn.schemes.some((scheme) => scheme.name === name));
if (unknown.length > 0) {
  process.stderr.write(`unknown scheme ${unknown.join(', ')}\n`);
  process.exitCode = 2;
}
for (const scheme of builtIn.schemes) {
  if (wanted.length === 0 || wanted.includes(scheme.name)) measure(scheme);
}

function measure(scheme: VersionScheme): void {
  const real = realVersions(scheme.name);
  const versions = real.length > 0 ? real : someVersions;
  const rates = Array.from({ length: rounds }, () => keysPerSecond(scheme, versions));
  const median = rates.sort((a, b) => a - b)[rounds >> 1] ?? 0;
  const millions = (median / 1e6).toFixed(2);
  process.stdout.write(
    `${scheme.name}\t${millions} million keys/s\t${meanKeyBytes(scheme, versions)} bytes per key\n`,
  );
}

function keysPerSecond(scheme: VersionScheme, versions: readonly string[]): number {
  const start = process.cpuUsage().user;
  const end = performance.now() + roundMs;
  let keys = 0;
  while (performance.now() < end) {
    for (const version of versions) scheme.key(version);
    keys += versions.length;
  }
  return (keys * 1e6) / (process.cpuUsage().user - start);
}

function meanKeyBytes(scheme: VersionScheme, versions: readonly string[]): string {
  const keys = versions.map((version) => scheme.key(version)).filter(isKey);
  return (keys.reduce((bytes, key) => bytes + key.length, 0) / keys.length).toFixed(1);
}
