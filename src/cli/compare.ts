import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { compareWithPeers, type PeerReportFile } from '../match/peer-comparison/compare-with-peers.ts';
import type { OwnReport } from '../match/peer-comparison/compared-findings.ts';
import { readPeerReport } from '../peer-reports/read-peer-report.ts';
import { comparisonLines } from '../report/comparison.ts';
import { readDetailedReport } from '../report/read-report.ts';
import { AdvisoryAnswers } from '../service/findings/advisory-answers.ts';
import { indexSbom } from '../service/images/index-sbom.ts';
import type { IndexedImage } from '../service/images/indexed-image.ts';
import { type AssessmentOptions, assess, openTarget } from './assess.ts';
import { type CommandContext, openAssessmentContext } from './command-context.ts';
import { isReportFile } from './comparable.ts';
import { writeJsonOrText } from './output.ts';
import { readInputFile, standardInput } from './read-file.ts';
import { openSbom } from './sbom-target.ts';
import { tuneForMatching } from './v8-flags.ts';

/** Options of `clair compare`. */
export interface CompareOptions extends AssessmentOptions {
  readonly format: 'table' | 'json';
  /** Files with reports of other scanners. */
  readonly with?: readonly string[];
}

/** Runs `clair compare`: explains how the findings of an image differ from those of other scanners. */
export async function compare(target: string, options: CompareOptions): Promise<number> {
  const files = options.with ?? [];
  refuseArguments(target, files);
  const peers: PeerReportFile[] = [];
  for (const reference of files) peers.push({ reference, report: await readPeer(reference) });
  const load = await openOwnReport(target, options);
  await using context = await openAssessmentContext(options);
  const { report, packages } = await load(context);
  tuneForMatching();
  const answers = new AdvisoryAnswers(packages, { ...context, asOf: options.asOf });
  const comparison = await compareWithPeers(report, peers, {
    schemes: context.extensions.schemes,
    ask: (questions) => answers.answer(questions),
  });
  writeJsonOrText(options.format, comparison, (display) => comparisonLines(comparison, display));
  return 0;
}

function refuseArguments(target: string, files: readonly string[]): void {
  if (files.length === 0) throw new ClairError('usage', 'name the report of another scanner: --with FILE');
  const [repeated] = files.filter((file, i) => files.indexOf(file) !== i);
  if (repeated !== undefined) throw new ClairError('usage', `--with names ${repeated} twice`);
  if ([target, ...files].filter((file) => file === standardInput).length > 1)
    throw new ClairError('usage', 'only one of the target and --with can be standard input');
  if (files.length > limits.peerReports)
    throw new ClairError('limit-exceeded', `--with is given more than ${limits.peerReports} times`, {
      limit: 'peerReports',
    });
}

async function readPeer(path: string): Promise<PeerReportFile['report']> {
  const name = path === standardInput ? 'standard input' : path;
  const bytes = await readInputFile(path, { limit: 'peerReportBytes', code: 'target-not-found' });
  return readPeerReport(bytes, name);
}

/** The report to compare, and the packages of its image with their lookups. */
interface ComparedImage extends Pick<IndexedImage, 'packages'> {
  readonly report: OwnReport;
}

/** Opens a saved report or an image. Throws `target-…` errors before the scan. */
async function openOwnReport(
  target: string,
  options: CompareOptions,
): Promise<(context: CommandContext) => Promise<ComparedImage>> {
  const report = await savedReportAt(target);
  if (report === undefined) {
    const opened = await openTarget(target, options);
    return async (context) => {
      const { report: assessed, image } = await assess(context, opened, options);
      return { report: assessed, packages: image.packages };
    };
  }
  // Its findings stay as they are. The packages are needed to look advisories up.
  const { inventory } = await openSbom(target, options);
  return async (context) => ({ report, packages: (await indexSbom(inventory, context)).packages });
}

async function savedReportAt(path: string): Promise<OwnReport | undefined> {
  if (!isReportFile(path)) return undefined;
  const bytes = await readInputFile(path, { limit: 'reportBytes', code: 'target-not-found' });
  const report = readDetailedReport(path, bytes);
  return report && { ...report, target: { reference: path } };
}
