import type { Random } from '../random.ts';

/** Kinds of image documents that are compared. */
export const kinds = ['manifest', 'index', 'config', 'docker', 'repositories', 'legacy'] as const;

/** A document of one of these kinds. */
export interface Sample {
  readonly kind: (typeof kinds)[number];
  readonly bytes: Buffer;
}

/** A JSON value whose keys are written as given, including duplicates, or a raw text. */
type Node =
  | { readonly fields: (readonly [key: string, value: Node])[] }
  | { readonly items: Node[] }
  | { readonly text: string };

const text = (value: string): Node => ({ text: JSON.stringify(value) });
const object = (fields: Readonly<Record<string, Node>>): Node => ({
  fields: Object.entries(fields).map(([key, value]) => [JSON.stringify(key), value]),
});

const hex = (random: Random): string => random.pick('0123456789abcdef').repeat(64);
const digest = (random: Random): Node => text(`sha256:${hex(random)}`);

const mediaTypes = [
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  '',
];

function descriptor(random: Random): Node {
  const platform = object({
    os: text(random.pick(['linux', 'windows', 'unknown', ''])),
    architecture: text(random.pick(['amd64', 'x86_64', 'arm64', 'unknown'])),
    ...(random.chance(0.3) && { variant: text(random.pick(['v1', 'v8', ''])) }),
  });
  const annotations = object({
    'org.opencontainers.image.ref.name': text(random.pick(['a', 'b'])),
    ...(random.chance(0.3) && { 'vnd.docker.reference.type': text('attestation-manifest') }),
  });
  return object({
    mediaType: text(random.pick(mediaTypes)),
    digest: digest(random),
    size: { text: random.pick(['1', '1e3', '1.0', '-1', '9223372036854775808']) },
    ...(random.chance(0.3) && { platform }),
    ...(random.chance(0.3) && { annotations }),
  });
}

function some(random: Random, make: (random: Random) => Node): Node {
  return { items: Array.from({ length: random.below(4) }, () => make(random)) };
}

const documents: Readonly<Record<Sample['kind'], (random: Random) => Node>> = {
  manifest: (random) =>
    object({ schemaVersion: { text: '2' }, config: descriptor(random), layers: some(random, descriptor) }),
  index: (random) => object({ schemaVersion: { text: '2' }, manifests: some(random, descriptor) }),
  config: (random) =>
    object({
      os: text('linux'),
      architecture: text('amd64'),
      ...(random.chance(0.3) && { variant: text('v1') }),
      config: object({ Labels: object({ a: text('1'), A: text('2') }) }),
      rootfs: object({ type: text('layers'), diff_ids: some(random, digest) }),
      history: some(random, () => object({ created_by: text('x'), empty_layer: { text: 'true' } })),
    }),
  docker: (random) => some(random, savedImage),
  repositories: (random) => object({ app: object({ latest: text(hex(random)), old: text(hex(random)) }) }),
  legacy: (random) => object({ id: text(hex(random)), parent: text(hex(random)), os: text('linux') }),
};

function savedImage(random: Random): Node {
  return object({
    Config: text(`${hex(random)}.json`),
    RepoTags: { items: [text('app:1')] },
    Layers: some(random, (each) => text(`${hex(each)}/layer.tar`)),
  });
}

/** Returns a document of a random kind with zero or more changes. */
export function sample(random: Random): Sample {
  const kind = random.pick(kinds);
  let root = documents[kind](random);
  for (let changes = random.below(4); changes > 0; changes--) root = changed(root, random);
  return { kind, bytes: damaged(Buffer.from(serialized(root, random), 'utf8'), random) };
}

/** Returns the document with one change. */
function changed(node: Node, random: Random): Node {
  if ('fields' in node && node.fields.length > 0) {
    const at = random.below(node.fields.length);
    const [key, value] = node.fields[at] ?? ['""', text('')];
    if (random.chance(0.5)) return { fields: node.fields.with(at, [key, changed(value, random)]) };
    return { fields: changedFields(node.fields, at, random) };
  }
  if ('items' in node && node.items.length > 0) {
    const at = random.below(node.items.length);
    const item = node.items[at] ?? text('');
    if (random.chance(0.7)) return { items: node.items.with(at, changed(item, random)) };
    return {
      items: random.chance(0.5) ? node.items.toSpliced(at, 1) : node.items.toSpliced(at, 0, odd(random)),
    };
  }
  return random.chance(0.6) ? odd(random) : node;
}

