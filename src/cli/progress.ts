import { fstatSync } from 'node:fs';
import { escapeForTerminal } from '../kit/untrusted-text.ts';

/** A step of the work, and which of how many it is where that is known. */
export interface ProgressStep {
  readonly name: string;
  readonly position?: { readonly n: number; readonly of: number };
}

/** How far a download is. */
export interface Transfer {
  readonly url: string;
  readonly receivedBytes: number;
  readonly totalBytes?: number;
}

/** Shows how far the work is, on one line of a terminal. */
export interface Progress {
  /** The name of the step that is under way. */
  readonly step: string;
  /** Begins a step. */
  show(step: string | ProgressStep): void;
  /** A download of the step that is under way. */
  transfer(transfer: Transfer): void;
  /** Removes the line, so that nothing of it stays between results. */
  clear(): void;
}

/** Which progress is shown. */
export interface ConsoleOptions {
  /** Neither progress nor notes. */
  readonly quiet?: boolean;
  /** A line for each step, which stays. */
  readonly verbose?: boolean;
}

/** Where progress is written: a terminal, as `process.stderr` is one. */
interface Terminal {
  readonly columns: number;
  write(text: string): unknown;
}

/** Progress on standard error. `process.stderr` itself is only touched on a terminal: making the stream takes milliseconds. */
export function terminalProgress({ quiet = false, verbose = false }: ConsoleOptions = {}): Progress {
  if (quiet) return new StepLines(() => undefined);
  if (verbose) return new StepLines((line) => process.stderr.write(`clair: ${line}\n`));
  if (!fstatSync(2).isCharacterDevice() || !process.stderr.isTTY) return new StepLines(() => undefined);
  return new ProgressLine(process.stderr);
}

const firstStep = 'starting';

/** Writes each step and each download on a line of its own. */
class StepLines implements Progress {
  readonly #write: (line: string) => void;
  step = firstStep;
  #url = '';

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  show(step: string | ProgressStep): void {
    const { name, position } = stepOf(step);
    this.step = name;
    this.#write(escapeForTerminal(`${positionText(position)}${name}`));
  }

  transfer({ url }: Transfer): void {
    if (url === this.#url) return;
    this.#url = url;
    this.#write(escapeForTerminal(`${this.step}: ${url}`));
  }

  clear(): void {
    // Lines stay.
  }
}

const clearLine = '\r\u001b[K';
const columnsMin = 20;
/** The line is drawn at most this often. */
const drawMs = 100;
/** Before a download has taken this long, its rate is not known. */
const rateFromMs = 500;

/** One line that is drawn over and over. */
export class ProgressLine implements Progress {
  readonly #terminal: Terminal;
  #step: ProgressStep = { name: firstStep };
  #transfer: (Transfer & { readonly startMs: number; readonly startBytes: number }) | undefined;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #later: NodeJS.Timeout | undefined;
  #isDrawn = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get step(): string {
    return this.#step.name;
  }

  show(step: string | ProgressStep): void {
    this.#step = stepOf(step);
    this.#transfer = undefined;
    this.#drawSoon();
  }

  transfer(transfer: Transfer): void {
    const { url, receivedBytes } = transfer;
    const { startMs, startBytes } =
      this.#transfer?.url === url ? this.#transfer : { startMs: Date.now(), startBytes: receivedBytes };
    this.#transfer = { ...transfer, startMs, startBytes };
    this.#drawSoon();
  }

  clear(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    if (this.#isDrawn) this.#terminal.write(clearLine);
    this.#isDrawn = false;
  }

  #drawSoon(): void {
    if (this.#later !== undefined) return;
    const waitMs = this.#drawnMs + drawMs - Date.now();
    if (waitMs <= 0) {
      this.#draw();
      return;
    }
    this.#later = setTimeout(() => {
      this.#later = undefined;
      this.#draw();
    }, waitMs).unref();
  }

  #draw(): void {
    this.#drawnMs = Date.now();
    this.#isDrawn = true;
    const columns = Math.max(this.#terminal.columns - 1, columnsMin);
    this.#terminal.write(`${clearLine}${this.#text(columns)}`);
  }

  #text(columns: number): string {
    const { name, position } = this.#step;
    const step = escapeForTerminal(`${positionText(position)}${name}`);
    if (this.#transfer === undefined) return shortened(step, columns);
    const { url, startMs, startBytes, ...transfer } = this.#transfer;
    const elapsedMs = Date.now() - startMs;
    const rate =
      elapsedMs < rateFromMs ? undefined : (transfer.receivedBytes - startBytes) / (elapsedMs / 1000);
    const amount = `  ${amountText(transfer, rate)}`;
    const left = shortened(step, columns - amount.length);
    const rest = columns - left.length - amount.length - 1;
    return rest < urlColumnsMin
      ? left + amount
      : `${left} ${shortened(escapeForTerminal(url), rest)}${amount}`;
  }
}

/** In less room than this an address says nothing. */
const urlColumnsMin = 16;

function stepOf(step: string | ProgressStep): ProgressStep {
  return typeof step === 'string' ? { name: step } : step;
}

function positionText(position: ProgressStep['position']): string {
  return position === undefined ? '' : `[${position.n}/${position.of}] `;
}

function amountText({ receivedBytes, totalBytes }: Omit<Transfer, 'url'>, rate: number | undefined): string {
  const parts =
    totalBytes === undefined || totalBytes < receivedBytes
      ? [`${megabytes(receivedBytes)} MB`]
      : [
          `${megabytes(receivedBytes)} of ${megabytes(totalBytes)} MB`,
          `${Math.floor((receivedBytes / Math.max(totalBytes, 1)) * 100)} %`,
        ];
  return [...parts, ...(rate === undefined ? [] : [`${megabytes(rate)} MB/s`])].join(', ');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** A text of so many characters at most: what is too much is taken out of its middle, since both ends tell more. */
function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  if (length < 3) return text.slice(0, Math.max(length, 0));
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}
