import { z } from 'zod';
import * as identity from '../../operations/identity/index.ts';
import { asked, type NativeRoute, strict, timeInQuery } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

/** Which events of the audit log. */
const auditFilter = strict(identity.exportAudit.request.extend({ from: timeInQuery, to: timeInQuery }));

export const auditRoutes = {
  listAudit: asked(identity.listAudit, 'The audit log of the installation, newest first.', {
    query: auditFilter.extend({
      before: z.coerce.number().pipe(z.int().positive()).optional(),
      take: z.coerce.number().int().min(1).max(200).default(100),
    }),
  }),
  exportAudit: {
    summary: 'The audit log as a file: a JSON object per line, newest first.',
    status: 200,
    access: 'audit:view',
    query: auditFilter,
    operation: null,
    reply: identity.auditEntry,
  },
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
