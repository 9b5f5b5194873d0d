import { closeSync, openSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { serialize } from 'node:v8';
import { Random } from '../random.ts';
import type { Coverage } from './coverage.ts';
import { execute, executeMeasured, type Outcome, signatureOf } from './execute.ts';
import { minimise } from './minimise.ts';
import { mutate } from './mutate.ts';
import { type Fault, grownBytesMax, slowMs, type WorkerMessage, type WorkerTask } from './protocol.ts';
import { type Input, sizeOf, type Target } from './target/target.ts';

/**
 * Number of inputs between two checks of the coverage. A check takes as long as about fifty small inputs, and rarely finds anything new
 * later in a run.
 */
const batchSizes = { min: 16, max: 512 } as const;
const reportMs = 1000;
const corpusMax = 4000;

/** Fuzzes one target: mutates inputs, runs them, keeps those with new coverage, and reports faults. */
export class Fuzzer {
  readonly #target: Target;
  readonly #order: WorkerTask;
  readonly #coverage: Coverage | undefined;
  readonly #send: (message: WorkerMessage) => void;
  readonly #random: Random;
  readonly #corpus: Input[] = [];
  readonly #reportedSignatures = new Set<string>();
  readonly #inputFile: number;
  readonly #started = performance.now();
  #reported = 0;
  #executions = 0;
  #batchSize: number = batchSizes.min;
  #unhandled: unknown;

  constructor(
    target: Target,
    order: WorkerTask,
    coverage: Coverage | undefined,
    send: (message: WorkerMessage) => void,
  ) {
    this.#target = target;
    this.#order = order;
    this.#coverage = coverage;
    this.#send = send;
    this.#random = new Random(order.seed);
    this.#inputFile = openSync(order.inputFile, 'w');
    process.on('unhandledRejection', (error) => {
      this.#unhandled = error;
    });
  }

  async run(): Promise<void> {
    const end = this.#started + this.#order.seconds * 1000;
    for (const seed of this.#target.seeds()) {
      await this.#run(seed);
      this.#coverage?.hasNew();
      this.#corpus.push(seed);
    }
    while (performance.now() < end) await this.#runBatch();
    this.#report();
    closeSync(this.#inputFile);
  }

  async #runBatch(): Promise<void> {
    const batch = Array.from({ length: this.#batchSize }, () =>
      mutate(this.#target, this.#corpus, this.#random),
    );
    const before = process.resourceUsage().maxRSS;
    for (const input of batch) await this.#run(input);
    await setImmediate();
    if (this.#hasUnhandled()) await this.#findUnhandled(batch);
    const isNew = this.#coverage?.mayHaveNew() === true;
    if (isNew) await this.#keepNew(batch, this.#coverage);
    this.#batchSize = isNew
      ? Math.max(this.#batchSize >> 1, batchSizes.min)
      : Math.min(this.#batchSize * 2, batchSizes.max);
    if ((process.resourceUsage().maxRSS - before) * 1024 > grownBytesMax) await this.#findLarge(batch);
    if (performance.now() > this.#reported + reportMs) this.#report();
  }

  async #findLarge(batch: readonly Input[]): Promise<void> {
    for (const input of batch) {
      this.#note(input);
      const { grownBytes } = await executeMeasured(this.#target, input);
      if (grownBytes > grownBytesMax)
        this.#suspect('memory', `${grownBytes >> 20} MiB for ${sizeOf(input)} bytes`, input);
    }
  }

  /** Bisects a batch to find the inputs with new coverage. */
  async #keepNew(inputs: readonly Input[], coverage: Coverage): Promise<void> {
    coverage.skip();
    let ms = 0;
    for (const input of inputs) ms = (await this.#run(input)).ms;
    const [input] = inputs;
    if (inputs.length > 1 && coverage.mayHaveNew()) {
      await this.#keepNew(inputs.slice(0, inputs.length >> 1), coverage);
      await this.#keepNew(inputs.slice(inputs.length >> 1), coverage);
    } else if (inputs.length === 1 && input !== undefined && coverage.hasNew() && ms < slowMs / 10) {
      this.#keep(input);
    }
  }

  #keep(input: Input): void {
    if (this.#corpus.length < corpusMax) this.#corpus.push(input);
    else this.#corpus[this.#random.below(corpusMax)] = input;
  }

  /** Whether there was an unhandled rejection. Node reports it by an event, between two statements. */
  #hasUnhandled(): boolean {
    return this.#unhandled !== undefined;
  }

  async #findUnhandled(batch: readonly Input[]): Promise<void> {
    for (const input of batch) {
      this.#unhandled = undefined;
      await this.#run(input);
      await setImmediate();
      const signature = `unhandled rejection: ${signatureOf(this.#unhandled)}`;
      if (this.#hasUnhandled() && !this.#reportedSignatures.has(signature))
        this.#suspect('crash', signature, input, this.#unhandled);
      this.#reportedSignatures.add(signature);
    }
    this.#unhandled = undefined;
  }

  async #run(input: Input): Promise<Outcome> {
    this.#note(input);
    const running = execute(this.#target, input);
    const outcome = running instanceof Promise ? await running : running;
    if (outcome.error !== undefined) await this.#crashed(input, outcome.error);
    else if (outcome.ms > slowMs)
      this.#suspect('slow', `${Math.round(outcome.ms)} ms for ${sizeOf(input)} bytes`, input);
    return outcome;
  }

  /** Counts an execution, and writes its input to a file in case the process dies. */
  #note(input: Input): void {
    const bytes = serialize(input);
    writeSync(this.#inputFile, bytes, 0, bytes.length, 0);
    this.#executions++;
  }

  async #crashed(input: Input, error: unknown): Promise<void> {
    const signature = signatureOf(error);
    if (this.#reportedSignatures.has(signature)) return;
    this.#reportedSignatures.add(signature);
    // Reported at once, since a smaller input may hang.
    this.#suspect('crash', signature, input, error);
    const smallest = await minimise(input, async (candidate) => {
      this.#note(candidate);
      const { error: other } = await execute(this.#target, candidate);
      return other !== undefined && signatureOf(other) === signature;
    });
    this.#suspect('crash', signature, smallest, error);
  }

  #suspect(fault: Fault, what: string, input: Input, error?: unknown): void {
    const stack = error instanceof Error ? [error.stack, error.cause].join('\n') : '';
    this.#send({ kind: 'suspect', fault, what, stack, input });
  }

  #report(): void {
    this.#reported = performance.now();
    const seconds = (this.#reported - this.#started) / 1000;
    const figures = {
      executions: this.#executions,
      seconds,
      corpus: this.#corpus.length,
      blocks: this.#coverage?.blocks ?? 0,
    };
    this.#send({ kind: 'figures', figures });
  }
}
