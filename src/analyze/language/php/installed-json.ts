import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { bufferView } from '../../../kit/bytes/bytes.ts';
import { boundedParse, parseJson } from '../../../kit/json/json-document.ts';
import { quoteUntrusted, stripControls } from '../../../kit/untrusted-text.ts';
import type { ListedPackage } from '../../../model/package.ts';
import { type PackageHash, packageHashOf } from '../../../model/package-hash.ts';
import { packageName } from '../../../model/package-name.ts';
import { licenseOf } from '../../../model/spdx-license.ts';
import { type DependencyBudget, dependencyFields } from '../../package/dependency-names.ts';
import { type EntryProblem, isWord } from '../../package/listing.ts';

const list = z.array(z.unknown());
/** Composer 1 writes a list. Composer 2 writes it as a member of an object. */
const documentSchema = z.union([list, z.object({ packages: list })]);

/** Constraints by package name. PHP writes an empty object as a list. */
const linksSchema = z.catch(z.record(z.string(), z.unknown()), {});
const entrySchema = z.object({
  name: z.string(),
  version: z.optional(z.string()),
  license: z.catch(z.array(z.unknown()), []),
  dist: z.optional(z.unknown()),
  authors: z.catch(z.array(z.object({ name: z.string() })), []),
  require: linksSchema,
  replace: linksSchema,
  provide: linksSchema,
});
type Entry = z.output<typeof entrySchema>;

/** A vendor and a name. Composer, "The composer.json schema": name. */
const packageNameForm = /^[a-z\d][a-z\d._-]*\/[a-z\d][a-z\d._-]*$/i;

/** Constraints of a replaced package that has the version of the package that replaces it. */
const ownVersion = 'self.version';

/**
 * Yields the packages of Composer's `installed.json`: those installed, and the packages that they replace under their own version, as
 * copies inside of them. Throws an error if the document has another form.
 */
export function* readInstalledJson(
  content: Uint8Array,
  budget: DependencyBudget,
): Generator<ListedPackage | EntryProblem> {
  const refuse = (fault: string): Error => new Error(fault);
  const document = boundedParse(documentSchema, parseJson(bufferView(content), refuse));
  if (document?.success !== true) throw refuse('is not a list of packages of Composer');
  const entries = Array.isArray(document.data) ? document.data : document.data.packages;
  for (const [i, item] of entries.entries()) {
    const entry = boundedParse(entrySchema, item);
    if (entry?.success === true) yield* readEntry(entry.data, budget);
    else yield { problem: `entry ${i + 1} is malformed: it has no name or version as a text` };
  }
}

function* readEntry(entry: Entry, budget: DependencyBudget): Generator<ListedPackage | EntryProblem> {
  const { name, version = '' } = entry;
  if (!packageNameForm.test(name) || !isWord(name)) {
    yield { problem: `has the impossible package name ${quoteUntrusted(name)}` };
    return;
  }
  if (!isWord(version)) {
    yield { problem: `${name} has no version`, lacks: 'version' };
    return;
  }
  yield {
    type: 'composer',
    name,
    version,
    ...detailsOf(entry),
    ...linksOf(entry, budget),
    evidence: 'installed',
  };
  for (const replaced of replacedBy(entry))
    yield { type: 'composer', name: replaced, version, evidence: 'vendored', parent: { name, version } };
}

/** Returns the names of packages whose code is in this package. */
function replacedBy({ replace }: Entry): string[] {
  return Object.entries(replace)
    .filter(([name, constraint]) => constraint === ownVersion && packageNameForm.test(name) && isWord(name))
    .map(([name]) => name);
}

/** Returns the licences, the supplier and the hashes. */
function detailsOf({ license, authors, dist }: Entry): Partial<ListedPackage> {
  const licenses = license
    .slice(0, limits.licensesPerPackage)
    .flatMap((text) => (typeof text === 'string' ? (licenseOf(text) ?? []) : []));
  const supplier = stripControls(authors[0]?.name ?? '');
  const hashes = hashesOfDist(dist);
  return {
    ...(licenses.length > 0 && { licenses: [...new Set(licenses)] }),
    ...(supplier !== '' && { supplier }),
    ...(hashes.length > 0 && { hashes }),
  };
}

/** Returns the names that the package requires and provides. Requirements of PHP and its extensions have no slash. */
function linksOf(
  { name, require, replace, provide }: Entry,
  budget: DependencyBudget,
): Partial<ListedPackage> {
  const namesIn = (links: Entry['require']): string[] =>
    Object.keys(links)
      .filter((link) => link.includes('/'))
      .map((link) => packageName('composer', link));
  const key = packageName('composer', name);
  const provides = [...namesIn(replace), ...namesIn(provide), ...(key === name ? [] : [key])];
  return dependencyFields(budget, { requires: namesIn(require), provides });
}

const distSchema = z.object({ shasum: z.string() });

/**
 * Returns the SHA-1 hash of the archive of a package from the member `dist` that Composer writes. Empty if it is unknown, as for archives
 * that a host makes on request.
 */
export function hashesOfDist(dist: unknown): PackageHash[] {
  const parsed = boundedParse(distSchema, dist);
  const hash = parsed?.success === true ? packageHashOf('sha1', parsed.data.shasum) : undefined;
  return hash === undefined ? [] : [hash];
}
