/** Identifiers of the SPDX licence list that packages of distributions use. */
const identifiers = words(`
  0BSD AFL-2.0 AFL-2.1 AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.0 Apache-1.1 Apache-2.0
  APSL-2.0 Artistic-1.0 Artistic-1.0-cl8 Artistic-1.0-Perl Artistic-2.0 Beerware BlueOak-1.0.0
  BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-2-Clause-Views BSD-3-Clause
  BSD-3-Clause-Attribution BSD-3-Clause-Clear BSD-3-Clause-LBNL BSD-3-Clause-Modification BSD-4-Clause
  BSD-4-Clause-UC BSD-4.3RENO BSD-4.3TAHOE BSD-Source-Code BSL-1.0 bzip2-1.0.6 CC-BY-3.0 CC-BY-4.0
  CC-BY-SA-3.0 CC-BY-SA-4.0 CC-PDDC CC0-1.0 CDDL-1.0 CDDL-1.1 CPL-1.0 curl DOC EPL-1.0 EPL-2.0
  EUPL-1.1 EUPL-1.2 FSFAP FSFUL FSFULLR FSFULLRWD FTL GFDL-1.1-no-invariants-or-later GFDL-1.1-only
  GFDL-1.1-or-later GFDL-1.2-no-invariants-only GFDL-1.2-no-invariants-or-later GFDL-1.2-only
  GFDL-1.2-or-later GFDL-1.3-no-invariants-only GFDL-1.3-no-invariants-or-later GFDL-1.3-only
  GFDL-1.3-or-later GPL-1.0-only GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only
  GPL-3.0-or-later HPND HPND-sell-variant ICU IJG Info-ZIP Intel IPL-1.0 ISC JasPer-2.0 Latex2e
  LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later
  Libpng libpng-2.0 libtiff LOOP LPL-1.02 LPPL-1.3c MirOS MIT MIT-0 MIT-advertising MIT-CMU MIT-feh
  MIT-Modern-Variant MIT-open-group mpich2 MPL-1.0 MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception MS-PL
  NAIST-2003 NCSA Net-SNMP NTP OFL-1.0 OFL-1.1 OGC-1.0 OLDAP-2.8 OpenSSL PDDL-1.0 PHP-3.01 PostgreSQL
  PSF-2.0 Python-2.0 Python-2.0.1 QPL-1.0 RSA-MD Ruby Saxpath SGI-B-2.0 SISSL Sleepycat SMLNJ
  SSH-OpenSSH SSH-short SunPro SWL TCL TCP-wrappers UCL-1.0 Unicode-3.0 Unicode-DFS-2015
  Unicode-DFS-2016 Unicode-TOU Unlicense UPL-1.0 Vim W3C W3C-20150513 Watcom-1.0 WTFPL X11
  X11-distribute-modifications-variant XFree86-1.1 Xnet xpp Zend-2.0 Zlib zlib-acknowledgement ZPL-2.0
  ZPL-2.1
`);

/** Exceptions of the same list, which are operands after `WITH`. */
const exceptions = words(`
  389-exception Autoconf-exception-2.0 Autoconf-exception-3.0 Bison-exception-2.2 Bootloader-exception
  Classpath-exception-2.0 CLISP-exception-2.0 Font-exception-2.0 GCC-exception-2.0 GCC-exception-3.1
  GPL-3.0-linking-exception GStreamer-exception-2008 Libtool-exception Linux-syscall-note
  LLVM-exception OCaml-LGPL-linking-exception OpenJDK-assembly-exception-1.0 openvpn-openssl-exception
  u-boot-exception-2.0 Universal-FOSS-exception-1.0 vsftpd-openssl-exception WxWindows-exception-3.1
`);

/** Other names with exactly one identifier, in lower case: of Debian's copyright files and of Fedora's older licence tags. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['expat', 'MIT'],
  ['bsl-1', 'BSL-1.0'],
  ['apache-2', 'Apache-2.0'],
  ['asl 1.1', 'Apache-1.1'],
  ['asl 2.0', 'Apache-2.0'],
  ['boost', 'BSL-1.0'],
  ['artistic 2.0', 'Artistic-2.0'],
  ['cc0', 'CC0-1.0'],
  ['mplv1.1', 'MPL-1.1'],
  ['mplv2.0', 'MPL-2.0'],
  ['openldap-2.8', 'OLDAP-2.8'],
  ['zlib/libpng', 'Zlib'],
]);

/** `GPL-2`, `GPL-2.0`, `LGPLv2.1`, with `+` for "or any later version". `LGPLv2` means 2.0 and 2.1 alike and has no identifier. */
const gnuLicense = /^(A|L)?GPL(-|v)?(\d)(?:\.(\d))?(\+)?$/i;
/** `GFDL-NIV-1.3+`: without invariant sections. */
const gnuDocumentLicense = /^GFDL-NIV-(\d\.\d)(\+)?$/i;

