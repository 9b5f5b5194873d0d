import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { inCheckout } from '../e2e/clair.ts';
import { noRegistry } from '../e2e/debian-registry.ts';
import { runServer } from '../e2e/serve-process.ts';
import { noBrowser, openPage, startBrowser } from './browser.ts';
import { acceptRisk, addNotifications, saveRules, sendAgain } from './changing.ts';
import { checkDialogs, checkPreview } from './dialogs.ts';
import { checkScreens } from './every-screen.ts';
import { compareImages, drawVersions, rankUpgrades, readSources } from './lists.ts';
import {
  countsImages,
  holdsView,
  keepsData,
  leadsByKeyboard,
  leadsToReason,
  listsProblems,
  listsUnassessed,
  savesImages,
  saysMoments,
  showsText,
} from './reading.ts';
import type { Scene } from './scene.ts';
import { seededServer } from './seeded-server.ts';
import { faultsOf } from './widths.ts';

/** Maximum size of everything that the first view needs, compressed. */
const firstLoadBytes = 90_000;

type SceneTest = (scene: Scene) => Promise<void>;

/** Tests that change nothing. */
const reading: Readonly<Record<string, SceneTest>> = {
  'leads from an image to the reason of a finding': leadsToReason,
  'leads by the keyboard alone': leadsByKeyboard,
  'saves exactly the affected images as CSV': savesImages,
  'leads from the number of images of a finding to exactly these images': countsImages,
  'says of a vulnerability which lists have it, and of which moment its images are': saysMoments,
  'holds the view in the address': holdsView,
  'says of which images something was not assessed': listsUnassessed,
  'lists all files that could not be read whole': listsProblems,
  'shows texts of images as text': showsText,
  'keeps what it has when the server fails': keepsData,
  'compares two images, and keeps the comparison in the address': compareImages,
  'names the sources that need attention first, with the age of their content': readSources,
  'lists upgrades as the server ranks them': rankUpgrades,
  'draws the versions of a package in their order, with what affects each': drawVersions,
};

/** Tests of a server with rules and notifications. */
const changing: Readonly<Record<string, SceneTest>> = {
  'accepts a risk only after a preview of its effect, and deletes the rule again': acceptRisk,
  'sends a notification again': sendAgain,
  'has no fault of accessibility or layout, and shows hostile names as text': checkScreens,
  'keeps the focus within each dialog, and returns it': checkDialogs,
  'has no fault in the preview of a rule': checkPreview,
};

test('the first load is small', () => {
  const page = readFileSync(inCheckout('dist/console/index.html'), 'utf8');
  const names = Array.from(page.matchAll(/"\/console\/([^"]+)"/g), ([, name]) => `dist/console/${name}.br`);
  const files = ['dist/console/index.html.br', ...names].map((name) => readFileSync(inCheckout(name)));
  const bytes = files.reduce((sum, file) => sum + file.length, 0);
  assert.ok(names.length >= 2);
  assert.ok(bytes <= firstLoadBytes, `${bytes} bytes`);
});

suite('console', { skip: noBrowser || noRegistry, timeout: 300_000 }, () => {
  // One server for all, because filling it takes as long as ten of these tests.
  test('on a server with images', async (t) => {
    const scene = { ...(await seededServer(t)), browser: await startBrowser(t) };
    await runAll(t, reading, scene);
    await saveRules(scene.url);
    await addNotifications(scene);
    await runAll(t, changing, scene);
  });

  test('signs in with a token, and asks again when the session ends', asksForToken);
});

async function runAll(
  t: TestContext,
  tests: Readonly<Record<string, SceneTest>>,
  scene: Scene,
): Promise<void> {
  for (const [name, run] of Object.entries(tests))
    await t.test(name, async () => {
      try {
        await run(scene);
      } finally {
        for (const context of scene.browser.contexts()) await context.close();
      }
    });
}

async function asksForToken(t: TestContext): Promise<void> {
  const [token, limited] = ['token-of-a-reader', 'token-of-a-team'];
  const { ports } = await runServer(t, ['serve'], {
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_API_TOKENS: `read:${hash('sha256', token)}:auditor,read:${hash('sha256', limited)}:team::registry.example/own`,
    CLAIR_UPDATER_INTERVAL: '0',
    CLAIR_DATABASE_OPTIONS_PATH: join(temporaryDirectory(t), 'clair.db'),
  });
  const url = `http://127.0.0.1:${ports.api}`;
  const { page, context } = await openPage(await startBrowser(t), url);
  await page.goto(`${url}/images`);
  await page.getByLabel('Token').waitFor();
  assert.deepEqual(await faultsOf(page), []);
  await page.getByLabel('Token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The server does not accept this token').waitFor();
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('No image yet').waitFor();
  assert.match(await page.evaluate('document.cookie'), /^$/, 'scripts cannot read the cookie');
  await context.clearCookies();
  await page.getByRole('link', { name: 'Sources', exact: true }).click();
  await page.getByText('Your session has ended.').waitFor();
  await page.getByRole('link', { name: 'Images', exact: true }).click();
  await page.getByText('No image yet').waitFor();
  await page.getByLabel('Token').fill(limited);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Token').waitFor({ state: 'detached' });
  // Its token may not have the order by risk, nor conditions without a repository.
  await page.goto(`${url}/images`);
  await page.getByText('Your token is limited to repositories').waitFor();
  await page.getByText('No image yet').waitFor();
  await page.getByLabel('Repository').fill('registry.example/own');
  await page.keyboard.press('Enter');
  await page.getByLabel('Severity').waitFor();
  await page.getByText('No image matches these filters').waitFor();
}
