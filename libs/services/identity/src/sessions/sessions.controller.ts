import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import {
  endSession,
  endUserSessions,
  listSessions,
  listUserSessions,
  refresh,
  type RequestOf,
  signIn,
  signOut,
} from '@flowkeep/contracts';
import { SessionListService } from './session-list.service.ts';
import { SessionsService } from './sessions.service.ts';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly list: SessionListService,
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

  @Handles(listSessions)
  listOwn(_request: RequestOf<typeof listSessions>, { caller }: OperationContext<typeof listSessions>) {
    return this.list.own(caller);
  }

  @Handles(endSession)
  endOwn(request: RequestOf<typeof endSession>, { caller }: OperationContext<typeof endSession>) {
    return this.list.endOwn(caller, request);
  }

  @Handles(listUserSessions)
  listOfUser(request: RequestOf<typeof listUserSessions>) {
    return this.list.ofUser(request);
  }

  @Handles(endUserSessions)
  endOfUser(request: RequestOf<typeof endUserSessions>, { caller }: OperationContext<typeof endUserSessions>) {
    return this.list.endOfUser(caller, request);
  }
}
