import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { inCheckout } from '../e2e/clair.ts';
import { noRegistry } from '../e2e/debian-registry.ts';
import { noBrowser, openPage, startBrowser } from './browser.ts';
import { seededServer } from './seeded-server.ts';

/** Maximum size of everything that the first view needs, compressed. */
const firstLoadBytes = 90_000;

const skip = noBrowser || noRegistry;

test('the first load is small', () => {
  const page = readFileSync(inCheckout('dist/console/index.html'), 'utf8');
  const names = [...page.matchAll(/"\/console\/([^"]+)"/g)].map(([, name]) => `dist/console/${name}.br`);
  const files = ['dist/console/index.html.br', ...names].map((name) => readFileSync(inCheckout(name)));
  const bytes = files.reduce((sum, file) => sum + file.length, 0);
  assert.ok(names.length >= 2);
  assert.ok(bytes <= firstLoadBytes, `${bytes} bytes`);
  assert.equal(globSync(inCheckout('dist/console/*.html')).length, 1);
});

suite('console', { skip, timeout: 120_000 }, () => {
  test('shows images, leads to a report and explains a finding', async (t) => {
    const { url, digests } = await seededServer(t);
    const browser = await startBrowser(t);
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
    const { violations } = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(
      violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      [],
    );
    assert.deepEqual(problems, []);
  });
});
