// A real OpenID provider on a port of its own. Commands on standard input, one answer line each:
//   token CLAIMS_AS_JSON   an access token (a JWT for the gateway) of client_credentials
//   rotate                 sign with a new key; the old one stays in the set
//   withdraw               the old keys leave the set
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const AUDIENCE = process.argv[2];
let number = 0;
const newKey = () => ({ ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }), kid: `key-${++number}`, use: "sig", alg: "RS256" });

let keys = [newKey()];
let issuer;
let provider;
let claims = {};

function make() {
  provider = new Provider(issuer, {
    jwks: { keys },
    clients: [{ client_id: "shop", client_secret: "secret", grant_types: ["client_credentials"], redirect_uris: [], response_types: [] }],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: "shop", audience: AUDIENCE, accessTokenTTL: 600, accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256", kid: keys[0].kid } } }),
      },
    },
    extraTokenClaims: () => claims,
    cookies: { keys: ["test"] },
  });
}

const server = createServer((request, response) => provider.callback()(request, response));
server.listen(0, "127.0.0.1", () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  make();
  console.log(JSON.stringify({ issuer, jwks: `${issuer}/jwks` }));
});

const commands = {
  async token(wanted) {
    claims = JSON.parse(wanted || "{}");
    const answer = await fetch(`${issuer}/token`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", authorization: `Basic ${btoa("shop:secret")}` },
      body: new URLSearchParams({ grant_type: "client_credentials", resource: AUDIENCE, scope: "shop" }),
    });
    return answer.json();
  },
  async rotate() { keys = [newKey(), ...keys]; make(); return { kid: keys[0].kid }; },
  async withdraw() { keys = keys.slice(0, 1); make(); return { kid: keys[0].kid }; },
};

createInterface({ input: process.stdin }).on("line", async (line) => {
  const [name, ...rest] = line.split(" ");
  try { console.log(JSON.stringify(await commands[name](rest.join(" ")))); }
  catch (error) { console.log(JSON.stringify({ error: String(error) })); }
}).on("close", () => process.exit(0));
