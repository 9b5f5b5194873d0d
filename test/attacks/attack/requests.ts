import { gzipSync } from 'node:zlib';
import { type Attack, repeat, type Target } from '../attack.ts';

const MiB = 1024 * 1024;

async function answered(response: Promise<Response>): Promise<void> {
  await (await response).arrayBuffer();
}

function lists(name: string, { atOnce, limit }: { readonly atOnce: number; readonly limit: number }): Attack {
  return {
    name,
    needsLists: true,
    onPostgres: true,
    run: async ({ api }) => {
      const url = `http://127.0.0.1:${api}/v1/namespaces/debian:12/vulnerabilities?limit=${limit}`;
      repeat(atOnce, () => answered(fetch(url)));
    },
  };
}

/** Bodies that cost much more than their size if parsed carelessly. */
const bodies: readonly (string | Uint8Array)[] = [
  '['.repeat(MiB),
  '{"Layer":'.repeat(MiB / 9),
  `{"Layer":{"Name":"${'\\u0041'.repeat(MiB / 6 - 10)}"}}`,
  `{"Layer":{"Name":"${'\\ud800'.repeat(MiB / 6 - 10)}"}}`,
  `{"Layer":{"Name":1${'0'.repeat(MiB - 30)}}}`,
  `{"Layer":{"__proto__":{"Name":"x"},"constructor":{"prototype":{"Name":"x"}}}}`,
  `{${'"Layer":{},'.repeat(MiB / 11)}"Layer":{}}`,
  `{"Layer":{"Headers":{${Array.from({ length: 40_000 }, (_, i) => `"h${i}":"v"`).join()}}}}`,
  ' '.repeat(MiB),
  '"'.padEnd(MiB, '\\'),
  Buffer.alloc(MiB, 0xff),
];

const jsonBodies: Attack = {
  name: 'JSON bodies that are nested, escaped, duplicated or endless',
  run: async ({ api }) => {
    let next = 0;
    repeat(8, () => {
      const body = bodies[next++ % bodies.length] ?? '';
      return answered(fetch(`http://127.0.0.1:${api}/v1/layers`, { ...json, body }));
    });
  },
};

const json = { method: 'POST', headers: { 'Content-Type': 'application/json' } };

const packedBodies: Attack = {
  name: 'bodies of a GiB packed by gzip',
  run: async ({ api }) => {
    const zeros = gzipSync(Buffer.alloc(MiB));
    const body = Buffer.concat(Array.from({ length: 512 }, () => zeros));
    const headers = { ...json.headers, 'Content-Encoding': 'gzip' };
    repeat(8, () => answered(fetch(`http://127.0.0.1:${api}/v1/layers`, { ...json, headers, body })));
  },
};

/** URLs and headers of the maximum length, or longer. */
const longRequests: Attack = {
  name: 'URLs, headers and names of the maximum length',
  run: async ({ api }: Target) => {
    const urls = [
      `/v1/layers/${'a%2f'.repeat(3500)}`,
      `/v1/layers/${'%25'.repeat(5000)}?features`,
      `/v1/namespaces/x/vulnerabilities?limit=1&page=${'A'.repeat(15_000)}`,
      `/affected/${'%e2%80%ae'.repeat(1600)}`,
      `/v1/layers/x?${'features&'.repeat(1700)}`,
    ];
    let next = 0;
    repeat(16, () => answered(fetch(`http://127.0.0.1:${api}${urls[next++ % urls.length] ?? ''}`)));
  },
};

export const requestAttacks: readonly Attack[] = [
  lists('200 lists of everything', { atOnce: 200, limit: 100_000 }),
  lists('1,500 long lists', { atOnce: 1500, limit: 3000 }),
  jsonBodies,
  packedBodies,
  longRequests,
];
