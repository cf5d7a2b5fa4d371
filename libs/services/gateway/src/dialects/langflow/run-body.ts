import type { RequestInput, run } from '@flowkeep/contracts';
import { z } from 'zod';

const fields = z.object({
  input_value: z.string().max(4_000_000).nullish(),
  input_type: z.enum(['chat', 'text', 'any']).nullish(),
  output_type: z.enum(['chat', 'text', 'any', 'debug']).nullish(),
  output_component: z.string().max(255).nullish(),
  tweaks: z.record(z.string(), z.json()).nullish(),
  session_id: z.string().max(255).nullish(),
  /** The form of the product's first documents; stands in for `input_value`. */
  inputs: z.looseObject({ text: z.string().max(4_000_000).nullish() }).nullish(),
});

type Fields = z.infer<typeof fields>;

/**
 * The body of `/run`: every field optional, unknown ones dropped, known ones of a wrong type refused. The same fields may
 * come inside `input_request`.
 */
export const runBody = fields.extend({ input_request: fields.nullish() });

/** The run a body asks for. */
export function toRunRequest(flow: string, body: z.infer<typeof runBody>): RequestInput<typeof run> {
  const asked: Fields = body.input_request ?? body;
  return {
    flow,
    input: asked.input_value ?? asked.inputs?.text ?? null,
    inputType: asked.input_type ?? 'chat',
    outputType: asked.output_type ?? 'chat',
    outputNodeId: asked.output_component || null,
    sessionId: asked.session_id || null,
    overrides: asked.tweaks ?? {},
  };
}
