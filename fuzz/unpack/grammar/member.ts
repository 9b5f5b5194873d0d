import type { Random } from '../../random.ts';
import {
  base256Field,
  type Dialect,
  headerBlock,
  metadataMember,
  octalField,
  padded,
  paxRecord,
} from './tar-bytes.ts';

/** The intended meaning of a member of a layer. */
export interface Member {
  readonly type: 'file' | 'directory' | 'symbolic-link' | 'hard-link' | 'fifo' | 'device';
  readonly path: Buffer;
  readonly target?: Buffer;
  readonly content?: Buffer;
}

/** Bytes of a layer with a description. */
export interface Piece {
  readonly what: string;
  readonly bytes: Buffer;
}

const flags = {
  file: '0',
  directory: '5',
  'symbolic-link': '2',
  'hard-link': '1',
  fifo: '6',
  device: '3',
} as const;

/** Writes a member as common tools do: short names in the header, long ones in an extension before it. */
export function plainMember(member: Member, random: Random): Piece {
  const dialect = random.pick<Dialect>(['ustar', 'ustar', 'gnu']);
  const slash = member.type === 'directory' && random.chance(0.8) ? '/' : '';
  const path = Buffer.concat([Buffer.from(random.pick(['', '', './'])), member.path, Buffer.from(slash)]);
  const { content = empty, target = empty } = member;
  const front = dialect === 'gnu' ? longNames(path, target) : paxNames(path, target, random);
  const fields = { name: path, flag: flags[member.type], size: octalField(content.length), target, dialect };
  return pieceOf(member, `${dialect} ${shown(path)}`, [...front, headerBlock(fields), padded(content)]);
}

const empty = Buffer.alloc(0);

function longNames(path: Buffer, target: Buffer): Buffer[] {
  const nul = Buffer.alloc(1);
  return [
    ...(target.length > 100 ? [metadataMember('K', Buffer.concat([target, nul]))] : []),
    ...(path.length > 100 ? [metadataMember('L', Buffer.concat([path, nul]))] : []),
  ];
}

function paxNames(path: Buffer, target: Buffer, random: Random): Buffer[] {
  const records = [
    ...(path.length > 100 ? [paxRecord('path', path)] : []),
    ...(target.length > 100 ? [paxRecord('linkpath', target)] : []),
    ...(random.chance(0.1) ? [paxRecord('mtime', Buffer.from('1700000000.5'))] : []),
  ];
  return records.length === 0 ? [] : [metadataMember('x', Buffer.concat(records))];
}

/** Writes a member with one to three oddities. `others` are paths that readers may confuse with it. */
export function oddMember(member: Member, others: readonly Buffer[], random: Random): Piece {
  const writing = new Writing(member, others, random);
  const odd: ((writing: Writing) => void)[] = [];
  for (let left = 1 + random.below(3); left > 0; left--) odd.push(random.pick(oddities));
  for (const apply of odd) apply(writing);
  return writing.piece();
}

/** A member that is being written. */
class Writing {
  readonly member: Member;
  readonly others: readonly Buffer[];
  readonly random: Random;
  readonly notes: string[] = [];
  /** Extended headers before the member, in order. */
  readonly front: Buffer[] = [];
  path: Buffer;
  target: Buffer;
  content: Buffer;
  flag: string;
  size: Buffer;
  dialect: Dialect;
  prefix: Buffer | undefined;
  /** The name in the header, if it is not the path. */
  headerName: Buffer | undefined;
  isSigned = false;

  constructor(member: Member, others: readonly Buffer[], random: Random) {
    this.member = member;
    this.others = others;
    this.random = random;
    this.path = member.path;
    this.target = member.target ?? empty;
    this.content = member.content ?? empty;
    this.flag = flags[member.type];
    this.size = octalField(this.content.length);
    this.dialect = random.pick<Dialect>(['ustar', 'gnu', 'v7', 'star', 'odd-version', 'odd-magic']);
  }

  note(what: string): void {
    this.notes.push(what);
  }

  /** Returns another path, an empty text, or the member's own path. */
  decoy(): Buffer {
    const { random } = this;
    return random.chance(0.15) ? empty : random.chance(0.15) ? this.path : random.pick(this.others);
  }

  extend(flag: string, payload: Buffer): void {
    this.front.push(metadataMember(flag, payload));
    this.note(`${flag}:${JSON.stringify(payload.toString('latin1').slice(0, 120))}`);
  }

