import { Controller } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import {
  createVariable,
  deleteVariable,
  DomainError,
  listVariables,
  updateVariable,
  type Variable,
} from '@flowkeep/contracts';
import { Context, Input } from '../../routing/input.ts';
import type { InputOf } from '../../routing/route.ts';
import { Serves } from '../../routing/serves.ts';
import { langflowRoutes as routes } from './routes/index.ts';
import { isHidden, readKind, variableRead } from './shapes/variable-read.ts';

/** Variables as Langflow's clients keep them. */
@Controller()
export class LangflowVariablesController {
  constructor(private readonly bus: Bus) {}

  @Serves(routes.listVariables)
  async list(@Context() context: CallContext) {
    const variables = await this.all(context);
    return variables.filter(({ name }) => !isHidden(name)).map(variableRead);
  }

  @Serves(routes.createVariable)
  async create(@Input() { body }: InputOf<typeof routes.createVariable>, @Context() context: CallContext) {
    const { name, value, type, default_fields: defaultFields } = body;
    const request = { name, value, kind: readKind(type), defaultFields: defaultFields ?? [] };
    return variableRead(await this.bus.call(createVariable, request, context));
  }

  @Serves(routes.updateVariable)
  async update(@Input() { params, body }: InputOf<typeof routes.updateVariable>, @Context() context: CallContext) {
    const { id, name, value, type, default_fields: defaultFields } = body;
    if (id != null && id !== params.variableId) throw new DomainError('variable_not_found');
    const request = {
      ...params,
      ...(name == null ? {} : { name }),
      ...(value == null ? {} : { value }),
      ...(type == null ? {} : { kind: readKind(type) }),
      ...(defaultFields == null ? {} : { defaultFields }),
    };
    return variableRead(await this.bus.call(updateVariable, request, context));
  }

  @Serves(routes.deleteVariable)
  async delete(@Input() { params }: InputOf<typeof routes.deleteVariable>, @Context() context: CallContext) {
    // Langflow's clients know no second question.
    await this.bus.call(deleteVariable, { ...params, force: true }, context);
  }

  /** Langflow's list has no pages. */
  private async all(context: CallContext): Promise<Variable[]> {
    const found: Variable[] = [];
    for (;;) {
      const { total, variables } = await this.bus.call(listVariables, { skip: found.length }, context);
      found.push(...variables);
      if (variables.length === 0 || found.length >= total) return found;
    }
  }
}
