import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Oracle, Pair } from './oracle.ts';

/**
 * An oracle in a process. It reads pairs, one per line and separated by a tab, and writes one answer per line. An empty line makes it flush
 * all answers.
 */
export class LineProcess implements Oracle {
  readonly name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #rest = '';
  /** Last line that the process wrote to standard error. */
  #complaint = '';

  constructor(name: string, command: string, args: readonly string[] = []) {
    this.name = name;
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = text.trim().split('\n').at(-1) ?? '';
    });
    this.#child.stdout.setEncoding('latin1');
    this.#answers = this.#child.stdout[Symbol.asyncIterator]() as AsyncIterator<string>;
  }

  async compare(pairs: readonly Pair[]): Promise<readonly Answer[]> {
    this.#child.stdin.write(`${pairs.map(([a, b]) => `${a}\t${b}\n`).join('')}\n`);
    const answers: Answer[] = [];
    while (answers.length < pairs.length) {
      const chunk = await this.#answers.next();
      if (chunk.done === true)
        throw new Error(`${this.name} exited before it wrote all answers: ${this.#complaint}`);
      const lines = (this.#rest + chunk.value).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) answers.push(line);
    }
    return answers;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}
