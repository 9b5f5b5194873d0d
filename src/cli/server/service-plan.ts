import type { Config } from '../../config/settings.ts';
import { transportKinds } from '../../extensions.ts';
import type { Suppressions } from '../../match/suppress/decide.ts';
import type { TransportKind } from '../../notify/transport-kind.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { Transport } from '../../plugin/transport.ts';
import { manifestNotifications } from '../../report/clair4/notification.ts';
import { type FeedOfSource, isAdvisorySource } from '../../service/feeds/update-feeds.ts';
import type { VexKeys } from '../../service/suppressions/vex-keys.ts';
import { type LoadedExtensions, loadExtensions } from '../load-extensions.ts';
import { selectForSetting } from '../select-by-name.ts';
import { readSuppressionDirectory } from '../suppression/suppression-directory.ts';
import { Problems } from './problems.ts';
import { readVexKeys } from './vex-key-rules.ts';

/** The extensions that the settings of a server select. */
export interface ServicePlan {
  readonly detectors: Extensions['detectors'];
  readonly listers: Extensions['listers'];
  readonly feeds: readonly FeedOfSource[];
  readonly transports: readonly Transport[];
}

/** The names of plugins, and the directory that they are relative to. */
export interface PluginNames {
  readonly names: readonly string[];
  readonly directory: string;
}

/** The extensions with those that the settings select, and the rules, VEX statements and VEX keys of the server. A reload reads them again. */
export interface PreparedServices {
  readonly loaded: LoadedExtensions;
  readonly plan: ServicePlan;
  readonly suppressions: Suppressions;
  readonly vexKeys: VexKeys;
}

/**
 * Loads plugins, checks the settings that name extensions, and reads the suppressions of the settings. The caller disposes `loaded`. Throws
 * `config-invalid` or `limit-exceeded`.
 */
export async function prepareServices(
  config: Config,
  { names, directory }: PluginNames,
): Promise<PreparedServices> {
  const suppressions = await readSuppressionDirectory(config.images.suppressions);
  const vexKeys = await readVexKeys(config.images.vexkeys);
  const loaded = await loadExtensions(names, directory);
  try {
    return { loaded, plan: planServices(config, loaded.extensions), suppressions, vexKeys };
  } catch (error) {
    await loaded[Symbol.asyncDispose]();
    throw error;
  }
}

function planServices(config: Config, extensions: Extensions): ServicePlan {
  const { namespace_detectors: detectors, feature_listers: listers } = config.worker;
  const problems = new Problems();
  const plan = {
    detectors: problems.check(() =>
      selectForSetting('worker.namespace_detectors', detectors, extensions.detectors),
    ),
    listers: problems.check(() =>
      listers.length === 0
        ? extensions.listers.filter(isListerByDefault)
        : selectForSetting('worker.feature_listers', listers, extensions.listers),
    ),
    feeds: problems.check(() => enabledFeeds(config, extensions)),
    transports: problems.check(() => transportsOf(config.notifier, extensions)),
  };
  problems.throwIfAny();
  return plan as ServicePlan;
}

/** The APIs of Clair list packages of distributions. Only a setting or a plugin adds those of languages. */
function isListerByDefault(lister: Extensions['listers'][number]): boolean {
  return 'listRemotely' in lister || lister.ecosystem === undefined;
}

/**
 * Returns the feeds of all enabled sources; if `updater.sources` names feeds of a source, only those. An interval of 0 turns off a source
 * of ratings. A source of advisories that this server does not update may still be updated by a command.
 */
export function enabledFeeds(
  { updater: { enabledupdaters: names, sources } }: Pick<Config, 'updater'>,
  extensions: Pick<Extensions, 'sources' | 'enrichers'>,
): FeedOfSource[] {
  const { enrichers } = extensions;
  const all = [...extensions.sources, ...enrichers];
  const named = selectForSetting('updater.enabledupdaters', names, all);
  // A list of Clair v3 has no source of ratings, and Clair's ratings do not depend on it.
  const enabled = enrichers.some(({ name }) => named.some((one) => one.name === name))
    ? named
    : [...named, ...enrichers];
  const isOff = (source: FeedOfSource['source']): boolean =>
    !isAdvisorySource(source) && sources[source.name]?.interval === 0;
  selectForSetting('updater.sources', Object.keys(sources), all);
  return enabled
    .filter((source) => !isOff(source))
    .flatMap((source) => {
      const own = source.feeds.map((name) => ({ name }));
      const wanted = selectForSetting(
        `updater.sources.${source.name}.feeds`,
        sources[source.name]?.feeds ?? [],
        own,
      );
      return wanted.map(({ name: feed }) => ({ source, feed }));
    });
}

/** Returns the transports, those read by people last. If the server ends during a delivery, it repeats the earlier ones. */
function transportsOf(
  notifier: Config['notifier'],
  { transports: pluginTransports }: Extensions,
): Transport[] {
  const place = { env: process.env, isBatched: notifier.digest > 0, manifestNotifications };
  const readBy = (readers: TransportKind['readBy']): Transport[] =>
    transportKinds
      .filter((kind) => kind.readBy === readers)
      .flatMap((kind) => kind.open(notifier[kind.name], place) ?? []);
  return [...readBy('programs'), ...pluginTransports, ...readBy('people')];
}
