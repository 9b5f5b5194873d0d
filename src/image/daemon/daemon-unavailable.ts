/** Thrown if a daemon is not running, denies access, or does not have the image. The message says which, and what to do. */
export class DaemonUnavailable extends Error {
  override readonly name = 'DaemonUnavailable';
}
