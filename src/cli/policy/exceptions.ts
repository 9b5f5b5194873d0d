import { existsSync } from 'node:fs';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { except } from '../../match/exceptions/apply.ts';
import { isInForce } from '../../match/exceptions/ignore-rules.ts';
import type { IgnoreRule, VexDocument, VexStatement } from '../../model/exception.ts';
import { imageNameOf, isCalled } from '../../model/image-name.ts';
import type { Report } from '../../model/report.ts';
import type { AssessedReport } from '../../service/findings/match-image.ts';
import type { Plugged } from '../plugged.ts';
import type { ConsoleOptions } from '../progress.ts';
import { readPolicyFile, type VexFile, vexFilesAt } from './policy-files.ts';
import { tell, tellRules } from './tell.ts';

/** Options of the commands that except something from what counts. */
export interface ExceptionOptions extends ConsoleOptions {
  /** Files of rules; `none` is none. Where nothing is said, the file of the working directory. */
  readonly ignore?: readonly string[];
  /** Documents of VEX, and directories of such. */
  readonly vex?: readonly string[];
  readonly plugged: Plugged;
}

/** Puts exceptions into force on a report. */
export type ApplyExceptions = (assessed: AssessedReport) => Promise<AssessedReport>;

/** The file of rules that is taken without being named. */
const ownFile = '.clairignore.yaml';

/**
 * Reads what the options name, as far as that can be done before the image is read. What is of no use is told on standard error. A
 * rule counts until the end of its last day in UTC.
 */
export async function readExceptions(options: ExceptionOptions, now: Date): Promise<ApplyExceptions> {
  const rules = await readRules(options);
  const files = (options.vex ?? []).flatMap(vexFilesAt);
  const { schemes } = options.plugged.extensions;
  const today = now.toISOString().slice(0, 10);
  const inForce = rules.filter((rule) => isInForce(rule, today));
  tellRules(
    rules.filter((rule) => !inForce.includes(rule)),
    'has expired and counts no more',
    options,
  );
  return async ({ report, isAssessed }) => {
    if (inForce.length === 0 && files.length === 0) return { report, isAssessed };
    const { statements, silent } = await readStatements(files, report, options);
    const excepted = except(report, { isKnown: isAssessed, schemes }, { rules: inForce, statements });
    tellUnused(
      inForce.filter((rule) => !excepted.rules.has(rule)),
      report,
      options,
    );
    for (const argument of silent(excepted.documents))
      tell(`${argument} says nothing of what was found here`, options);
    return { report: excepted.report, isAssessed };
  };
}

/** Rules for other images are no news. Whether they are for others is not known of an image without a name. */
function tellUnused(rules: readonly IgnoreRule[], { target }: Report, options: ConsoleOptions): void {
  const ofAll = rules.filter(({ image }) => image === undefined);
  const ofImages = rules.filter(({ image }) => image !== undefined);
  tellRules(ofAll, 'matches nothing', options);
  const [first] = ofImages;
  const name = imageNameOf(target);
  if (name !== undefined)
    tellRules(
      ofImages.filter(({ image = '' }) => isCalled(name, image)),
      'matches nothing',
      options,
    );
  else if (first !== undefined)
    tell(
      `what is in ${first.place.replace(/:\d+$/, '')} for images by their names does not count for an image on disk, which has none`,
      options,
    );
}

async function readRules(options: Pick<ExceptionOptions, 'ignore' | 'quiet'>): Promise<IgnoreRule[]> {
  const { ignore: named } = options;
  const names = named?.filter((name) => name !== 'none') ?? (existsSync(ownFile) ? [ownFile] : []);
  if (names.length === 0) return [];
  if (named === undefined)
    tell(`taking the rules of ${ownFile}, which lies here; --ignore none takes none`, options);
  const { readIgnoreFile } = await import('../../policy/read-ignore-file.ts');
  const rules: IgnoreRule[] = [];
  for (const name of names) {
    const bytes = await readPolicyFile(name, 'ignoreFileBytes');
    rules.push(
      ...readIgnoreFile(name, bytes.toString('utf8'), (words) => {
        tell(words, options);
      }),
    );
  }
  return rules;
}

interface Said {
  readonly statements: readonly VexStatement[];
  /** The arguments of which no document is among these. */
  readonly silent: (used: ReadonlySet<VexDocument>) => Iterable<string>;
}

/** What documents say of the vulnerabilities in a report: of a vendor's whole archive, little. */
async function readStatements(
  files: readonly VexFile[],
  report: Report,
  options: ConsoleOptions,
): Promise<Said> {
  if (files.length === 0) return { statements: [], silent: () => [] };
  const { readVex } = await import('../../policy/read-vex.ts');
  const names = namesIn(report);
  const wants = (ids: readonly string[]): boolean => ids.some((id) => names.has(id.toUpperCase()));
  const statements: VexStatement[] = [];
  const documents = new Map<VexDocument, string>();
  const passedOver = new Map<string, number>();
  let products = 0;
  for (const { argument, path } of files) {
    try {
      const read = readVex(await readPolicyFile(path, 'vexDocumentBytes'), { place: path, wants });
      documents.set(read.document, argument);
      statements.push(...read.statements);
      for (const statement of read.statements) products += statement.products.length;
    } catch (error) {
      // What cannot be read excepts nothing; among thousands of documents that is no reason to stop.
      if (argument === path || !(error instanceof ClairError)) throw error;
      passedOver.set(argument, (passedOver.get(argument) ?? 0) + 1);
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
  for (const [argument, count] of passedOver)
    tell(`${count} of the documents below ${argument} are no VEX that can be read`, options);
  return {
    statements,
    silent: (used) => {
      const heard = new Set([...used].map((document) => documents.get(document)));
      return new Set(files.map(({ argument }) => argument).filter((argument) => !heard.has(argument)));
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
