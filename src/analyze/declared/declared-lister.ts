import { quoteUntrusted } from '../../kit/untrusted-text.ts';
import { ecosystemOfType } from '../../model/namespace.ts';
import type { PackageType } from '../../model/package.ts';
import type { Files, PathPattern } from '../../plugin/layer-files.ts';
import { PatternMap } from '../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { deduplicated, isWord } from '../package/listing.ts';
import { DeclaredFileError, type DeclaredFormat, type DeclaredItem } from './declared-format.ts';
import { declaredFormats } from './formats.ts';

/** The start of the names of these listers, before the type of their packages. */
const namePrefix = 'declared-';

/** Version scheme of packages without an ecosystem, which are listed and not matched. */
const inventoryScheme = 'semver';

/** Directories with the code of dependencies. Their lock files state what their authors used. */
const foreignDirectories: ReadonlySet<string> = new Set([
  ...['node_modules', 'bower_components', '.yarn', 'vendor', 'site-packages', 'dist-packages'],
  ...['.venv', '.tox', '.nox', 'Pods', '.git'],
]);

/** Listers of lock files and manifests, one for each type of package. They run only when declared packages are asked for. */
export const declaredListers: readonly PackageLister[] = Array.from(
  Map.groupBy(declaredFormats, ({ type }) => type),
  ([type, formats]) => listerOf(type, formats),
);

function listerOf(type: PackageType, formats: readonly DeclaredFormat[]): PackageLister {
  const ecosystem = ecosystemOfType(type);
  const formatOf = new PatternMap(
    formats.flatMap((format) => format.files.map((file) => [atAnyDepth(file), format] as const)),
  );
  const siblings = formats.flatMap((format) => format.siblings ?? []);
  return {
    name: `${namePrefix}${type}`,
    version: 4,
    wants: [...formats.flatMap(({ files }) => files), ...siblings].map(atAnyDepth),
    ...(ecosystem === undefined ? { versionScheme: inventoryScheme } : { ecosystem }),
    *list(files: Files) {
      for (const path of files.keys()) {
        const format = isForeign(path) ? undefined : formatOf.find(path);
        if (format !== undefined) yield* listFile(path, format, files);
      }
    },
  };
}

function atAnyDepth(file: string): PathPattern {
  return `**/${file}`;
}

function isForeign(path: string): boolean {
  return path.split('/').some((name) => foreignDirectories.has(name));
}

function* listFile(path: string, format: DeclaredFormat, files: Files): Generator<ListerEvent> {
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  const content = files.get(path) ?? new Uint8Array();
  const events = eventsOf(
    path,
    format.type,
    itemsOf(format, content, (name) => files.get(directory + name)),
  );
  let isEmpty = true;
  for (const event of deduplicated(path, events)) {
    isEmpty = false;
    yield event;
  }
  if (isEmpty) yield { kind: 'no-package', path };
}

function* itemsOf(
  format: DeclaredFormat,
  ...file: Parameters<DeclaredFormat['read']>
): Generator<DeclaredItem> {
  try {
    yield* format.read(...file);
  } catch (error) {
    if (!(error instanceof DeclaredFileError)) throw error;
    yield { kind: 'problem', problem: error.message };
  }
}

function* eventsOf(path: string, type: PackageType, items: Iterable<DeclaredItem>): Generator<ListerEvent> {
  for (const item of items) {
    if (item.kind === 'problem') yield { kind: 'problem', path, problem: item.problem };
    else if (item.kind === 'package') {
      const { name, version, hashes } = item;
      const stated = hashes.length === 0 ? {} : { hashes };
      yield { kind: 'package', path, package: { type, name, version, ...stated, evidence: 'declared' } };
    } else {
      const name = isWord(item.name) ? item.name : quoteUntrusted(item.name);
      yield { kind: 'problem', path, problem: `${name} ${item.reason}`, lacks: 'version' };
    }
  }
}
