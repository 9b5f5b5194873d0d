import { isIPv4 } from 'node:net';
import { ClairError } from '../../core/errors.ts';
import { type Digest, parseDigest } from '../../model/digest.ts';

/** A reference to an image in a registry. */
export interface RegistryReference {
  /** `host[:port]` in lower case; `docker.io` by default. */
  readonly registry: string;
  /** `library/debian` */
  readonly repository: string;
  /** Undefined only if there is a digest. */
  readonly tag: string | undefined;
  /** The required digest of the manifest. The tag is then ignored. */
  readonly digest: Digest | undefined;
}

const hostLabel = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const host = new RegExp(`^(?:${hostLabel}(?:\\.${hostLabel})*|\\[[0-9a-f:.]+\\])(?::\\d{1,5})?$`, 'i');
const pathPart = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const tagForm = /^\w[\w.-]{0,127}$/;
const nameCharactersMax = 255;

/**
 * Parses `[host[:port]/]path[:tag][@digest]` as Docker does. The host defaults to the Docker Hub, and the tag to `latest` if there is no
 * digest. distribution/reference, "Grammar". Throws `usage` if the text is not a reference.
 */
export function parseReference(text: string): RegistryReference {
  const [named = '', digestText, ...more] = text.split('@');
  if (more.length > 0) throw malformed(text, 'it has two digests');
  const digest = digestText === undefined ? undefined : digestOf(text, digestText);
  const { name, tag } = splitTag(named);
  if (tag !== undefined && !tagForm.test(tag)) throw malformed(text, `${tag} is not a valid tag`);
  const { registry, path } = splitHost(name);
  if (!host.test(registry) || !URL.canParse(`https://${registry}`))
    throw malformed(text, `${registry} is not a valid host`);
  checkPath(text, path);
  const isOfficial = registry === 'docker.io' && !path.includes('/');
  return {
    registry,
    repository: isOfficial ? `library/${path}` : path,
    tag: tag ?? (digest === undefined ? 'latest' : undefined),
    digest,
  };
}

function digestOf(text: string, digestText: string): Digest {
  const digest = parseDigest(digestText);
  if (digest === undefined) throw malformed(text, `${digestText} is not a sha256 or sha512 digest`);
  return digest;
}

/** Returns the reference in full form. */
export function referenceText({ registry, repository, tag, digest }: RegistryReference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Whether a registry is on this machine. */
export function isLoopbackRegistry(registry: string): boolean {
  const name = registry.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}

/** Splits off the tag. A colon before a slash belongs to a port. */
function splitTag(named: string): { name: string; tag: string | undefined } {
  const colon = named.lastIndexOf(':');
  if (colon <= named.lastIndexOf('/')) return { name: named, tag: undefined };
  return { name: named.slice(0, colon), tag: named.slice(colon + 1) };
}

/** Splits off the host. The part before the first slash is a host if it has a dot or a colon, or is `localhost`. */
function splitHost(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  if (!/[.:]/.test(first) && first !== 'localhost') return { registry: 'docker.io', path: name };
  const registry = first.toLowerCase();
  const isHub = registry === 'index.docker.io' || registry === 'registry-1.docker.io';
  return { registry: isHub ? 'docker.io' : registry, path: name.slice(slash + 1) };
}

function checkPath(text: string, path: string): void {
  const odd = path.split('/').find((part) => !pathPart.test(part));
  if (odd !== undefined) {
    const why =
      odd === odd.toLowerCase() ? `“${odd}” cannot be part of a name` : 'names must be in lower case';
    throw malformed(text, why);
  }
  if (path.length > nameCharactersMax)
    throw malformed(text, `the name has more than ${nameCharactersMax} characters`);
}

function malformed(text: string, why: string): ClairError {
  const shown = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  return new ClairError(
    'usage',
    `“${shown}” is not an image reference: ${why}; write [host[:port]/]path[:tag][@digest]`,
  );
}
