/** By what a username is looked up: names that differ by case alone are one name. */
export function usernameKey(username: string): string {
  return username.trim().normalize('NFKC').toLowerCase();
}

/** By what an e-mail address is looked up. */
export function emailKey(email: string | null): string | null {
  return email === null ? null : usernameKey(email);
}
