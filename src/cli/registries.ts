import { type RegistryWalk, registryStateOf } from '../store/watch-store.ts';
import { alignColumns } from './align-columns.ts';
import { type DatabaseOptions, openCommandContext } from './command-context.ts';
import { writeJsonOrText } from './output.ts';

/** Options of `clair registries`. */
export interface RegistriesOptions extends Pick<DatabaseOptions, 'db' | 'loaded'> {
  readonly format: 'table' | 'json';
}

/** Runs `clair registries`: shows the last walk of each registry that servers with this database watch. */
export async function showRegistries(options: RegistriesOptions): Promise<number> {
  await using context = await openCommandContext({ ...options, offline: true });
  const { watches, scanJobs } = context.store;
  const [walks, failed] = [await watches.findWalks(), await scanJobs.countFailed()];
  const registries = walks.map((walk) => ({
    ...walk,
    state: registryStateOf(walk),
    failedScans: failed.get(walk.registry) ?? 0,
  }));
  writeJsonOrText(options.format, { schemaVersion: 1, registries }, () => tableOf(registries));
  return 0;
}

interface ShownRegistry extends RegistryWalk {
  readonly state: string;
  readonly failedScans: number;
}

const heading = [
  'NAME',
  'REGISTRY',
  'STATE',
  'REPOSITORIES',
  'TAGS',
  'ERRORS',
  'FAILED',
  'LAST WALK',
  'NEXT',
];

function tableOf(registries: readonly ShownRegistry[]): string[] {
  if (registries.length === 0) return ['no registry was walked\n'];
  const rows = registries.map((one) => [
    ...[one.name, one.registry, one.state],
    ...[one.repositories, one.tags, one.errors, one.failedScans].map(String),
    ...[one.endedAt ?? one.startedAt, one.nextAt ?? '-'].map((time) => time.replace(/\.\d+Z$/, 'Z')),
  ]);
  const errors = registries.flatMap(({ name, error }) => (error === null ? [] : [`\n${name}: ${error}\n`]));
  return [...alignColumns([heading, ...rows]).map((line) => `${line}\n`), ...errors];
}
