import type { Distro } from '../model/distro.ts';
import type { Files, PathPattern } from './layer-files.ts';

/** Detects the distribution of an image from its release files. Clair uses the result of the first detector that returns one. */
export interface NamespaceDetector {
  readonly name: string;
  /** Increase it whenever the same files may give another result. */
  readonly version: number;
  readonly wants: readonly PathPattern[];
  /** Returns the distribution, or undefined if the files do not state it. Never throws, whatever the files contain. */
  detect(files: Files): Distro | undefined;
}
