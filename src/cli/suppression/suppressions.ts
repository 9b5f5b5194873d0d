import { existsSync } from 'node:fs';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { applySuppressions } from '../../match/suppress/apply.ts';
import { isUnexpired } from '../../match/suppress/ignore-rules.ts';
import { imageNameOf, isNamedImage } from '../../model/image-name.ts';
import type { Report } from '../../model/report.ts';
import type { IgnoreRule, VexDocument, VexStatement } from '../../model/suppression.ts';
import type { AssessedReport } from '../../service/findings/match-image.ts';
import type { LoadedExtensions } from '../load-extensions.ts';
import type { ConsoleOptions } from '../progress.ts';
import { warn, warnAboutRules } from '../warn.ts';
import { readSuppressionFile, type VexFile, vexFilesAt } from './suppression-files.ts';

/** Options of the commands that except something from what counts. */
export interface SuppressionOptions extends ConsoleOptions {
  /** Files of rules; `none` is none. Where nothing is said, the file of the working directory. */
  readonly ignore?: readonly string[];
  /** Documents of VEX, and directories of such. */
  readonly vex?: readonly string[];
  readonly loaded: LoadedExtensions;
}

/** Puts exceptions into force on a report. */
export type ApplySuppressions = (assessed: AssessedReport) => Promise<AssessedReport>;

/** The file of rules that is taken without being named. */
const defaultIgnoreFile = '.clairignore.yaml';

/**
 * Reads what the options name, as far as that can be done before the image is read. What is of no use is told on standard error. A
 * rule counts until the end of its last day in UTC.
 */
export async function readSuppressions(options: SuppressionOptions, now: Date): Promise<ApplySuppressions> {
  const rules = await readRules(options);
  const files = (options.vex ?? []).flatMap(vexFilesAt);
  const { schemes } = options.loaded.extensions;
  const today = now.toISOString().slice(0, 10);
  const activeRules = rules.filter((rule) => isUnexpired(rule, today));
  warnAboutRules(
    rules.filter((rule) => !activeRules.includes(rule)),
    'has expired and counts no more',
    options,
  );
  return async ({ report, isAssessed }) => {
    if (activeRules.length === 0 && files.length === 0) return { report, isAssessed };
    const { statements, unusedArguments } = await readStatements(files, report, options);
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
    for (const argument of unusedArguments(result.documents))
      warn(`${argument} says nothing of what was found here`, options);
    return { report: result.report, isAssessed };
  };
}

/** Rules for other images are no news. Whether they are for others is not known of an image without a name. */
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
      `what is in ${first.place.replace(/:\d+$/, '')} for images by their names does not count for an image on disk, which has none`,
      options,
    );
}

async function readRules(options: Pick<SuppressionOptions, 'ignore' | 'quiet'>): Promise<IgnoreRule[]> {
  const { ignore: named } = options;
  const names =
    named?.filter((name) => name !== 'none') ?? (existsSync(defaultIgnoreFile) ? [defaultIgnoreFile] : []);
  if (names.length === 0) return [];
  if (named === undefined)
    warn(`taking the rules of ${defaultIgnoreFile}, which lies here; --ignore none takes none`, options);
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
  /** The arguments of which no document is among these. */
  readonly unusedArguments: (used: ReadonlySet<VexDocument>) => Iterable<string>;
}

/** What documents say of the vulnerabilities in a report: of a vendor's whole archive, little. */
async function readStatements(
  files: readonly VexFile[],
  report: Report,
  options: ConsoleOptions,
): Promise<ReadStatements> {
  if (files.length === 0) return { statements: [], unusedArguments: () => [] };
  const { readVex } = await import('../../suppression-files/read-vex.ts');
  const names = namesIn(report);
  const wants = (ids: readonly string[]): boolean => ids.some((id) => names.has(id.toUpperCase()));
  const statements: VexStatement[] = [];
  const documents = new Map<VexDocument, string>();
  const unreadableCounts = new Map<string, number>();
  let products = 0;
  for (const { argument, path } of files) {
    try {
      const read = readVex(await readSuppressionFile(path, 'vexDocumentBytes'), { place: path, wants });
      documents.set(read.document, argument);
      statements.push(...read.statements);
      for (const statement of read.statements) products += statement.products.length;
    } catch (error) {
      // What cannot be read excepts nothing; among thousands of documents that is no reason to stop.
      if (argument === path || !(error instanceof ClairError)) throw error;
      unreadableCounts.set(argument, (unreadableCounts.get(argument) ?? 0) + 1);
    }
    if (products > limits.vexProducts)
      throw new ClairError(
        'limit-exceeded',
        `${argument} speaks of more than ${limits.vexProducts} products`,
        {
          limit: 'vexProducts',
        },
      );
  }
  for (const [argument, count] of unreadableCounts)
    warn(`${count} of the documents below ${argument} are no VEX that can be read`, options);
  return {
    statements,
    unusedArguments: (used) => {
      const usedArguments = new Set([...used].map((document) => documents.get(document)));
      return new Set(
        files.map(({ argument }) => argument).filter((argument) => !usedArguments.has(argument)),
      );
    },
  };
}

function namesIn({ matches, suppressed }: Report): ReadonlySet<string> {
  const names = [...matches, ...suppressed].flatMap(({ vulnerability }) => [
    vulnerability.id,
    ...vulnerability.aliases,
  ]);
  return new Set(names.map((name) => name.toUpperCase()));
}
