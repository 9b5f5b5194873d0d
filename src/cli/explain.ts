import { existsSync } from 'node:fs';
import { ClairError } from '../core/errors.ts';
import type { Explanation } from '../model/explanation.ts';
import { explanationLines } from '../report/explanation.ts';
import { explainFinding } from '../service/findings/explain-finding.ts';
import { assess, openTarget } from './assess.ts';
import { openAssessmentContext } from './command-context.ts';
import { type FilterOptions, openFilter } from './filters.ts';
import { writeJsonOrText } from './output.ts';

/** Options of `clair explain`. */
export interface ExplainOptions extends FilterOptions {
  readonly format: 'table' | 'json';
}

/** Runs `clair explain`: prints why a vulnerability is reported for an image, or why not. */
export async function explain(
  target: string,
  question: { readonly id: string; readonly package?: string | undefined },
  options: ExplainOptions,
): Promise<number> {
  refuseSwappedArguments(target);
  const filter = await openFilter(options);
  const opened = await openTarget(target, options);
  let explanation: Explanation;
  {
    // Closes the database and clears the progress before the explanation is written.
    await using context = await openAssessmentContext(options);
    const { image, ...assessed } = await assess(context, opened, options);
    const { report } = await filter(assessed, context);
    await context.published?.loadCleared();
    explanation = await explainFinding(question, { image, report }, { ...context, asOf: options.asOf });
  }
  writeJsonOrText(options.format, explanation, (display) => explanationLines(explanation, display));
  return 0;
}

/** Throws `usage` if the target is an id, and no file has that name. */
function refuseSwappedArguments(target: string): void {
  if (!/^(?:CVE|GHSA)-/i.test(target) || existsSync(target)) return;
  throw new ClairError(
    'usage',
    `${target} is not an image: write the image before the id, as in clair explain image.tar ${target}`,
  );
}
