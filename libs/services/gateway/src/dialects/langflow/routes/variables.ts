import { DomainError, uuid } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../../routing/route.ts';
import { variableTypes } from '../shapes/variable-read.ts';
import { text } from './fields.ts';

const variableFields = {
  name: text(255).trim(),
  value: text(1_048_576),
  type: z.enum(variableTypes).nullish(),
  default_fields: z.array(text(255).trim().min(1)).max(100).nullish(),
};

/** Langflow's own sentences for what is missing (contract: Langflow 2.4). */
const newVariable = z
  .object({ ...variableFields, name: variableFields.name.nullish(), value: variableFields.value.nullish() })
  .transform(({ name, value, ...rest }) => {
    if (!name && !value) throw emptyVariable('Variable name and value cannot be empty');
    if (!name) throw emptyVariable('Variable name cannot be empty');
    if (!value) throw emptyVariable('Variable value cannot be empty');
    return { name, value, ...rest };
  });

const variableChanges = z.object({
  ...variableFields,
  id: uuid.nullish(),
  name: variableFields.name.min(1).nullish(),
  value: variableFields.value.min(1).nullish(),
});

function emptyVariable(message: string): DomainError {
  return new DomainError('variable_empty', { message });
}

/** Contract: Langflow 2.4. */
export const variableRoutes = {
  listVariables: route({
    method: 'GET',
    path: '/api/v1/variables',
    access: 'variables:view',
    dialect: 'langflow',
    status: 200,
  }),
  createVariable: route({
    method: 'POST',
    path: '/api/v1/variables',
    access: 'variables:create',
    dialect: 'langflow',
    status: 201,
    consumes: 'json',
    body: newVariable,
  }),
  updateVariable: route({
    method: 'PATCH',
    path: '/api/v1/variables/:variableId',
    access: 'variables:update',
    dialect: 'langflow',
    status: 200,
    params: z.object({ variableId: uuid }),
    consumes: 'json',
    body: variableChanges,
  }),
  deleteVariable: route({
    method: 'DELETE',
    path: '/api/v1/variables/:variableId',
    access: 'variables:delete',
    dialect: 'langflow',
    status: 204,
    params: z.object({ variableId: uuid }),
  }),
} as const;
