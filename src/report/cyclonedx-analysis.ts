import type { Justification, VexStatus } from '../model/suppression.ts';

/** `analysis.state` of CycloneDX for what VEX calls otherwise. */
const states: Readonly<Record<VexStatus, string>> = {
  not_affected: 'not_affected',
  fixed: 'resolved',
  affected: 'exploitable',
  under_investigation: 'in_triage',
};

/** `analysis.justification` where CycloneDX has a word for the same. */
const justifications: Readonly<Partial<Record<Justification, string>>> = {
  component_not_present: 'code_not_present',
  vulnerable_code_not_present: 'code_not_present',
  vulnerable_code_not_in_execute_path: 'code_not_reachable',
  inline_mitigations_already_exist: 'protected_by_mitigating_control',
};

/** The state and the justification that CycloneDX has for a status of VEX. */
export function toCyclonedxAnalysis(
  status: VexStatus,
  justification: Justification | undefined,
): { readonly state: string; readonly justification: string | undefined } {
  return { state: states[status], justification: justification && justifications[justification] };
}
