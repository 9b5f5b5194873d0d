import type { Distro } from '../model/distro.ts';
import type { Files, PathPattern } from './layer-files.ts';

/** Tells from release files which distribution an image is. The first detector of the list that answers decides. */
export interface NamespaceDetector {
  readonly name: string;
  /** Raised whenever the same files may give another answer. */
  readonly version: number;
  readonly wants: readonly PathPattern[];
  /** The distribution, or undefined when these files do not say. Never throws on content. */
  detect(files: Files): Distro | undefined;
}
