import { digestHex } from '../model/digest.ts';
import type { Target } from '../model/report.ts';

type Titled = Pick<Target, 'reference' | 'names' | 'digest'>;

/** The image's name, the one that the user typed if it has several; what the user typed where it has none. */
export function imageTitleOf({ reference, names = [] }: Titled): string {
  return names.find((name) => isTyped(reference, name)) ?? names[0] ?? reference;
}

function isTyped(reference: string, name: string): boolean {
  return reference === name || reference.endsWith(`:${name}`) || reference.endsWith(`/${name}`);
}

/** The title with the beginning of the digest, for formats that have one line for both. */
export function titleWithDigest(target: Titled): string {
  const title = imageTitleOf(target);
  const { digest } = target;
  return digest === undefined || title.includes('@') ? title : `${title}@${shortDigest(digest)}`;
}

/** The algorithm and the first characters of a digest, as Docker shows it. */
export function shortDigest(digest: NonNullable<Target['digest']>): string {
  return `${digest.slice(0, digest.indexOf(':'))}:${digestHex(digest).slice(0, 12)}`;
}
