import { inflateSync } from 'node:zlib';
import * as z from 'zod/mini';
import { messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { listSome } from '../../../kit/collections.ts';
import { parseBySchema } from '../../../kit/json/json-document.ts';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import type { ListedPackage, PackageOrigin } from '../../../model/package.ts';
import type { ListerEvent, PackageLister, ProgramParts } from '../../../plugin/package-lister.ts';
import { deduplicated, isWord } from '../../package/listing.ts';

/**
 * Lists what Rust programs were built from. cargo-auditable stores the list of crates in a program. Other programs name some of their crates
 * in the messages of panics.
 */
export const cargoLister: PackageLister = {
  name: 'cargo',
  version: 2,
  wants: [],
  ecosystem: { name: 'cargo', versionScheme: 'semver' },
  programParts: ['cargo-audit-data', 'cargo-source-paths'],
  *list() {
    // All its packages are in programs.
  },
  listProgram: (path, parts) => deduplicated(path, eventsOf(path, parts)),
};

function* eventsOf(path: string, parts: ProgramParts): Generator<ListerEvent> {
  const data = parts.get('cargo-audit-data');
  const sources = parts.get('cargo-source-paths');
  const audited = data === undefined ? undefined : readAuditData(data);
  if (typeof audited === 'string') yield { kind: 'problem', path, problem: audited };
  else if (audited !== undefined) {
    yield* cratesOf(path, audited);
    return;
  }
  if (sources !== undefined) yield* cratesOfSources(path, sources);
}

const crateSchema = z.object({
  name: z.string(),
  version: z.string(),
  /** `crates.io`, `git`, `local`, `registry`. */
  source: z.optional(z.string()),
  /** `build`: used by the compiler, and not in the program. */
  kind: z.optional(z.string()),
});

const auditSchema = z.object({ packages: z.array(crateSchema).check(z.maxLength(limits.packagesPerFile)) });

type AuditData = z.output<typeof auditSchema>;

/** Reads the list of cargo-auditable, or returns what is wrong with it. */
function readAuditData(data: Uint8Array): AuditData | string {
  try {
    const text = inflateSync(data, { maxOutputLength: limits.cargoAuditTextBytes }).toString();
    return parseBySchema(auditSchema, JSON.parse(text), ({ fault }) => new Error(fault));
  } catch (error) {
    return `has a list of crates that cannot be read: ${messageOf(error)}; its crates are not assessed`;
  }
}

/** Sources of crates that are no registry. cargo-auditable, cargo-auditable.schema.json. */
const origins: ReadonlyMap<string, PackageOrigin> = new Map([
  ['local', 'local'],
  ['git', 'git'],
]);

function* cratesOf(path: string, { packages }: AuditData): Generator<ListerEvent> {
  const ofGit: string[] = [];
  for (const { name, version, source = '', kind } of packages) {
    if (kind === 'build') continue;
    if (!isWord(name) || !isWord(version)) {
      const problem = `names the impossible crate ${quoteUntrusted(`${name} ${version}`)}`;
      yield { kind: 'problem', path, problem };
      continue;
    }
    const origin = origins.get(source);
    if (origin === 'git') ofGit.push(`${name} ${version}`);
    yield crate(path, { name, version, evidence: 'build-info', ...(origin !== undefined && { origin }) });
  }
  if (ofGit.length > 0) yield { kind: 'problem', path, problem: problemOfGit(ofGit) };
}

/** Crates that a message names. */
const namedMax = 5;

function problemOfGit(crates: readonly string[]): string {
  return `has crates from Git repositories, which no advisories cover: ${listSome(crates, namedMax)}`;
}

/** `index.crates.io-6f17d22bba15001f/clap-2.33.1`: the directories of a registry and of a crate. */
const sourceDirectory = /^[\w.-]+\/([A-Za-z][\w-]*?)-(\d+\.\d+\.\d+(?:[-+][\dA-Za-z.+-]+)?)$/;

function* cratesOfSources(path: string, content: Uint8Array): Generator<ListerEvent> {
  const lines = Buffer.from(content).toString('latin1').split('\n').sort();
  for (const line of lines) {
    const [, name, version] = sourceDirectory.exec(line) ?? [];
    if (name !== undefined && version !== undefined && isWord(name) && isWord(version))
      yield crate(path, { name, version, evidence: 'binary-string' });
  }
}

function crate(path: string, found: Omit<ListedPackage, 'type'>): ListerEvent {
  return { kind: 'package', path, package: { type: 'cargo', ...found } };
}
