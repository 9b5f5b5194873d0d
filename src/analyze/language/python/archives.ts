import type { LoadBytes } from '../../../kit/bytes/file-pages.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import type { DependencyBudget } from '../../package/dependency-names.ts';
import { type ArchiveBudget, filesOfArchive } from '../archive-files.ts';
import { type Distribution, eventOf, installedByRoot } from './distribution.ts';
import { type DistributionPath, distributionPath } from './distribution-path.ts';
import { readMetadata } from './metadata.ts';

/** Wheels, eggs, and archives that Python runs: those of PEX, and zipapps such as those of shiv. */
export const pythonArchives = ['**/*.whl', '**/*.egg', '**/*.pex', '**/*.pyz'];

const isArchiveName = /\.(?:whl|egg|pex|pyz)$/i;
/** The metadata of the distribution that a wheel or an egg is. Others in it are copies. */
const ownMetadata = /^(?:[^/]+\.dist-info\/METADATA|EGG-INFO\/PKG-INFO)$/i;
/** The directory of a PEX that is not packed into one file. It runs the wheels in there. */
const directoryOfPex = /(?:^|\/)\.deps\/[^/]+$/;

/** Returns whether a file is an archive of Python by its name. */
export function isPythonArchive(path: string): boolean {
  return isArchiveName.test(path);
}

/** Returns whether a file in an archive is metadata of a distribution. */
export function isMetadataEntry(inside: string): boolean {
  return ownMetadata.test(inside) || distributionPath(inside) !== undefined;
}

/** The budgets that the archives of a layer share. */
export interface PythonBudgets {
  readonly archives: ArchiveBudget;
  readonly names: DependencyBudget;
}

/** The budgets, and how the bytes of an archive are read that are needed. Without `load`, all are there. */
export interface PythonArchiveContext extends PythonBudgets {
  readonly load?: LoadBytes | undefined;
}

/**
 * Lists the distributions in an archive. Those that the archive runs are `embedded-in-archive`. A wheel that nothing has installed is
 * `dormant`. Yields no event if the archive has no metadata: then the file counts as one that was not read.
 */
export function* listPythonArchive(
  path: string,
  content: Uint8Array,
  { archives, names, load }: PythonArchiveContext,
): Generator<ListerEvent> {
  const outside = placeOfArchive(path);
  if (outside === 'ignored') {
    yield { kind: 'no-package', path };
    return;
  }
  const isOne = /\.(?:whl|egg)$/i.test(path);
  const wants = (inside: string): boolean =>
    isOne ? ownMetadata.test(inside) : distributionPath(inside) !== undefined;
  const found: Distribution[] = [];
  for (const file of filesOfArchive(content, { wants, budget: archives, load }))
    if ('problem' in file) yield { kind: 'problem', path, ...file };
    else {
      const place = distributionPath(file.path) ?? { root: '', evidence: 'installed' };
      found.push({ path: file.path, place, content: readMetadata(file.content, names) });
    }
  const installed = installedByRoot(found);
  for (const one of found) yield inArchive(eventOf(one, installed), { path, outside });
}

/** An archive and the evidence that its place is. */
interface ArchivePlace {
  readonly path: string;
  readonly outside: DistributionPath['evidence'];
}

/** Returns the evidence that the place of an archive is: as if its metadata were beside it. */
function placeOfArchive(path: string): DistributionPath['evidence'] {
  const metadata = `${path.slice(0, path.lastIndexOf('/') + 1)}x.egg-info`;
  return distributionPath(metadata)?.evidence ?? 'installed';
}

/** Returns the event of a file in an archive as one of the archive. */
function inArchive(event: ListerEvent, { path, outside }: ArchivePlace): ListerEvent {
  if (event.kind !== 'package') return { ...event, path };
  const isDormant = outside === 'dormant' || (/\.whl$/i.test(path) && !directoryOfPex.test(path));
  const evidence = isDormant ? 'dormant' : evidenceIn(event.package.evidence);
  return { ...event, path, package: { ...event.package, evidence, archivePath: event.path } };
}

type Evidence = NonNullable<Extract<ListerEvent, { kind: 'package' }>['package']['evidence']>;

function evidenceIn(own: Evidence | undefined): Evidence {
  return own === 'vendored' || own === 'dormant' ? own : 'embedded-in-archive';
}
