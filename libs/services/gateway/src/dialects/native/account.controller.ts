import { Controller } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { type Caller, listRights, type NativeReply, whoami } from '@flowkeep/contracts';
import { Context } from '../../routing/input.ts';
import { Serves } from '../../routing/serves.ts';
import { nativeRoutes } from './routes.ts';

/** Who the caller is. */
@Controller()
export class NativeAccountController {
  constructor(private readonly bus: Bus) {}

  @Serves(nativeRoutes.session)
  async session(@Context() context: CallContext): Promise<NativeReply<'session'>> {
    const { workspaceId, rights } = context.caller as Caller;
    return { user: await this.bus.call(whoami, {}, context), workspaceId, permissions: listRights(rights) };
  }
}
