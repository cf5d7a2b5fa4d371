import { z } from 'zod';
import { flowReference, uuid } from '../../fields.ts';
import { promoteSecret } from '../../operations/flow-variables.ts';
import * as runner from '../../operations/runner.ts';
import { asked, type NativeRoute, page, strict } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

export const flowRoutes = {
  listFlows: asked(runner.listFlows, 'The flows of the workspace, newest change first.', { query: page }),
  importFlows: asked(runner.importFlows, 'Stores exports of Langflow; says which secrets were taken out of them.', {
    status: 201,
    body: strict(runner.importFlows.request),
  }),
  getFlow: asked(runner.getFlow, 'One flow with its document.', { params: z.strictObject({ flowId: uuid }) }),
  deleteFlow: {
    summary: 'Deletes a flow with its versions, runs and messages.',
    status: 200,
    access: 'flows:delete',
    params: z.strictObject({ flowId: uuid }),
    operation: null,
    reply: z.object({ flowId: uuid }),
  },
  promoteSecret: asked(promoteSecret, 'Makes a secret that was taken out of a flow a credential with a name.', {
    params: z.strictObject({ flowId: uuid }),
    body: strict(promoteSecret.request.omit({ flowId: true })),
  }),
  run: asked(runner.run, 'Runs a flow to its end.', {
    params: z.strictObject({ flow: flowReference }),
    body: strict(runner.runRequest.omit({ flow: true })),
  }),
  streamRun: asked(runner.runStream, 'Runs a flow and tells messages and tokens as they come, as server-sent events.', {
    params: z.strictObject({ flow: flowReference }),
    body: strict(runner.runRequest.omit({ flow: true })),
  }),
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
