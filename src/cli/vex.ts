import { ClairError } from '../core/errors.ts';
import { isProven } from '../match/suppress/subject.ts';
import type { VexFormat } from '../plugin/vex-format.ts';
import { reportTime } from '../report/identity.ts';
import { doubtsOf, pluralize } from '../report/report-text.ts';
import { assertionsOf, omittedFindings } from '../report/vex/assertions.ts';
import type { AssessedReport } from '../service/findings/match-image.ts';
import { type AssessmentOptions, assess, openTarget } from './assess.ts';
import { openAssessmentContext } from './command-context.ts';
import { sourceDateEpoch } from './environment.ts';
import { type Destination, writeResult } from './output.ts';
import { readSuppressions, type SuppressionOptions } from './suppression/suppressions.ts';
import { warn } from './warn.ts';

/** Options of `clair vex`. */
export interface VexOptions extends AssessmentOptions, SuppressionOptions {
  readonly destinations: readonly Destination<VexFormat>[];
  readonly author: string;
}

/** Runs `clair vex`: writes a VEX document about the findings of an image. Throws `output-failed` without findings. */
export async function writeVex(target: string, options: VexOptions): Promise<number> {
  const { author, destinations } = options;
  const epoch = sourceDateEpoch();
  const applySuppressions = await readSuppressions(options, new Date(options.asOf ?? Date.now()));
  const opened = await openTarget(target, options);
  let assessed: AssessedReport;
  {
    // Closes the database and clears the progress before the document is written.
    await using context = await openAssessmentContext(options);
    assessed = await applySuppressions(await assess(context, opened, options));
  }
  const { report, isAssessed } = assessed;
  const doubts = isAssessed ? [] : doubtsOf(report);
  const omitted = Array.from(
    omittedFindings(report),
    ([reason, count]) => `${pluralize(count, 'finding')} left out: ${reason}`,
  );
  if (assertionsOf(report).length === 0)
    throw new ClairError('output-failed', withoutStatements(target, [...omitted, ...doubts]));
  for (const doubt of doubts) warn(`the document is incomplete: ${doubt}`, options);
  for (const note of omitted) warn(note, options);
  if (!isProven(report)) warn(unproven, options);
  const time = epoch ?? reportTime(report);
  for (const { format, output } of destinations)
    await writeResult(format.write(report, { author, time }), output);
  return 0;
}

const unproven =
  'the document may name the image by its digest, but not all of its layers were hashed, so its content is not proved; write it with --verify';

function withoutStatements(target: string, notes: readonly string[]): string {
  const text = `nothing was found in ${target}, and a VEX document needs at least one vulnerability`;
  return [text, ...notes].join('; ');
}
