import assert from 'node:assert/strict';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import { feedUpdate, record, stream } from '../../src/testing/store-content.ts';
import { openPage } from './browser.ts';
import type { Scene } from './scene.ts';
import { hostile, type SeededServer } from './seeded-server.ts';

/** Changes a feed, and makes a notification of each change, as the notifier of servers does. */
export async function addNotifications({ database }: SeededServer): Promise<void> {
  await using store = await openSqliteStore(database);
  const apply = async (...ids: string[]): Promise<void> => {
    const update = feedUpdate({ fingerprint: String(ids.length) });
    await store.advisories.apply(update, stream(ids.map((id) => record(id))));
  };
  await apply('CVE-2026-1');
  await apply('CVE-2026-1', 'CVE-2026-7777', hostile.image);
  await store.notifications.createFromEvents(9);
  const due = await store.notifications.findDue(9);
  const delivered = due.find(({ id }) => id === 'CVE-2026-7777') ?? assert.fail('no notification');
  await store.notifications.markNotified(delivered.name, 60_000);
}

/** Saves a rule that applies, and one that has expired. */
export async function saveRules(url: string): Promise<void> {
  const ignore = [
    { id: 'CVE-2024-31228', package: 'redis', reason: hostile.script },
    { package: 'zlib', reason: 'no input of clients', expires: '2026-02-28' },
  ];
  const response = await fetch(`${url}/api/v1/suppressions/team.yaml`, {
    method: 'PUT',
    body: JSON.stringify({ ignore }),
  });
  assert.equal(response.status, 200);
}

/** Accepts a risk only after a preview of its effect, and deletes the rule again. */
export async function acceptRisk({ url, digests, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/triage?vulnerability=CVE-2023-42364`);
  const form = page.locator('form').filter({ has: page.getByLabel('Vulnerability') });
  const [preview, save] = ['Preview the effect', 'Save'].map((name) =>
    form.getByRole('button', { name, exact: true }),
  );
  assert.ok(preview !== undefined && save !== undefined);
  await form.getByLabel('Reason').fill('no shell is run');
  assert.equal(await save.count(), 0);
  await preview.click();
  // Two images have BusyBox of release 28. One of them has its ssl_client as well.
  await form.getByText('This suppresses 3 findings in 2 images.').waitFor();
  const reason = `'quoted' "reason": ${hostile.script}`;
  await form.getByLabel('Reason').fill(reason);
  assert.equal(await save.count(), 0, 'another text asks for another preview');
  await preview.click();
  await save.click();
  await form.getByText('Saved as accepted-CVE-2023-42364.yaml.').waitFor();
  await page.getByRole('cell', { name: reason }).waitFor();
  await page.goto(`${url}/images/${digests['shop/web:1.0']}`);
  // Of the 13 findings, the rule concerns two, and that of the team one.
  await page.getByText('10 findings, 10 with a fix.').waitFor();
  await page.getByText('3 findings are suppressed').waitFor();
  await page.goto(`${url}/triage`);
  await page.getByRole('link', { name: /^expired/ }).click();
  await page.getByRole('cell', { name: 'until 2026-02-28' }).waitFor();
  const saved = page.getByRole('row', { name: /accepted-CVE-2023-42364/ });
  await saved.getByRole('button', { name: 'Delete', exact: true }).click();
  await saved.getByRole('button', { name: 'Delete accepted-CVE-2023-42364.yaml' }).click();
  await saved.waitFor({ state: 'detached' });
}

/** Sends a notification again. */
export async function sendAgain({ url, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/notifications?state=delivered`);
  await page.getByRole('button', { name: /CVE-2026-7777/ }).click();
  await page.getByText('It is due now.').waitFor();
  const list = (await (await fetch(`${url}/api/v1/notifications`)).json()) as {
    readonly notifications: readonly { readonly dueAt: string; readonly event: { readonly id: string } }[];
  };
  const sent = list.notifications.find(({ event }) => event.id === 'CVE-2026-7777');
  assert.ok(Date.parse(sent?.dueAt ?? '') <= Date.now(), 'it would have been due a minute later');
}
