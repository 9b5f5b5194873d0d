import type { Namespace } from '../model/namespace.ts';
import type { PathPattern } from '../plugin/layer-files.ts';
import type { LoadedPlugin } from './load-plugins.ts';

/** A detector or lister of a plugin as other threads know it: what it is called and wants, and where its code is. */
export interface AnalyzerDescription {
  readonly kind: 'detector' | 'lister';
  /** URL of the module of the plugin. */
  readonly module: string;
  readonly name: string;
  readonly version: number;
  readonly wants: readonly PathPattern[];
  readonly ecosystem?: Namespace;
  readonly versionScheme?: string;
}

/** What the plugins bring that looks into layers, in order. */
export function describeAnalyzers(plugins: readonly LoadedPlugin[]): AnalyzerDescription[] {
  return plugins.flatMap(({ module, plugin: { detectors = [], listers = [] } }) => [
    ...detectors.map(({ name, version, wants }) => ({
      kind: 'detector' as const,
      ...{ module, name, version, wants },
    })),
    ...listers.map(({ name, version, wants, ecosystem, versionScheme }) => ({
      kind: 'lister' as const,
      ...{ module, name, version, wants },
      ...(ecosystem !== undefined && { ecosystem }),
      ...(versionScheme !== undefined && { versionScheme }),
    })),
  ]);
}
