import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../../src/model/report.ts';
import { type MeasuredRun, runMeasured } from '../run-measured.ts';
import type { Answer, HostileImage } from './hostile-image.ts';

/** Maximum memory in MiB for reading any image. */
export const peakMibMax = 256;

/** The result of reading one hostile image. */
export interface Outcome extends MeasuredRun {
  /** Total bytes of its files. */
  readonly bytes: number;
  /** Describes what is wrong with the result; undefined if it is as required. */
  readonly fault: string | undefined;
}

/** Writes an image to `directory`, lists its packages with the real command, and checks the result. */
export function tryImage(image: HostileImage, directory: string, timeoutMs: number): Outcome {
  const scratch = mkdtempSync(join(directory, 'hostile-'));
  try {
    const place = join(scratch, 'image');
    mkdirSync(place);
    const target = image.write(place);
    const verify = image.verify ? ['--verify'] : [];
    const run = runMeasured(
      ['sbom', target, '--format', 'json', '--db', ':memory:', ...verify],
      scratch,
      timeoutMs,
    );
    return { ...run, bytes: bytesBelow(place), fault: faultOf(image.answer, run) };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function bytesBelow(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(directory, name)))
    .reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0);
}

function faultOf(answer: Answer, run: MeasuredRun): string | undefined {
  if (run.status === null) return `killed after ${run.seconds.toFixed(0)} s`;
  const fault = 'refused' in answer ? faultOfRefusal(answer.refused, run) : faultOfList(answer, run);
  if (fault !== undefined) return fault;
  return run.peakMib <= peakMibMax ? undefined : `${run.peakMib.toFixed(0)} MiB, more than ${peakMibMax}`;
}

function faultOfRefusal(wanted: RegExp, { status, stdout, stderr }: MeasuredRun): string | undefined {
  if (status !== 3) return `status ${status}, not 3: ${stderr.slice(0, 500) || summaryOf(stdout)}`;
  if (stdout !== '') return 'a refusal with a report';
  const isSentence = /^clair: .+\n$/.test(stderr) && stderr.length < 2000;
  return isSentence && wanted.test(stderr) ? undefined : `it says: ${stderr.slice(0, 500)}`;
}

function faultOfList(
  { packages: wanted, problem }: Exclude<Answer, { refused: RegExp }>,
  { status, stdout, stderr }: MeasuredRun,
): string | undefined {
  if (status !== 0 && status !== 4) return `status ${status}, not 0 or 4: ${stderr.slice(0, 500)}`;
  const { packages, statuses } = JSON.parse(stdout) as Pick<Report, 'packages' | 'statuses'>;
  const found = packages.map(({ name }) => name).join(' ');
  const isRight = wanted === 'some' ? packages.length > 0 : found === wanted.join(' ');
  if (!isRight) return `packages ${found.slice(0, 200) || 'none'}, not ${String(wanted) || 'none'}`;
  const problems = statuses.flatMap(({ files }) => files.flatMap((file) => file.problem ?? []));
  const isReported =
    problem === undefined ? problems.length === 0 : problems.some((text) => problem.test(text));
  return isReported ? undefined : `problems: ${problems.join('; ').slice(0, 500) || 'none'}`;
}

function summaryOf(stdout: string): string {
  const { packages } = JSON.parse(stdout) as Pick<Report, 'packages'>;
  return `${packages.length} packages`;
}
