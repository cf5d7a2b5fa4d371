/** The digits of base 62, in their order. */
export const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Writes a non-negative integer in base 62, padded with zeros on the left.
 *
 * @param length the exact length of the result; the value must fit
 */
export function toBase62(value: bigint, length: number): string {
  let rest = value;
  let text = '';
  for (let index = 0; index < length; index++) {
    text = (digits[Number(rest % 62n)] as string) + text;
    rest /= 62n;
  }
  if (rest !== 0n) throw new RangeError(`the value needs more than ${length} digits`);
  return text;
}
