import type { Mutation } from '../mutation/mutation.ts';

/** What a target reads: the bytes of each file by its path. A target that reads one nameless thing has it under the empty path. */
export type Input = ReadonlyMap<string, Buffer>;

/** A part of the program that reads bytes of an image. */
export interface Target {
  readonly name: string;
  /** Where the files of an input may lie. */
  readonly paths: readonly string[];
  /** Well-formed inputs to begin with. */
  seeds(): readonly Input[];
  /** Changes that know the format; changes of plain bytes are made to every target. */
  readonly mutations: readonly Mutation[];
  /** Reads the input. Throws where the program did something it must not do. */
  run(input: Input): void | Promise<void>;
}

/** An input of one nameless thing. */
export function single(bytes: Uint8Array): Input {
  return new Map([['', Buffer.from(bytes)]]);
}

/** The bytes of an input of one nameless thing. */
export function bytesOf(input: Input): Buffer {
  return input.get('') ?? Buffer.alloc(0);
}

/** An input of files. */
export function files(content: Readonly<Record<string, Uint8Array | string>>): Input {
  return new Map(Object.entries(content).map(([path, bytes]) => [path, Buffer.from(bytes as Uint8Array)]));
}

/** Bytes of all files together. */
export function sizeOf(input: Input): number {
  let size = 0;
  for (const bytes of input.values()) size += bytes.length;
  return size;
}

/** A path that fits a pattern. */
export function concrete(pattern: string): string {
  return pattern.replace('*', 'x');
}
