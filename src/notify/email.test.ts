import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { limits } from '../core/limits.ts';
import { checkTransport, sampleNotification } from '../plugin/contract/transport.ts';
import type { Transport } from '../plugin/transport.ts';
import { type MailServerBehaviour, refusalText, startMailServer } from '../testing/mail-server.ts';
import {
  installedDeb,
  plainVulnerability,
  sampleBatchMessage,
  sampleChangeMessage,
} from '../testing/notification-messages.ts';
import { email } from './email.ts';
import type { MailOptions } from './mail-server.ts';

const neverAborted = new AbortController().signal;

function openMail(options: MailOptions): Transport {
  const context = { env: {}, isBatched: false, manifestNotifications: () => [] };
  return email.open(options, context) ?? assert.fail('the transport is not configured');
}

/** Asserts that a delivery fails with this message, and that no property of the error shows a password or a text of the server. */
async function fails(transport: Transport, message: RegExp, signal = neverAborted): Promise<void> {
  await assert.rejects(transport.deliver(sampleNotification, signal), (error: Error & { code: string }) => {
    assert.match(error.message, message);
    assert.equal(error.code, 'delivery-failed');
    assert.doesNotMatch(inspect(error, { depth: null, showHidden: true }), /planted/);
    return true;
  });
}

async function start(t: TestContext, behaviour: MailServerBehaviour = {}, change: Partial<MailOptions> = {}) {
  const { options, received } = await startMailServer(t, behaviour);
  return { transport: openMail({ ...options, ...change }), options, received };
}

for (const tls of ['starttls', 'implicit', 'none'] as const)
  test(`sends a notification once, with ${tls} as encryption`, async (t) => {
    const { transport, received } = await start(t, { tls });
    await transport.deliver(sampleNotification, neverAborted);
    const again = { ...sampleNotification, previouslyDeliveredAt: '2026-01-02T00:00:00.000Z' };
    await transport.deliver(again, neverAborted);
    const [mail, ...others] = received;
    assert.ok(mail !== undefined);
    assert.deepEqual(others, []);
    assert.deepEqual([mail.from, mail.to], ['clair@acme.example', ['team@acme.example']]);
    const { headers, text, html } = mail;
    assert.equal(headers.get('subject'), 'New: CVE-2026-1 (High) in debian:12');
    assert.equal(headers.get('message-id'), `<${sampleNotification.name}@acme.example>`);
    assert.equal(headers.get('auto-submitted'), 'auto-generated');
    for (const part of [text, html])
      for (const said of [
        'A buffer is read past its end.',
        'Source: debian',
        'shop: fixed in 3.0.15-1~deb12u1',
      ])
        assert.ok(part.includes(said), said);
    assert.match(text, /Advisory: https:\/\/security-tracker\.debian\.org\/tracker\/CVE-2026-1\r?\n/);
    assert.match(
      html,
      /<a href="https:\/\/security-tracker\.debian\.org\/tracker\/CVE-2026-1">Advisory<\/a>/,
    );
  });

test('fulfils the contract of transports', async (t) => {
  const { transport } = await start(t);
  await checkTransport(transport);
});

test('logs in over TLS, and shows neither password nor answer when the login is refused', async (t) => {
  const login = { user: 'clair', password: 'planted-password' };
  const { transport, received, options } = await start(t, { login });
  await transport.deliver(sampleNotification, neverAborted);
  assert.equal(received.length, 1);
  await fails(
    openMail({ ...options, password: 'planted-wrong' }),
    /^the mail server refused the login \(535\)$/,
  );
  await fails(openMail({ ...options, user: '', password: '' }), /^the mail server refused the mail \(530\)$/);
});

test('sends nothing when TLS is missing, or the certificate is of another name or authority', async (t) => {
  const plain = await start(t, { tls: 'none' }, { tls: 'starttls' });
  await fails(plain.transport, /^the mail server has no usable encryption/);
  for (const tls of ['starttls', 'implicit'] as const) {
    const untrusted = await start(t, { tls }, { cafile: '' });
    await fails(untrusted.transport, /^the mail server .*: (?:SELF_SIGNED|UNABLE_TO)\w+$/);
    const { options, received } = await startMailServer(t, { tls, certificateName: 'other.example' });
    const byName = openMail({ ...options, server: options.server.replace('127.0.0.1', 'localhost') });
    await fails(byName, /^the mail server .*: ERR_TLS_CERT_ALTNAME_INVALID$/);
    assert.deepEqual([...untrusted.received, ...received], []);
  }
  assert.deepEqual(plain.received, []);
});

