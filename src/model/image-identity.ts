import { type Digest, parseDigest } from './digest.ts';
import type { Target } from './report.ts';

/** The members of a target that identify the image. */
export type ImageIdentity = Pick<Target, 'names' | 'digest' | 'repoDigests'>;

/** Claims about the identity of an image by its container. */
export interface IdentityClaims {
  readonly names?: readonly string[];
  readonly digest?: string | undefined;
  readonly repoDigests?: readonly string[];
}

/** Maximum number and length of names of an image. */
export interface IdentityLimits {
  readonly imageNames: number;
  readonly imageNameCharacters: number;
}

/** Names with only these characters cannot be mistaken for anything else in a report. */
const nameForm = /^[a-z0-9[][\w.:/[\]-]*:\w[\w.-]*$/i;
const repoDigestForm = /^[a-z0-9[][\w.:/[\]-]*@[a-z0-9]+:[0-9a-f]+$/i;

/** Returns the identity of an image. Malformed names and digests are dropped: they are untrusted input that only titles a report. */
export function imageIdentity(
  { names = [], digest = '', repoDigests = [] }: IdentityClaims,
  limits: IdentityLimits,
): ImageIdentity {
  const parsed = parseDigest(digest);
  const named = bounded(
    names.filter((name) => nameForm.test(name)),
    limits,
  );
  const pinned = bounded(repoDigests.filter(isRepoDigest), limits);
  return {
    ...(named.length > 0 && { names: named }),
    ...(parsed !== undefined && { digest: parsed }),
    ...(pinned.length > 0 && { repoDigests: pinned }),
  };
}

function isRepoDigest(text: string): boolean {
  return repoDigestForm.test(text) && digestPart(text) !== undefined;
}

function digestPart(repoDigest: string): Digest | undefined {
  return parseDigest(repoDigest.slice(repoDigest.indexOf('@') + 1));
}

/** Every digest that identifies an image: of its manifest, its configuration, and the indexes that lead to it. */
export function digestsOf({
  manifest,
  digest,
  repoDigests = [],
}: Pick<Target, 'manifest' | 'digest' | 'repoDigests'>): Digest[] {
  const all = [manifest, digest, ...repoDigests.map(digestPart)];
  return [...new Set(all.filter((each) => each !== null && each !== undefined))];
}

function bounded(texts: readonly string[], { imageNames, imageNameCharacters }: IdentityLimits): string[] {
  const short = texts.filter((text) => text.length <= imageNameCharacters);
  return [...new Set(short)].sort().slice(0, imageNames);
}

const nameAnnotations = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'] as const;

/** The names in the annotations of an entry of an index. `ref.name` may be a tag alone, which is not a name. */
export function annotatedNames(annotations: Readonly<Record<string, string>> | null | undefined): string[] {
  return nameAnnotations.flatMap((key) => annotations?.[key] ?? []);
}

/** Returns an entry's annotations. An entry without names gets those of the index that leads to it. */
export function withNamesOf(
  annotations: Readonly<Record<string, string>> | null | undefined,
  parent: Readonly<Record<string, string>> | null | undefined,
): Record<string, string> {
  const names = nameAnnotations.flatMap((key): [string, string][] => {
    const name = parent?.[key];
    return name === undefined ? [] : [[key, name]];
  });
  return { ...Object.fromEntries(names), ...annotations };
}
