import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import {
  createKey,
  deleteKey,
  deleteKeys,
  dropOwner,
  getKey,
  listKeys,
  reportKey,
  type RequestOf,
  rotateKey,
  updateKey,
  verifyKey,
} from '@flowkeep/contracts';
import { DepartedOwners } from './departed-owners.ts';
import { KeyList } from './key-list.ts';
import { KeysService } from './keys.service.ts';
import { RotationService } from './rotation.service.ts';
import { VerificationService } from './verification.service.ts';

@Controller()
export class KeysController {
  constructor(
    private readonly keys: KeysService,
    private readonly keyList: KeyList,
    private readonly departedOwners: DepartedOwners,
    private readonly rotation: RotationService,
    private readonly verification: VerificationService,
  ) {}

  @Handles(verifyKey)
  verify({ hash }: RequestOf<typeof verifyKey>) {
    return this.verification.verify(hash);
  }

  @Handles(reportKey)
  report({ hash }: RequestOf<typeof reportKey>, { caller }: OperationContext<typeof reportKey>) {
    return this.verification.report(caller, hash);
  }

  @Handles(createKey)
  create(request: RequestOf<typeof createKey>, { caller }: OperationContext<typeof createKey>) {
    return this.keys.create(caller, request);
  }

  @Handles(listKeys)
  list(request: RequestOf<typeof listKeys>, { caller }: OperationContext<typeof listKeys>) {
    return this.keyList.list(caller, request);
  }

  @Handles(getKey)
  get({ keyId }: RequestOf<typeof getKey>, { caller }: OperationContext<typeof getKey>) {
    return this.keys.get(caller, keyId);
  }

  @Handles(updateKey)
  update({ keyId, ...update }: RequestOf<typeof updateKey>, { caller }: OperationContext<typeof updateKey>) {
    return this.keys.update(caller, keyId, update);
  }

  @Handles(rotateKey)
  rotate(request: RequestOf<typeof rotateKey>, { caller }: OperationContext<typeof rotateKey>) {
    return this.rotation.rotate(caller, request);
  }

  @Handles(deleteKey)
  delete({ keyId }: RequestOf<typeof deleteKey>, { caller }: OperationContext<typeof deleteKey>) {
    return this.keys.delete(caller, keyId);
  }

  @Handles(dropOwner)
  dropOwner(request: RequestOf<typeof dropOwner>) {
    return this.departedOwners.drop(request);
  }

  @Handles(deleteKeys)
  deleteMany(request: RequestOf<typeof deleteKeys>, { caller }: OperationContext<typeof deleteKeys>) {
    return this.keys.deleteMany(caller, request);
  }
}
