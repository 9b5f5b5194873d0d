/** Directories of programs, at any depth. `pkg/tool` is Go's directory for its own programs. */
const programs = /(?:^|\/)(?:s?bin|libexec|pkg\/tool)(?:\/|$)/;

/**
 * Directories without programs, in which packages have tens of thousands of files without a suffix. Only programs that no package owns are
 * put there.
 */
const withoutPrograms =
  /^(?:usr\/share\/(?:alsa|bash|bash-completion|bug|common-licenses|consolefonts|doc|doc-base|fish|fontconfig|fonts|groff|help|i18n|icons|info|keymaps|licenses|lintian|locale|man|mime|source-highlight|tcltk|terminfo|vim|X11|zoneinfo|zsh)|usr\/lib\/\.build-id|usr\/include|usr\/src|(?:usr\/)?lib\/(?:systemd\/system|terminfo|udev\/hwdb\.d)|etc|var)(?:\/|$)/;

/** Suffixes of file names that are not programs. */
const endingsOfData: ReadonlySet<string> = new Set([
  ...[
    'py',
    'pyc',
    'pyi',
    'pyo',
    'pl',
    'pm',
    'ph',
    'pod',
    'rb',
    'erb',
    'js',
    'mjs',
    'cjs',
    'ts',
    'lua',
    'tcl',
    'el',
    'elc',
    'php',
    'sh',
  ],
  ...[
    'h',
    'hh',
    'hpp',
    'c',
    'cc',
    'cpp',
    'cxx',
    'S',
    'tcc',
    'a',
    'o',
    'la',
    'pc',
    'ko',
    'mod',
    'cmake',
    'm4',
    'mk',
    'in',
    'am',
  ],
  ...[
    'txt',
    'md',
    'rst',
    'html',
    'htm',
    'css',
    'xml',
    'xsl',
    'xsd',
    'dtd',
    'json',
    'yaml',
    'yml',
    'toml',
    'ini',
    'cfg',
    'conf',
    'map',
  ],
  ...[
    'gz',
    'xz',
    'bz2',
    'zst',
    'zip',
    'mo',
    'po',
    'pot',
    'png',
    'svg',
    'gif',
    'jpg',
    'ttf',
    'otf',
    'pem',
    'crt',
    'desktop',
    'service',
  ],
  ...[
    'socket',
    'target',
    'timer',
    'rules',
    'list',
    'md5sums',
    'beam',
    'class',
    'properties',
    'gresource',
    'typelib',
    'gir',
    'fish',
    'sql',
    'msg',
    'enc',
    'lang',
    'pom',
    'tmac',
    'theme',
    'proto',
    'd',
    'pub',
    'hwdb',
    'vim',
  ],
]);

/** The kinds of files that a directory may have, by its path. */
export interface PlaceOfFiles {
  readonly directory: string;
  /** Whether all files are programs, none is, or their names decide. */
  readonly programs: 'all' | 'none' | 'some';
  /** Whether JavaScript files in it may be bundles of packages. */
  readonly bundles: boolean;
}

/** Directories of JavaScript files that belong to a distribution's support of the language, not to bundles. */
export const scriptPlaces: readonly string[] = [
  'usr/lib/',
  'usr/share/javascript/',
  'usr/share/nodejs/',
  'usr/share/doc/',
];

/** Directories of JavaScript files of packages, which are counted themselves. */
const ofPackages = /(?:^|\/)node_modules(?:\/|$)/;

/** Returns what a directory implies about its files. The path has no leading slash. */
export function placeOfFiles(directory: string): PlaceOfFiles {
  const isOfPrograms = programs.test(directory);
  return {
    directory,
    programs: isOfPrograms ? 'all' : withoutPrograms.test(directory) ? 'none' : 'some',
    bundles: mayHoldBundles(directory),
  };
}

/** Returns whether JavaScript files in a directory may be bundles of packages. The path has no leading slash. */
export function mayHoldBundles(directory: string): boolean {
  const place = `${directory}/`;
  return !scriptPlaces.some((start) => place.startsWith(start)) && !ofPackages.test(directory);
}

/** Returns whether the name from `start` to before `end` is one of a JavaScript file. */
export function isScriptName(text: string, start: number, end: number): boolean {
  return text.endsWith('js', end) && /\.[cm]?js$/.test(text.slice(start, end));
}

/** Returns whether the name from `start` to before `end` is one of a data file. */
export function isDataName(text: string, start: number, end: number): boolean {
  // Not `lastIndexOf`, which would search on in the text before the name.
  let dot = end - 1;
  while (dot > start && text.charCodeAt(dot) !== fullStop) dot--;
  return dot > start && endingsOfData.has(text.slice(dot + 1, end));
}

const fullStop = 0x2e;
