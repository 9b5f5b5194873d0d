import { ClairError } from '../core/errors.ts';

/** Returns how work fails: `code: message`, `none` without a failure, or `a bug: …` for an unexpected error. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof ClairError ? `${error.code}: ${error.message}` : `a bug: ${String(error)}`;
  }
  return 'none';
}
