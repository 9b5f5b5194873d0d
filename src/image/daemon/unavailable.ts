/** A daemon that is not there, does not let us in, or has no such image. The message says which, and what to do. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
