import type { SourceState, Summary } from './api/types.ts';

/** A feed that images need, and that the server never loaded. */
export interface MissingFeed {
  /** The feed by its name, as a sentence. */
  readonly reason: string;
  /** Systems that it covers, with the number of images of each. */
  readonly namespaces: readonly { readonly namespace: string; readonly images: number }[];
}

/** Faults of the data of the server. */
export interface Attention {
  /** Sources that are stale or have failed. */
  readonly sources: readonly SourceState[];
  /** Feeds of other sources as well: a source has no state before its first load. */
  readonly feeds: readonly MissingFeed[];
}

/** Returns the sources and the feeds that need attention. All parts of the page count these. */
export function attentionOf({ sources, notAssessed }: Pick<Summary, 'sources' | 'notAssessed'>): Attention {
  const feeds = new Map<string, { namespace: string; images: number }[]>();
  for (const { code, reason, namespace, images } of notAssessed?.reasons ?? []) {
    if (namespace === null || code !== 'never-loaded') continue;
    const namespaces = feeds.get(reason) ?? [];
    feeds.set(reason, [...namespaces, { namespace, images }]);
  }
  return {
    sources: sources.filter(({ state }) => state !== 'current'),
    feeds: [...feeds].map(([reason, namespaces]) => ({ reason, namespaces })),
  };
}
