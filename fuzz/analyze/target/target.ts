import type { Mutation } from '../mutation/mutation.ts';

/** Input of a target: the bytes of each file by path. A target that reads a single unnamed file has it under the empty path. */
export type Input = ReadonlyMap<string, Buffer>;

/** A part of the program that reads bytes of an image. */
export interface Target {
  readonly name: string;
  /** Possible paths of the files of an input. */
  readonly paths: readonly string[];
  /** Valid inputs to start with. */
  seeds(): readonly Input[];
  /** Format-specific mutations. Mutations of plain bytes apply to every target. */
  readonly mutations: readonly Mutation[];
  /** Reads the input. Throws if the program violates an invariant. */
  run(input: Input): void | Promise<void>;
}

/** Returns an input of one unnamed file. */
export function single(bytes: Uint8Array): Input {
  return new Map([['', Buffer.from(bytes)]]);
}

/** Returns the bytes of an input of one unnamed file. */
export function bytesOf(input: Input): Buffer {
  return input.get('') ?? Buffer.alloc(0);
}

/** Returns an input of named files. */
export function files(content: Readonly<Record<string, Uint8Array | string>>): Input {
  return new Map(Object.entries(content).map(([path, bytes]) => [path, Buffer.from(bytes as Uint8Array)]));
}

/** Returns the total size of all files in bytes. */
export function sizeOf(input: Input): number {
  let size = 0;
  for (const bytes of input.values()) size += bytes.length;
  return size;
}

/** Returns a path that matches a pattern. */
export function concrete(pattern: string): string {
  return pattern.replace('*', 'x');
}