  piece(): Piece {
    const { flag, size, target, dialect, prefix, isSigned } = this;
    const name = this.headerName ?? this.path;
    const fields = { name, flag, size, target, dialect, isSigned, ...(prefix && { prefix }) };
    const words = `${dialect} ${shown(name)}${prefix === undefined ? '' : ` prefix ${shown(prefix)}`} flag ${JSON.stringify(flag)} size ${shown(size)}`;
    return pieceOf(this.member, [words, ...this.notes].join(' · '), [
      ...this.front,
      headerBlock(fields),
      padded(this.content),
    ]);
  }
}

const nul = Buffer.alloc(1);
const join = (...parts: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));

/** Ways to write a member that no or few tools use. */
const oddities: readonly ((writing: Writing) => void)[] = [
  // Names.
  (w) => {
    w.path = join(w.random.pick(['./', '/', '//', './/', '../', '/../', 'x/../', './../', '\0']), w.path);
  },
  (w) => {
    w.path = join(w.path, w.random.pick(['/', '/.', '//', '/x/..', '\0', '\0x', '/..', '\u00ff', ' ']));
  },
  (w) => {
    const slash = w.path.indexOf(0x2f);
    if (slash < 0) return;
    w.path = join(
      w.path.subarray(0, slash),
      w.random.pick(['//', '/./', '/x/../', '/../', '\0']),
      w.path.subarray(slash + 1),
    );
  },
  (w) => {
    w.dialect = w.random.pick<Dialect>(['ustar', 'star', 'gnu', 'v7', 'odd-magic', 'odd-version']);
    splitName(w);
  },
  (w) => {
    w.dialect = 'gnu';
    w.prefix = w.random.pick([
      join('var'),
      join('00000000001\0', '00000000002\0'),
      join('\0\0\0\0\0\0\0\0\0\0\0\0', 'var/lib'),
      join([0x80].map((code) => String.fromCharCode(code)).join(''), 'abc'),
      join('v\u00e4r'),
    ]);
  },
  // Extended headers.
  (w) => {
    w.extend('x', paxRecord('path', w.path));
    w.headerName = w.decoy();
  },
  (w) => {
    w.extend('x', paxRecord('path', w.decoy()));
  },
  (w) => {
    w.extend('L', join(w.path, w.random.chance(0.8) ? nul : empty));
    w.headerName = w.decoy();
  },
  (w) => {
    w.extend('L', w.random.pick([empty, nul, join(nul, w.path), join(w.path, nul, 'x'), w.decoy()]));
  },
  (w) => {
    w.extend('K', w.random.pick([empty, nul, join(w.target, nul), join(w.target, nul, 'x'), w.decoy()]));
  },
  (w) => {
    w.extend('x', paxRecord('linkpath', w.random.pick([w.target, empty, w.decoy()])));
  },
  (w) => {
    w.extend('x', Buffer.concat([paxRecord('path', w.decoy()), paxRecord('path', w.path)]));
  },
  (w) => {
    w.extend('x', Buffer.concat([paxRecord('path', w.path), paxRecord('path', empty)]));
    if (w.random.chance(0.5)) w.headerName = w.decoy();
  },
  (w) => {
    w.extend('g', paxRecord(w.random.pick(['path', 'linkpath', 'comment']), w.decoy()));
  },
  (w) => {
    if (w.random.chance(0.5)) w.extend('g', paxRecord('size', Buffer.from(String(w.random.below(3) * 512))));
  },
  (w) => {
    if (w.random.chance(0.2)) w.extend('x', w.random.pick(malformed));
  },
  (w) => {
    const name = w.random.pick(['trusted.overlay.opaque', 'trusted.overlay.redirect', 'user.x']);
    const value = name.endsWith('redirect') ? join('/', w.decoy()) : join('y');
    w.extend('x', paxRecord(`SCHILY.xattr.${name}`, value));
  },
  // Sizes.
  (w) => {
    w.size = base256Field(w.content.length);
  },
  (w) => {
    w.extend('x', paxRecord('size', Buffer.from(String(w.content.length))));
    w.size = octalField(w.random.below(3) * 512);
  },
  (w) => {
    const { length } = w.content;
    const odd = ['0', '512', '+1', '-1', '1 ', '0x1'];
    const size = w.random.chance(0.8) ? w.random.pick(['', `+${length}`, `00${length}`]) : w.random.pick(odd);
    w.extend('x', paxRecord('size', Buffer.from(size)));
  },
  (w) => {
    const digits = w.content.length.toString(8);
    w.size = join(
      w.random.pick([
        `${digits} `,
        ` ${digits}`,
        `${digits}\0 7`,
        `\0${digits}`,
        `\0 \0${digits}`,
        digits.padStart(12, '0'),
        ...(w.random.chance(0.2) ? [`${digits}x`, `-${digits}`, '\u00ff', ''] : []),
      ]),
      '\0'.repeat(12),
    ).subarray(0, 12);
  },
  (w) => {
    // A size on a member that has no payload, with or without these bytes.
    if (w.member.type === 'file') return;
    w.size = octalField(512);
    if (w.random.chance(0.3)) w.content = Buffer.alloc(512, 'x');
    if (w.random.chance(0.3)) w.extend('x', paxRecord('size', Buffer.from('512')));
  },
  // Types.
  (w) => {
    if (w.member.type === 'file')
      w.flag = w.random.pick(['\0', '\0', '\0', '\0', '\0', '\0', '7', 'A', 'S', '4']);
  },
  (w) => {
    if (w.member.type !== 'directory') return;
    w.path = join(w.path, '/');
    w.flag = w.random.pick(['\0', '0', '5', '7']);
  },
  // Sparse files.
  (w) => {
    if (w.member.type === 'file') sparse(w);
  },
  (w) => {
    w.isSigned = true;
    if (w.random.chance(0.5)) w.headerName = join(w.path, '\u00e9');
  },
];

