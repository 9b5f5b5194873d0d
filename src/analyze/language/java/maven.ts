import { limits } from '../../../core/limits.ts';
import { bufferView } from '../../../kit/bytes/bytes.ts';
import { loadNothing } from '../../../kit/bytes/file-pages.ts';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import { mayEndArchive } from '../../../kit/zip/directory.ts';
import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { ArchiveBudget } from '../archive-files.ts';
import { isReadEntry } from './archive.ts';
import { namedVersionOf } from './coordinates.ts';
import { javaExtensions } from './jar-name.ts';
import {
  type JavaArchiveContent,
  type JavaFinding,
  listJavaArchive,
  type UngroupedArtifact,
} from './list-archive.ts';
import { isUnpackedFile, listUnpackedArchives, unpackedFiles } from './unpacked.ts';

/** Size of an empty archive. */
const archiveBytesMin = 22;
/** Extensions that other formats have as well. */
const sharedExtension = /\.(?:rar|par|sar|nar|kar|far|zap)$/i;

const archives = javaExtensions.flatMap((extension) => [
  `**/*.${extension}`,
  `**/*.${extension.toUpperCase()}`,
]);

/** Lists the Maven artifacts in Java archives, and in directories with the content of such archives. */
export const mavenLister: PackageLister = {
  name: 'maven',
  version: 5,
  wants: [...archives, ...unpackedFiles],
  largeFiles: archives,
  ecosystem: namespaceOfEcosystem('maven'),
  readsEntry: isReadEntry,
  listEach: () => {
    const budget = new ArchiveBudget();
    return (path, content, load) => listFile(path, { bytes: bufferView(content), load }, budget);
  },
  *list(files: Files) {
    const budget = new ArchiveBudget();
    for (const [path, content] of files)
      if (!isUnpackedFile(path)) yield* listFile(path, { bytes: bufferView(content) }, budget);
    yield* listUnpackedArchives(files);
  },
};

/**
 * Lists a file. Yields no event but artifacts of unknown groups for an archive that nothing identifies, or for one cut to nothing: then the file counts as one that was not
 * read. If an archive has packages as well, what is unknown is a problem.
 */
function* listFile(path: string, content: JavaArchiveContent, budget: ArchiveBudget): Generator<ListerEvent> {
  if (content.bytes.length < archiveBytesMin) return;
  if (sharedExtension.test(path) && !mayBeArchive(content)) {
    yield { kind: 'no-package', path };
    return;
  }
  const summary: FileSummary = { packages: 0, ungrouped: 0, problems: 0, unidentified: [] };
  for (const finding of listJavaArchive(path, content, budget)) {
    const event = eventOf(path, finding, summary);
    if (event !== undefined) yield event;
  }
  yield* closingEvents(path, summary);
}

/** Numbers of findings in a file. */
interface FileSummary {
  packages: number;
  /** Number of artifacts of unknown groups. */
  ungrouped: number;
  problems: number;
  readonly unidentified: string[];
}

/** Counts a finding. Returns its event unless a limit is exceeded, or unless it depends on the other findings. */
function eventOf(path: string, finding: JavaFinding, summary: FileSummary): ListerEvent | undefined {
  switch (finding.kind) {
    case 'package':
      return ++summary.packages <= limits.packagesPerFile ? packageEvent(path, finding) : undefined;
    case 'problem':
      if (++summary.problems > limits.problemsPerFile) return undefined;
      return { kind: 'problem', path, problem: problemText(path, finding.path, finding.problem) };
    case 'unidentified':
      if (summary.unidentified.length < limits.problemsPerFile)
        summary.unidentified.push(problemText(path, finding.path, finding.reason));
      return finding.artifact === undefined || ++summary.ungrouped > limits.packagesPerFile
        ? undefined
        : ungroupedEvent(path, finding.path, finding.artifact);
  }
}

function* closingEvents(
  path: string,
  { packages, ungrouped, problems, unidentified }: FileSummary,
): Generator<ListerEvent> {
  if (packages > 0) for (const problem of unidentified) yield { kind: 'problem', path, problem };
  if (packages > limits.packagesPerFile)
    yield {
      kind: 'problem',
      path,
      problem: `has ${packages} packages; only ${limits.packagesPerFile} are listed`,
    };
  if (ungrouped > limits.packagesPerFile)
    yield {
      kind: 'problem',
      path,
      problem: `has ${ungrouped} artifacts of unknown groups; only ${limits.packagesPerFile} are listed`,
    };
  const hidden = problems - limits.problemsPerFile;
  if (hidden > 0) yield { kind: 'problem', path, problem: `has ${hidden} more problems of the kinds above` };
  if (packages + problems + unidentified.length === 0) yield { kind: 'no-package', path };
}

function packageEvent(
  path: string,
  { path: archive, package: found }: Extract<JavaFinding, { kind: 'package' }>,
): ListerEvent {
  const { evidence, parent } = found;
  const inside = pathInside(path, archive);
  return {
    kind: 'package',
    path,
    package: {
      type: 'maven',
      ...namedVersionOf(found),
      evidence,
      ...(parent !== undefined && { parent }),
      ...(inside !== '' && { archivePath: inside }),
    },
  };
}

/** Returns the event of an artifact of an unknown group. It never stands for the whole file, so the file still counts as unread. */
function ungroupedEvent(
  path: string,
  archive: string,
  { artifact, version, parent }: UngroupedArtifact,
): ListerEvent {
  const inside = pathInside(path, archive);
  return {
    kind: 'package',
    path,
    package: {
      type: 'maven',
      name: artifact,
      version,
      evidence: 'artifact-id',
      ...(parent !== undefined && { parent }),
      remarks: ['the name of its file gives artifact and version, and nothing gives the group'],
      ...(inside !== '' && { archivePath: inside }),
    },
  };
}

/** Returns a message that names the archive if it is inside the file. */
function problemText(path: string, archive: string, problem: string): string {
  const inside = pathInside(path, archive);
  return inside === '' ? problem : `${quoteUntrusted(inside)} ${problem}`;
}

/** Returns the path of an archive within a file. Empty for the file itself. */
function pathInside(path: string, archive: string): string {
  return archive.slice(path.length + 2);
}

/** Whether a file may be a zip archive. Something may precede it, which a JVM skips. */
function mayBeArchive({ bytes, load = loadNothing }: JavaArchiveContent): boolean {
  load(0, 2);
  return (bytes[0] === 0x50 && bytes[1] === 0x4b) || mayEndArchive({ bytes, load });
}
