export const languages = ['curl', 'JavaScript', 'Python'] as const;

export type Language = (typeof languages)[number];

export const keyPlaceholder = '<your API key>';

/**
 * A program that runs a flow.
 *
 * @param url address of the flow's run endpoint
 */
export function snippet(language: Language, url: string): string {
  switch (language) {
    case 'curl':
      return [
        `curl '${url}' \\`,
        `  -H 'x-api-key: ${keyPlaceholder}' \\`,
        `  -H 'content-type: application/json' \\`,
        `  -d '{"input_value": "Hello"}'`,
      ].join('\n');
    case 'JavaScript':
      return [
        `const response = await fetch('${url}', {`,
        `  method: 'POST',`,
        `  headers: {`,
        `    'x-api-key': '${keyPlaceholder}',`,
        `    'content-type': 'application/json',`,
        `  },`,
        `  body: JSON.stringify({ input_value: 'Hello' }),`,
        `});`,
        `console.log(await response.json());`,
      ].join('\n');
    case 'Python':
      return [
        `import requests`,
        ``,
        `response = requests.post(`,
        `    "${url}",`,
        `    headers={"x-api-key": "${keyPlaceholder}"},`,
        `    json={"input_value": "Hello"},`,
        `)`,
        `print(response.json())`,
      ].join('\n');
  }
}
