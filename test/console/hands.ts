import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';

/** How a person uses a page. */
export interface Hands {
  /** Opens a link, or presses a button. */
  readonly press: (target: Locator) => Promise<void>;
  /** Replaces the text of a field. */
  readonly write: (field: Locator, text: string) => Promise<void>;
}

/** Hands with a mouse. */
export const withMouse: Hands = {
  press: (target) => target.click(),
  write: (field, text) => field.fill(text),
};

/** Number of Tab presses after which an element counts as not reachable. */
const pressesMax = 800;

/** Hands that have only a keyboard. */
export const withKeys: Hands = {
  press: async (target) => {
    await moveTo(target);
    await target.page().keyboard.press('Enter');
  },
  write: async (field, text) => {
    await moveTo(field);
    const { keyboard } = field.page();
    if ((await field.getAttribute('type')) === 'date') await keyboard.type(americanDate(text));
    else {
      await keyboard.press('Control+A');
      await keyboard.type(text);
    }
  },
};

/** Returns the digits of a day in the order in which the browser asks for them. */
function americanDate(day: string): string {
  const [year = '', month = '', date = ''] = day.split('-');
  return `${month}${date}${year}`;
}

/** Presses Tab until an element has the focus. Whatever has it on the way must show it. */
async function moveTo(target: Locator): Promise<void> {
  await target.waitFor();
  const page = target.page();
  const focused = target.and(page.locator(':focus'));
  for (let i = 0; i < pressesMax; i++) {
    if ((await focused.count()) > 0) return;
    await page.keyboard.press('Tab');
    assert.equal(await hiddenFocus(page), null, 'an element does not show that it has the focus');
  }
  throw new Error(`Tab does not reach ${target.toString()}`);
}

/** Returns the markup of the element with the focus if no outline shows it, else null. The browser draws that of a button in a date field. */
async function hiddenFocus(page: Page): Promise<string | null> {
  return await page.evaluate<string | null>(`(() => {
    const element = document.activeElement;
    const isShown = getComputedStyle(element).outlineStyle !== 'none' || element.matches('body, [type=date]');
    return isShown ? null : element.outerHTML.slice(0, 200);
  })()`);
}
