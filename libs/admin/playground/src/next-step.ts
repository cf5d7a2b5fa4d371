import { ApiProblem } from '@flowkeep/admin-api';

const checkVariables = 'Look under Variables whether the key is there and right, then send again.';
const later = 'Wait a moment, then send again.';

const nextSteps: Readonly<Record<string, string>> = {
  variable_missing: 'Add it under Variables, then send again.',
  variable_unreadable: 'Store it anew under Variables, then send again.',
  model_missing: 'Set the model and its key in the flow, or store the key under Variables.',
  provider_rejected_key: checkVariables,
  provider_rate_limited: later,
  provider_timeout: later,
  provider_unreachable: 'Check the address of the model in the flow and the server’s way out, then send again.',
  provider_failed: later,
  destination_refused: 'Ask whoever runs this server to allow the address.',
  component_unknown: 'Replace the component in the flow and import it again.',
  flow_not_found: 'It may have been deleted: go back to your flows.',
  insufficient_permission: 'Ask whoever manages this workspace for the right to run flows.',
  busy: later,
  unavailable: later,
};

/** What a person can do about a run that failed. */
export function nextStepOf(error: unknown): string {
  const known = error instanceof ApiProblem ? nextSteps[error.code] : undefined;
  return known ?? 'Change the message or the flow, then send again.';
}
