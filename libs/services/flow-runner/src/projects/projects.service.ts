import { Injectable } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Clock } from '@flowkeep/config';
import { type Caller, DomainError } from '@flowkeep/contracts';
import { inWorkspace, query, UuidV7 } from '@flowkeep/persistence';
import { ProjectEntity } from './project.entity.ts';

/** The project that every workspace begins with. */
export const defaultProjectName = 'Starter Project';

/** What flows are filed under. */
@Injectable()
export class ProjectsService {
  constructor(
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /**
   * The project new flows go to: the one asked for, else the workspace's first, which is made when there is none.
   *
   * @throws DomainError `project_not_found`; `insufficient_permission` when the caller's key does not reach the project
   */
  async projectFor(em: SqlEntityManager, caller: Caller, projectId: string | null): Promise<string> {
    const id = projectId === null ? await this.defaultProject(em, caller) : await this.existing(em, caller, projectId);
    const { scope } = caller;
    const limited = scope !== undefined && scope.flowIds.length + scope.projectIds.length > 0;
    if (!limited || scope.projectIds.includes(id)) return id;
    // A flow outside the key's scope would be one that its own maker can't open.
    throw new DomainError(projectId === null ? 'insufficient_permission' : 'project_not_found');
  }

  private async existing(em: SqlEntityManager, caller: Caller, id: string): Promise<string> {
    const found = await em.count(ProjectEntity, { id, ...inWorkspace(caller) });
    if (found === 0) throw new DomainError('project_not_found');
    return id;
  }

  private async defaultProject(em: SqlEntityManager, { workspaceId, userId }: Caller): Promise<string> {
    const find = () =>
      query<{ id: string }>(em, 'select id from project where workspace_id = $1 and name = $2', [
        workspaceId,
        defaultProjectName,
      ]);
    const [found] = (await find()).rows;
    if (found !== undefined) return found.id;
    await query(
      em,
      `insert into project (id, workspace_id, owner_id, name, created_at) values ($1, $2, $3, $4, $5)
       on conflict (workspace_id, name) do nothing`,
      [this.ids.next(), workspaceId, userId, defaultProjectName, this.clock.now()],
    );
    const [made] = (await find()).rows;
    if (made === undefined) throw new DomainError('conflict', { detail: 'the default project vanished' });
    return made.id;
  }
}
