import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import {
  createCredential,
  deleteCredential,
  getCredential,
  listCredentials,
  type RequestOf,
  updateCredential,
} from '@flowkeep/contracts';
import { CredentialsService } from './credentials.service.ts';

@Controller()
export class CredentialsController {
  constructor(private readonly credentials: CredentialsService) {}

  @Handles(listCredentials)
  list(request: RequestOf<typeof listCredentials>, { caller }: OperationContext<typeof listCredentials>) {
    return this.credentials.list(caller, request);
  }

  @Handles(getCredential)
  get(request: RequestOf<typeof getCredential>, { caller }: OperationContext<typeof getCredential>) {
    return this.credentials.get(caller, request);
  }

  @Handles(createCredential)
  create(request: RequestOf<typeof createCredential>, { caller }: OperationContext<typeof createCredential>) {
    return this.credentials.create(caller, request);
  }

  @Handles(updateCredential)
  update(request: RequestOf<typeof updateCredential>, { caller }: OperationContext<typeof updateCredential>) {
    return this.credentials.update(caller, request);
  }

  @Handles(deleteCredential)
  delete(request: RequestOf<typeof deleteCredential>, { caller }: OperationContext<typeof deleteCredential>) {
    return this.credentials.delete(caller, request);
  }
}