test('fails with the status when the server refuses a mail or all recipients', async (t) => {
  for (const status of [421, 451, 452, 550, 552, 554]) {
    const mail = await start(t, { refuseMail: status });
    await fails(mail.transport, new RegExp(`^the mail server refused the mail \\(${status}\\)$`));
    const recipient = await start(t, { refuseRecipient: () => status });
    await fails(recipient.transport, new RegExp(`^the mail server refused the mail \\(${status}\\)$`));
  }
  assert.ok(refusalText.includes('planted'));
});

test('sends to the recipients that were refused again, and to no other', async (t) => {
  let status = 451;
  const refuseRecipient = (address: string): number => (address.startsWith('b@') ? status : 0);
  const { transport, received } = await start(
    t,
    { refuseRecipient },
    { to: ['a@acme.example', 'b@acme.example'] },
  );
  await fails(transport, /^the mail server refused 1 of 2 recipients$/);
  await fails(transport, /^the mail server refused the mail \(451\)$/);
  status = 0;
  await transport.deliver(sampleNotification, neverAborted);
  assert.deepEqual(
    received.map(({ to }) => to),
    [['a@acme.example'], ['b@acme.example']],
  );
  await transport.deliver({ ...sampleNotification, name: 'another' }, neverAborted);
  assert.deepEqual(received.at(-1)?.to, ['a@acme.example', 'b@acme.example']);
});

test('fails when the server is gone, hangs up, or does not answer until the signal aborts', async (t) => {
  const { options } = await startMailServer(t);
  await fails(
    openMail({ ...options, server: '127.0.0.1:1' }),
    /^the mail server cannot be reached: ECONNREFUSED$/,
  );
  const stop = new AbortController();
  const silent = createServer((socket) => {
    socket.on('error', () => undefined);
    stop.abort();
  });
  const rude = createServer((socket) => socket.end('220 hello\r\n'));
  for (const [server, message, signal] of [
    [rude, /^the mail server /, neverAborted],
    [silent, /^the mail server did not answer: ABORT_ERR$/, stop.signal],
  ] as const) {
    server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    t.after(() => server.close());
    const { port } = server.address() as { readonly port: number };
    await fails(openMail({ ...options, server: `127.0.0.1:${port}` }), message, signal);
  }
  const aborted = new AbortController();
  const late = await start(t, {
    onMail: () => {
      aborted.abort();
      return undefined;
    },
    refuseMail: 451,
  });
  await fails(late.transport, /^the mail server (?:did not answer|refused)/, aborted.signal);
});

test('makes neither a header nor markup of what an advisory or an image states', async (t) => {
  const evil =
    'x\r\nBcc: all@acme.example\r\n\r\n<img src=https://evil.example/><script>alert(1)</script>\u202e"\'&\0';
  const { transport, received } = await start(t);
  const id = `CVE-2026-1${evil}`;
  const vulnerability = plainVulnerability({
    id,
    description: evil,
    links: [`https://evil.example/"><script>`, 'javascript:alert(1)'],
    affected: [
      {
        namespace: { name: evil, versionScheme: 'dpkg' },
        package: evil,
        range: {},
        fix: { state: 'fixed', version: evil },
      },
    ],
  });
  const image = { identity: evil, names: [evil], packages: [installedDeb(evil, evil)] };
  const fix = { state: 'fixed', version: evil } as const;
  await transport.deliver(
    sampleChangeMessage({ source: evil, namespace: evil, new: vulnerability, images: [{ ...image, fix }] }),
    neverAborted,
  );
  const change = { source: evil, namespace: evil, kind: 'new', old: null, new: vulnerability } as const;
  await transport.deliver(
    sampleBatchMessage([{ ...change, packages: image.packages, fix }], [evil]),
    neverAborted,
  );
  assert.equal(received.length, 2);
  for (const { to, headers, html, text, raw } of received) {
    assert.deepEqual(to, ['team@acme.example']);
    assert.equal(headers.has('bcc'), false);
    assert.doesNotMatch(raw.slice(0, raw.indexOf('\r\n\r\n')), /^bcc:/im);
    assert.match(headers.get('subject') ?? '', /Bcc: all@acme\.example|=\?UTF-8\?/i);
    assert.doesNotMatch(html, /<(?!\/?(?:html|head|meta|body|h1|p|ul|li|a|small|!doctype)\b)/);
    assert.equal(
      html.match(/<a href="https:\/\/evil\.example\/%22%3E%3Cscript%3E">/g)?.length ?? 0,
      html.includes('<a ') ? 1 : 0,
    );
    assert.doesNotMatch(html + text, /[\0\u202e]|javascript:/);
  }
});

