import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn } from './root-directory.ts';
import { type Runtimes, RuntimesMissing, type RuntimeView } from './runtime.ts';
import { wantedFiles } from './subject.ts';

/** Runs the umoci command, which takes a hundred times as long for each image. Throws `RuntimesMissing` if it is not installed. */
export function umociCommand(scratch: string): Runtimes {
  const { stdout, error } = spawnSync('umoci', ['--version'], { encoding: 'utf8' });
  if (error !== undefined) throw new RuntimesMissing('umoci is not installed: install umoci');
  if (process.getuid?.() !== 0) throw new RuntimesMissing('umoci changes the owners of files: run as root');
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
  if (status !== 0)
    return { ...view, refused: stderr.trim().split('\n').at(-1) ?? `exits with status ${status}` };
  return { ...view, files: filesIn(root, wantedFiles) };
}
