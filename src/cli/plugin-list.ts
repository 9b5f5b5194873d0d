import type { Extensions } from '../plugin/extensions.ts';
import type { Plugin } from '../plugin/plugin.ts';
import { writeResult } from './output.ts';
import type { Plugged } from './plugged.ts';

/** The kinds of extensions, and what one is called. */
const kinds = [
  ['detectors', 'namespace detector'],
  ['listers', 'package lister'],
  ['schemes', 'version scheme'],
  ['sources', 'advisory source'],
  ['enrichers', 'enricher'],
  ['formats', 'report format'],
  ['transports', 'transport'],
] as const satisfies readonly (readonly [keyof Extensions & keyof Plugin, string])[];

/** `clair plugin list`: every extension there is, and where it comes from. */
export function listPlugins({ extensions, plugins }: Plugged): number {
  const rows = kinds.flatMap(([kind, title]) =>
    extensions[kind].map((one) => {
      const owner = plugins.find(({ plugin }) => plugin[kind]?.some(({ name }) => name === one.name));
      const from =
        owner === undefined ? 'clair' : `${owner.plugin.name} ${owner.plugin.version}, ${owner.path}`;
      return [title, one.name, 'version' in one ? String(one.version) : '-', from] as const;
    }),
  );
  const table = [['KIND', 'NAME', 'VERSION', 'FROM'] as const, ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  writeResult(
    table.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}\n`),
    undefined,
  );
  return 0;
}