/** Longer texts are licence texts, not expressions. */
const expressionCharactersMax = 1000;
const nestingMax = 20;

/** Returns the SPDX licence expression that a text is or exactly means. Undefined if there is no such expression. SPDX 2.3, annex D. */
export function spdxExpression(text: string): string | undefined {
  if (text.length > expressionCharactersMax) return undefined;
  const id = identifierOf(text);
  // Most are a single identifier.
  if (id !== undefined) return id;
  if (!/[\s()]/.test(text)) return undefined;
  const parts = text.trim().split(/(?<=[\s)])(and|or)(?=[\s(])|([()])/i);
  // A group that does not participate is undefined, although its type does not say so.
  const tokens = parts.flatMap((part: string | undefined) => part?.trim() || []);
  return new ExpressionReader(tokens).read();
}

/** Returns a licence as it is stored: an SPDX expression, or the text of the package. Undefined if it means nothing. */
export function licenseOf(text: string): string | undefined {
  const line = /^[!-~]+$/.test(text)
    ? text.slice(0, expressionCharactersMax)
    : text
        .slice(0, expressionCharactersMax)
        .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
        .trim()
        .toWellFormed();
  return spdxExpression(line) ?? (line === '' ? undefined : line);
}

/** Returns whether an expression is a single identifier. */
export function isLicenseId(expression: string): boolean {
  return identifiers.get(expression.toLowerCase()) === expression;
}

/** Parses the tokens of an expression: operands, operators and parentheses. */
class ExpressionReader {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  read(): string | undefined {
    const expression = this.#sequence(0);
    return this.#next === this.#tokens.length ? expression : undefined;
  }

  /** Parses operands with operators between them. */
  #sequence(depth: number): string | undefined {
    const parts = [this.#operand(depth)];
    while (/^(?:and|or)$/i.test(this.#tokens[this.#next] ?? '')) {
      parts.push(this.#tokens[this.#next++]?.toUpperCase(), this.#operand(depth));
    }
    return parts.includes(undefined) ? undefined : parts.join(' ');
  }

  #operand(depth: number): string | undefined {
    const token = this.#tokens[this.#next++];
    if (token !== '(') return token === undefined ? undefined : simpleExpression(token);
    const inner = depth === nestingMax ? undefined : this.#sequence(depth + 1);
    return inner !== undefined && this.#tokens[this.#next++] === ')' ? `(${inner})` : undefined;
  }
}

/** `GPL-2.0-only`, `GPL-2.0-only WITH GCC-exception-3.1` */
function simpleExpression(operand: string): string | undefined {
  const words = operand.split(/\s+/);
  const exceptionName = words.at(-2)?.toLowerCase() === 'with' ? words.at(-1) : undefined;
  if (exceptionName === undefined || words.length < 3) return identifierOf(operand);
  const id = identifierOf(words.slice(0, -2).join(' '));
  const exception = exceptions.get(exceptionName.toLowerCase());
  return id !== undefined && exception !== undefined ? `${id} WITH ${exception}` : undefined;
}

function identifierOf(name: string): string | undefined {
  const lower = name.toLowerCase();
  return identifiers.get(lower) ?? aliases.get(lower) ?? gnuIdentifier(name);
}

function gnuIdentifier(name: string): string | undefined {
  const [, document, documentLater] = gnuDocumentLicense.exec(name) ?? [];
  if (document !== undefined)
    return identifiers.get(`gfdl-${document}-no-invariants-${suffixOf(documentLater)}`);
  const [, kind = '', separator, major, minor, later] = gnuLicense.exec(name) ?? [];
  if (major === undefined || (kind !== '' && separator !== '-' && major === '2' && minor === undefined))
    return undefined;
  return identifiers.get(`${kind}gpl-${major}.${minor ?? '0'}-${suffixOf(later)}`.toLowerCase());
}

function suffixOf(later: string | undefined): string {
  return later === undefined ? 'only' : 'or-later';
}

/** Words by their lower case, since identifiers ignore case. */
function words(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .trim()
      .split(/\s+/)
      .map((word) => [word.toLowerCase(), word]),
  );
}