type Fields = Extract<Node, { fields: unknown }>['fields'];

function changedFields(fields: Fields, at: number, random: Random): Fields {
  const [key, value] = fields[at] ?? ['""', text('')];
  const other = random.chance(0.5) ? odd(random) : (fields[random.below(fields.length)]?.[1] ?? value);
  switch (random.below(5)) {
    case 0:
      return fields.with(at, [otherKey(key, random), value]);
    case 1:
      return fields.toSpliced(random.below(fields.length + 1), 0, [otherKey(key, random), other]);
    case 2:
      return fields.toSpliced(random.below(fields.length + 1), 0, [key, other]);
    case 3:
      return fields.toSpliced(at, 1);
    default:
      return fields.toSpliced(at, 0, [random.pick(unusualKeys), other]);
  }
}

const unusualKeys = [
  '"__proto__"',
  '"constructor"',
  '""',
  '"layers"',
  '"manifests"',
  '"mediaType"',
  '"config"',
  '"rootfs"',
  '"Digest"',
  '"\\u0000digest"',
];

/** Returns a key in another case, with letters that fold to it, with escapes, or with a real difference. */
function otherKey(key: string, random: Random): string {
  const at = 1 + random.below(Math.max(key.length - 2, 1));
  const letter = key[at] ?? '';
  const replaced = (by: string): string => key.slice(0, at) + by + key.slice(at + 1);
  const code = letter.charCodeAt(0).toString(16).padStart(4, '0');
  return random.pick([
    key.toUpperCase(),
    key.toLowerCase(),
    replaced(letter.toUpperCase()),
    key.replace(/s/i, '\u017f'),
    key.replace(/k/i, '\u212a'),
    key.replace(/s/i, '\\u017f'),
    key.replace(/i/, '\u0131'),
    key.replace(/I/i, '\u0130'),
    replaced(`\\u${code}`),
    replaced(`\\u${code.toUpperCase()}`),
    replaced(`${letter} `),
    replaced(`${letter}\u200b`),
    replaced(`${letter}\\ud800`),
    key.replace('_', '-'),
    key.replace(/"$/, '\\u0000"'),
  ]);
}

const oddTexts = [
  'null',
  'true',
  '0',
  '1e999',
  '-0',
  '""',
  '"x"',
  '[]',
  '{}',
  '[null]',
  '{"digest":"x"}',
  '["sha256:x"]',
  '"\\ud800"',
  '"\u2028"',
  '[[[[{}]]]]',
  '{"a":{"a":{"a":{}}}}',
];

const odd = (random: Random): Node => ({ text: random.pick(oddTexts) });

function serialized(node: Node, random: Random): string {
  const blank = (): string => (random.chance(0.02) ? random.pick([' ', '\n', '\t', '\r', '  ']) : '');
  if ('text' in node) return blank() + node.text + blank();
  if ('items' in node) return `[${blank()}${node.items.map((item) => serialized(item, random)).join(',')}]`;
  const fields = node.fields.map(([key, value]) => `${blank()}${key}${blank()}:${serialized(value, random)}`);
  return `${blank()}{${fields.join(',')}}${blank()}`;
}

/** Sometimes adds something that is not valid JSON. */
function damaged(bytes: Buffer, random: Random): Buffer {
  if (random.chance(0.92)) return bytes;
  const at = random.below(bytes.length + 1);
  const inserted = Buffer.from(
    random.pick([
      '\uFEFF',
      '\xff',
      '\xc0\xaf',
      '//',
      '/**/',
      ',',
      '}',
      ']',
      '{',
      'x',
      '\x00',
      '{"layers":[]}',
      "'",
    ]),
    random.chance(0.5) ? 'utf8' : 'latin1',
  );
  const place = random.pick([0, at, at, bytes.length]);
  return Buffer.concat([bytes.subarray(0, place), inserted, bytes.subarray(place)]);
}
