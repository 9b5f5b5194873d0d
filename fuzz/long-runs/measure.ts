import { ClairError, messageOf } from '../../src/core/errors.ts';
import { withRun } from './insert-run.ts';
import type { Subject } from './subject.ts';

/** A run of one unit at one offset of a document. */
export interface Case {
  readonly subject: string;
  readonly place: number;
  readonly unit: string;
  readonly characters: number;
}

/** CPU milliseconds of reading, and an error other than a refusal. */
export interface Measured {
  readonly ms: number;
  readonly fault?: string;
}

/** Reads the document of a case with its run. */
export async function measure(subject: Subject, { place, unit, characters }: Case): Promise<Measured> {
  const document = withRun(subject, place, unit, characters);
  const before = process.threadCpuUsage();
  const fault = await faultOf(subject.read(document));
  const { user, system } = process.threadCpuUsage(before);
  return { ms: (user + system) / 1000, ...(fault !== undefined && { fault }) };
}

async function faultOf(reading: Promise<void>): Promise<string | undefined> {
  try {
    await reading;
    return undefined;
  } catch (error) {
    return error instanceof ClairError ? undefined : messageOf(error);
  }
}
