/** The properties of a component, by name. */
export class Properties {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(properties: readonly { readonly name: string; readonly value?: string | null | undefined }[]) {
    const values = new Map<string, string[]>();
    for (const { name, value } of properties) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value ?? '']);
      else known.push(value ?? '');
    }
    this.#values = values;
  }

  /** Returns the first value of a name. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  /** Returns the first non-empty value of any of these names. */
  first(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.get(name);
      if (value) return value;
    }
    return undefined;
  }

  /** Returns all values of a name. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** Returns all values of names that end in a number, from 0 on. */
  numbered(prefix: string): string[] {
    const values: string[] = [];
    for (
      let value = this.get(`${prefix}0`);
      value !== undefined;
      value = this.get(`${prefix}${values.length}`)
    )
      values.push(value);
    return values;
  }

  /** Whether this is Trivy's component for a lockfile: the packages in it are components of their own. */
  get isGroup(): boolean {
    return this.get('aquasecurity:trivy:Class') !== undefined;
  }
}
