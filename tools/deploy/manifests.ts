import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** A Kubernetes object, as far as it is compared. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Reads the objects that `deploy/kubernetes/kustomization.yaml` lists. */
export function kustomizeManifests(root: string): Manifest[] {
  const directory = join(root, 'deploy/kubernetes');
  const { resources } = parse(readFileSync(join(directory, 'kustomization.yaml'), 'utf8')) as {
    resources: readonly string[];
  };
  return resources.flatMap((file) => manifestsIn(readFileSync(join(directory, file), 'utf8')));
}

/** Reads the objects of a stream of YAML documents, without their namespace. A namespace itself is left out: Helm does not make it. */
export function comparable(manifests: readonly Manifest[]): Manifest[] {
  return manifests
    .filter(({ kind }) => kind !== 'Namespace')
    .map((manifest) => {
      const { namespace: _, ...metadata } = manifest.metadata;
      return withParsedConfig({ ...manifest, metadata });
    })
    .sort((one, other) => (one.kind < other.kind ? -1 : 1));
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

/** Renders the templates of the Helm chart with its values. It knows only the two actions that they use. */
export function chartManifests(root: string): Manifest[] {
  const chart = join(root, 'deploy/helm/clair');
  const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as object;
  return readdirSync(join(chart, 'templates')).flatMap((file) =>
    manifestsIn(render(readFileSync(join(chart, 'templates', file), 'utf8'), values)),
  );
}

/** Replaces `{{ .Values.a.b }}` and `{{- toYaml .Values.a | nindent 4 }}`. JSON is YAML. Throws for another action. */
function render(template: string, values: object): string {
  return template.replaceAll(/\s*\{\{-? ([^}]*) \}\}/g, (whole, action: string) => {
    const [, path = '', indented] = /^(?:toYaml )?\.Values\.([\w.]+)( \| nindent \d+)?$/.exec(action) ?? [];
    if (path === '') throw new Error(`the chart has an unknown action: ${action}`);
    const value = path.split('.').reduce<unknown>((of, key) => (of as Record<string, unknown>)[key], values);
    if (indented === undefined) return whole.replace(/\{\{.*\}\}/, String(value));
    const indent = ' '.repeat(Number(indented.replace(/\D/g, '')));
    return `\n${indent}${JSON.stringify(value)}`;
  });
}
