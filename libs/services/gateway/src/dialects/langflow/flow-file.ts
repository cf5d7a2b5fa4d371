import type {} from '@fastify/multipart';
import { DomainError, type Flow } from '@flowkeep/contracts';
import { requireShallow } from '@flowkeep/http';
import type { FastifyRequest } from 'fastify';

type JsonObject = Flow['document'];

/**
 * Reads the uploaded file: one flow, or a collection under `flows`.
 *
 * @throws DomainError `invalid_request` without a file, `flow_invalid` for one that holds no flow, `payload_too_large`
 */
export async function readFlowFile(request: FastifyRequest, maxBytes: number): Promise<JsonObject[]> {
  if (!request.isMultipart())
    throw new DomainError('unsupported_media_type', { message: 'Upload the file as multipart/form-data.' });
  const part = await request.file({ limits: { fileSize: maxBytes, files: 1, fields: 10, parts: 11 } });
  if (part === undefined) throw missingFile();
  const content = parse((await part.toBuffer()).toString('utf8'));
  requireShallow(content);
  const documents = isObject(content) && Array.isArray(content['flows']) ? (content['flows'] as unknown[]) : [content];
  if (documents.length === 0) throw new DomainError('flow_invalid', { message: 'The file has no flows.' });
  if (!documents.every(isObject)) throw new DomainError('flow_invalid', { message: 'A flow must be a JSON object.' });
  return documents;
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
