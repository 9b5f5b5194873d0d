import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { inCheckout, type Run } from './clair.ts';
import { missingNode, nodesUnderTest, PackedCommand } from './packed.ts';

const image = inCheckout('examples/image.tar');
const mirror = ['--mirror', inCheckout('examples/mirror')];

function assertDone({ status, stderr }: Run): void {
  assert.equal(stderr, '');
  assert.equal(status, 0);
}

for (const node of nodesUnderTest) {
  const skip = missingNode(node);

  test(`${node.name} runs the packed command: scans, lists and stores a database without a warning`, {
    skip,
  }, (t) => {
    const packed = new PackedCommand(temporaryDirectory(t), node);
    for (const attempt of ['first', 'with the compiled code of the first']) {
      const scan = packed.run('scan', image, '--format', 'json', ...mirror);
      assertDone(scan);
      assert.equal((JSON.parse(scan.stdout) as Report).matches.length, 13, attempt);
    }
    assertDone(packed.run('sbom', image, '--format', 'cyclonedx'));
    assertDone(packed.run('db', 'update', 'kev', ...mirror));
    assertDone(packed.run('db', 'status'));
    assertDone(packed.run('db', 'build', 'published'));
    assertDone(packed.run('db', 'update', '--from', 'published', '--db', 'copy.db'));
    const copied = packed.run('scan', image, '--offline', '--db', 'copy.db');
    assertDone(copied);
    assert.match(copied.stdout, /13 findings/);
  });

  test(`${node.name} prints the same help without the program as the program prints`, { skip }, (t) => {
    const packed = new PackedCommand(temporaryDirectory(t), node);
    const commands = [
      [['--help'], ['help']],
      [
        ['scan', '--help'],
        ['help', 'scan'],
      ],
      [
        ['db', 'build', '-h'],
        ['db', 'help', 'build'],
      ],
    ] as const;
    for (const [withoutProgram, byProgram] of commands) {
      const help = packed.run(...withoutProgram);
      assertDone(help);
      assert.match(help.stdout, /^Usage: clair /);
      assert.equal(help.stdout, packed.run(...byProgram).stdout);
    }
    assert.match(packed.run('version').stdout, new RegExp(`^clair ${packed.run('--version').stdout}`));
  });

  test(`${node.name} runs the packed server, which reads a layer on another thread`, { skip }, async (t) => {
    const directory = temporaryDirectory(t);
    const packed = new PackedCommand(directory, node);
    const layer = join(directory, 'layer.tar');
    const installed = 'P:zlib\nV:1.3.1-r0\nA:x86_64\no:zlib\n\n';
    writeFileSync(
      layer,
      tar([
        { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.3\n' },
        { path: 'lib/apk/db/installed', content: installed },
      ]),
    );
    const config = join(directory, 'config.yaml');
    writeFileSync(
      config,
      'clair:\n  api: {addr: "127.0.0.1:0", healthaddr: "127.0.0.1:0"}\n  database: {type: sqlite, options: {path: ./clair.db}}\n  updater: {interval: 0}\n',
    );
    const child = packed.start(['serve', '--config', config]);
    t.after(() => child.kill('SIGKILL'));
    const port = await portOf(child.stderr);
    const answer = await fetch(`http://127.0.0.1:${port}/v1/layers`, {
      method: 'POST',
      body: JSON.stringify({ Layer: { Name: 'app', Path: layer, Format: 'Docker' } }),
    });
    assert.equal(answer.status, 201, await answer.text());
    const listed = await fetch(`http://127.0.0.1:${port}/v1/layers/app?features`);
    assert.match(await listed.text(), /"zlib"/);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await exit, [0, null]);
  });

  test(`${node.name} fetches through the proxy that the environment names`, { skip }, async (t) => {
    const directory = temporaryDirectory(t);
    const packed = new PackedCommand(directory, node);
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(404).end();
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    t.after(() => proxy.close());
    const via = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const update = ['db', 'update', 'kev', '--mirror', 'http://mirror.example/clair'];
    const asking = packed.start(update, { HTTP_PROXY: via, http_proxy: via });
    await once(asking, 'close');
    assert.match(asked[0] ?? '', /^http:\/\/mirror\.example\/clair\//);
  });

  test(`${node.name} loads a plugin in TypeScript and lists with it`, { skip }, (t) => {
    const directory = temporaryDirectory(t);
    const packed = new PackedCommand(directory, node);
    cpSync(inCheckout('examples/plugins/acme-lister.ts'), join(directory, 'acme.mts'));
    mkdirSync(join(directory, 'rootfs/etc/acme'), { recursive: true });
    writeFileSync(join(directory, 'rootfs/etc/acme/packages.txt'), 'rocket 1.9.0\n');
    const run = packed.run('--plugin', './acme.mts', 'sbom', 'dir:rootfs', '--format', 'json');
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /"purl": "pkg:acme\/rocket@1\.9\.0"/);
    assert.doesNotMatch(run.stderr, /SQLite/);
    assert.match(packed.run('--plugin', './acme.mts', 'plugin', 'list').stdout, /acme/);
  });

  test(`${node.name} imports the packed library`, { skip }, (t) => {
    const directory = temporaryDirectory(t);
    const packed = new PackedCommand(directory, node);
    writeFileSync(
      join(directory, 'use.mjs'),
      `import { ClairError } from 'clair-ts';
       import { checkLister } from 'clair-ts/plugin/contract';
       import 'clair-ts/plugin';
       console.log(typeof ClairError, typeof checkLister);`,
    );
    const { stdout, stderr } = packed.runNode('use.mjs');
    assert.equal(stdout, 'function function\n', stderr);
  });
}

/** Returns the port that a server logs when it has started. */
async function portOf(stderr: Readable): Promise<number> {
  const lines: string[] = [];
  for await (const line of createInterface(stderr)) {
    lines.push(line);
    const port = /"port":(\d+)/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(lines.join('\n'));
}

test('names the required version in one line when Node is too old', (t) => {
  const directory = temporaryDirectory(t);
  // The command reads only the version that Node reports.
  const script = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' });
    delete process.getBuiltinModule;
    await import(${JSON.stringify(inCheckout('dist/bin/clair.js'))});`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: directory,
    encoding: 'utf8',
  });
  assert.deepEqual(
    { status, stdout, stderr },
    { status: 2, stdout: '', stderr: 'clair needs Node 22.22 or later; this is v20.20.2\n' },
  );
});