const malformed: readonly Buffer[] = [
  join('7 a=b\n'),
  join('6 a=bc'),
  join('06 a=b\n'),
  join('+6 a=b\n'),
  join('6 =bcd\n'),
  join('12 path=a\0b\n'),
  join('6 a=b\n\n'),
  join('6 a=b\n\0\0\0\0'),
];

function splitName(w: Writing): void {
  const slashes = [...w.path.keys()].filter((at) => w.path[at] === 0x2f);
  const slash = slashes.length === 0 ? -1 : w.random.pick(slashes);
  if (slash <= 0) return;
  w.prefix = w.path.subarray(0, slash);
  w.headerName = w.path.subarray(slash + 1);
}

/** Writes a sparse file with pax headers, correct or not. */
function sparse(w: Writing): void {
  const { random, content } = w;
  const version = random.pick(['0.0', '0.1', '1.0', '2.0', '1.', '.0', '']);
  const records = [
    ...versionRecords(version),
    ...(random.chance(0.7) ? [paxRecord('GNU.sparse.name', w.path)] : []),
    ...(random.chance(0.8) ? [sizeRecord(w)] : []),
    ...(version === '1.0' ? [] : mapRecords(version, w)),
  ];
  if (random.chance(0.6)) w.headerName = w.decoy();
  if (version === '1.0') w.content = Buffer.concat([padded(textOf(`1\n0\n${content.length}\n`)), content]);
  w.size = octalField(w.content.length);
  w.extend('x', Buffer.concat(records));
}

const textOf = (value: number | string): Buffer => Buffer.from(String(value));

function versionRecords(version: string): Buffer[] {
  const [major = '', minor = ''] = version.split('.');
  return [
    ...(major === '' ? [] : [paxRecord('GNU.sparse.major', textOf(major))]),
    ...(minor === '' ? [] : [paxRecord('GNU.sparse.minor', textOf(minor))]),
  ];
}

function sizeRecord({ random, content }: Writing): Buffer {
  return paxRecord(random.pick(['GNU.sparse.size', 'GNU.sparse.realsize']), textOf(content.length));
}

/** Returns a map of one piece, in a record for each number or in a single record. */
function mapRecords(version: string, { random, content }: Writing): Buffer[] {
  const { length } = content;
  if (version === '0.0' && random.chance(0.7))
    return [
      paxRecord('GNU.sparse.numblocks', textOf(1)),
      paxRecord('GNU.sparse.offset', textOf(0)),
      paxRecord('GNU.sparse.numbytes', textOf(length)),
    ];
  return [
    paxRecord('GNU.sparse.numblocks', textOf(random.chance(0.9) ? 1 : 2)),
    paxRecord('GNU.sparse.map', textOf(`0,${random.chance(0.9) ? length : length + 1}`)),
  ];
}

function pieceOf({ type, path, target }: Member, how: string, parts: readonly Buffer[]): Piece {
  const to = target === undefined ? '' : ` to ${shown(target)}`;
  return { what: `${type} ${shown(path)}${to} (${how})`, bytes: Buffer.concat(parts) };
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1')).slice(1, -1);
}
