import type { Config } from '../../config/settings.ts';
import { transportKinds } from '../../extensions.ts';
import type { TransportKind } from '../../notify/transport-kind.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { Transport } from '../../plugin/transport.ts';
import type { FeedOfSource } from '../../service/feeds/update-feeds.ts';
import { type Plugged, plug } from '../plugged.ts';
import { Problems } from './problems.ts';
import { selected } from './selected.ts';

/** The settings of a server that name extensions, checked and resolved. */
export interface GenerationPlan {
  readonly detectors: Extensions['detectors'];
  readonly listers: Extensions['listers'];
  readonly feeds: readonly FeedOfSource[];
  readonly transports: readonly Transport[];
}

/** Plugins by their names. */
export interface PluginNames {
  readonly names: readonly string[];
  readonly directory: string;
}

/** Extensions with what the configuration makes of them. */
export interface PreparedGeneration {
  readonly plugged: Plugged;
  readonly plan: GenerationPlan;
}

/** Loads plugins, and checks the settings that name extensions. The caller disposes of `plugged`. Throws `config-invalid`. */
export async function prepareGeneration(
  config: Config,
  { names, directory }: PluginNames,
): Promise<PreparedGeneration> {
  const plugged = await plug(names, directory);
  try {
    return { plugged, plan: planGeneration(config, plugged.extensions) };
  } catch (error) {
    await plugged[Symbol.asyncDispose]();
    throw error;
  }
}

function planGeneration(config: Config, extensions: Extensions): GenerationPlan {
  const { namespace_detectors: detectors, feature_listers: listers } = config.worker;
  const problems = new Problems();
  const plan = {
    detectors: problems.of(() => selected('worker.namespace_detectors', detectors, extensions.detectors)),
    listers: problems.of(() => selected('worker.feature_listers', listers, extensions.listers)),
    feeds: problems.of(() => enabledFeeds(config, extensions)),
    transports: problems.of(() => transportsOf(config.notifier, extensions)),
  };
  problems.throwAny();
  return plan as GenerationPlan;
}

/** The feeds of every source that is enabled, those that its own settings name. */
function enabledFeeds(
  { updater: { enabledupdaters: names, sources } }: Config,
  extensions: Extensions,
): FeedOfSource[] {
  const all = [...extensions.sources, ...extensions.enrichers];
  const enabled = selected('updater.enabledupdaters', names, all);
  selected('updater.sources', Object.keys(sources), all);
  return enabled.flatMap((source) => {
    const own = source.feeds.map((name) => ({ name }));
    const wanted = selected(`updater.sources.${source.name}.feeds`, sources[source.name]?.feeds ?? [], own);
    return wanted.map(({ name: feed }) => ({ source, feed }));
  });
}

/** What people read comes last, as where the server ends in the midst of it those before are told again. Plugins may bring either. */
function transportsOf(notifier: Config['notifier'], { transports: plugged }: Extensions): Transport[] {
  const place = { env: process.env, hasDigests: notifier.digest > 0 };
  const readBy = (readers: TransportKind['readBy']): Transport[] =>
    transportKinds
      .filter((kind) => kind.readBy === readers)
      .flatMap((kind) => kind.open(notifier[kind.name], place) ?? []);
  return [...readBy('programs'), ...plugged, ...readBy('people')];
}
