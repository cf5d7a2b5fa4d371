const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Writes a non-negative integer in base 62, padded with zeros on the left.
 *
 * @param digits the exact length of the result; the value must fit
 */
export function toBase62(value: bigint, digits: number): string {
  let rest = value;
  let text = '';
  for (let index = 0; index < digits; index++) {
    text = (alphabet[Number(rest % 62n)] as string) + text;
    rest /= 62n;
  }
  if (rest !== 0n) throw new RangeError(`the value needs more than ${digits} digits`);
  return text;
}
