import { z } from 'zod';
import { uuid } from '../../fields.ts';
import * as vault from '../../operations/vault/index.ts';
import { asked, type NativeRoute, page, strict } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

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
  deleteVariable: asked(vault.deleteVariable, 'Deletes a variable.', {
    params: z.strictObject({ variableId: uuid }),
  }),
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
