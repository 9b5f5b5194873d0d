import type { PackageType } from './package.ts';

/** A package that a third party has patched and published, under another name or with a mark in the version. */
export interface SuppliedPackage {
  /** Start of the namespaces of the supplier: `root`. */
  readonly supplier: string;
  /** Name of the supplier for people. */
  readonly title: string;
}

/** Rules of a supplier. Names and versions of other packages never have these forms. */
interface SupplierRules extends SuppliedPackage {
  readonly version: RegExp;
  /** Returns the upstream name of a package by the name of the supplier. Undefined if it has another form. */
  upstreamName(type: PackageType, name: string): string | undefined;
}

const suppliers: readonly SupplierRules[] = [
  {
    supplier: 'root',
    title: 'Root.io',
    version: /[-.+]root\.io\.\d+$/,
    upstreamName: (type, name) => rootName(type, name),
  },
  {
    // The suffix `-spN` of npm and Go is not a mark: other packages have it as well.
    supplier: 'seal',
    title: 'Seal Security',
    version: /\+sp\d+(?:p\d+)?$/,
    upstreamName: (type, name) => sealName(type, name),
  },
];

/** A part of each name and version of a supplier. Most packages have neither, and no further rule is tried. */
const signOfSupplier = /root|seal|\+sp\d/i;

/** Returns the supplier that has patched a language package. Undefined for a package of its registry. */
export function supplierOf({
  type,
  name,
  version,
}: {
  readonly type: PackageType;
  readonly name: string;
  readonly version: string;
}): SuppliedPackage | undefined {
  if (!signOfSupplier.test(name) && !signOfSupplier.test(version)) return undefined;
  const found = suppliers.find(
    (rules) => rules.version.test(version) || rules.upstreamName(type, name) !== undefined,
  );
  return found && { supplier: found.supplier, title: found.title };
}

/** Returns the upstream name of a package of a supplier, which may have its upstream name already. */
export function upstreamNameOf(supplier: string, type: PackageType, name: string): string {
  const rules = suppliers.find((each) => each.supplier === supplier);
  return rules?.upstreamName(type, name) ?? name;
}

/** Root.io publishes `@rootio/core`, `@rootio/babel__core` for `@babel/core`, `rootio-flask` and `io.root.org.yaml:snakeyaml`. */
function rootName(type: PackageType, name: string): string | undefined {
  switch (type) {
    case 'npm':
      return name.startsWith('@rootio/') ? scopedName(name.slice('@rootio/'.length)) : undefined;
    case 'maven':
      return afterPrefix(name, /^io\.root\./);
    default:
      return afterPrefix(name, /^rootio[-_]/i);
  }
}

/** Seal Security publishes `@seal-security/name`, `seal.sp1.org.yaml:snakeyaml` and `sealsecurity.io/path`. */
function sealName(type: PackageType, name: string): string | undefined {
  switch (type) {
    case 'npm':
      return afterPrefix(name, /^@seal-security\//);
    case 'maven':
      return afterPrefix(name, /^seal\.sp\d+\./);
    case 'golang':
      return afterPrefix(name, /^sealsecurity\.io\//);
    default:
      return undefined;
  }
}

function afterPrefix(name: string, prefix: RegExp): string | undefined {
  const [start] = prefix.exec(name) ?? [];
  return start === undefined || start === name ? undefined : name.slice(start.length);
}

/** Returns the name with its scope, which two underscores end. */
function scopedName(name: string): string {
  const [scope = '', ...rest] = name.split('__');
  return rest.length === 0 || scope === '' ? name : `@${scope}/${rest.join('__')}`;
}
