import type { Locator } from 'playwright-core';

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
    if ((await field.getAttribute('type')) === 'date') await field.fill(text);
    else {
      await field.page().keyboard.press('Control+A');
      await field.page().keyboard.type(text);
    }
  },
};

/** Presses Tab until an element has the focus. */
async function moveTo(target: Locator): Promise<void> {
  await target.waitFor();
  for (let i = 0; i < pressesMax; i++) {
    const isFocused: unknown = await target.evaluate('(element) => element === document.activeElement');
    if (isFocused === true) return;
    await target.page().keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${target.toString()}`);
}
