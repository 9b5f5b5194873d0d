import { builtIn } from '../extensions.ts';
import { scriptUrl } from '../kit/script-url.ts';
import type { Extensions } from '../plugin/extensions.ts';
import type { AnalyzerDescription } from '../plugin-host/analyzer-description.ts';
import type { LoadedPlugin } from '../plugin-host/load-plugins.ts';

/** Built-in extensions and those of plugins. Disposing it ends the thread of the plugins. */
export interface LoadedExtensions extends AsyncDisposable {
  readonly extensions: Extensions;
  readonly plugins: readonly LoadedPlugin[];
  /** Descriptions of the analyzers, for other threads. */
  readonly analyzers: readonly AnalyzerDescription[];
}

/** Loads the built-in extensions and the named plugins. Names are relative to `directory`. Throws `config-invalid`. */
export async function loadExtensions(names: readonly string[], directory: string): Promise<LoadedExtensions> {
  if (names.length === 0)
    return { extensions: builtIn, plugins: [], analyzers: [], [Symbol.asyncDispose]: async () => undefined };
  const { loadPlugins } = await import('../plugin-host/load-plugins.ts');
  const { describeAnalyzers } = await import('../plugin-host/analyzer-description.ts');
  const { extend } = await import('../plugin-host/extend.ts');
  const { PluginThread } = await import('../plugin-host/plugin-thread.ts');
  const { remoteAnalyzers } = await import('../plugin-host/remote-analyzers.ts');
  const plugins = await loadPlugins(names, directory);
  const analyzers = describeAnalyzers(plugins);
  const thread = new PluginThread(scriptUrl('../plugin-worker', import.meta.url));
  return {
    extensions: extend(builtIn, plugins, remoteAnalyzers(analyzers, thread)),
    plugins,
    analyzers,
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}

/** Removes `--plugin NAME` and `--plugin=NAME` from a command line, at any position. */
export function extractPluginFlags(argv: readonly string[]): {
  readonly names: string[];
  readonly rest: string[];
} {
  const names: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    const match = /^--plugin(?:=(.*))?$/s.exec(word);
    if (match === null) rest.push(word);
    else names.push(match[1] ?? argv[++i] ?? '');
  }
  return { names, rest };
}
