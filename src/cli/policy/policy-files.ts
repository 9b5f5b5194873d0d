import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ClairError, messageOf } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { compareText } from '../../model/order.ts';

/** A document of VEX that an option names, or that lies below a directory it names. */
export interface VexFile {
  /** What the option says. */
  readonly argument: string;
  readonly path: string;
}

/** The documents an argument stands for: itself, or everything below it whose name ends in `.json`. */
export function vexFilesAt(argument: string): VexFile[] {
  if (!wrapped(argument, () => statSync(argument)).isDirectory()) return [{ argument, path: argument }];
  const entries = wrapped(argument, () => readdirSync(argument, { recursive: true, encoding: 'utf8' }));
  const names = entries.filter((name) => name.endsWith('.json')).sort(compareText);
  if (names.length > limits.vexDocuments)
    throw new ClairError('limit-exceeded', `${argument} has more than ${limits.vexDocuments} documents`, {
      limit: 'vexDocuments',
    });
  return names.map((name) => ({ argument, path: join(argument, name) }));
}

/** A file as a whole, which may be a pipe: no more is read of it than allowed. */
export function readPolicyFile(path: string, bytesMax: number): Buffer {
  return wrapped(path, () => {
    const file = openSync(path, 'r');
    try {
      return readAll(file, bytesMax);
    } finally {
      closeSync(file);
    }
  });
}

const blockBytes = 256 * 1024;

function readAll(file: number, bytesMax: number): Buffer {
  const blocks: Buffer[] = [];
  for (let total = 0; total <= bytesMax; ) {
    const block = Buffer.allocUnsafe(blockBytes);
    const length = readSync(file, block);
    if (length === 0) return Buffer.concat(blocks, total);
    blocks.push(block.subarray(0, length));
    total += length;
  }
  throw new Error(`it is longer than ${bytesMax} bytes`);
}

function wrapped<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ClairError('config-invalid', `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
