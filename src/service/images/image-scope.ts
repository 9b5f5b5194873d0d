import type { Distro } from '../../model/distro.ts';

/** Options of a scan that change the contents of the image. */
export interface ImageScope {
  /** Distribution that overrides the detected one. */
  readonly distro?: Distro;
  /** Patterns of paths to exclude. */
  readonly exclude?: readonly string[];
}

/** Returns a key for a scope, because packages of an image differ between scopes. Empty without options. */
export function scopeKey({ distro, exclude = [] }: ImageScope): string {
  if (distro === undefined && exclude.length === 0) return '';
  return ` scope ${JSON.stringify([distro?.prettyName ?? null, [...new Set(exclude)].sort()])}`;
}
