import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Attack } from '../attack.ts';

const MiB = 1024 * 1024;
const mirrorPort = 16_099;

/** A mirror with one feed, which the server loads repeatedly. */
function feed(
  name: string,
  source: string,
  files: () => Readonly<Record<string, string | Uint8Array>>,
): Attack {
  return {
    name: `feeds: ${name}`,
    env: { CLAIR_UPDATER_ENABLEDUPDATERS: source, CLAIR_UPDATER_INTERVAL: '1s' },
    prepare(directory) {
      const mirror = join(directory, 'mirror');
      for (const [path, content] of Object.entries(files())) {
        const file = join(mirror, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
      return { CLAIR_UPDATER_MIRROR: mirror };
    },
    run: () => Promise.resolve(),
  };
}

const alpine = 'secdb.alpinelinux.org/v3.20/main.json';
const debian = 'security-tracker.debian.org/tracker/data/json';

function secdb(entry: string): string {
  const pkg = { name: 'openssl', secfixes: { '1.0-r0': [entry] } };
  return JSON.stringify({ distroversion: 'v3.20', reponame: 'main', packages: [{ pkg }] });
}

function tracker(note: string): string {
  const releases = { bookworm: { status: 'open', repositories: {}, urgency: note } };
  return JSON.stringify({ openssl: { 'CVE-2024-1': { description: note, releases } } });
}

/** A mirror that answers every request with endless records. */
const endless: Attack = {
  name: 'feeds: endless records',
  env: {
    CLAIR_UPDATER_ENABLEDUPDATERS: 'debian',
    CLAIR_UPDATER_INTERVAL: '1s',
    CLAIR_UPDATER_MIRROR: `http://127.0.0.1:${mirrorPort}`,
  },
  run: async () => {
    const server = createServer((_, response) => {
      let number = 0;
      response.write('{');
      const more = (): void => {
        while (
          !response.destroyed &&
          response.write(`"p${++number}":${tracker(`${number}`).slice(11, -1)},`)
        );
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => server.listen(mirrorPort, '127.0.0.1', resolve));
  },
};

export const feedAttacks: readonly Attack[] = [
  feed('8 MiB of brackets, Alpine', 'alpine', () => ({ [alpine]: secdb('('.repeat(8 * MiB)) })),
  feed('8 MiB of asterisks, Debian', 'debian', () => ({ [debian]: tracker(`${'*'.repeat(8 * MiB)}x`) })),
  feed('a bomb of 512 MiB, Debian', 'debian', () => ({
    [debian]: Buffer.concat(new Array<Uint8Array>(512).fill(gzipSync(Buffer.alloc(MiB, ' ')))),
  })),
  endless,
];
