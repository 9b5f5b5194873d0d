import type { Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { narrow } from './browser.ts';
import { layoutFaults } from './layout.ts';

const sizes = [
  { width: 1280, height: 900, colours: 'light' },
  { width: 2560, height: 1400, colours: 'light' },
  { width: narrow, height: 844, colours: 'dark' },
] as const;

/**
 * Returns the faults of accessibility and layout of a page, or of an element of it, at three widths. Colours are all that differs between the
 * themes, so each theme is checked at some of them. The page then has the first width again.
 */
export async function faultsOf(page: Page, within?: string): Promise<string[]> {
  const faults: string[] = [];
  for (const { width, height, colours } of sizes) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: colours });
    const found = [...(await layoutFaults(page)), ...(await accessibilityFaults(page, within))];
    faults.push(...found.map((fault) => `at ${width}: ${fault}`));
  }
  const [{ width, height, colours }] = sizes;
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: colours });
  return faults;
}
