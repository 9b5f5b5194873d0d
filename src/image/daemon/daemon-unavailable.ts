/** A daemon that is not there, does not let us in, or has no such image. The message says which, and what to do. */
export class DaemonUnavailable extends Error {
  override readonly name = 'DaemonUnavailable';
}
