import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { narrow, openPage } from './browser.ts';
import type { Scene } from './scene.ts';
import { hostile } from './seeded-server.ts';

/** Leads from an image to the reason of a finding. */
export async function leadsToReason({ url, digests, browser }: Scene): Promise<void> {
  const { page, problems } = await openPage(browser, url);
  await page.goto(url);
  await page.getByRole('heading', { name: 'Today' }).waitFor();
  await page.getByRole('link', { name: 'Images', exact: true }).click();
  await page.getByRole('table', { name: 'Images that scans have read' }).waitFor();
  await page.getByRole('link', { name: /shop\/web:1\.0/ }).click();
  await page.getByRole('link', { name: /^Findings/ }).click();
  await page.getByRole('link', { name: 'CVE-2024-31449' }).click();
  await page.getByRole('dialog', { name: 'CVE-2024-31449' }).getByText('< 7.2.5-r1').waitFor();
  assert.equal(new URL(page.url()).pathname, `/images/${digests['shop/web:1.0']}/findings`);
  assert.deepEqual(problems, []);
}

/** Leads by the keyboard alone. */
export async function leadsByKeyboard({ url, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/images`);
  await page.getByRole('link', { name: /shop\/web:1\.0/ }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  assert.equal(await focusedText(page), await page.locator('tbody tr:first-child td.name a').textContent());
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Parts of the report' }).waitFor();
  assert.equal(await page.evaluate('document.activeElement.tagName'), 'H1');
  await page.keyboard.press('/');
  await page.keyboard.type('cve-2024-6119');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/advisories\/CVE-2024-6119/);
  await page
    .getByRole('table', { name: 'Affected images' })
    .getByRole('link', { name: /shop\/web:1\.0/ })
    .waitFor();
}

/** Saves exactly the affected images as CSV. */
export async function savesImages({ url, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/advisories/CVE-2024-6119`);
  const images = page.locator('#images');
  await images
    .getByRole('link', { name: /shop\/web:1\.0/ })
    .first()
    .waitFor();
  const download = page.waitForEvent('download');
  await images.getByRole('button', { name: 'Export CSV' }).click();
  const path = await (await download).path();
  const rows = readFileSync(path, 'utf8').trimEnd().split('\r\n').slice(1);
  // One row for each package: libcrypto3 and libssl3.
  assert.equal(rows.length, 2);
  assert.ok(rows.every((row) => row.includes('shop/web:1.0')));
  assert.equal(await images.locator('tbody tr').count(), 1);
}

