import { type DomainError, type Problem } from '@flowkeep/contracts';

/** RFC 9457: what went wrong as data. Never carries a value that was sent. */
export function problem({ code, message, issues }: DomainError, status: number): Problem {
  return { type: 'about:blank', title: message, status, code, ...(issues === undefined ? {} : { issues }) };
}
