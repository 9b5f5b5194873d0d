import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  daemonEnvironment,
  dockerRoutes,
  errorResponse,
  exportForms,
  podmanRoutes,
  startDaemon,
} from '../testing/daemon.ts';
import { failureOf } from '../testing/failure.ts';
import { buildImage } from '../testing/image-builder.ts';
import { tar } from '../testing/tar-writer.ts';
import { openReference, type ReferenceOptions } from './open-reference.ts';

const image = buildImage({ steps: [{ tar: tar([]) }] });
const archive = exportForms.podman(image);

function offline(hosts: Parameters<typeof daemonEnvironment>[0]): ReferenceOptions {
  return { ...daemonEnvironment(hosts), offline: true };
}

async function daemons(
  context: TestContext,
  docker: readonly string[],
  podman: readonly string[],
): Promise<{ docker: string; podman: string }> {
  const ofDocker = docker.flatMap((name) => Object.entries(dockerRoutes(name, image, { archive })));
  const ofPodman = podman.flatMap((name) => Object.entries(podmanRoutes(name, image, archive)));
  return {
    docker: (await startDaemon(context, Object.fromEntries(ofDocker))).host,
    podman: (await startDaemon(context, Object.fromEntries(ofPodman))).host,
  };
}

test('looks for a bare reference in Docker, then in podman', async (context) => {
  const hosts = await daemons(context, ['both:1', 'docker/only'], ['both:1', 'localhost:5000/podman/only:1']);
  const kindOf = async (target: string): Promise<string> =>
    (await openReference(target, offline(hosts))).target.kind;
  assert.equal(await kindOf('both:1'), 'docker');
  assert.equal(await kindOf('docker/only'), 'docker');
  assert.equal(await kindOf('localhost:5000/podman/only:1'), 'podman');
  assert.equal(await kindOf('podman:both:1'), 'podman');
});

test('lists every searched place and the reason when nothing is found, and queries no registry when offline', async (context) => {
  const hosts = await daemons(context, [], []);
  assert.match(
    await failureOf(openReference('none', offline(hosts))),
    /^target-not-found: there is no file or directory none;\n {2}404 from .* of the docker daemon at .*: No such image;\n {2}404 from .* of the podman daemon at .*;\n {2}offline mode queries no registry$/,
  );
  assert.match(
    await failureOf(openReference('none', offline({}))),
    /^target-not-found: .*;\s+\/nowhere\/docker.sock: No such file or directory .*;\s+\/nowhere\/podman.sock: No such file or directory .*;\s+offline/s,
  );
});

test('throws when a daemon has the image but fails, instead of trying another one', async (context) => {
  const broken = await startDaemon(context, { '/images/app/json': errorResponse(500, 'out of order') });
  const { podman } = await daemons(context, [], ['app']);
  assert.match(
    await failureOf(openReference('app', offline({ docker: broken.host, podman }))),
    /^target-not-found: 500 from /,
  );
});

test('queries the registry last when online, and reports its error too', async () => {
  // Nothing listens at port 1 of this machine.
  assert.match(
    await failureOf(openReference('localhost:1/app', { ...offline({}), offline: false })),
    /^registry-\w+: there is no file or directory localhost:1\/app;\s+.*\/nowhere\/podman.sock: .*;\s+.*localhost:1/s,
  );
});

test('queries nothing when the target cannot be a reference', async (context) => {
  const hosts = await daemons(context, [], []);
  for (const target of ['App', 'a b', 'a:b:c'])
    assert.equal(
      await failureOf(openReference(target, offline(hosts))),
      `target-not-found: there is no file or directory ${target}`,
    );
});

test('queries no daemon and no registry when a missing file is named', async (context) => {
  const names = ['nosuch.json', 'nosuch.tar:v1', 'x.spdx.json', 'dir/x.yaml', 'x.cdx'];
  const paths = [
    './app',
    '/app',
    '~/app',
    '.app',
    'app.tar',
    'app.TAR.GZ',
    'app.tgz',
    'x.xz',
    'x.bz2',
    'x.zst',
  ];
  const everything = [...names, ...paths].filter((name) => !/^[/.~]/.test(name));
  const hosts = await daemons(context, everything, everything);
  for (const target of [...names, ...paths])
    assert.match(
      await failureOf(openReference(target, { ...offline(hosts), offline: false })),
      new RegExp(
        `^target-not-found: there is no file or directory ${target}(?:; if it is an image, put registry:.*)?$`,
      ),
    );
});
