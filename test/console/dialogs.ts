import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { openPage } from './browser.ts';
import type { Scene } from './scene.ts';
import { faultsOf } from './widths.ts';

/** A dialog: the view that has it, and a text of its data. `open` returns the element to which the focus returns, if it is one. */
interface DialogPlan {
  readonly path: string;
  readonly open: (page: Page) => Promise<Locator | undefined>;
  readonly text: RegExp;
}

function dialogsOf({ digests }: Scene): DialogPlan[] {
  const path = `/images/${digests['shop/web:1.0']}/findings`;
  return [
    {
      path: '/images',
      open: async (page) => {
        await page.keyboard.press('?');
        return undefined;
      },
      text: /next row of a table/,
    },
    {
      path,
      open: async (page) => {
        const link = page.getByRole('link', { name: 'CVE-2024-31449' });
        await link.click();
        return link;
      },
      text: /< 7\.2\.5-r1/,
    },
    {
      path,
      open: async (page) => {
        const field = page.getByLabel('Why is a vulnerability not reported?').last();
        await field.fill('CVE-2024-4741');
        await field.press('Enter');
        return field;
      },
      text: /3\.3\.0-r3/,
    },
  ];
}

/** Number of steps of the keyboard that must stay within a dialog: more than the controls of any. */
const steps = 15;

/** Checks each dialog at three widths. The focus stays within it, and returns when it closes. */
export async function checkDialogs(scene: Scene): Promise<void> {
  const { page } = await openPage(scene.browser, scene.url);
  const faults: string[] = [];
  for (const plan of dialogsOf(scene)) {
    await page.goto(scene.url + plan.path);
    await page.locator('main table').first().waitFor();
    const opener = await plan.open(page);
    const dialog = page.getByRole('dialog');
    await dialog.getByText(plan.text).first().waitFor();
    faults.push(...(await faultsOf(page, 'dialog')).map((fault) => `${plan.path} ${fault}`));
    for (let step = 0; step < steps; step++) {
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(isInside), `${plan.path}: the focus leaves the dialog`);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await opener?.and(page.locator(':focus')).waitFor();
  }
  assert.deepEqual(faults, []);
}

/** Behind the last control, the focus is on the page itself for a moment, before the browser begins again. */
const isInside = `document.activeElement === document.body || document.activeElement.closest('dialog') !== null`;

/** Checks the form that accepts a risk, with a preview of its effect, at three widths. */
export async function checkPreview({ url, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/triage?vulnerability=CVE-2023-42364`);
  const form = page.locator('form').filter({ has: page.getByLabel('Vulnerability') });
  await form.getByLabel('Reason').fill('no shell is run');
  await form.getByRole('button', { name: 'Preview the effect' }).click();
  await form.getByText('This suppresses 3 findings in 2 images.').waitFor();
  assert.deepEqual(await faultsOf(page), []);
}
