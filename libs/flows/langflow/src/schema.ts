import { z } from 'zod';
import { documentLimits } from './bounds.ts';

/** A text that every database can store: PostgreSQL has neither NUL nor half a surrogate pair. */
const text = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .refine(
      (value) => !value.includes('\u0000') && value.isWellFormed(),
      'The text contains a character that cannot be stored.',
    );

const nodeId = text(255).min(1);

/** What of a node Flowkeep reads. Anything else may stand beside it, and parts of the wrong shape count as absent. */
const node = z.looseObject({
  id: nodeId,
  type: z.string().optional().catch(undefined),
  data: z.looseObject({
    type: z.string().max(255).optional().catch(undefined),
    node: z
      .looseObject({
        display_name: z.string().max(1000).optional().catch(undefined),
        icon: z.string().max(1000).optional().catch(undefined),
        template: z.record(z.string(), z.unknown()).optional().catch(undefined),
        outputs: z
          .array(
            z.looseObject({
              name: z.string().max(255),
              display_name: z.string().max(1000).optional().catch(undefined),
              types: z.array(z.string()).catch([]),
            }),
          )
          .optional()
          .catch(undefined),
      })
      .optional()
      .catch(undefined),
  }),
});

export type LangflowNode = z.infer<typeof node>;

const sourceHandle = z.looseObject({ id: nodeId.optional(), name: z.string().min(1).max(255) });
const targetHandle = z.looseObject({ id: nodeId.optional(), fieldName: z.string().min(1).max(255) });
/** The end of an edge that leads back to an output of a loop node. */
const loopHandle = z.looseObject({
  id: nodeId.optional(),
  name: z.string().min(1).max(255),
  output_types: z.array(z.string()),
});

export const handles = { source: sourceHandle, target: targetHandle, loop: loopHandle };

const edge = z.looseObject({
  id: z.string().max(20_000).optional().catch(undefined),
  source: nodeId,
  target: nodeId,
  sourceHandle: z.string().max(20_000).nullish().catch(undefined),
  targetHandle: z.string().max(20_000).nullish().catch(undefined),
  data: z
    .looseObject({ sourceHandle: z.unknown().optional(), targetHandle: z.unknown().optional() })
    .optional()
    .catch(undefined),
});

export type LangflowEdge = z.infer<typeof edge>;

export const graphData = z.looseObject({
  nodes: z.array(node).max(documentLimits.nodes),
  edges: z.array(edge).max(documentLimits.edges),
});

const endpointName = z
  .string()
  .trim()
  .max(255)
  .regex(/^[a-zA-Z0-9_-]*$/, 'Endpoint name must contain only letters, numbers, hyphens, and underscores');

/** The envelope around a graph, as exports and the API carry it. */
export const envelope = z.looseObject({
  id: z.uuid().toLowerCase().optional().catch(undefined),
  name: text(255).trim().min(1),
  description: text(100_000).nullish(),
  endpoint_name: endpointName.nullish(),
  is_component: z.boolean().nullish(),
  data: graphData.nullish(),
});
