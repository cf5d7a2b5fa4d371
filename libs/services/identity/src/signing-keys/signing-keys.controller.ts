import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { jwks, listSigningKeys, type RequestOf, rotateSigningKey } from '@flowkeep/contracts';
import { KeyRotation } from './key-rotation.ts';
import { SigningKeys } from './signing-keys.ts';

@Controller()
export class SigningKeysController {
  constructor(
    private readonly keys: SigningKeys,
    private readonly rotation: KeyRotation,
  ) {}

  @Handles(jwks)
  jwks() {
    return this.keys.published();
  }

  @Handles(listSigningKeys)
  list() {
    return this.rotation.list();
  }

  @Handles(rotateSigningKey)
  rotate(_request: RequestOf<typeof rotateSigningKey>, { caller }: OperationContext<typeof rotateSigningKey>) {
    return this.rotation.rotate(caller);
  }
}
