import { storableText } from '@flowkeep/contracts';
import { z } from 'zod';

/** A flag in a query string, as clients write it. */
export const queryFlag = z
  .enum(['true', 'false', 'True', 'False', '1', '0'])
  .transform((text) => text.toLowerCase() === 'true' || text === '1');

/** A whole number in a query string. */
export const queryNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** Text that can be stored, up to so many characters. */
export const text = (maxLength: number) => storableText.max(maxLength);
