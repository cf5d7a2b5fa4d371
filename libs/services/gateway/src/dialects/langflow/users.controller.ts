import { Controller, Res } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import {
  type Caller,
  changePassword,
  createUser,
  deleteUser,
  DomainError,
  hasRight,
  listUsers,
  resetPassword,
  updateUser,
  whoami,
} from '@flowkeep/contracts';
import type { FastifyReply } from 'fastify';
import { Facts } from '../../auth/facts.ts';
import { applyOwnChange } from '../../auth/own-changes.ts';
import { Context, Input } from '../../routing/input.ts';
import type { InputOf } from '../../routing/route.ts';
import { Serves } from '../../routing/serves.ts';
import { langflowRoutes as routes } from './routes/index.ts';
import { userChanges, userRead } from './shapes/user-read.ts';

/** Accounts (contract: Langflow 2.2). */
@Controller()
export class LangflowUsersController {
  constructor(
    private readonly bus: Bus,
    private readonly facts: Facts,
  ) {}

  @Serves(routes.createUser)
  async create(@Input() { body }: InputOf<typeof routes.createUser>, @Context() context: CallContext) {
    const { username, password, optins } = body;
    return userRead(await this.bus.call(createUser, { username, password, optins: optins ?? {} }, context));
  }

  @Serves(routes.listUsers)
  async list(@Input() { query }: InputOf<typeof routes.listUsers>, @Context() context: CallContext) {
    const { skip, limit: take, search } = query;
    const { total, users } = await this.bus.call(listUsers, { skip, take, search }, context);
    return { total_count: total, users: users.map(userRead) };
  }

  @Serves(routes.updateUser)
  async update(
    @Input() { params, body }: InputOf<typeof routes.updateUser>,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { userId } = params;
    const { password, ...given } = body;
    if (password != null) requireOtherPassword(context.caller as Caller, userId);
    const changes = userChanges(given);
    const nothing = Object.keys(changes).length === 0;
    if (nothing && password == null) {
      void reply.status(304);
      return;
    }
    const changed = await this.bus.call(updateUser, { userId, ...changes }, context);
    applyOwnChange(this.facts, updateUser.name, changed);
    if (password != null) {
      applyOwnChange(this.facts, resetPassword.name, await this.bus.call(resetPassword, { userId, password }, context));
    }
    return userRead(changed.user);
  }

  @Serves(routes.resetOwnPassword)
  async resetOwnPassword(
    @Input() { params, body }: InputOf<typeof routes.resetOwnPassword>,
    @Context() context: CallContext,
  ) {
    if (params.userId !== context.caller?.userId) {
      throw new DomainError('password_elsewhere', { message: "You can't change another user's password" });
    }
    const passwords = { currentPassword: body.current_password ?? null, newPassword: body.password };
    applyOwnChange(this.facts, changePassword.name, await this.bus.call(changePassword, passwords, context));
    return userRead(await this.bus.call(whoami, {}, context));
  }

  /** Langflow does not ask what becomes of the flows: whoever deletes the account gets them. */
  @Serves(routes.deleteUser)
  async delete(@Input() { params }: InputOf<typeof routes.deleteUser>, @Context() context: CallContext) {
    const reply = await this.bus.call(deleteUser, { ...params, flows: 'transfer' }, context);
    applyOwnChange(this.facts, deleteUser.name, reply);
    return { detail: 'User deleted' };
  }
}

function requireOtherPassword(caller: Caller, userId: string): void {
  if (hasRight(caller.rights, 'users:manage') && userId !== caller.userId) return;
  throw new DomainError('password_elsewhere');
}
