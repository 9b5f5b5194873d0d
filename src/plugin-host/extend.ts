import { ClairError } from '../core/errors.ts';
import type { Extensions } from '../plugin/extensions.ts';
import type { Plugin } from '../plugin/plugin.ts';
import { guardEnricher, guardFormat, guardScheme, guardSource } from './guard-extensions.ts';
import type { LoadedPlugin } from './load-plugins.ts';
import type { RemoteAnalyzers } from './remote-analyzers.ts';

/**
 * Returns the extensions with those of the plugins. Detectors of plugins come before the built-in ones, so that they can override
 * these. All other extensions of plugins come last. Throws `config-invalid` if two extensions share a name.
 */
export function extend(
  extensions: Extensions,
  plugins: readonly LoadedPlugin[],
  { detectors, listers }: RemoteAnalyzers,
): Extensions {
  assertUniqueNames(extensions, plugins);
  const fromPlugins = <T>(kind: (plugin: Plugin, path: string) => readonly T[] | undefined): T[] =>
    plugins.flatMap(({ plugin, path }) => kind(plugin, path) ?? []);
  return {
    ...extensions,
    detectors: [...detectors, ...extensions.detectors],
    listers: [...extensions.listers, ...listers],
    schemes: [...extensions.schemes, ...fromPlugins(({ schemes }) => schemes?.map(guardScheme))],
    sources: [
      ...extensions.sources,
      ...fromPlugins(({ sources }, path) => sources?.map((one) => guardSource(one, path))),
    ],
    enrichers: [
      ...extensions.enrichers,
      ...fromPlugins(({ enrichers }, path) => enrichers?.map((one) => guardEnricher(one, path))),
    ],
    formats: [
      ...extensions.formats,
      ...fromPlugins(({ formats }, path) => formats?.map((one) => guardFormat(one, path))),
    ],
    transports: [...extensions.transports, ...fromPlugins(({ transports }) => transports)],
  };
}

/** Kinds of extensions that share a namespace: names must be unique within a group. */
const nameGroups: readonly (readonly (keyof Extensions & keyof Plugin)[])[] = [
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

/** An extension of a plugin, or the plugin itself. */
interface PluginExtension extends Named {
  readonly by: LoadedPlugin;
}

function assertUniqueNames(extensions: Extensions, plugins: readonly LoadedPlugin[]): void {
  for (const group of nameGroups) {
    const builtIn: Named[] = group.flatMap((kind): readonly Named[] => extensions[kind]);
    const provided = plugins.flatMap((by) =>
      group.flatMap((kind) => (by.plugin[kind] ?? []).map(({ name }: Named) => ({ name, by }))),
    );
    assertUniqueInGroup(group.join(' or '), builtIn, provided);
  }
  assertUniqueInGroup(
    'plugins',
    [],
    plugins.map((by) => ({ name: by.plugin.name, by })),
  );
}

function assertUniqueInGroup(
  kind: string,
  builtIn: readonly Named[],
  provided: readonly PluginExtension[],
): void {
  const owners = new Map(builtIn.map(({ name }) => [name, 'clair itself']));
  for (const { name, by } of provided) {
    const owner = owners.get(name);
    if (owner !== undefined)
      throw new ClairError(
        'config-invalid',
        `the plugin ${by.path} cannot be used: ${owner} already uses the name ${name} (${kind}); choose another name`,
      );
    owners.set(name, by.path);
  }
}
