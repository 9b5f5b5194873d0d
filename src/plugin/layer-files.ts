/**
 * A place in an image where an extension wants the file: an exact path (`etc/os-release`), every direct child of a
 * directory (`var/lib/dpkg/status.d/*`), or those whose names end so (`var/lib/dpkg/info/*.list`). No leading slash. Declared, not computed, so that the reader also knows which
 * directories and links lead there.
 */
export type PathPattern = string;

/** The wanted files of one layer, or of the whole image once layers are laid over each other: path → bytes. */
export type Files = ReadonlyMap<string, Uint8Array>;
