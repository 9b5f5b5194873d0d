/** Where programs lie, at any depth. `pkg/tool` is Go's place for its own programs. */
const programs = /(?:^|\/)(?:s?bin|libexec|pkg\/tool)(?:\/|$)/;

/**
 * Directories without programs, in which packages have tens of thousands of files whose names do not say so. A program that lies there
 * all the same is one that no package owns.
 */
const withoutPrograms =
  /^(?:usr\/share\/(?:alsa|bash|bash-completion|bug|common-licenses|consolefonts|doc|doc-base|fish|fontconfig|fonts|groff|help|i18n|icons|info|keymaps|licenses|lintian|locale|man|mime|source-highlight|tcltk|terminfo|vim|X11|zoneinfo|zsh)|usr\/lib\/\.build-id|usr\/include|usr\/src|(?:usr\/)?lib\/(?:systemd\/system|terminfo|udev\/hwdb\.d)|etc|var)(?:\/|$)/;

/** How names of files end that are no programs. */
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

/** What the directory of files says of them. */
export interface PlaceOfFiles {
  readonly directory: string;
  /** Whether all there are programs, none is, or the name of each decides. */
  readonly programs: 'all' | 'none' | 'some';
  /** Whether files of JavaScript there may be bundles of packages. */
  readonly bundles: boolean;
}

/** Where files of JavaScript belong to what a distribution has for the language, not to bundles. */
export const scriptPlaces: readonly string[] = [
  'usr/lib/',
  'usr/share/javascript/',
  'usr/share/nodejs/',
  'usr/share/doc/',
];

/** Where files of JavaScript are those of packages, which are counted themselves. */
const ofPackages = /(?:^|\/)node_modules(?:\/|$)/;

/** What a directory says of the files in it. The path has no leading slash. */
export function placeOfFiles(directory: string): PlaceOfFiles {
  const isOfPrograms = programs.test(directory);
  return {
    directory,
    programs: isOfPrograms ? 'all' : withoutPrograms.test(directory) ? 'none' : 'some',
    bundles: mayHoldBundles(directory),
  };
}

/** Whether files of JavaScript in a directory may be bundles of packages. The path has no leading slash. */
export function mayHoldBundles(directory: string): boolean {
  const place = `${directory}/`;
  return !scriptPlaces.some((start) => place.startsWith(start)) && !ofPackages.test(directory);
}

/** Whether the name that begins at `start` and ends before `end` is one of a file of JavaScript. */
export function isScriptName(text: string, start: number, end: number): boolean {
  return text.endsWith('js', end) && /\.[cm]?js$/.test(text.slice(start, end));
}

/** Whether the name that begins at `start` and ends before `end` is one of a file of data. */
export function isDataName(text: string, start: number, end: number): boolean {
  // Not searched by `lastIndexOf`, which would go on into the text before the name.
  let dot = end - 1;
  while (dot > start && text.charCodeAt(dot) !== fullStop) dot--;
  return dot > start && endingsOfData.has(text.slice(dot + 1, end));
}

const fullStop = 0x2e;
