import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** A Kubernetes object, as far as it is compared. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Reads the objects that the `kustomization.yaml` of a directory lists, without patches. */
export function kustomizeManifests(directory: string): Manifest[] {
  const { resources } = parse(readFileSync(join(directory, 'kustomization.yaml'), 'utf8')) as {
    resources: readonly string[];
  };
  return resources.flatMap((name) =>
    name.endsWith('.yaml')
      ? manifestsIn(readFileSync(join(directory, name), 'utf8'))
      : kustomizeManifests(join(directory, name)),
  );
}

/** Reads the objects of a stream of YAML documents, without their namespace. A namespace itself is left out: Helm does not make it. */
export function comparable(manifests: readonly Manifest[]): Manifest[] {
  return manifests
    .filter(({ kind }) => kind !== 'Namespace')
    .map((manifest) => {
      const { namespace: _, ...metadata } = manifest.metadata;
      return withParsedConfig({ ...manifest, metadata });
    })
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

function keyOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}

/** Parses the configuration file in a ConfigMap, because only its content counts. */
function withParsedConfig(manifest: Manifest): Manifest {
  if (!('data' in manifest)) return manifest;
  const { 'config.yaml': file = '' } = manifest.data as Record<string, string>;
  return { ...manifest, data: parse(file) as unknown } as Manifest;
}

/** Parses a stream of YAML documents. */
export function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const manifest = document.toJS() as Manifest | null;
    return manifest === null ? [] : [manifest];
  });
}

/** Renders the templates of the Helm chart with its values and others. It knows only the four actions that they use. */
export function chartManifests(root: string, others: object = {}): Manifest[] {
  const chart = join(root, 'deploy/helm/clair');
  const own = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as object;
  const values = { ...own, ...others };
  return readdirSync(join(chart, 'templates')).flatMap((file) =>
    manifestsIn(render(readFileSync(join(chart, 'templates', file), 'utf8'), values)),
  );
}

/**
 * Keeps what is between `{{- with $.Values.a }}` and `{{- end }}` if the list is not empty, repeats what is between `{{- range .Values.a }}` and
 * `{{- end }}` for each item, and replaces values.
 */
function render(template: string, values: object): string {
  const chosen = template.replaceAll(
    /\{\{- with \$\.Values\.(\w+) \}\}(.*?)\{\{- end \}\}/gs,
    (_, list: string, body: string) => {
      const isEmpty = (values as Record<string, unknown[]>)[list]?.length === 0;
      return isEmpty ? '' : body.replace('toYaml .', `toYaml $.Values.${list}`);
    },
  );
  const repeated = chosen.replaceAll(
    /\{\{- range \.Values\.(\w+) \}\}(.*?)\{\{- end \}\}/gs,
    (_, list: string, body: string) =>
      ((values as Record<string, object[]>)[list] ?? [])
        .map((item) => replaceValues(body, { ...item, $: { Values: values } }))
        .join(''),
  );
  return replaceValues(repeated, { Values: values });
}

/** Replaces `{{ .a.b }}` and `{{- toYaml .a | nindent 4 }}`; `$` is the root. JSON is YAML. Throws for another action. */
function replaceValues(template: string, of: object): string {
  return template.replaceAll(/\s*\{\{-? ([^}]*) \}\}/g, (whole, action: string) => {
    const [, path = '', indented] = /^(?:toYaml )?(\$?\.[\w.]+)( \| nindent \d+)?$/.exec(action) ?? [];
    if (path === '') throw new Error(`the chart has an unknown action: ${action}`);
    const value = path
      .split('.')
      .filter((key) => key !== '')
      .reduce<unknown>((from, key) => (from as Record<string, unknown>)[key], of);
    if (indented === undefined) return whole.replace(/\{\{.*\}\}/, String(value));
    const indent = `\n${' '.repeat(Number(indented.replace(/\D/g, '')))}`;
    // The template may have items before those of a list.
    if (Array.isArray(value)) return value.map((item) => `${indent}- ${JSON.stringify(item)}`).join('');
    return `${indent}${JSON.stringify(value)}`;
  });
}
