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

/** A detector that works elsewhere: on a thread that can be ended when it takes too long. */
export interface RemoteDetector extends Omit<NamespaceDetector, 'detect'> {
  /** Throws where the detector has failed, or was ended. */
  detectRemotely(files: Files): Promise<Distro | undefined>;
}
