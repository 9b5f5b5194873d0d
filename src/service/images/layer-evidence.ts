import { messageOf } from '../../core/errors.ts';
import type { CollectedEvidence } from '../../image/layer/evidence-collector.ts';
import type { ProgramReader } from '../../image/layer/layer-walk.ts';
import { ProgramClassifier, type ProgramKind } from '../../image/layer/program-kind.ts';
import { type EvidenceKind, evidenceKinds } from '../../model/evidence/kinds.ts';
import type { LayerEvidence } from '../../model/evidence/layer-evidence.ts';
import type { ExtensionProblem, OwnedFiles } from '../../model/layer-index.ts';

/** Inputs for the classification of programs. */
export interface ProgramContext {
  readonly owned: readonly OwnedFiles[];
  /** Absent if the programs were already read. */
  readonly readProgram?: ProgramReader | undefined;
}

/** Evidence of a layer for its index, and problems of reading it. */
export interface ClassifiedEvidence {
  readonly evidence: LayerEvidence;
  readonly problems: readonly ExtensionProblem[];
}

/**
 * Classifies the programs of a layer. Those that a package of the same layer owns stay `generic`, however the layer was read. They are the
 * majority, and nothing uses their kind.
 */
export function classifyEvidence(
  { unread, ...collected }: CollectedEvidence,
  { owned, readProgram }: ProgramContext,
): ClassifiedEvidence {
  const kinds = programsOf(collected);
  if (kinds.size === 0) return { evidence: collected, problems: [] };
  const isOwned = ownedAmong(kinds, owned);
  for (const path of isOwned) kinds.set(path, 'generic');
  const problems: ExtensionProblem[] = [];
  for (const [path, program] of unread) {
    if (isOwned.has(path) || readProgram === undefined) continue;
    try {
      kinds.set(path, kindOf(program.size, readProgram(program)));
    } catch (error) {
      problems.push({ extension: 'layer', path, message: `cannot be read: ${messageOf(error)}` });
    }
  }
  return { evidence: { ...collected, found: regrouped(collected, kinds) }, problems };
}

const programKinds: ReadonlySet<EvidenceKind> = new Set<ProgramKind>(['golang', 'cargo', 'generic']);

function programsOf({ found }: LayerEvidence): Map<string, EvidenceKind> {
  const programs = found.filter(({ kind }) => programKinds.has(kind));
  return new Map(programs.flatMap(({ kind, paths }) => paths.map((path) => [path, kind] as const)));
}

/** Returns the programs that a package owns. With a merged `/usr`, packages may list files under either path. */
function ownedAmong(programs: ReadonlyMap<string, unknown>, owned: readonly OwnedFiles[]): Set<string> {
  const byPath = new Map<string, string>();
  for (const path of programs.keys()) {
    const below = withoutUsr(path);
    byPath.set(`usr/${below}`, path);
    if (!below.startsWith('usr/')) byPath.set(below, path);
  }
  const found = new Set<string>();
  const addOwned = (files: readonly string[]): void => {
    for (const file of files) {
      const path = byPath.get(file);
      if (path !== undefined) found.add(path);
    }
  };
  // One loop in each function: V8 leaves optimized code of an inner loop at every exit of it.
  for (const { files } of owned) addOwned(files);
  return found;
}

function withoutUsr(path: string): string {
  return path.startsWith('usr/') ? path.slice('usr/'.length) : path;
}

function kindOf(size: number, pieces: Iterable<Buffer>): ProgramKind {
  const sight = new ProgramClassifier(size);
  for (const piece of pieces) {
    sight.write(piece);
    if (sight.isDone) break;
  }
  return sight.kind() ?? 'generic';
}

function regrouped(
  { found }: LayerEvidence,
  programs: ReadonlyMap<string, EvidenceKind>,
): LayerEvidence['found'] {
  const byKind = Map.groupBy(programs, ([, kind]) => kind);
  return evidenceKinds.flatMap((kind) => {
    const paths = programKinds.has(kind)
      ? byKind.get(kind)?.map(([path]) => path)
      : found.find((group) => group.kind === kind)?.paths;
    return paths === undefined ? [] : [{ kind, paths }];
  });
}
