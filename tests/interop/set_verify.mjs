// The tokens that set_verify.py took off the wire verify in Node's jose, which nobody here wrote.
//
// Usage: node set_verify.mjs TOKENS.json PREFIX, where PREFIX is the folder with node_modules/jose.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [tokensFile, prefix] = process.argv.slice(2);
const require = createRequire(resolve(prefix, "package.json"));
const jose = await import(pathToFileURL(require.resolve("jose")));
const { audience, keys, tokens } = JSON.parse(readFileSync(tokensFile, "utf8"));
const options = { audience, typ: "secevent+jwt", algorithms: ["EdDSA"] };

let failed = 0;
function check(name, holds, why) {
  if (!holds) failed += 1;
  console.log(holds ? `ok ${name}` : `FAIL ${name}: ${why ?? ""}`);
}

async function refused(name, code, action) {
  try {
    await action();
    check(name, false, "it was accepted");
  } catch (error) {
    check(name, error.code === code, `${error.code}: ${error.message}`);
  }
}

function flip(token, part) {
  const pieces = token.split(".");
  const bytes = Buffer.from(pieces[part], "base64url");
  bytes[bytes.length >> 1] ^= 1;
  pieces[part] = bytes.toString("base64url");
  return pieces.join(".");
}

check("there are tokens to look at", tokens.length >= 6, `${tokens.length}`);
for (const [kid, jwk] of Object.entries(keys)) {
  check("the thumbprint is what jose computes", (await jose.calculateJwkThumbprint(jwk)) === kid && jwk.kid === kid, kid);
}
for (const token of tokens) {
  const key = await jose.importJWK(keys[jose.decodeProtectedHeader(token).kid], "EdDSA");
  const { payload, protectedHeader } = await jose.jwtVerify(token, key, options);
  const name = Object.keys(payload.events)[0].split(":").at(-1);
  check(`jose verifies ${name}: typ`, protectedHeader.typ === "secevent+jwt", protectedHeader.typ);
  check(`jose verifies ${name}: aud`, payload.aud === audience, payload.aud);
  const verify = (token, other = {}) => jose.jwtVerify(token, key, { ...options, ...other });
  const claim = "ERR_JWT_CLAIM_VALIDATION_FAILED";
  const signature = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
  await refused(`jose refuses ${name} for another aud`, claim, () => verify(token, { audience: audience + "/" }));
  await refused(`jose refuses ${name} where a plain JWT is wanted`, claim, () => verify(token, { typ: "JWT" }));
  await refused(`jose refuses ${name} with a flipped payload bit`, signature, () => verify(flip(token, 1)));
  await refused(`jose refuses ${name} with a flipped signature bit`, signature, () => verify(flip(token, 2)));
}

// The change of key: the old key signed it, and the new one proves that it is held.
const change = tokens.find((token) => Object.keys(jose.decodeJwt(token).events)[0].endsWith(":keys-changed"));
const [{ jwk: newJwk, proof }] = Object.values(jose.decodeJwt(change).events);
const newKey = await jose.importJWK(newJwk, "EdDSA");
const wanted = { issuer: jose.decodeJwt(change).iss, audience, typ: "cmr-key-proof+jwt", algorithms: ["EdDSA"] };
const { payload: proved, protectedHeader: head } = await jose.jwtVerify(proof, newKey, wanted);
check("jose verifies the proof by the new key", head.kid === (await jose.calculateJwkThumbprint(newJwk)), head.kid);
check("the proof names the old key", proved.old_key === jose.decodeProtectedHeader(change).kid, proved.old_key);
check("the proof names the new key", proved.new_key === head.kid, proved.new_key);
const oldKey = await jose.importJWK(keys[proved.old_key], "EdDSA");
const signature = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
await refused("jose refuses the proof under the old key", signature, () => jose.jwtVerify(proof, oldKey, wanted));
const asSet = () => jose.jwtVerify(proof, newKey, { ...wanted, typ: "secevent+jwt" });
await refused("jose refuses the proof where a SET is wanted", "ERR_JWT_CLAIM_VALIDATION_FAILED", asSet);
process.exit(failed ? 1 : 0);
