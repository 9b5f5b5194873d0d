import type { Page } from 'playwright-core';

/** The part of a page that a person waits for. */
export interface AwaitedView {
  /** Caption of a table, of which the first row must be there. Without it, the whole page is meant. */
  readonly caption?: string;
  /** A text that it must have. */
  readonly text?: string;
}

/** Time after which a view counts as missing, in milliseconds. */
const longestMs = 60_000;

/** Notes when a person clicks or presses Enter, by the clock of the page. A page that was just opened counts from its request. */
const notesActions = `
window.story = { at: 0 };
for (const type of ['click', 'keydown'])
  addEventListener(type, (event) => {
    if (type === 'click' || event.key === 'Enter') story.at = event.timeStamp;
  }, true);
story.has = ({ caption, text }) => {
  const tables = [...document.querySelectorAll('table')];
  const part = caption === undefined ? document.body : tables.find((one) => one.caption?.textContent === caption);
  if (part === undefined || part === null) return false;
  if (caption !== undefined && part.querySelector('tbody tr') === null) return false;
  return text === undefined || part.textContent.includes(text);
};
story.watch = (view) => {
  const until = performance.now() + ${longestMs};
  story.drawn = new Promise((resolve, reject) => {
    const look = () => {
      const now = performance.now();
      if (story.has(view)) resolve(now);
      else if (now > until) reject(new Error('the page never has ' + JSON.stringify(view)));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
};`;

/** Makes the pages of a context note what persons do. Call it before the first page is opened. */
export async function noteActions(page: Page): Promise<void> {
  await page.addInitScript(notesActions);
}

/** Does something in a page, and returns the milliseconds from the click or Enter until the browser draws what was awaited. */
export async function measureAction(
  page: Page,
  view: AwaitedView,
  act: () => Promise<unknown>,
): Promise<number> {
  await page.evaluate(`story.watch(${JSON.stringify(view)})`);
  await act();
  return await page.evaluate<number>('story.drawn.then((drawn) => Math.max(0, drawn - story.at))');
}

/** Opens an address, and returns the milliseconds from the request until the browser draws what was awaited. */
export async function measureOpening(page: Page, view: AwaitedView, address: string): Promise<number> {
  await page.goto(address, { waitUntil: 'commit' });
  // The policy of the page refuses a text as code, except from the debugger.
  return await page.evaluate<number>(`story.watch(${JSON.stringify(view)}), story.drawn`);
}
