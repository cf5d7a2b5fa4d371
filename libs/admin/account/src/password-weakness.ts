const common = [
  'password',
  'passwort',
  '12345678',
  'qwertyui',
  'flowkeep',
  'langflow',
  'flowise',
  'iloveyou',
  'letmein',
];

/**
 * A hint for a password that is easy to guess, or null. It advises; the server decides.
 *
 * @param password what was typed so far
 */
export function weaknessOf(password: string, username: string): string | null {
  if (password === '') return null;
  const lower = password.toLowerCase();
  if (username.length > 2 && lower.includes(username.toLowerCase())) return 'Weak: it contains your user name.';
  if (common.some((word) => lower.includes(word))) return 'Weak: it contains a password many people use.';
  if (new Set(password).size < 5) return 'Weak: it repeats the same few characters.';
  if (password.length < 12 && /^([a-z]+|[A-Z]+|\d+)$/.test(password))
    return 'Weak: make it longer, or mix in digits or signs.';
  return null;
}
