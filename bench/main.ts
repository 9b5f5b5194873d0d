import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** `npm run bench -- NAME …`: runs one of the benchmarks below with its arguments, or all that need none. */
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
} as const;
const [name, ...args] = process.argv.slice(2);
const known = Object.entries(benches);
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
          ].includes(key),
      )
    : known.filter(([key]) => key === name);
if (wanted.length === 0) {
  console.error(`unknown benchmark ${name ?? ''}; there are ${known.map(([key]) => key).join(', ')}`);
  process.exit(2);
}
for (const [, script] of wanted) {
  const { status } = spawnSync(process.execPath, [resolve(import.meta.dirname, `${script}.ts`), ...args], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
