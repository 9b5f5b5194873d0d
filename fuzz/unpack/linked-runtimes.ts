import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod/mini';
import { decodeName } from '../../src/kit/tar/name.ts';
import { type Runtimes, RuntimesMissing, type RuntimeView } from './runtime.ts';
import { wantedFiles } from './subject.ts';

const source = join(import.meta.dirname, 'oracle');

const answerLine = z.object({
  runtimes: z.array(
    z.object({
      runtime: z.string(),
      refused: z.optional(z.string()),
      files: z.nullable(z.array(z.object({ path: z.string(), content: z.string() }))),
    }),
  ),
});

/**
 * Builds and starts the program that links the unpackers of umoci and containerd. Throws `RuntimesMissing` if Go or its modules are not
 * available. The caller removes `scratch`.
 */
export function linkedRuntimes(scratch: string): Runtimes {
  const program = join(scratch, 'oracle');
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: source, encoding: 'utf8' });
  if (built.error !== undefined) throw new RuntimesMissing('Go is not installed: install golang');
  if (built.status !== 0)
    throw new RuntimesMissing(`${source} cannot be built: ${built.stderr.trim().split('\n').at(-1) ?? ''}`);
  return new LinkedRuntimes(program, scratch);
}

class LinkedRuntimes implements Runtimes {
  readonly name = 'umoci and containerd, linked';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #complaint = '';

  constructor(program: string, scratch: string) {
    this.#child = spawn(program, [scratch], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = text.trim();
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async unpack(layouts: readonly string[]): Promise<readonly (readonly RuntimeView[])[]> {
    for (const layout of layouts) this.#child.stdin.write(`${JSON.stringify({ layout, ...wantedFiles })}\n`);
    const views: (readonly RuntimeView[])[] = [];
    while (views.length < layouts.length) {
      const line = await this.#lines.next();
      if (line.done === true)
        throw new Error(`the runtimes exited before they responded: ${this.#complaint}`);
      views.push(viewsOf(line.value));
    }
    return views;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}

function viewsOf(line: string): RuntimeView[] {
  return z.parse(answerLine, JSON.parse(line)).runtimes.map(({ runtime, refused, files }) => ({
    runtime,
    ...(refused !== undefined && { refused }),
    files: new Map(
      (files ?? []).map(({ path, content }) => [
        decodeName(Buffer.from(path, 'base64')),
        Buffer.from(content, 'base64'),
      ]),
    ),
  }));
}
