import type { Extensions } from '../plugin/extensions.ts';
import type { Plugin } from '../plugin/plugin.ts';
import { alignColumns } from './align-columns.ts';
import type { LoadedExtensions } from './load-extensions.ts';
import { writeLines } from './output.ts';

/** The kinds of extensions with their titles. */
const kinds = [
  ['detectors', 'namespace detector'],
  ['listers', 'package lister'],
  ['schemes', 'version scheme'],
  ['sources', 'advisory source'],
  ['enrichers', 'enricher'],
  ['formats', 'report format'],
  ['transports', 'transport'],
] as const satisfies readonly (readonly [keyof Extensions & keyof Plugin, string])[];

/** Runs `clair plugin list`: prints all extensions with the plugins that provide them. */
export function listPlugins({ extensions, plugins }: LoadedExtensions): number {
  const rows = kinds.flatMap(([kind, title]) =>
    extensions[kind].map((one) => {
      const owner = plugins.find(({ plugin }) => plugin[kind]?.some(({ name }) => name === one.name));
      const from =
        owner === undefined ? 'clair' : `${owner.plugin.name} ${owner.plugin.version}, ${owner.path}`;
      return [title, one.name, 'version' in one ? String(one.version) : '-', from];
    }),
  );
  writeLines(alignColumns([['KIND', 'NAME', 'VERSION', 'FROM'], ...rows]));
  return 0;
}
