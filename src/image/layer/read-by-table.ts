import { baseOf, parentOf } from '../../kit/tar/path.ts';
import { evidenceByName } from '../../model/evidence/by-name.ts';
import { isDataName, placeOfFiles } from '../../model/evidence/program-names.ts';
import type { TableFile } from '../partial/layer-table.ts';
import type { PartialLayer } from '../partial/partial-layer.ts';
import { LayerCollector } from './collector.ts';
import { mayBeBundle } from './file-content.ts';
import type { LayerReadResult, ReadOptions } from './layer-walk.ts';

/**
 * Reads a layer by its table of contents, as the archive itself would be read. A file whose content was not fetched has its name, but no
 * content; `assumed` are those that count as programs. Nothing compares the table with the archive.
 */
export function readByTable(
  layer: Pick<PartialLayer, 'files' | 'contentOf'>,
  { wanted, keptBytesMax, listNow }: ReadOptions,
  assumed: readonly TableFile[] = [],
): LayerReadResult {
  const programs = new Set(assumed);
  const collector = new LayerCollector(wanted, {
    ...(keptBytesMax !== undefined && { keptBytesMax }),
    ...(listNow !== undefined && { listNow }),
  });
  for (const file of layer.files) {
    const content = layer.contentOf(file);
    const sink = collector.visit(file.entry);
    if (programs.has(file)) collector.evidence.assumeProgram(file.entry.path);
    if (sink === undefined || content === undefined) continue;
    sink.write(content);
    sink.close();
  }
  return { collected: collector.finish(), verified: false };
}

/** Returns the files that listers and detectors want by their paths. */
export function filesWantedByPath(
  { files }: Pick<PartialLayer, 'files'>,
  { wanted }: Pick<ReadOptions, 'wanted'>,
): readonly TableFile[] {
  return files.filter(
    ({ entry: { path, type } }) =>
      type === 'file' &&
      (wanted.at(path) === 'wanted' || wanted.isAtAnyDepth(path) || wanted.isLicenseFile(path)),
  );
}

/** Names of programs, libraries and archives of packages that need no executable bit. */
const programName = /\.(?:so(?:\.[\w.]+)?|dll|exe|dylib|node|pyz|pex|xpi|crx)$/i;

/**
 * Whether a file may be a program or an archive of packages, by its mode or its name. The whole layer would be searched for such content whatever its
 * files are called. But a table of contents has only names, and most files without this name and mode are data.
 */
export function mayHoldProgram({ entry: { path, type }, isExecutable }: TableFile): boolean {
  // A table may state a size that is too small for a program. Fetching the file shows that, so its size does not count here.
  if (type !== 'file') return false;
  // Lists of the files of packages leave out names of data.
  const isProgram = isExecutable && !isDataName(path, path.lastIndexOf('/') + 1, path.length);
  return (
    isProgram ||
    evidenceByName(path) !== undefined ||
    programName.test(path) ||
    mayBeBundle(path) ||
    baseOf(path) === 'DESCRIPTION'
  );
}

/** Whether a file of a package counts as a program although it is not read. */
export function isAssumedProgram({ entry: { path }, isExecutable }: TableFile): boolean {
  return (isExecutable || programName.test(path)) && placeOfFiles(parentOf(path)).programs !== 'none';
}
