import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import {
  createVariable,
  deleteVariable,
  importEnvironment,
  listDefaultFields,
  listVariables,
  type RequestOf,
  updateVariable,
} from '@flowkeep/contracts';
import { DefaultFields } from './default-fields.ts';
import { EnvironmentImport } from './environment-import.ts';
import { VariablesService } from './variables.service.ts';

@Controller()
export class VariablesController {
  constructor(
    private readonly variables: VariablesService,
    private readonly defaults: DefaultFields,
    private readonly environment: EnvironmentImport,
  ) {}

  @Handles(createVariable)
  create(request: RequestOf<typeof createVariable>, { caller }: OperationContext<typeof createVariable>) {
    return this.variables.create(caller, request);
  }

  @Handles(listVariables)
  list(request: RequestOf<typeof listVariables>, { caller }: OperationContext<typeof listVariables>) {
    return this.variables.list(caller, request);
  }

  @Handles(updateVariable)
  update(request: RequestOf<typeof updateVariable>, { caller }: OperationContext<typeof updateVariable>) {
    return this.variables.update(caller, request);
  }

  @Handles(deleteVariable)
  delete(request: RequestOf<typeof deleteVariable>, context: OperationContext<typeof deleteVariable>) {
    return this.variables.delete(request, context);
  }

  @Handles(listDefaultFields)
  listDefaultFields(request: RequestOf<typeof listDefaultFields>) {
    return this.defaults.list(request);
  }

  @Handles(importEnvironment)
  importEnvironment(request: RequestOf<typeof importEnvironment>) {
    return this.environment.import(request);
  }
}
