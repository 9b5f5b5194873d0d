import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/**
 * `npm run bench -- NAME …`: runs one of the benchmarks below with its arguments, or all that need none. `-- NAME NAME … --OPTION VALUE …`
 * runs several, each with those of the options that it has.
 */
const benches = {
  keys: 'version-keys',
  match: 'match-join',
  load: 'feed-load',
  feeds: 'feed-updates',
  affected: 'affected-images',
  layers: 'named-layers',
  notifier: 'notifier',
  daily: 'daily-updates',
  fleet: 'fleet',
  days: 'fleet-days',
  servers: 'fleet-servers',
  enrich: 'enrichment-load',
  scan: 'scan',
  posted: 'posted-layers',
  posts: 'ingest',
  server: 'server',
  quay: 'quay',
  registry: 'registry',
  watch: 'watch',
  hostile: 'hostile',
  database: 'published-database',
  updates: 'update-feeds',
  start: 'start-up',
  ratings: 'ratings',
  census: 'census',
  languages: 'languages',
  compare: 'compare',
  extracts: 'extracts',
  console: 'console',
  pages: 'console-pages',
} as const;
/** Options of the benchmarks that may run together. */
const optionsOf: Readonly<Record<string, readonly string[]>> = {
  scan: ['images', 'mirror', 'trivy', 'syft', 'osv-scanner', 'snyk', 'rounds', 'only'],
  start: [],
  updates: ['mirror', 'rounds'],
  feeds: ['mirror'],
  server: ['minutes', 'clients', 'image'],
};

const [name, ...args] = process.argv.slice(2);
const known = Object.entries(benches);
const firstOption = args.findIndex((arg) => arg.startsWith('--'));
const others = args.slice(0, firstOption === -1 ? args.length : firstOption);
const together =
  name !== undefined && others.length > 0 && others.every((other) => other in optionsOf)
    ? [name, ...others]
    : [];
const wanted =
  name === undefined
    ? known.filter(
        ([key]) =>
          ![
            'notifier',
            'fleet',
            'days',
            'servers',
            'scan',
            'posted',
            'server',
            'registry',
            'watch',
            'hostile',
            'feeds',
            'database',
            'updates',
            'ratings',
            'census',
            'languages',
            'extracts',
            'console',
            'pages',
          ].includes(key),
      )
    : known.filter(([key]) => key === name || together.includes(key));
if (wanted.length === 0) {
  console.error(`unknown benchmark ${name ?? ''}; there are ${known.map(([key]) => key).join(', ')}`);
  process.exit(2);
}
if (together.some((one) => optionsOf[one] === undefined)) {
  console.error(`only these run together: ${Object.keys(optionsOf).join(', ')}`);
  process.exit(2);
}
for (const [key, script] of wanted) {
  const path = resolve(import.meta.dirname, `${script}.ts`);
  const own = together.length === 0 ? args : argumentsOf(key, args.slice(others.length));
  if (together.length > 0) console.log(`## ${key}\n`);
  const { status } = spawnSync(process.execPath, [path, ...own], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Returns the pairs of an option and its value that a benchmark has. */
function argumentsOf(key: string, pairs: readonly string[]): string[] {
  const own = optionsOf[key] ?? [];
  return pairs.flatMap((option, i) =>
    i % 2 === 0 && own.includes(option.slice(2)) ? [option, pairs[i + 1] ?? ''] : [],
  );
}
