import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { keepSystemSecret, readSystemSecret, replaceSystemSecret, type RequestOf } from '@flowkeep/contracts';
import { SystemSecrets } from './system-secrets.service.ts';

/** Whose secret it is comes from the bus, never from the request. */
@Controller()
export class SystemSecretsController {
  constructor(private readonly secrets: SystemSecrets) {}

  @Handles(readSystemSecret)
  async read({ name }: RequestOf<typeof readSystemSecret>, { from }: OperationContext<typeof readSystemSecret>) {
    return { value: await this.secrets.read(from, name) };
  }

  @Handles(keepSystemSecret)
  keep({ name, value }: RequestOf<typeof keepSystemSecret>, { from }: OperationContext<typeof keepSystemSecret>) {
    return this.secrets.keep(from, name, value);
  }

  @Handles(replaceSystemSecret)
  replace(
    { name, previous, value }: RequestOf<typeof replaceSystemSecret>,
    { from }: OperationContext<typeof replaceSystemSecret>,
  ) {
    return this.secrets.replace(from, name, previous, value);
  }
}
