import type { Distro } from '../../model/distro.ts';

/** What a user says about an image besides its name. */
export interface ImageScope {
  /** The distribution, whatever the image says. */
  readonly distro?: Distro;
  /** Patterns of paths that are not looked at. */
  readonly exclude?: readonly string[];
}

/** Names a scope: the packages of an image under one scope are not those under another. Empty where nothing is said. */
export function scopeKey({ distro, exclude = [] }: ImageScope): string {
  if (distro === undefined && exclude.length === 0) return '';
  return ` scope ${JSON.stringify([distro?.prettyName ?? null, [...new Set(exclude)].sort()])}`;
}