test('limits the length of a mail, and states how much it leaves out', async (t) => {
  const { transport, received } = await start(t);
  const long = 'ü'.repeat(10_000);
  const images = Array.from({ length: 1000 }, (_, i) => ({
    identity: `sha256:${i}`,
    names: [`${long}${i}`],
    packages: [installedDeb(long, long)],
    fix: { state: 'unfixed' } as const,
  }));
  await transport.deliver(
    sampleChangeMessage({
      new: plainVulnerability({ id: long, description: long }),
      images,
      hasMoreImages: true,
    }),
    neverAborted,
  );
  const [mail] = received;
  assert.ok(mail !== undefined);
  for (const part of [mail.text, mail.html]) {
    assert.ok(Buffer.byteLength(part) <= limits.mailPartBytes + 200, String(Buffer.byteLength(part)));
    assert.match(part, /and more than \d{3} more images/);
  }
  assert.ok((mail.headers.get('subject')?.length ?? 0) < 2500);
});

test('refuses settings that cannot work, and opens nothing without a server', async () => {
  const good: MailOptions = {
    server: 'smtp.example:587',
    tls: 'starttls',
    user: '',
    password: '',
    from: 'clair@acme.example',
    to: ['team@acme.example'],
    cafile: '',
    changes: true,
    dailyat: '',
  };
  openMail(good);
  openMail({ ...good, server: '[::1]:25', tls: 'none' });
  const bad: readonly (readonly [Partial<MailOptions>, RegExp])[] = [
    ...['smtp.example', 'smtp://a:25', 'a:99999', 'a b:25', ':25'].map(
      (server) => [{ server }, /^notifier\.email\.server must be like smtp\.example:587$/] as const,
    ),
    ...['', 'clair', 'a@b\r\nBcc: c@d', 'Clair <a@b>', 'a@b,c@d', '"a"@b'].flatMap((address) => [
      [{ from: address }, /^notifier\.email\.from takes addresses/] as const,
      [{ to: ['team@acme.example', address] }, /^notifier\.email\.to takes addresses/] as const,
    ]),
    [{ to: [] }, /^notifier\.email\.to must have an address$/],
    [{ user: 'clair' }, /^notifier\.email\.user and password must be set together$/],
    [{ password: 'planted' }, /^notifier\.email\.user and password must be set together$/],
    [{ user: 'a', password: 'planted', tls: 'none' }, /^notifier\.email\.password would be sent without/],
    ...['7:00', '24:00', '07:60', 'noon'].map(
      (dailyat) => [{ dailyat }, /^notifier\.email\.dailyat takes a time such as 07:00$/] as const,
    ),
    [{ dailyat: '07:00', server: '' }, /^notifier\.email\.dailyat needs notifier\.email\.server$/],
    [{ cafile: '/nowhere/ca.pem' }, /^notifier\.email\.cafile names \/nowhere\/ca\.pem/],
  ];
  for (const [change, message] of bad)
    assert.throws(
      () => openMail({ ...good, ...change }),
      (error: Error & { code: string }) =>
        error.code === 'config-invalid' && message.test(error.message) && !error.message.includes('planted'),
      JSON.stringify(change),
    );
  const context = { env: {}, isBatched: false, manifestNotifications: () => [] };
  assert.equal(email.open({ ...good, server: '' }, context), undefined);
  assert.equal(email.open({ ...good, changes: false, dailyat: '07:00' }, context), undefined);
});
