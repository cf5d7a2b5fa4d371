import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { jwks, refresh, type RequestOf, signIn, signOut } from '@flowkeep/contracts';
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

  @Handles(refresh)
  refresh(request: RequestOf<typeof refresh>) {
    return this.sessions.refresh(request);
  }

  @Handles(signOut)
  signOut(request: RequestOf<typeof signOut>, { caller }: OperationContext<typeof signOut>) {
    return this.sessions.signOut(request, caller);
  }

  @Handles(jwks)
  async jwks() {
    return { keys: [(await this.keys.current()).publicKey] };
  }
}
