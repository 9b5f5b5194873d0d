import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Browser, Locator, Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { openPage, type WatchedPage } from './browser.ts';
import { type Hands, withKeys, withMouse } from './hands.ts';
import { type AwaitedView, measureAction, measureOpening, noteActions } from './timed-step.ts';

/** A server with a fleet, and a browser. */
export interface StoryScene {
  readonly url: string;
  readonly browser: Browser;
}

/** How long a person waits for the answer to a step, in milliseconds. */
export const waits: { readonly rows: number; readonly opening: number; readonly matching: number } = {
  /** From a click or Enter to the first rows of a list. */
  rows: 300,
  /** From the request for an address to its content. */
  opening: 1000,
  /** To an answer for which the server matches packages again, or reads the whole fleet. */
  matching: 1000,
};

/** Something that a person does, and the answer. */
export interface Step {
  readonly name: string;
  readonly view: AwaitedView;
  readonly limitMs: number;
}

/** A step that was done. */
export interface MeasuredStep extends Step {
  readonly ms: number;
}

/** One run of a story: a person with a browser. */
export class StoryRun {
  readonly url: string;
  readonly steps: MeasuredStep[] = [];
  readonly #browser: Browser;
  readonly #hands: Hands;
  readonly #opened: WatchedPage[] = [];

  constructor({ url, browser }: StoryScene, { hasMouse = true }: { readonly hasMouse?: boolean } = {}) {
    this.url = url;
    this.#browser = browser;
    this.#hands = hasMouse ? withMouse : withKeys;
  }

  /** Opens an address of the console in a new page. */
  async open(path: string, name: string, view: AwaitedView): Promise<Page> {
    const opened = await openPage(this.#browser, this.url);
    this.#opened.push(opened);
    await noteActions(opened.page);
    const limitMs = waits.opening;
    const ms = await measureOpening(opened.page, view, this.url + path);
    this.steps.push({ name, view, limitMs, ms });
    return opened.page;
  }

  /** Does a step, by default a press of a link or button. */
  async does(target: Locator, step: Step, act?: () => Promise<unknown>): Promise<void> {
    await target.waitFor();
    const ms = await measureAction(target.page(), step.view, act ?? (() => this.press(target)));
    this.steps.push({ ...step, ms });
  }

  async press(target: Locator): Promise<void> {
    await this.#hands.press(target);
  }

  async write(field: Locator, text: string): Promise<void> {
    await this.#hands.write(field, text);
  }

  /** Presses a button that saves a file, and returns the content. */
  async save(button: Locator, timeoutMs = 60_000): Promise<string> {
    const download = button.page().waitForEvent('download', { timeout: timeoutMs });
    await this.press(button);
    return readFileSync(await (await download).path(), 'utf8');
  }

  /** Returns what axe finds wrong in the pages. */
  async faults(): Promise<string[]> {
    const faults: string[] = [];
    for (const { page } of this.#opened)
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${page.url()}: ${fault}`));
    return faults;
  }

  /** Closes the pages. Nothing may have gone wrong in them. */
  async end(): Promise<void> {
    for (const { context } of this.#opened) await context.close();
    assert.deepEqual(
      this.#opened.flatMap(({ problems }) => problems),
      [],
    );
  }
}

/** Returns the texts of the rows of a table. */
export async function rowsOf(page: Page, caption: string): Promise<string[]> {
  const table = page.getByRole('table', { name: caption });
  await table.waitFor();
  const texts = await table.locator('tbody tr').allInnerTexts();
  return texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
}

/** Returns the rows of a CSV file (RFC 4180) by their columns. */
export function rowsOfCsv(text: string): Record<string, string>[] {
  const [header = [], ...rows] = text
    .trimEnd()
    .split('\r\n')
    .map((line) => Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), cellOf));
  return rows.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ''])));
}

function cellOf([, quoted, plain]: RegExpMatchArray): string {
  return quoted?.replaceAll('""', '"') ?? plain ?? '';
}
