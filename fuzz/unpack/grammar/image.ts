import { parentOf } from '../../../src/kit/tar/path.ts';
import { Random } from '../../random.ts';
import { anyDatabase, baseRelease, type DatabaseKind } from './database.ts';
import { type Member, oddMember, type Piece, plainMember } from './member.ts';
import { anyStorage, type Storage } from './storage.ts';

/** A layer to write. Its pieces make up its archive. */
export interface PlannedLayer {
  readonly pieces: readonly Piece[];
  readonly storage: Storage;
}

/** An image to write and judge. */
export interface PlannedImage {
  readonly layers: readonly PlannedLayer[];
  /** Whether the image has nothing unusual. clair must read such an image without a remark. */
  readonly isPlain: boolean;
  /** Whether to read and hash layers that could be seeked over. */
  readonly verify: boolean;
  readonly medium: 'layout' | 'docker-archive';
}

/** Returns the image of a seed. */
export function imageOf(seed: number): PlannedImage {
  const random = new Random(seed);
  const isPlain = random.chance(0.12);
  const plan = new Plan(random, anyDatabase(random));
  const count = 1 + random.below(4);
  const layers = Array.from({ length: count }, (_, i) => (isPlain ? plan.plainLayer(i) : plan.oddLayer(i)));
  const isArchive = layers.every(({ storage }) => storage.compression === 'none') && random.chance(0.3);
  return {
    layers,
    isPlain,
    verify: random.chance(0.3),
    medium: isArchive ? 'docker-archive' : 'layout',
  };
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Directories and files outside the database, as link targets and link locations. */
const otherDirectories = ['d', 'd/lib', 'usr', 'usr/lib', 'd/x'];
const otherFiles = ['d/status', 'd/x/installed', 'd/installed', 'd/lib/base', 'f'];
/** Paths that other analyzers read. */
const otherPlaces = ['etc/issue', 'var/lib/dpkg/info/x.list', 'etc/apt/sources.list.d/x'];

/** The parts of one image. */
class Plan {
  readonly #random: Random;
  readonly #kind: DatabaseKind;
  readonly #files: readonly string[];
  readonly #directories: readonly string[];
  readonly #others: readonly Buffer[];
  #serial = 0;
  /** Type of the member at each path, without following links. */
  readonly #standing = new Map<string, Member['type']>();

  constructor(random: Random, kind: DatabaseKind) {
    this.#random = random;
    this.#kind = kind;
    const below = kind.files.map((path) => path.slice(path.indexOf('/') + 1));
    this.#files = [
      ...kind.files,
      ...kind.files,
      ...otherFiles,
      random.pick(otherPlaces),
      ...below.map((path) => `d/${path}`),
    ];
    this.#directories = [
      ...kind.directories,
      ...otherDirectories,
      ...below.map((path) => parentOf(`d/${path}`)),
    ];
    this.#others = [...this.#files, ...this.#directories].map(bytes);
  }

  /** Returns a layer with each name once, directories before their content, and valid links. */
  plainLayer(position: number): PlannedLayer {
    const random = this.#random;
    const members = position === 0 ? this.#base() : [];
    const names = new Set(members.map(({ path }) => path.toString('latin1')));
    const add = (...more: readonly Member[]): void => {
      for (const member of more) {
        const name = member.path.toString('latin1').replace('.wh.', '');
        if (names.has(name)) continue;
        names.add(name);
        members.push(member);
      }
    };
    for (let left = random.below(4); left > 0; left--) add(...this.#plainStep(position));
    return {
      pieces: members.map((member) => plainMember(member, random)),
      storage: anyStorage(random, true),
    };
  }

  #base(): Member[] {
    const [database = ''] = this.#kind.files;
    const release = { ...baseRelease, serial: 0 };
    const isMoved = this.#kind.files.includes(release.path);
    return [
      ...(isMoved ? [] : [...this.#above(release.path), file(release.path, release.content)]),
      ...this.#above(database),
      this.#file(database),
    ];
  }

  /** Returns members that remove content of lower layers, and none of this layer. */
  #plainStep(position: number): Member[] {
    const random = this.#random;
    const journal = /\/updates\//;
    const path = random.pick(this.#kind.files.filter((each) => !journal.test(each)));
    const twin = `${path}-twin`;
    switch (random.below(6)) {
      case 0:
        if (position === 0) return [];
        return [...this.#above(path), file(`${parentOf(path)}/.wh.${nameOf(path)}`, empty)];
      case 1:
        return [...this.#above(path), file(`${parentOf(path)}/.wh..wh..opq`, empty), this.#file(path)];
      case 2:
        return [...this.#above(path), this.#file(twin), link('hard-link', path, twin)];
      case 3:
        return [
          ...this.#above('d/notes'),
          file('d/notes', bytes('x')),
          link('symbolic-link', 'd/link', 'notes'),
        ];
      default:
        return [...this.#above(path), this.#file(path)];
    }
  }

  /** Returns the parent directories of a path that belong to the image only, from the top. */
  #above(path: string): Member[] {
    const parts = path.split('/').slice(0, -1);
    return parts.map((_, i) => directory(parts.slice(0, i + 1).join('/')));
  }

  /** Returns a layer with any members in any order. */
  oddLayer(position: number): PlannedLayer {
    const random = this.#random;
    const hasBase = position === 0 && random.chance(0.8);
    const members: Member[] = hasBase ? this.#base() : [];
    for (const { path, type } of members) this.#standing.set(path.toString('latin1'), type);
    for (let left = 1 + random.below(7); left > 0; left--) members.push(this.#standingMember());
    const share = random.pick([0, 0, 0.1, 0.3, 0.6]);
    const pieces = members.map((member) =>
      random.chance(share) ? oddMember(member, this.#others, random) : plainMember(member, random),
    );
    const last = random.chance(0.08) ? this.#beyondTheEnd() : [];
    return { pieces: [...pieces, ...last], storage: anyStorage(random, false) };
  }

  /** Returns an end-of-archive marker in the middle, with members after it. */
  #beyondTheEnd(): Piece[] {
    const random = this.#random;
    const blocks = 1 + random.below(3);
    return [
      { what: `${blocks} blocks of zeros`, bytes: Buffer.alloc(512 * blocks) },
      plainMember(this.#anyMember(), random),
      plainMember(this.#file(random.pick(this.#kind.files)), random),
    ];
  }

  /** Returns a member that is usually not below a file, since no runtime accepts that. */
  #standingMember(): Member {
    for (;;) {
      const member = this.#anyMember();
      const path = member.path.toString('latin1');
      const isOfItself = member.type === 'hard-link' && member.target?.equals(member.path) === true;
      if ((this.#isBelowFile(path) || isOfItself) && this.#random.chance(0.95)) continue;
      this.#lay(path, member.type);
      return member;
    }
  }

  /** Records the member at a path. A marker removes content, and a member that is not a directory removes what is below it. */
  #lay(path: string, type: Member['type']): void {
    const isOpaque = path.endsWith('/.wh..wh..opq');
    const gone = isOpaque ? parentOf(path) : path.replace('.wh.', '');
    if (type !== 'directory' || gone !== path)
      for (const other of this.#standing.keys())
        if (other.startsWith(`${gone}/`)) this.#standing.delete(other);
    if (gone === path) this.#standing.set(path, type);
    else if (!isOpaque) this.#standing.delete(gone);
  }

  #isBelowFile(path: string): boolean {
    for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
      const type = this.#standing.get(above);
      if (type !== undefined && type !== 'directory' && type !== 'symbolic-link') return true;
    }
    return false;
  }

  /** Returns a link target, usually an existing file. */
  #linkTarget(): string {
    const there = [...this.#standing].flatMap(([path, type]) => (type === 'directory' ? [] : [path]));
    return this.#random.pick(there.length > 0 && this.#random.chance(0.96) ? there : this.#files);
  }

  #anyMember(): Member {
    const random = this.#random;
    const dice = random.below(100);
    if (dice < 34) return this.#file(random.pick(this.#files));
    if (dice < 44) return directory(random.pick(this.#directories));
    if (dice < 60) return this.#symbolicLink();
    if (dice < 72) return link('hard-link', random.pick(this.#files), this.#anyName(this.#linkTarget()));
    if (dice < 84) return this.#whiteout();
    if (dice < 90)
      return this.#typed(`${random.pick([...this.#directories.map((path) => `${path}/`), ''])}.wh..wh..opq`);
    if (dice < 93) return directory(random.pick(this.#files));
    if (dice < 96) return this.#file(random.pick(this.#directories));
    return { type: random.pick(['fifo', 'device']), path: bytes(this.#anyPath()) };
  }

  #anyPath(): string {
    return this.#random.pick(this.#random.chance(0.5) ? this.#files : this.#directories);
  }

  /** Returns a path, possibly with a leading slash or dots. */
  #anyName(path: string): string {
    return this.#random.pick(['', '', '', '', '', '/', './', '../', 'usr/../']) + path;
  }

  #file(path: string): Member {
    return file(path, this.#kind.content(path, ++this.#serial));
  }

  #symbolicLink(): Member {
    const random = this.#random;
    const path = this.#anyPath();
    // Runtimes take long to give up on links to themselves.
    const others = this.#others
      .map((other) => other.toString('latin1'))
      .filter((other) => !isAtOrBelow(other, path));
    const target = random.pick(random.chance(0.98) ? others : [path]);
    const up = '../'.repeat(path.split('/').length - 1);
    const written = random.pick([
      `/${target}`,
      `${up}${target}`,
      ...(nameOf(target) === nameOf(path) ? [] : [nameOf(target)]),
      target,
      `/${target}/.`,
      '.',
      '..',
    ]);
    return link('symbolic-link', path, written);
  }

  #whiteout(): Member {
    const path = this.#anyPath();
    const parent = parentOf(path);
    const name = this.#random.chance(0.93)
      ? `.wh.${nameOf(path)}`
      : this.#random.pick([
          '.wh.',
          '.wh..',
          '.wh...',
          '.wh..wh.',
          '.wh..wh.x',
          '.wh..wh..wh.x',
          '.wh..wh.plnk',
        ]);
    return this.#typed(parent === '' ? name : `${parent}/${name}`);
  }

  /** Returns a member for a path. Markers are usually files. */
  #typed(path: string): Member {
    const type = this.#random.chance(0.95)
      ? 'file'
      : this.#random.pick(['directory', 'symbolic-link'] as const);
    return type === 'symbolic-link' ? link(type, path, 'x') : { type, path: bytes(path) };
  }
}

const empty = Buffer.alloc(0);

function file(path: string, content: Buffer): Member {
  return { type: 'file', path: bytes(path), content };
}

function directory(path: string): Member {
  return { type: 'directory', path: bytes(path) };
}

function link(type: 'symbolic-link' | 'hard-link', path: string, target: string): Member {
  return { type, path: bytes(path), target: bytes(target) };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
