import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { root } from './sources.ts';

/** A frame of a call stack. */
export interface StackFrame {
  readonly function: string;
  /** Path relative to the root of the checkout. */
  readonly file: string;
}

const packages = 'Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n';

/** Source of a module that writes the call stack to standard error when dpkg's lister starts. */
const printStack = `
  import { dpkgLister } from '${pathToFileURL(join(root, 'src/analyze/package/dpkg.ts')).href}';
  const { list } = dpkgLister;
  Object.defineProperty(dpkgLister, 'list', {
    value: function* (files) {
      console.error(new Error('stack').stack);
      yield* list(files);
    },
  });
`;

/**
 * Scans a small image from the sources. Returns the frames of this repository when dpkg's lister starts, from `main` on. V8 reports the
 * functions that await, and leaves out those that return a promise without awaiting it.
 */
export function scanPath(): StackFrame[] {
  const directory = mkdtempSync(join(tmpdir(), 'clair-scan-path-'));
  try {
    const image = join(directory, 'image.tar');
    const layer = tar([{ path: 'var/lib/dpkg/status', content: packages }]);
    writeFileSync(image, dockerArchive(buildImage({ steps: [{ tar: layer }] })));
    const hook = `data:text/javascript,${encodeURIComponent(printStack)}`;
    const options = ['--offline', '--quiet', '--db', join(directory, 'clair.db')];
    const { stderr } = spawnSync(
      process.execPath,
      ['--stack-trace-limit=200', '--import', hook, join(root, 'src/start.ts'), 'scan', image, ...options],
      { encoding: 'utf8', timeout: 60_000 },
    );
    return framesIn(stderr);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Returns the frames of the sources, the outermost first, with the lister in place of the hook. */
function framesIn(stack: string): StackFrame[] {
  const sources = `${pathToFileURL(join(root, 'src')).href}/`;
  const frames = stack.split('\n').flatMap((line): StackFrame[] => {
    const [, name = 'anonymous', url] =
      /^ {4}at (?:async )?(?:(.*) \()?(file:.*?):\d+:\d+\)?$/.exec(line) ?? [];
    return url?.startsWith(sources) ? [{ function: name, file: `src/${url.slice(sources.length)}` }] : [];
  });
  if (frames.length === 0) throw new Error(`the scan did not reach the lister of dpkg: ${stack}`);
  const lister: StackFrame = { function: 'list', file: 'src/analyze/package/dpkg.ts' };
  return [...frames.filter(({ file }) => file !== 'src/start.ts').reverse(), lister];
}
