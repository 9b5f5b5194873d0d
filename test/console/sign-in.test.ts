import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { serveHttp } from '../../src/testing/http-server.ts';
import { startIdentityProvider } from '../../src/testing/identity-provider.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { runServer } from '../e2e/serve-process.ts';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser, startBrowser } from './browser.ts';

/** The site of the server. The provider, on 127.0.0.1, is another site for the browser. */
const site = 'http://clair.example';

async function startScene(t: TestContext) {
  const provider = await startIdentityProvider(t, {
    clientId: 'clair',
    clientSecret: 'secret',
    redirectUri: `${site}/api/v1/session/callback`,
    people: { ada: { email: 'ada@acme.example', email_verified: true, groups: ['platform'] }, eve: {} },
  });
  const oidc = {
    issuer: provider.issuer,
    clientid: 'clair',
    clientsecret: 'secret',
    cafile: provider.caFile,
    scopes: ['openid', 'email', 'groups'],
    grants: { platform: { values: ['platform'], scope: 'admin' } },
  };
  const settings = {
    api: { addr: '127.0.0.1:0', healthaddr: '127.0.0.1:0', publicurl: site, oidc },
    database: { options: { path: ':memory:' } },
    updater: { interval: '0s' },
  };
  const file = join(temporaryDirectory(t), 'config.json');
  writeFileSync(file, JSON.stringify({ clair: settings }));
  const { ports } = await runServer(t, ['serve', '--config', file]);
  const browser = await startBrowser(t, [
    `--host-resolver-rules=MAP clair.example:80 127.0.0.1:${ports.api}`,
  ]);
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  return { provider, page };
}

/** Saves a file of rules with a script of the page. Returns the status. */
async function saveRules(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'PUT', headers, body: 'CVE-2026-1' };
    return (await fetch('/api/v1/suppressions/a.trivyignore', init)).status;
  });
}

suite('sign-in', { skip: noBrowser, timeout: 60_000 }, () => {
  test('leads to the provider and back to the same view, and no other site can use the session', async (t) => {
    const { provider, page } = await startScene(t);
    provider.person = 'eve';
    await page.goto(`${site}/images?severity=High`);
    const link = page.getByRole('link', { name: 'Sign in with your organization' });
    await link.waitFor();
    assert.deepEqual(await accessibilityFaults(page, '.sign-in'), []);
    await link.click();
    await page.getByText('No entry of api.oidc.grants admits oidc:eve').waitFor();

    provider.person = 'ada';
    await page.context().clearCookies();
    await page.goto(`${site}/images?severity=High`);
    await link.click();
    await page.getByRole('button', { name: /oidc:ada@acme\.example/ }).waitFor();
    assert.equal(page.url(), `${site}/images?severity=High`);
    assert.equal(await page.evaluate('document.cookie'), '');
    assert.equal(await saveRules(page), 200);

    const markup = `<a id=a href="${site}/sources">x</a><form id=f method=post action="${site}/api/v1/images">`;
    const evil = await serveHttp(t, (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(markup);
    });
    await page.goto(evil);
    const asked = page.evaluate(
      async (url) => await fetch(url, { credentials: 'include' }),
      `${site}/api/v1/session`,
    );
    await assert.rejects(asked, /Failed to fetch/);
    const refused = page.waitForResponse(/api\/v1\/images/);
    await page.evaluate('document.querySelector("form").submit()');
    assert.equal((await refused).status(), 403);
    await page.waitForURL(/api\/v1\/images/);
    await page.goto(evil);
    await page.locator('#a').click();
    await page.getByRole('button', { name: /oidc:ada@acme\.example/ }).click();
    await link.waitFor();
    assert.equal(await saveRules(page), 401);
  });
});
