import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeBdb, writeRpmPackage } from '../../src/testing/rpm-writer.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import type { Random } from '../random.ts';

const packageNames = ['openssl', 'curl', 'zlib', 'bash', 'ümlaut', 'a-b.c+d'];
const versions = ['1.0-1', '1.1-1', '2:0.9-3', '1.0~rc1-1', '7.88.1-10+deb12u4', 'not a version', ''];

const releases = [
  'ID=debian\nVERSION_ID="12"\n',
  'ID=debian\nVERSION_ID="11"\n',
  'ID=ubuntu\nVERSION_ID="22.04"\n',
  'ID=alpine\nVERSION_ID=3.19.1\n',
  'ID=centos\nVERSION_ID="8"\n',
  'ID=unknown-to-clair\nVERSION_ID=1\n',
  '',
];

function release(draw: Random): TarEntryPlan {
  return { path: 'etc/os-release', content: draw.pick(releases) };
}

function dpkg(draw: Random): TarEntryPlan {
  const entries = draw.some(packageNames, 5).map((name) => {
    const source = draw.chance(0.3) ? `Source: ${draw.pick(packageNames)}\n` : '';
    const status = draw.pick(['install ok installed', 'install ok unpacked', 'deinstall ok config-files']);
    return `Package: ${name}\n${source}Status: ${status}\nArchitecture: amd64\nVersion: ${draw.pick(versions)}\n\n`;
  });
  return { path: 'var/lib/dpkg/status', content: entries.join('') };
}

function apk(draw: Random): TarEntryPlan {
  const entries = draw
    .some(packageNames, 5)
    .map((name) => `P:${name}\nV:${draw.pick(['1.0-r0', '1.1.1-r2', ...versions])}\nA:x86_64\n\n`);
  return { path: 'lib/apk/db/installed', content: entries.join('') };
}

function rpm(draw: Random): TarEntryPlan {
  const headers = draw.some(['openssl', 'curl', 'bash'], 3).map((name) => writeRpmPackage(name));
  return { path: 'var/lib/rpm/Packages', content: writeBdb(headers) };
}

function whiteout(draw: Random): TarEntryPlan {
  const path = draw.pick(['var/lib/dpkg/.wh.status', 'var/lib/dpkg/.wh..wh..opq', 'etc/.wh.os-release']);
  return { path, content: '' };
}

function link(draw: Random): TarEntryPlan {
  return { path: 'var/lib/dpkg/status', target: draw.pick(['../../../opt/status', '/opt/status', 'status']) };
}

function stray(draw: Random): TarEntryPlan {
  return { path: draw.pick(['opt/status', 'opt/é/ü', 'usr/bin/program']), content: 'x' };
}

const parts = [release, dpkg, apk, rpm, whiteout, link, stray];

/** Returns a layer with random content, sometimes compressed, truncated or not an archive. */
function layer(draw: Random): Uint8Array {
  if (draw.chance(0.03)) return Buffer.from('not an archive');
  const entries = Array.from({ length: 1 + draw.below(4) }, () => draw.pick(parts)(draw));
  const archive = tar(entries);
  if (draw.chance(0.04)) return archive.subarray(0, draw.below(archive.length));
  return draw.chance(0.4) ? gzipSync(archive) : archive;
}

/** Writes layers into a directory and returns their paths. */
export function writeLayers(directory: string, draw: Random, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const path = join(directory, `${i}.layer`);
    writeFileSync(path, layer(draw));
    return path;
  });
}
