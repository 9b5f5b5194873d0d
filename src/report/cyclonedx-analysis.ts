import type { Justification, VexStatus } from '../model/suppression.ts';

/** `analysis.state` of CycloneDX for each VEX status. */
const states: Readonly<Record<VexStatus, string>> = {
  not_affected: 'not_affected',
  fixed: 'resolved',
  affected: 'exploitable',
  under_investigation: 'in_triage',
};

/** `analysis.justification` of CycloneDX for those VEX justifications that have an equivalent. */
const justifications: Readonly<Partial<Record<Justification, string>>> = {
  component_not_present: 'code_not_present',
  vulnerable_code_not_present: 'code_not_present',
  vulnerable_code_not_in_execute_path: 'code_not_reachable',
  inline_mitigations_already_exist: 'protected_by_mitigating_control',
};

/** Maps a VEX status to CycloneDX. `justification` is undefined if CycloneDX has no equivalent. */
export function toCyclonedxAnalysis(
  status: VexStatus,
  justification: Justification | undefined,
): { readonly state: string; readonly justification: string | undefined } {
  return { state: states[status], justification: justification && justifications[justification] };
}
