import { ClairError } from '../kit/errors.ts';
import type { Extensions } from '../plugin/extensions.ts';
import type { Plugin } from '../plugin/plugin.ts';
import { checkedEnricher, checkedFormat, checkedScheme, checkedSource } from './checked-extensions.ts';
import type { LoadedPlugin } from './load-plugins.ts';
import type { RemoteAnalyzers } from './remote-analyzers.ts';

/** Detectors of plugins are asked first: who writes one means it. Everything else goes behind what is there. */
export function extend(
  extensions: Extensions,
  plugins: readonly LoadedPlugin[],
  { detectors, listers }: RemoteAnalyzers,
): Extensions {
  refuseTwins(extensions, plugins);
  const brought = <T>(kind: (plugin: Plugin, path: string) => readonly T[] | undefined): T[] =>
    plugins.flatMap(({ plugin, path }) => kind(plugin, path) ?? []);
  return {
    ...extensions,
    detectors: [...detectors, ...extensions.detectors],
    listers: [...extensions.listers, ...listers],
    schemes: [...extensions.schemes, ...brought(({ schemes }) => schemes?.map(checkedScheme))],
    sources: [
      ...extensions.sources,
      ...brought(({ sources }, path) => sources?.map((one) => checkedSource(one, path))),
    ],
    enrichers: [
      ...extensions.enrichers,
      ...brought(({ enrichers }, path) => enrichers?.map((one) => checkedEnricher(one, path))),
    ],
    formats: [
      ...extensions.formats,
      ...brought(({ formats }, path) => formats?.map((one) => checkedFormat(one, path))),
    ],
    transports: [...extensions.transports, ...brought(({ transports }) => transports)],
  };
}

/** What is looked for by name together may not share one. */
const groups: readonly (readonly (keyof Extensions & keyof Plugin)[])[] = [
  ['detectors'],
  ['listers'],
  ['schemes'],
  ['sources', 'enrichers'],
  ['formats'],
  ['transports'],
];

interface Named {
  readonly name: string;
}

/** Something that a plugin brings, or itself. */
interface Brought extends Named {
  readonly by: LoadedPlugin;
}

function refuseTwins(extensions: Extensions, plugins: readonly LoadedPlugin[]): void {
  for (const group of groups) {
    const known: Named[] = group.flatMap((kind): readonly Named[] => extensions[kind]);
    const brought = plugins.flatMap((by) =>
      group.flatMap((kind) => (by.plugin[kind] ?? []).map(({ name }: Named) => ({ name, by }))),
    );
    refuseTwin(group.join(' or '), known, brought);
  }
  refuseTwin(
    'plugins',
    [],
    plugins.map((by) => ({ name: by.plugin.name, by })),
  );
}

function refuseTwin(kind: string, known: readonly Named[], brought: readonly Brought[]): void {
  const owners = new Map(known.map(({ name }) => [name, 'clair itself']));
  for (const { name, by } of brought) {
    const owner = owners.get(name);
    if (owner !== undefined)
      throw new ClairError(
        'config-invalid',
        `the plugin ${by.path} cannot be used: ${owner} has ${name} already among the ${kind}; choose another name`,
      );
    owners.set(name, by.path);
  }
}
