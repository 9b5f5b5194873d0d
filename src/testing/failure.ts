import { ClairError } from '../core/errors.ts';

/** How work fails, `code: message`; `none` where it does not, and `a bug: …` where it fails otherwise than expected failures do. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof ClairError ? `${error.code}: ${error.message}` : `a bug: ${String(error)}`;
  }
  return 'none';
}
