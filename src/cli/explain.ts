import { explanationLines } from '../report/explanation.ts';
import { explainFinding } from '../service/findings/explain-finding.ts';
import { assessTarget } from './assess.ts';
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
  const filter = await openFilter(options);
  const explanation = await assessTarget(target, options, async (assessed) => {
    const { image, context } = assessed;
    const { report } = await filter(assessed, context);
    return await explainFinding(question, { image, report }, { ...context, asOf: options.asOf });
  });
  writeJsonOrText(options.format, explanation, (display) => explanationLines(explanation, display));
  return 0;
}
