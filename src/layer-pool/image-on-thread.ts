import type { AnalyzerDescription } from '../plugin-host/description.ts';
import type { AnalyzeLayers } from '../service/analyze-layers.ts';

/** Analyses layers of an image on a thread of its own, which ends with the task. */
export function analyzeOnThread(script: URL, analyzers: readonly AnalyzerDescription[] = []): AnalyzeLayers {
  return async (layers, options) => {
    const { LayerThread } = await import('./layer-thread.ts');
    await using thread = new LayerThread(script);
    return await thread.run({ kind: 'image', analyzers, layers, options });
  };
}
