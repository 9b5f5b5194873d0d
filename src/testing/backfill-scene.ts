import type { WatchedRegistry } from '../service/registries/watched-registry.ts';
import { type BuiltImage, buildImage } from './image-builder.ts';
import { tar } from './tar-writer.ts';

/** The name of the registry in the settings, and its only repository. */
export const [backfillName, backfillRepository] = ['main', 'app'] as const;

/** Returns the settings of the registry. */
export function watchedHost(registry: string): WatchedRegistry {
  return {
    name: backfillName,
    registry,
    repositories: [],
    exclude: [],
    tags: [],
    excludeTags: [],
    platforms: [],
    intervalMs: 0,
    keep: 0,
    requests: 1,
    secret: '',
  };
}

const base = tar([
  { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' },
  { path: 'lib/apk/db/installed', content: 'C:Q1\nP:busybox\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n' },
]);

/** Returns an image of a common base and a layer of its own. */
export function backfillImage(tag: string): BuiltImage {
  return buildImage({ steps: [{ tar: base }, { tar: tar([{ path: 'tag', content: tag }]) }] });
}
