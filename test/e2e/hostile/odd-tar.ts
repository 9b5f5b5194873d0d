import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TarEntryPlan } from '../../../src/testing/tar-writer.ts';
import type { Answer, HostileImage } from './hostile-image.ts';
import { end, members } from './tar-pieces.ts';

/** Returns a root file system whose archive has these members, and the end blocks. */
export function oddTar(
  name: string,
  answer: Answer,
  ...parts: readonly (TarEntryPlan | Uint8Array)[]
): HostileImage {
  return openTar(name, answer, ...parts, end);
}

/** Returns the same without the end blocks. */
export function openTar(
  name: string,
  answer: Answer,
  ...parts: readonly (TarEntryPlan | Uint8Array)[]
): HostileImage {
  return {
    name,
    write: (directory) => {
      const path = join(directory, 'layer.tar');
      const pieces = parts.map((part) => (part instanceof Uint8Array ? part : members(part)));
      writeFileSync(path, Buffer.concat(pieces));
      return `rootfs-tar:${path}`;
    },
    answer,
  };
}
