import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { principal, type RequestOf, whoami } from '@flowkeep/contracts';
import { UsersService } from './users.service.ts';

@Controller()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Handles(principal)
  principal({ userId }: RequestOf<typeof principal>) {
    return this.users.principal(userId);
  }

  @Handles(whoami)
  whoami(_request: RequestOf<typeof whoami>, { caller }: OperationContext<typeof whoami>) {
    return this.users.own(caller);
  }
}
