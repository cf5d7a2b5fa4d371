import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { changePassword, principal, type RequestOf, whoami } from '@flowkeep/contracts';
import { PasswordsService } from './passwords.service.ts';
import { UsersService } from './users.service.ts';

@Controller()
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly passwords: PasswordsService,
  ) {}

  @Handles(principal)
  principal({ userId }: RequestOf<typeof principal>) {
    return this.users.principal(userId);
  }

  @Handles(whoami)
  whoami(_request: RequestOf<typeof whoami>, { caller }: OperationContext<typeof whoami>) {
    return this.users.own(caller);
  }

  @Handles(changePassword)
  changePassword(request: RequestOf<typeof changePassword>, { caller }: OperationContext<typeof changePassword>) {
    return this.passwords.change(caller, request);
  }
}
