// An authorization server that nobody here wrote (oidc-provider), and a vendor that trusts it: what oidc.py talks to.
//
//   node oidc_server.mjs MODULES '{"dpop": true, "life": 600}'
//
// Prints one line of JSON with both URLs. The vendor checks each token with the server's own store, and each DPoP proof
// with jose. `GET /control/seen` at the vendor tells what happened, `POST /control/expire` ends all access tokens.
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, wishes] = process.argv.slice(2);
const require = createRequire(`${modules}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { Provider } = await load("oidc-provider");
const jose = await load("jose");
const { dpop, life, auth } = JSON.parse(wishes);

const listen = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
const [front, shop] = [createServer(), createServer()];
const issuer = `http://127.0.0.1:${await listen(front)}`;
const resource = `http://127.0.0.1:${await listen(shop)}`;
const seen = { events: [], requests: [], secrets: [], pushed: [], grants: [] };

const provider = new Provider(issuer, {
  clients: [],
  cookies: { keys: [randomBytes(16).toString("hex")] },
  scopes: ["openid", "offline_access"],
  rotateRefreshToken: true,
  ...(auth ? { clientAuthMethods: auth } : {}),
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
  features: {
    deviceFlow: { enabled: true },
    registration: { enabled: true },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
    revocation: { enabled: true },
    dPoP: { enabled: dpop, nonceSecret: randomBytes(32), requireNonce: () => dpop },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: async (_ctx, indicator) => {
        if (indicator !== resource) throw new Error(`nobody knows ${indicator}`);
        return { scope: "claims:write", audience: resource, accessTokenFormat: "opaque", accessTokenTTL: life };
      },
    },
  },
});
for (const event of [
  ...["registration_create.success", "registration_update.success", "registration_delete.success"],
  ...["refresh_token.consumed", "refresh_token.destroyed", "access_token.destroyed", "grant.revoked"],
]) {
  provider.on(event, () => seen.events.push(event));
}
provider.on("server_error", (_ctx, error) => seen.events.push(`server_error ${error.stack}`));
provider.on("grant.error", (_ctx, error) => seen.events.push(`grant.error ${error.message} ${error.error_detail ?? ""}`));
for (const kind of ["registration_create", "device_authorization", "revocation", "authorization"]) {
  provider.on(`${kind}.error`, (_ctx, error) =>
    seen.events.push(`${kind}.error ${error.message} ${error.error_description ?? ""} ${error.error_detail ?? ""}`),
  );
}
const live = new Set();
provider.use(async (ctx, next) => {
  await next();
  const body = ctx.body;
  if (ctx.path === "/token") {
    seen.grants.push({ grant: ctx.oidc?.params?.grant_type, status: ctx.status, error: body?.error });
    if (body?.access_token) live.add(body.access_token);
  }
  for (const name of ["access_token", "refresh_token", "device_code", "registration_access_token", "client_secret"]) {
    if (body?.[name]) seen.secrets.push(body[name]);
  }
  for (const name of ["client_assertion", "code", "code_verifier"]) {
    const value = ctx.oidc?.params?.[name];
    if (value) seen.secrets.push(value);
  }
});
front.on("request", provider.callback());

const { publicKey } = generateKeyPairSync("ed25519");
const jwk = { ...publicKey.export({ format: "jwk" }), kid: "shop-1", use: "sig", alg: "EdDSA" };
const nonce = randomBytes(8).toString("hex");
const send = (response, status, body, headers = {}) => {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(body === undefined ? "" : JSON.stringify(body));
};

/** Why a request is not let in, or nothing. */
async function objection(request) {
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  const found = token && (await provider.AccessToken.find(token));
  if (!found || found.isExpired) return { error: "invalid_token" };
  if (found.aud !== resource) return { error: "another audience" };
  if (!found.jkt) return scheme === "Bearer" ? undefined : { error: "not bound" };
  if (scheme !== "DPoP") return { error: "bound, and used as a bearer token" };
  try {
    const proof = request.headers.dpop;
    const { payload, protectedHeader } = await jose.jwtVerify(proof, jose.EmbeddedJWK, {
      typ: "dpop+jwt",
      algorithms: ["EdDSA"],
      maxTokenAge: 60,
    });
    if (payload.nonce !== nonce) return { error: "use_dpop_nonce" };
    const ath = createHash("sha256").update(token).digest("base64url");
    const jkt = await jose.calculateJwkThumbprint(protectedHeader.jwk);
    const right = payload.htm === request.method && payload.htu === resource + request.url && payload.ath === ath;
    return right && jkt === found.jkt ? undefined : { error: "the proof is for something else" };
  } catch (error) {
    return { error: `no proof: ${error.message}` };
  }
}

shop.on("request", async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const path = request.url;
  if (path === "/.well-known/oauth-protected-resource") {
    return send(response, 200, {
      resource,
      resource_name: "Shop",
      authorization_servers: [issuer],
      scopes_supported: ["claims:write"],
      ...(dpop ? { dpop_bound_access_tokens_required: true, dpop_signing_alg_values_supported: ["EdDSA"] } : {}),
      jwks_uri: `${resource}/jwks`,
      cmr: { version: 1, push_endpoint: `${resource}/set`, poll_endpoint: `${resource}/poll` },
    });
  }
  if (path === "/jwks") return send(response, 200, { keys: [jwk] });
  if (path === "/control/seen") return send(response, 200, seen);
  if (path === "/control/expire") {
    for (const token of live) await (await provider.AccessToken.find(token))?.destroy();
    live.clear();
    return send(response, 200, {});
  }
  if (path !== "/set" && path !== "/poll") return send(response, 404);
  const why = await objection(request);
  seen.requests.push({ path, scheme: (request.headers.authorization ?? "").split(" ")[0], why: why?.error });
  if (why) {
    const scheme = dpop ? "DPoP" : "Bearer";
    const headers = { "WWW-Authenticate": `${scheme} error="${why.error}"`, ...(dpop ? { "DPoP-Nonce": nonce } : {}) };
    return send(response, 401, why, headers);
  }
  if (path === "/poll") return send(response, 200, { sets: {} });
  seen.pushed.push(body);
  response.writeHead(202).end();
});

console.log(JSON.stringify({ issuer, resource }));
