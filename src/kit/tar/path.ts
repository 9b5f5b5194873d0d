import { limits } from '../../core/limits.ts';

/** Whether a name, as it is written, is longer than any that Linux opens. Of such a name only the beginning is kept: see `decodePath`. */
export function isOverlong(name: string): boolean {
  return name.length > limits.pathBytes;
}

/**
 * As `cleanPath`, but an overlong name stays as it is: a few compressed bytes can spell a megabyte of `a/a/a/…`, and to take that apart
 * costs a hundred times as much as to read it. Such a name is no path, and the caller has to say so.
 */
export function boundedPath(name: string): string {
  return isOverlong(name) ? name : cleanPath(name);
}

/**
 * A member name as a path inside the image: no leading `/` or `./`, no empty or `.` parts, and `..` never leaves the root,
 * as every runtime unpacks it. The root itself is the empty path.
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

/** The common case, told without taking the name apart: every part begins with something other than a dot or a slash. */
function isClean(name: string): boolean {
  let atStart = true;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (atStart && (code === 0x2e || code === 0x2f)) return false;
    atStart = code === 0x2f;
  }
  return !atStart;
}

/** The directory a path lies in; the empty path for the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** The last part of a path. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The path that a symbolic link names, relative to its own directory or to the root. Links on the way are not followed. An overlong target is as written. */
export function symbolicLinkPath(link: string, target: string): string {
  if (isOverlong(target)) return target;
  return cleanPath(target.startsWith('/') ? target : `${parentOf(link)}/${target}`);
}
