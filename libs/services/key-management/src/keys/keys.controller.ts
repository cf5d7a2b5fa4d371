import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { createKey, deleteKey, listKeys, type RequestOf, verifyKey } from '@flowkeep/contracts';
import { KeysService } from './keys.service.ts';

@Controller()
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  @Handles(verifyKey)
  verify({ hash }: RequestOf<typeof verifyKey>) {
    return this.keys.verify(hash);
  }

  @Handles(createKey)
  create(request: RequestOf<typeof createKey>, { caller }: OperationContext<typeof createKey>) {
    return this.keys.create(caller, request);
  }

  @Handles(listKeys)
  list(request: RequestOf<typeof listKeys>, { caller }: OperationContext<typeof listKeys>) {
    return this.keys.list(caller, request);
  }

  @Handles(deleteKey)
  delete({ keyId }: RequestOf<typeof deleteKey>, { caller }: OperationContext<typeof deleteKey>) {
    return this.keys.delete(caller, keyId);
  }
}
