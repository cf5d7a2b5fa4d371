import { password, type Target } from './installation.ts';
import { disturbance, type Disturbance, repeat } from './disturbance.ts';

/** What eight people who sign in at once mean for everybody else. */
export function signInsBeside({ urls, key }: Target, where: string, seconds: number): Promise<Disturbance> {
  const [url] = urls as [string];
  const signIn = async () => {
    const body = new URLSearchParams({ username: 'bench', password });
    const response = await fetch(`${url}/api/v1/login`, { method: 'POST', body });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`sign-in: status ${response.status}`);
  };
  const loop = {
    url: `${url}/api/v1/flows/?header_flows=true`,
    headers: { 'x-api-key': key },
    status: 200,
    requestsPerSecond: 200,
    seconds,
  };
  return disturbance(`8 parallel sign-ins, ${where}`, loop, 25, () => repeat(signIn, 8));
}
