import { Controller } from '@nestjs/common';
import { Handles } from '@flowkeep/bus';
import { jwks, type RequestOf, signIn } from '@flowkeep/contracts';
import { SessionsService } from './sessions.service.ts';
import { SigningKeys } from './signing-keys.ts';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly keys: SigningKeys,
  ) {}

  @Handles(signIn)
  signIn(request: RequestOf<typeof signIn>) {
    return this.sessions.signIn(request);
  }

  @Handles(jwks)
  async jwks() {
    return { keys: [(await this.keys.current()).publicKey] };
  }
}
