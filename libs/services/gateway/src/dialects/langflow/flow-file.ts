import type {} from '@fastify/multipart';
import { DomainError, type Flow } from '@flowkeep/contracts';
import { requireShallow } from '@flowkeep/http';
import type { FastifyRequest } from 'fastify';

type JsonObject = Flow['document'];

/**
 * Reads the uploaded file: one flow, or a collection under `flows`.
 *
 * @throws DomainError `invalid_request` without a file, `flow_invalid` for one that holds no flow, `malformed_body`,
 *   `payload_too_large`
 */
export async function readFlowFile(request: FastifyRequest, maxBytes: number): Promise<JsonObject[]> {
  if (!request.isMultipart())
    throw new DomainError('unsupported_media_type', { message: 'Upload the file as multipart/form-data.' });
  const content = parse((await readFile(request, maxBytes)).toString('utf8'));
  requireShallow(content);
  const documents = isObject(content) && Array.isArray(content['flows']) ? (content['flows'] as unknown[]) : [content];
  if (documents.length === 0) throw new DomainError('flow_invalid', { message: 'The file has no flows.' });
  if (!documents.every(isObject)) throw new DomainError('flow_invalid', { message: 'A flow must be a JSON object.' });
  return documents;
}

async function readFile(request: FastifyRequest, maxBytes: number): Promise<Buffer> {
  try {
    const part = await request.file({ limits: { fileSize: maxBytes, files: 1, fields: 10, parts: 11 } });
    if (part === undefined) throw missingFile();
    const content = await part.toBuffer();
    // Its own refusal comes too late when only the last piece is too much.
    if (part.file.truncated) throw new DomainError('payload_too_large');
    return content;
  } catch (error) {
    // The reader of forms gives its own refusals a code, and what it can't make sense of none.
    if (error instanceof DomainError || typeof (error as { code?: unknown }).code === 'string') throw error;
    throw new DomainError('malformed_body', { message: 'The form is not complete or not well-formed.', cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new DomainError('flow_invalid', { message: 'The file is not valid JSON.' });
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function missingFile(): DomainError {
  const issue = { path: ['body', 'file'], code: 'missing', message: 'A file is required in the field "file".' };
  return new DomainError('invalid_request', { issues: [issue] });
}
