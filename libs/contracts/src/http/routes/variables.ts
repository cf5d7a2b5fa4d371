import { z } from 'zod';
import { uuid } from '../../fields.ts';
import * as flowVariables from '../../operations/flow-variables.ts';
import * as vault from '../../operations/vault/index.ts';
import { asked, type NativeRoute, page, strict } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

const { name, after } = flowVariables.listVariableUses.request.shape;

export const variableRoutes = {
  listVariables: asked(vault.listVariables, 'The variables of the workspace by name.', { query: page }),
  createVariable: asked(vault.createVariable, 'Stores a credential or a generic variable.', {
    status: 201,
    body: strict(vault.createVariable.request),
  }),
  updateVariable: asked(vault.updateVariable, 'Changes a variable.', {
    params: z.strictObject({ variableId: uuid }),
    body: strict(vault.updateVariable.request.omit({ variableId: true })),
  }),
  listVariableUses: asked(flowVariables.listVariableUses, 'Which flows take which variables.', {
    query: z.strictObject({ name, after, take: page.shape.take }),
  }),
  deleteVariable: asked(vault.deleteVariable, 'Deletes a variable; one that flows take only with `force`.', {
    params: z.strictObject({ variableId: uuid }),
    query: z.strictObject({
      force: z
        .enum(['true', 'false'])
        .default('false')
        .transform((force) => force === 'true'),
    }),
  }),
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
