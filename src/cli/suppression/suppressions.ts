import { existsSync } from 'node:fs';
import { ClairError } from '../../core/errors.ts';
import { partition } from '../../kit/collections.ts';
import { applySuppressions } from '../../match/suppress/apply.ts';
import type { Suppressions } from '../../match/suppress/decide.ts';
import { isUnexpired } from '../../match/suppress/ignore-rules.ts';
import { imageNameOf, isNamedImage } from '../../model/image-name.ts';
import type { Match, Report } from '../../model/report.ts';
import type { IgnoreRule, VexDocument, VexStatement } from '../../model/suppression.ts';
import type { AssessedReport } from '../../service/findings/match-image.ts';
import type { LoadedExtensions } from '../load-extensions.ts';
import type { ConsoleOptions } from '../progress.ts';
import { warn, warnAboutRules } from '../warn.ts';
import { assertFewProducts, readSuppressionFile, type VexSource, vexFilesAt } from './suppression-files.ts';

/** Options of the commands that suppress findings. */
export interface SuppressionOptions extends ConsoleOptions {
  /** Rule files; `none` disables them. If absent, `.clairignore.yaml` of the working directory applies. */
  readonly ignore?: readonly string[];
  /** VEX documents, and directories of them. */
  readonly vex?: readonly string[];
  /** File of the public key of VEX documents that are attached to the image in its registry. */
  readonly vexKey?: string;
  readonly offline?: boolean;
  readonly loaded: LoadedExtensions;
}

/** Applies suppressions to a report. */
export type ApplySuppressions = (assessed: AssessedReport) => Promise<AssessedReport>;

/** The rule file that applies by default. */
const defaultIgnoreFile = '.clairignore.yaml';

/**
 * Reads the rules of the options before the image is read; VEX documents are read later. Warns of expired and unused rules and unused
 * documents. A rule applies until the end of its last day in UTC.
 */
export async function readSuppressions(options: SuppressionOptions, now: Date): Promise<ApplySuppressions> {
  const rules = await readRules(options);
  const files = (options.vex ?? []).flatMap(vexFilesAt);
  const { schemes } = options.loaded.extensions;
  const activeRules = activeRulesOf(rules, now, options);
  return async (assessed) => {
    const { report, isAssessed } = assessed;
    const sources = [...files, ...(await attachedTo(report, options))];
    if (activeRules.length === 0 && sources.length === 0) return assessed;
    const { statements, argumentsWithout, argumentsOf } = await readStatements(
      sources,
      [...report.matches, ...report.suppressed],
      options,
    );
    const result = applySuppressions(
      report,
      { isKnown: isAssessed, schemes },
      { rules: activeRules, statements },
    );
    warnAboutUnusedRules(
      activeRules.filter((rule) => !result.rules.has(rule)),
      report,
      options,
    );
    for (const argument of argumentsWithout(new Set([...result.documents, ...result.unproven])))
      warn(`${argument} has no statement that matches a finding`, options);
    for (const argument of argumentsOf(result.unproven))
      warn(
        `statements of ${argument} name the image by its digest, and do not apply: not all of its layers were hashed, so their content is not proved; scan it with --verify, and without --partial`,
        options,
      );
    return { ...assessed, report: result.report };
  };
}

async function attachedTo(
  { target }: Pick<Report, 'target'>,
  { vexKey, ...options }: SuppressionOptions,
): Promise<readonly VexSource[]> {
  if (vexKey === undefined) return [];
  const { fetchAttachedVex } = await import('./attached-vex.ts');
  return await fetchAttachedVex(target, { ...options, vexKey });
}

/** Returns the rules and statements of options on some findings, which may be of several images. Warns of expired rules. */
export async function readSuppressionsOn(
  findings: readonly Match[],
  options: SuppressionOptions,
  now: Date,
): Promise<Suppressions> {
  const rules = activeRulesOf(await readRules(options), now, options);
  const files = (options.vex ?? []).flatMap(vexFilesAt);
  const { statements } = await readStatements(files, findings, options);
  return { rules, statements };
}

/** Returns the rules that apply on the day of a time. Warns of the others. */
function activeRulesOf(rules: readonly IgnoreRule[], now: Date, options: ConsoleOptions): IgnoreRule[] {
  const today = now.toISOString().slice(0, 10);
  const [active, expired] = partition(rules, (rule) => isUnexpired(rule, today));
  warnAboutRules(expired, 'has expired and no longer applies', options);
  return active;
}

