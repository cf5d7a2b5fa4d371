import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import {
  changePassword,
  createUser,
  deleteUser,
  getUser,
  listUsers,
  principal,
  type RequestOf,
  resetPassword,
  updateUser,
  whoami,
} from '@flowkeep/contracts';
import { AccountsService } from './accounts.service.ts';
import { PasswordsService } from './passwords.service.ts';
import { RemovalsService } from './removals.service.ts';
import { UsersService } from './users.service.ts';

@Controller()
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly accounts: AccountsService,
    private readonly passwords: PasswordsService,
    private readonly removals: RemovalsService,
  ) {}

  @Handles(principal)
  principal({ userId }: RequestOf<typeof principal>) {
    return this.users.principal(userId);
  }

  @Handles(whoami)
  whoami(_request: RequestOf<typeof whoami>, { caller }: OperationContext<typeof whoami>) {
    return this.users.get(caller.userId);
  }

  @Handles(changePassword)
  changePassword(request: RequestOf<typeof changePassword>, { caller }: OperationContext<typeof changePassword>) {
    return this.passwords.change(caller, request);
  }

  @Handles(listUsers)
  listUsers(request: RequestOf<typeof listUsers>) {
    return this.users.list(request);
  }

  @Handles(getUser)
  getUser({ userId }: RequestOf<typeof getUser>) {
    return this.users.get(userId);
  }

  @Handles(createUser)
  createUser(request: RequestOf<typeof createUser>, { caller }: OperationContext<typeof createUser>) {
    return this.accounts.create(caller, request);
  }

  @Handles(updateUser)
  updateUser(request: RequestOf<typeof updateUser>, { caller }: OperationContext<typeof updateUser>) {
    return this.accounts.update(caller, request);
  }

  @Handles(resetPassword)
  resetPassword(request: RequestOf<typeof resetPassword>, { caller }: OperationContext<typeof resetPassword>) {
    return this.passwords.reset(caller, request);
  }

  @Handles(deleteUser)
  deleteUser(request: RequestOf<typeof deleteUser>, { caller }: OperationContext<typeof deleteUser>) {
    return this.removals.delete(caller, request);
  }
}
