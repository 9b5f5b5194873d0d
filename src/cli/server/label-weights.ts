import { labelOf } from '../../api/http/fleet/filters.ts';
import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { LabelWeight } from '../../store/finding-index-store.ts';

/** Returns the weights of `upgrades.weights`. Throws `config-invalid` if one has no label or is too high, or if there are too many. */
export function labelWeightsOf({ weights }: Config['upgrades']): LabelWeight[] {
  const entries = Object.entries(weights);
  if (entries.length > limits.labelWeights)
    throw new ClairError(
      'config-invalid',
      `upgrades.weights takes at most ${limits.labelWeights} entries, not ${entries.length}`,
    );
  return entries.map(([name, { label: text = '', weight = 1 }]) => {
    const label = labelOf(text);
    if (label.key === '')
      throw new ClairError('config-invalid', `upgrades.weights.${name}.label takes KEY=VALUE or KEY`);
    if (weight > limits.labelWeight)
      throw new ClairError(
        'config-invalid',
        `upgrades.weights.${name}.weight is at most ${limits.labelWeight}, not ${weight}`,
      );
    return { label, weight };
  });
}