/** Warns of unused rules, except those for other images. For an image on disk, whose name proves nothing, it warns once. */
function warnAboutUnusedRules(
  rules: readonly IgnoreRule[],
  { target }: Report,
  options: ConsoleOptions,
): void {
  const ofAll = rules.filter(({ image }) => image === undefined);
  const ofImages = rules.filter(({ image }) => image !== undefined);
  warnAboutRules(ofAll, 'matches nothing', options);
  const [first] = ofImages;
  const name = imageNameOf(target);
  if (name !== undefined)
    warnAboutRules(
      ofImages.filter(({ image = '' }) => isNamedImage(name, image)),
      'matches nothing',
      options,
    );
  else if (first !== undefined)
    warn(
      `the entries of ${first.place.replace(/:\d+$/, '')} for named images do not apply, because a name in an image on disk proves nothing: scan it from its registry or daemon, or move them to the general list`,
      options,
    );
}

async function readRules(options: Pick<SuppressionOptions, 'ignore' | 'quiet'>): Promise<IgnoreRule[]> {
  const { ignore: named } = options;
  const names =
    named?.filter((name) => name !== 'none') ?? (existsSync(defaultIgnoreFile) ? [defaultIgnoreFile] : []);
  if (names.length === 0) return [];
  if (named === undefined)
    warn(`using the rules of ${defaultIgnoreFile} in this directory; --ignore none disables them`, options);
  const { readIgnoreFile } = await import('../../suppression-files/read-ignore-file.ts');
  const rules: IgnoreRule[] = [];
  for (const name of names) {
    const bytes = await readSuppressionFile(name, 'ignoreFileBytes');
    rules.push(
      ...readIgnoreFile(name, bytes.toString('utf8'), (message) => {
        warn(message, options);
      }),
    );
  }
  return rules;
}

interface ReadStatements {
  readonly statements: readonly VexStatement[];
  /** Returns the arguments that none of these documents is from. */
  readonly argumentsWithout: (some: ReadonlySet<VexDocument>) => Iterable<string>;
  /** Returns the arguments that these documents are from. */
  readonly argumentsOf: (some: ReadonlySet<VexDocument>) => Iterable<string>;
}

/** Reads the statements of documents about the vulnerabilities of findings, which are few of a vendor's archive. */
async function readStatements(
  sources: readonly VexSource[],
  findings: readonly Match[],
  options: ConsoleOptions,
): Promise<ReadStatements> {
  if (sources.length === 0) return { statements: [], argumentsWithout: () => [], argumentsOf: () => [] };
  const { readVex } = await import('../../suppression-files/read-vex.ts');
  const names = namesIn(findings);
  const wants = (ids: readonly string[]): boolean => ids.some((id) => names.has(id.toUpperCase()));
  const statements: VexStatement[] = [];
  const documents = new Map<VexDocument, string>();
  const unreadableCounts = new Map<string, number>();
  let products = 0;
  for (const source of sources) {
    const { argument, place } = source;
    try {
      const read = readVex(await source.read(), { place, wants });
      documents.set(read.document, argument);
      statements.push(...read.statements);
      for (const statement of read.statements) products += statement.products.length;
    } catch (error) {
      // An unreadable document suppresses nothing. In a directory of thousands it does not end the command.
      if (argument === place || !(error instanceof ClairError)) throw error;
      unreadableCounts.set(argument, (unreadableCounts.get(argument) ?? 0) + 1);
    }
    assertFewProducts(products, argument);
  }
  for (const [argument, count] of unreadableCounts)
    warn(`${count} of the documents below ${argument} are not readable VEX documents`, options);
  const argumentsOf = (some: ReadonlySet<VexDocument>): Set<string> =>
    new Set([...some].flatMap((document) => documents.get(document) ?? []));
  return {
    statements,
    argumentsOf,
    argumentsWithout: (some) => {
      const present = argumentsOf(some);
      return new Set(sources.map(({ argument }) => argument).filter((argument) => !present.has(argument)));
    },
  };
}

function namesIn(findings: readonly Match[]): ReadonlySet<string> {
  const names = findings.flatMap(({ vulnerability }) => [vulnerability.id, ...vulnerability.aliases]);
  return new Set(names.map((name) => name.toUpperCase()));
}
