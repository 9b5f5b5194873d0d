import { fstatSync } from 'node:fs';
import { escapeForTerminal } from '../kit/untrusted-text.ts';

/** A step of the work, with its position if the number of steps is known. */
export interface ProgressStep {
  readonly name: string;
  readonly position?: { readonly n: number; readonly of: number };
}

/** The state of a download. */
export interface Transfer {
  readonly url: string;
  readonly receivedBytes: number;
  readonly totalBytes?: number;
}

/** Shows the progress of a command. */
export interface Progress {
  /** The name of the current step. */
  readonly step: string;
  /** Starts a step. */
  show(step: string | ProgressStep): void;
  /** Shows a download of the current step. */
  transfer(transfer: Transfer): void;
  /** Removes the progress line, so that it does not mix with results. */
  clear(): void;
}

/** Options of the output on standard error. */
export interface ConsoleOptions {
  /** Suppresses progress and notes. */
  readonly quiet?: boolean;
  /** Writes a permanent line for each step. */
  readonly verbose?: boolean;
}

/** The part of `process.stderr` that `ProgressLine` uses. */
interface Terminal {
  readonly columns: number;
  write(text: string): unknown;
}

/** Returns progress on standard error. Creates `process.stderr` only if needed, because that takes milliseconds. */
export function terminalProgress({ quiet = false, verbose = false }: ConsoleOptions = {}): Progress {
  if (quiet) return new StepLines(() => undefined);
  if (verbose) return new StepLines((line) => process.stderr.write(`clair: ${line}\n`));
  if (!fstatSync(2).isCharacterDevice() || !process.stderr.isTTY) return new StepLines(() => undefined);
  return new ProgressLine(process.stderr);
}

const firstStep = 'starting';

/** Writes each step and each download on a separate line. */
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
    // Lines are permanent.
  }
}

const clearLine = '\r\u001b[K';
const columnsMin = 20;
/** Minimum interval between redraws. */
const drawMs = 100;
/** Minimum duration of a download before its rate is shown. */
const rateFromMs = 500;

/** One line of a terminal that is redrawn. */
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

/** Minimum width of a URL; below that it is left out. */
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

/** Shortens a text to `length` characters by cutting its middle, because both ends matter more. */
function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  if (length < 3) return text.slice(0, Math.max(length, 0));
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}
