import { limits } from '../../core/limits.ts';

/** Returns whether a name as written exceeds the longest path of Linux. Only its beginning is kept: see `decodePath`. */
export function isOverlong(name: string): boolean {
  return name.length > limits.pathBytes;
}

/**
 * Like `cleanPath`, but keeps an overlong name unchanged. A few compressed bytes can encode a megabyte of `a/a/a/…`, and cleaning it costs
 * a hundred times as much as reading it. The caller must report such a name.
 */
export function boundedPath(name: string): string {
  return isOverlong(name) ? name : cleanPath(name);
}

/**
 * Turns a member name into a path inside the image, as every runtime unpacks it. It has no leading `/` or `./` and no empty or `.` parts,
 * and `..` never leaves the root. The root is the empty path.
 */
export function cleanPath(name: string): string {
  if (isClean(name)) return name;
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** Recognizes the common case without splitting the name: every part begins with something other than a dot or a slash. */
function isClean(name: string): boolean {
  let atStart = true;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (atStart && (code === 0x2e || code === 0x2f)) return false;
    atStart = code === 0x2f;
  }
  return !atStart;
}

/** The directory of a path. Empty for the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** The last part of a path. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * Returns the path that a symbolic link names, relative to its own directory or to the root. It does not follow other links. An overlong
 * target is unchanged.
 */
export function symbolicLinkPath(link: string, target: string): string {
  if (isOverlong(target)) return target;
  return cleanPath(target.startsWith('/') ? target : `${parentOf(link)}/${target}`);
}
