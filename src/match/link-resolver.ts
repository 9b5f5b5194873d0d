import { limits } from '../core/limits.ts';
import type { LayerNode } from '../model/layer-index.ts';

/** The end of a path, and the links on the way to it. */
interface Destination {
  readonly real: string;
  readonly isFile: boolean;
  readonly passed: readonly PassedLink[];
}

/** A link on the way, by its own real path, and the rest of the path below it. */
interface PassedLink {
  readonly link: string;
  readonly rest: string;
}

/** A resolved link, itself included in the links on the way. Or a number of links that is not enough. */
type ResolvedLink = Destination | { readonly real: undefined; readonly notWithin: number };

/** The nodes in which links are resolved. */
export interface NodeLookup {
  at(path: string): LayerNode | undefined;
  /** Returns whether an entry is at a path or below it. True if that is unknown. */
  reaches(path: string): boolean;
}

/**
 * Resolves links inside an image like a process in it would. Results are cached, so hostile chains of links are walked only once. Create
 * another resolver after the nodes have changed.
 */
export class LinkResolver {
  readonly #nodes: NodeLookup;
  readonly #resolved = new Map<string, ResolvedLink>();

  constructor(nodes: NodeLookup) {
    this.#nodes = nodes;
  }

  /** The real path of a path. Undefined for a loop. */
  real(path: string): string | undefined {
    return this.#walk(path, '', limits.linkDepth)?.real;
  }

  /** The real path of a path that leads to anything but a directory. Undefined for a loop, a directory, or nothing. */
  realFile(path: string): string | undefined {
    const end = this.#walk(path, '', limits.linkDepth);
    return end?.isFile === true ? end.real : undefined;
  }

  /**
   * The paths that a path stands for at each link on the way: that of the link, and what follows below it. Another entry at the place of the
   * link would be found there. Empty for a loop.
   */
  passed(path: string): string[] {
    const passed = this.#walk(path, '', limits.linkDepth)?.passed ?? [];
    return passed.map(({ link, rest }) => (rest === '' ? link : join(link, rest)));
  }

  /** The path at which an entry of this name would be created: its directory is resolved, its last part is not. */
  placeOf(path: string): string | undefined {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return path;
    const directory = this.real(path.slice(0, slash));
    return directory === undefined ? undefined : join(directory, path.slice(slash + 1));
  }

  #walk(path: string, from: string, linksMax: number): Destination | undefined {
    const walk = new PathWalk(this.#nodes, from);
    const plainFrom = endOfOddParts(path);
    const passed: PassedLink[] = [];
    for (let start = 0; start <= path.length; ) {
      // Nothing is below a file, not even what a slash or a dot after its name would be.
      if (walk.isAtFile) return undefined;
      if (start >= plainFrom && walk.isBeyond) {
        walk.append(path.slice(start));
        break;
      }
      const slash = path.indexOf('/', start);
      const end = slash < 0 ? path.length : slash;
      const link = walk.go(path.slice(start, end));
      start = end + 1;
      if (link === undefined) continue;
      const followed = this.#follow(link.path, link.target, linksMax - passed.length);
      if (followed === undefined) return undefined;
      for (const place of followed.passed) passed.push(withRest(place, path.slice(start)));
      walk.jump(followed);
    }
    return { real: walk.real, isFile: walk.isAtFile, passed };
  }

  #follow(link: string, target: string, linksMax: number): Destination | undefined {
    const resolved = this.#resolved.get(link);
    if (resolved?.real !== undefined) return resolved.passed.length <= linksMax ? resolved : undefined;
    // Linux resolves no longer path.
    if (target.length > limits.pathBytes) return undefined;
    if (linksMax === 0 || (resolved !== undefined && resolved.notWithin >= linksMax)) return undefined;
    const from = target.startsWith('/') ? '' : above(link);
    const end = this.#walk(target, from, linksMax - 1);
    if (end === undefined) {
      this.#resolved.set(link, { real: undefined, notWithin: linksMax });
      return undefined;
    }
    const found = { ...end, passed: [{ link, rest: '' }, ...end.passed] };
    this.#resolved.set(link, found);
    return found;
  }
}

interface Link {
  readonly path: string;
  readonly target: string;
}

/**
 * A path that is walked part by part. Once nothing is at it or below it, no further part can be a link, and none is looked up. Each lookup
 * costs the length of the path so far, and a target may have two thousand parts.
 */
class PathWalk {
  readonly #nodes: NodeLookup;
  #existing: string;
  #isAtFile = false;
  /** The parts below the last existing place. */
  readonly #beyond: string[] = [];

  constructor(nodes: NodeLookup, from: string) {
    this.#nodes = nodes;
    this.#existing = from;
  }

  get real(): string {
    return this.#beyond.length === 0 ? this.#existing : join(this.#existing, this.#beyond.join('/'));
  }

  /** Whether nothing is at the path or below it. */
  get isBeyond(): boolean {
    return this.#beyond.length > 0;
  }

  /** Appends several parts without `..`, once nothing is there. */
  append(parts: string): void {
    if (parts !== '') this.#beyond.push(parts);
  }

  /** Goes to the next part. If it is a link, returns it instead. */
  go(part: string): Link | undefined {
    if (part === '' || part === '.') return undefined;
    if (part === '..') this.#goUp();
    else if (this.#beyond.length > 0) this.#beyond.push(part);
    else return this.#goDown(part);
    return undefined;
  }

  /** Whether it ends at a file so far. */
  get isAtFile(): boolean {
    return this.#isAtFile;
  }

  jump({ real, isFile: isAtFile }: Destination): void {
    this.#existing = real;
    this.#isAtFile = isAtFile;
  }

  #goUp(): void {
    if (this.#beyond.pop() === undefined) this.#existing = above(this.#existing);
  }

  #goDown(part: string): Link | undefined {
    const here = join(this.#existing, part);
    const node = this.#nodes.at(here);
    if (node?.kind === 'symbolic-link') return { path: here, target: node.target };
    this.#isAtFile = isFile(node);
    if (this.#nodes.reaches(here)) this.#existing = here;
    else this.#beyond.push(part);
    return undefined;
  }
}

function isFile(node: LayerNode | undefined): boolean {
  return node !== undefined && node.kind !== 'directory';
}

/** The end of the last part that is empty or begins with a dot, and may therefore lead elsewhere. */
function endOfOddParts(path: string): number {
  if (path.endsWith('/')) return path.length;
  const odd = Math.max(path.lastIndexOf('//'), path.lastIndexOf('/.'));
  return odd < 0 ? 0 : odd + 2;
}

/** Thousands of links may lead through one chain, so they share its links. */
function withRest(passed: PassedLink, further: string): PassedLink {
  return further === '' ? passed : { link: passed.link, rest: joinRest(passed.rest, further) };
}

function joinRest(rest: string, further: string): string {
  return rest === '' ? further : `${rest}/${further}`;
}

function join(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

function above(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
