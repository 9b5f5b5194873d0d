import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn } from './root-directory.ts';
import { type Runtimes, RuntimesMissing, type RuntimeView } from './runtime.ts';
import { wantedFiles } from './subject.ts';

/** The command umoci alone: an image takes it a hundred times as long. Throws `RuntimesMissing` where it is not installed. */
export function umociCommand(scratch: string): Runtimes {
  const { stdout, error } = spawnSync('umoci', ['--version'], { encoding: 'utf8' });
  if (error !== undefined) throw new RuntimesMissing('there is no umoci: install umoci');
  if (process.getuid?.() !== 0) throw new RuntimesMissing('umoci gives files their owners: run as root');
  return {
    name: stdout.trim().replace(' version', ''),
    unpack: async (layouts) => await Promise.resolve(layouts.map((layout) => [unpacked(layout, scratch)])),
    stop: async () => {
      await Promise.resolve();
    },
  };
}

function unpacked(layout: string, scratch: string): RuntimeView {
  const root = join(scratch, 'rootfs');
  rmSync(root, { recursive: true, force: true });
  const args = ['raw', 'unpack', '--image', `${layout}:t`, root];
  const { status, stderr } = spawnSync('umoci', args, { encoding: 'utf8' });
  const view = { runtime: 'umoci', files: new Map() };
  if (status !== 0) return { ...view, refused: stderr.trim().split('\n').at(-1) ?? `ends with ${status}` };
  return { ...view, files: filesIn(root, wantedFiles) };
}
