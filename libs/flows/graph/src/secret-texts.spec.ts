import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from './json.ts';
import { secretTexts, textsOfSecret } from './secret-texts.ts';

const token = 'q7Zx0canary5aKf9';

describe('secretTexts', () => {
  it.each<[string, string]>([
    ['a database', `postgres://ada:${token}@db.example/app`],
    ['a database without a user', `redis://:${token}@cache.example:6379/0`],
    ['a database of several hosts', `mongodb+srv://ada:${token}@a.example,b.example/app?retryWrites=true`],
    ['a driver', `postgresql+psycopg://ada:${token}@db.example:5432/app`],
    ['JDBC', `jdbc:postgresql://ada:${token}@db.example/app`],
    ['JDBC with parameters', `jdbc:postgresql://db.example/app?user=ada&password=${token}`],
    ['JDBC with settings', `jdbc:sqlserver://db.example:1433;user=ada;password=${token};encrypt=true`],
    ['a web address', `https://ada:${token}@example.com/path`],
    ['a key among parameters', `https://example.com/v1?model=x&api_key=${token}`],
    ['settings of a server', `Server=tcp:db.example,1433;User ID=ada;Password=${token};Encrypt=True;`],
    ['settings of a storage account', `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${token}==`],
    ['settings of a service bus', `Endpoint=sb://a.example/;SharedAccessKeyName=Root;SharedAccessKey=${token}`],
    ['words of libpq', `host=db.example user=ada password='${token}' dbname=app`],
    ['one setting', `Pwd=${token}`],
    ['one line of several', `https://example.com\n  https://ada:${token}@example.com\n`],
    ['one of a list with commas', `redis://a.example, redis://:${token}@b.example`],
    ['a typed token', `Bearer ${token}`],
    ['a header on a command line', `curl -X GET 'https://example.com' -H "Authorization: Bearer ${token}" -d '{}'`],
    ['a user on a command line', `curl -u ada:${token} https://example.com`],
  ])('finds the password of %s', (_what, text) => {
    expect(secretTexts(text, 'some_field')).toContainEqual(expect.stringContaining(token));
    expect(secretTexts(['', text], 'some_field')).toEqual(secretTexts(text, 'some_field'));
    expect(secretTexts({ deep: [{ inside: text }] }, 'some_field')).toEqual(secretTexts(text, 'some_field'));
    expect(secretTexts(JSON.stringify({ a: text }), 'some_field')).toEqual(secretTexts(text, 'some_field'));
  });

  it.each<[string, string, JsonValue]>([
    [
      'rows',
      'headers',
      [
        { key: 'Accept', value: '*/*' },
        { key: 'Authorization', value: `Bearer ${token}` },
      ],
    ],
    ['rows with names', 'headers', [{ name: 'x-goog-api-key', value: token }]],
    ['names and values', 'headers', { Accept: '*/*', 'X-Auth-Token': token }],
    ['JSON text', 'request_headers', `{"Cookie": "session=${token}"}`],
    ['lines', 'extra_headers', `Accept: */*\nProxy-Authorization: Basic ${token}`],
    ['an inner table', 'config', { url: 'https://example.com', headers: { 'Client-Secret': token } }],
    ['an environment', 'mcp_server', { config: { command: 'x', env: { GITHUB_TOKEN: token } } }],
    ['a list of settings', 'env', ['DEBUG=true', `SERVICE_PASSWORD=${token}`]],
    ['a number', 'headers', { 'X-API-Key': 1234567890 }],
    ['an unmistakable name anywhere', 'payload', { 'x-api-key': token }],
  ])('finds credentials of headers in %s', (_what, name, value) => {
    const found = secretTexts(value, name).join('\n');
    expect(found).toMatch(/canary|1234567890/);
    expect(found).not.toContain('*/*');
  });

  it('knows the parts that are secret on their own', () => {
    expect(secretTexts('postgres://ada:p%40ss-word@db.example/app', 'url')).toEqual([
      'postgres://ada:p%40ss-word@db.example/app',
      'p%40ss-word',
      'p@ss-word',
    ]);
    expect(secretTexts({ Authorization: `Bearer ${token}` }, 'headers')).toEqual([`Bearer ${token}`, token]);
  });

  it.each<[string, JsonValue]>([
    ['prose', 'Never tell anybody the password. The password=secret rule holds; ask for it.'],
    ['prose with an address', 'Connect to postgres://user:password@host/db as the manual says.'],
    ['prose about headers', 'Send Authorization: Bearer and then your token.'],
    ['a short word after a scheme', 'Bearer bonds'],
    ['an address', 'https://example.com/a:b@c/d?x=1&y=2#z'],
    ['an address with a port', 'postgres://db.example:5432/app'],
    ['an address with a user', 'ssh://git@example.com:22/app.git'],
    ['an address with a token as user', 'https://ada@example.com'],
    ['an address with a placeholder', 'postgres://{user}:{password}@{host}/db'],
    ['an address with a variable', 'postgres://ada:${DB_PASSWORD}@db.example/app'],
    ['an address with a mask', 'postgres://ada:******@db.example/app'],
    ['an address with a hint', 'mongodb+srv://ada:<password>@db.example/app'],
    ['a parameter that is none', 'https://example.com/search?key=value&token_count=3'],
    ['settings without a password', 'Server=db.example;Database=app;Integrated Security=true'],
    ['settings with a placeholder', 'host=db.example password=$PGPASSWORD'],
    ['an equation', 'a = b; c = d'],
    ['a template', 'Answer {question} with {"Authorization": "{token}"} in mind.'],
    ['a template in JSON', '{"headers": {"Authorization": "Bearer {token}"}}'],
    ['a schema', { headers: { authorization: { type: 'string', description: 'how to sign in' } } }],
    ['code', 'const url = "postgres://" + user + ":" + password + "@" + host;\nconnect(url);'],
    ['a mail', 'mailto:ada@example.com'],
    ['a picture', 'data:image/png;base64,iVBORw0KGgo='],
    ['a header that says nothing', { headers: [{ key: 'User-Agent', value: 'Flowkeep/1.0' }] }],
    ['a header without a value', { headers: [{ key: 'Authorization', value: '' }] }],
    ['a header with only a scheme', { headers: { Authorization: 'Bearer ' } }],
    ['a header with a placeholder', { headers: { Authorization: 'Bearer {token}', 'X-API-Key': '${KEY}' } }],
    ['a header with the name of a variable', { headers: [{ key: 'X-API-Key', value: 'SERVICE_API_KEY' }] }],
    ['a name that only sounds like one', { sort_key: 'name', max_tokens: 256, primary_key: 'customer_number' }],
    ['a table of columns', [{ name: 'api_key', type: 'str', description: 'The key of the service' }]],
    ['numbers and nothing', [1, null, true, '', '=', '://', 'password=']],
  ])('leaves %s alone', (_what, value) => {
    expect(secretTexts(value, 'input_value')).toEqual([]);
  });

  it.each<[string, string]>([
    ['placeholders', `x://a:${'{a}'.repeat(300)}!@h`],
    ['masks', `x://a:${'*'.repeat(1000)}!@h`],
    ['at signs', `x://:${'@'.repeat(8000)} `],
    ['words', `pwd= ${'a'.repeat(8000)} ${'b=c'.repeat(2000)}`],
    ['brackets', '['.repeat(100_000)],
    ['commands', ` curl ${' -H '.repeat(4000)}'`],
  ])('takes its time on none of %s', (_what, text) => {
    // Each of them takes minutes where an expression tries every way to read it.
    expect(() => secretTexts(text, 'headers')).not.toThrow();
  });

  it('reads whatever it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, name) => {
        const text = JSON.stringify(value);
        for (const secret of secretTexts(value as JsonValue, name))
          expect(secret.length).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});

describe('textsOfSecret', () => {
  it('is every text, with its secret parts', () => {
    expect(textsOfSecret({ a: 'one', b: ['two', 3, null, ''] })).toEqual(['one', 'two', '3']);
    expect(textsOfSecret(`https://a:${token}@example.com`)).toContain(token);
    expect(textsOfSecret(JSON.stringify({ type: 'account', private_key: token }))).toContain(token);
    expect(textsOfSecret(JSON.stringify({ type: 'account', private_key: token }))).not.toContain('account');
  });
});
