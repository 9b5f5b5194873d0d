import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ClairError, messageOf } from '../../core/errors.ts';
import { type LimitName, limits } from '../../core/limits.ts';
import { compareText } from '../../model/order.ts';
import { readInputFile } from '../read-file.ts';

/** A VEX document that an option names, that is below a directory it names, or that is attached to the image. */
export interface VexSource {
  /** The value of the option, or the name of the document. */
  readonly argument: string;
  /** Its path, or the name of the document. */
  readonly place: string;
  /** Throws `config-invalid` if it cannot be read. */
  read(): Promise<Buffer>;
}

/** Returns the documents of an argument: the file itself, or all `.json` files below a directory. */
export function vexFilesAt(argument: string): VexSource[] {
  if (!withReadErrors(argument, () => statSync(argument)).isDirectory()) return [vexFile(argument, argument)];
  const entries = withReadErrors(argument, () =>
    readdirSync(argument, { recursive: true, encoding: 'utf8' }),
  );
  const names = entries.filter((name) => name.endsWith('.json')).sort(compareText);
  assertFewDocuments(names.length, argument);
  return names.map((name) => vexFile(argument, join(argument, name)));
}

function vexFile(argument: string, place: string): VexSource {
  return { argument, place, read: () => readSuppressionFile(place, 'vexDocumentBytes') };
}

/** Throws `limit-exceeded` if a directory has more than `limits.vexDocuments`. */
export function assertFewDocuments(count: number, directory: string): void {
  if (count > limits.vexDocuments)
    throw new ClairError('limit-exceeded', `${directory} has more than ${limits.vexDocuments} documents`, {
      limit: 'vexDocuments',
    });
}

/** Throws `limit-exceeded` if the documents of an argument name more than `limits.vexProducts`. */
export function assertFewProducts(count: number, argument: string): void {
  if (count > limits.vexProducts)
    throw new ClairError('limit-exceeded', `${argument} covers more than ${limits.vexProducts} products`, {
      limit: 'vexProducts',
    });
}

/** Reads a rule file or a VEX document. Throws `config-invalid` if it cannot be read. */
export function readSuppressionFile(path: string, limit: LimitName): Promise<Buffer> {
  return readInputFile(path, { limit, code: 'config-invalid' });
}

function withReadErrors<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ClairError('config-invalid', `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
