// A real OAuth 2.0 authorization server (npm's oidc-provider) for the system tests, on loopback only.
//
//   provider.js HTTPS-PORT HTTP-PORT KEY CERTIFICATE LOG
//
// HTTPS is for Postern, HTTP for the mail server's introspection. Every answer of the token endpoint is one line of JSON in
// LOG, with what was issued. GET /test/lifetime/SECONDS sets the lifetime of access tokens issued from then on.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The modules lie where make_roots put them, not beside this file.
const require = createRequire('/srv/oidc/package.json');
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const [httpsPort, httpPort, key, certificate, log] = process.argv.slice(2);
const user = 'alerts@example.com';
let lifetime = 3600;

const provider = new Provider(`https://login.example.com:${httpsPort}`, {
  clients: [
    {
      client_id: 'postern',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      redirect_uris: [],
      response_types: [],
    },
    // Programs with a browser, as Google has them: a secret that is none, and any port of this machine to come back to.
    ...['none', 'client_secret_basic', 'client_secret_post'].map((method) => ({
      client_id: `desktop-${method}`,
      ...(method === 'none' ? {} : { client_secret: 'desktop-secret-3NvKx8Rb' }),
      application_type: 'native',
      token_endpoint_auth_method: method,
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/'],
      response_types: ['code'],
    })),
    ...['client_secret_basic', 'client_secret_post'].map((method) => ({
      client_id: `robot-${method}`,
      client_secret: 'robot-secret-5TfQ9wLz',
      token_endpoint_auth_method: method,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    {
      client_id: 'mailserver',
      client_secret: 'introspection-secret',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: [],
      redirect_uris: [],
      response_types: [],
    },
  ],
  scopes: ['openid', 'offline_access', 'mail'],
  claims: { openid: ['sub'] },
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
  },
  ttl: {
    AccessToken: () => lifetime,
    ClientCredentials: () => lifetime,
    AuthorizationCode: 60,
    DeviceCode: 120,
    Grant: 86400,
    IdToken: 3600,
    Interaction: 3600,
    RefreshToken: 86400,
    Session: 86400,
  },
  pkce: { methods: ['S256'], required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  extraTokenClaims: () => ({ email: user }),
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  cookies: { keys: ['only for tests'] },
});

provider.use(async (ctx, next) => {
  const wish = /^\/test\/lifetime\/(\d+)$/.exec(ctx.path);
  if (wish) {
    lifetime = Number(wish[1]);
    ctx.body = 'ok';
    return;
  }
  await next();
  if (ctx.path !== '/token' && ctx.path !== '/device/auth') return;
  const { grant_type: grant, client_id: client } = ctx.oidc?.params ?? {};
  fs.appendFileSync(log, JSON.stringify({ at: Date.now() / 1000, path: ctx.path, grant, client, status: ctx.status, body: ctx.body }) + '\n');
});

https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(certificate) }, provider.callback())
  .listen(Number(httpsPort), '127.0.0.1');
http.createServer(provider.callback()).listen(Number(httpPort), '127.0.0.1');