/** Leads from the number of images of a finding to exactly these images, and from there to all of its vulnerability. */
export async function countsImages({ url, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  // OpenSSL is two packages of one image.
  await page.goto(`${url}/findings?vulnerability=CVE-2024-6119`);
  await page.getByText('2 rows in this list.').waitFor();
  await page
    .getByRole('row', { name: /libssl3/ })
    .getByRole('link', { name: '1', exact: true })
    .click();
  await page.getByText('1 row in this list.').waitFor();
  await page.getByRole('row', { name: /shop\/web:1\.0/ }).waitFor();
  await page.getByRole('link', { name: 'All affected images' }).click();
  await page.waitForURL(/\/advisories\/CVE-2024-6119/);
}

/** Says of a vulnerability which lists have it, and of which moment its images and their number are. */
export async function saysMoments({ url, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/advisories/CVE-2024-31449`);
  // The dates are those of the lists in the mirror of the example.
  await page.getByText('Not in the lists of exploited vulnerabilities: kev (2023-11-21, stale)').waitFor();
  await page.getByText(/EPSS 34\.0%.* 50\.0% of all .* List of 2024-10-31, stale, model example\./).waitFor();
  const images = page.locator('#images');
  await images.getByText('2 images have it, as last counted').waitFor();
  await page.getByLabel('As of').fill('2024-01-01');
  await images.getByText('On 2024-01-01, no loaded advisory was about it').waitFor();
  await images.getByRole('link', { name: 'Now, 2 images have it' }).click();
  await images.getByText('The list is of now').waitFor();
  assert.equal(await images.locator('tbody tr').count(), 2);
}

async function focusedText(page: Page): Promise<unknown> {
  return await page.evaluate('document.activeElement.textContent');
}

/** Holds the view in the address. */
export async function holdsView({ url, digests, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  const rows = page.locator('main tbody tr');
  await page.goto(`${url}/images/${digests['shop/web:1.0']}/findings`);
  await page.getByLabel('Severity').selectOption('High');
  await page.waitForURL(/severity=High/);
  const shown = await rows.count();
  assert.ok(shown > 0);
  await page.reload();
  await page.locator('main tbody tr').first().waitFor();
  assert.equal(await rows.count(), shown);
  await page.getByLabel('As of').fill('2020-01-01');
  await page.getByText('You see what was known on 2020-01-01').waitFor();
  await page.getByText('Nothing was found. Not everything was assessed').waitFor();
}

/** Says of which images something was not assessed, and leads to them. */
export async function listsUnassessed({ url, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(url);
  const card = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Images not assessed' }) });
  // Alpine 3.20 is out of support since 2026-04-01, and one image has no packages.
  const unsupported = card.getByRole('row', { name: /alpine:v3\.20.*out of support since 2026-04-01/ });
  await unsupported.getByRole('link', { name: '3', exact: true }).waitFor();
  await card
    .getByRole('row', { name: /no package has a namespace/ })
    .getByRole('link')
    .click();
  await page.waitForURL('**/images?assessed=false&namespace=none');
  await page.getByRole('row', { name: /shop\/unknown:1.*Not assessed/ }).waitFor();
  assert.equal(await page.locator('main tbody tr').count(), 1);
  const assessment = page.getByLabel('Assessment');
  assert.equal(await assessment.inputValue(), 'false');
  // A gap is known of every image, so none is left.
  await assessment.selectOption('No gap known');
  await page.getByText('No image matches these filters').waitFor();
}

/** Shows texts of images as text. */
export async function showsText({ url, digests, browser }: Scene): Promise<void> {
  const { page, problems } = await openPage(browser, url);
  const image = `${url}/images/${digests['shop/hostile:1']}`;
  for (const part of ['', '/findings', '/packages', '/layers']) {
    await page.goto(image + part);
    await page.getByText(hostile.script).first().waitFor();
  }
  // A version, a name and a description as no reader lets them through.
  await page.route('**/report*', async (route) => {
    const response = await route.fetch();
    const text = (await response.text())
      .replaceAll('1.36.1-r28', hostile.long)
      .replaceAll('"busybox"', JSON.stringify(`${hostile.reversed}${hostile.image}`));
    await route.fulfill({ response, body: text });
  });
  await page.setViewportSize({ width: narrow, height: 844 });
  await page.goto(`${image}/findings`);
  await page.getByText(hostile.image).first().waitFor();
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), narrow);
  await page.getByRole('link', { name: 'CVE-2023-42364' }).click();
  await page.getByRole('dialog').waitFor();
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), narrow);
  assert.equal(await page.evaluate('window.hacked'), undefined);
  assert.equal(await page.locator('main img, main script, dialog img').count(), 0);
  assert.deepEqual(problems, []);
}

/** Lists all files that could not be read whole, and says how many it does not show at once. */
export async function listsProblems({ url, digests, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.route('**/report*', async (route) => {
    const response = await route.fetch();
    const report = (await response.json()) as { statuses: object[] };
    const files = Array.from({ length: 12 }, (_, i) => ({ path: `lib/${i}.jar`, problem: 'no archive' }));
    report.statuses.push({ extension: 'jar', files });
    await route.fulfill({ response, json: report });
  });
  await page.goto(`${url}/images/${digests['shop/web:1.0']}`);
  const problems = page.getByText(': no archive');
  await problems.first().waitFor();
  assert.equal(await problems.filter({ visible: true }).count(), 10);
  await page.getByText('and 2 more files').click();
  await page.getByText('lib/11.jar: no archive').waitFor();
  assert.equal(await problems.filter({ visible: true }).count(), 12);
}

/** Keeps what it has when the server fails. */
export async function keepsData({ url, digests, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/images`);
  await page.getByRole('link', { name: /shop\/web:1\.0/ }).waitFor();
  await page.route('**/api/v1/**', (route) => route.fulfill({ status: 500, body: '<b>proxy</b>' }));
  await page.getByRole('link', { name: 'Today', exact: true }).click();
  await page.getByRole('alert').first().getByText('The server answered with status 500.').waitFor();
  await page.getByRole('link', { name: 'Images', exact: true }).click();
  await page.getByRole('alert').getByText('The server did not answer the last request').waitFor();
  await page.getByRole('link', { name: /shop\/web:1\.0/ }).waitFor();
  await page.unroute('**/api/v1/**');
  await page.route('**/api/v1/**', (route) => route.abort());
  await page.goto(`${url}/images/${digests['shop/web:1.0']}`);
  await page.getByRole('alert').getByText('The server does not answer.').waitFor();
  await page.unroute('**/api/v1/**');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('13 findings, 13 with a fix.').waitFor();
}
