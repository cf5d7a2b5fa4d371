import { Controller } from '@nestjs/common';
import { Handles } from '@flowkeep/bus';
import { DomainError, keyHolder, type ReplyOf, type RequestOf } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { usernameKey } from './names.ts';
import { UserEntity } from './user.entity.ts';

/** Whose the keys are that the operator gives. */
@Controller()
export class KeyHoldersController {
  constructor(private readonly database: Database) {}

  @Handles(keyHolder)
  async find({ username }: RequestOf<typeof keyHolder>): Promise<ReplyOf<typeof keyHolder>> {
    const where = username === null ? { superuser: true, active: true } : { usernameKey: usernameKey(username) };
    const orderBy = { createdAt: 'asc', id: 'asc' } as const;
    const [user] = await this.database.read((em) => em.find(UserEntity, where, { orderBy, limit: 1 }));
    if (user === undefined) throw new DomainError('user_not_found');
    return { userId: user.id, workspaceId: user.defaultWorkspaceId };
  }
}
