import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { type RequestOf, rotateDataKeys, rotateSecretKey, rotationStatus } from '@flowkeep/contracts';
import { RotationsService } from './rotations.service.ts';

@Controller()
export class RotationsController {
  constructor(private readonly rotations: RotationsService) {}

  @Handles(rotateSecretKey)
  rotateSecretKey(_: RequestOf<typeof rotateSecretKey>, { caller }: OperationContext<typeof rotateSecretKey>) {
    return this.rotations.rotateSecretKey(caller);
  }

  @Handles(rotateDataKeys)
  rotateDataKeys(request: RequestOf<typeof rotateDataKeys>, { caller }: OperationContext<typeof rotateDataKeys>) {
    return this.rotations.rotateDataKeys(caller, request);
  }

  @Handles(rotationStatus)
  status() {
    return this.rotations.status();
  }
}
