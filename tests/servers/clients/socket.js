// The checks of the graphql-ws client, and of its protocol's close codes. usage: node socket.js URL HEADERS_AS_JSON
import assert from "node:assert/strict";
import { CloseCode, createClient, GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws";
import WebSocket from "ws";

const [url, credentials] = [process.argv[2], JSON.parse(process.argv[3] ?? "{}")];
const client = createClient({ url, webSocketImpl: WebSocket, connectionParams: credentials, retryAttempts: 0, lazy: true, lazyCloseTimeout: 50 });

const all = async (query, variables) => {
  const got = [];
  for await (const result of client.iterate({ query, variables })) got.push(result);
  return got;
};

// Sends messages one by one and resolves with what came, ending with the close code.
const raw = (messages, { protocol = GRAPHQL_TRANSPORT_WS_PROTOCOL, headers = {}, until = () => false } = {}) =>
  new Promise((resolve, reject) => {
    const got = [];
    const socket = new WebSocket(url, protocol, { headers });
    socket.on("open", () => messages.forEach((message) => socket.send(typeof message === "string" ? message : JSON.stringify(message))));
    socket.on("message", (data) => {
      got.push(JSON.parse(data.toString()));
      if (until(got)) socket.close(1000);
    });
    socket.on("close", (code) => resolve([...got, code]));
    socket.on("error", (error) => resolve([error.message]));
    setTimeout(() => reject(new Error(`still open after ${JSON.stringify(got)}`)), 8000).unref();
  });
const init = { type: "connection_init" };
const ask = (id, query) => ({ id, type: "subscribe", payload: { query } });

const checks = {
  "a query is one result": async () => assert.deepEqual(await all('{ product(sku: "a") { sku } }'), [{ data: { product: { sku: "a" } } }]),
  "a mutation is one result": async () => assert.deepEqual(await all("mutation { setPrice(cents: 7) }"), [{ data: { setPrice: 7 } }]),
  "a subscription is many": async () =>
    assert.deepEqual(await all("subscription ($to: Int!) { counter(to: $to) }", { to: 4 }), [1, 2, 3, 4].map((counter) => ({ data: { counter } }))),
  "a failing field is an error beside null": async () => {
    const [result] = await all("{ broken }");
    assert.equal(result.data.broken, null);
    assert.equal(result.errors[0].extensions.code, "INTERNAL");
  },
  "an invalid document is an error message": async () => {
    await assert.rejects(all("{ nothing }"), (errors) => errors[0].extensions.code === "GRAPHQL_VALIDATION_FAILED");
  },
  "leaving ends the operation": async () => {
    for await (const result of client.iterate({ query: "subscription { counter(to: 1000000, pause: 0.01) }" })) {
      assert.deepEqual(result, { data: { counter: 1 } });
      break;
    }
  },
  "many on one connection": async () => {
    const every = await Promise.all(Array.from({ length: 20 }, (_, index) => all("subscription ($to: Int!) { counter(to: $to, pause: 0.002) }", { to: index + 1 })));
    every.forEach((results, index) => assert.equal(results.length, index + 1));
  },
  "a ping is answered": async () => assert.deepEqual(await raw([init, { type: "ping" }], { until: (got) => got.length === 2 }), [{ type: "connection_ack" }, { type: "pong" }, 1000]),
  "an unknown protocol": async () => assert.deepEqual(await raw([], { protocol: [] }), [CloseCode.SubprotocolNotAcceptable]),
  "no initialisation": async () => assert.deepEqual(await raw([]), [CloseCode.ConnectionInitialisationTimeout]),
  "two initialisations": async () => assert.deepEqual(await raw([init, init]), [{ type: "connection_ack" }, CloseCode.TooManyInitialisationRequests]),
  "subscribing too early": async () => assert.deepEqual(await raw([ask("1", "{ deadline }")]), [CloseCode.Unauthorized]),
  "one id twice": async () => {
    const slow = "subscription { counter(to: 100, pause: 0.1) }";
    const got = await raw([init, ask("1", slow), ask("1", slow)]);
    assert.equal(got.at(-1), CloseCode.SubscriberAlreadyExists);
  },
  "one id again after it is over": async () => {
    const got = await raw([init, ask("1", "{ deadline }")], { until: (all) => all.at(-1).type === "complete" });
    assert.deepEqual(got.map((message) => message.type ?? message), ["connection_ack", "next", "complete", 1000]);
  },
  "what is not JSON": async () => assert.deepEqual(await raw(["nonsense"]), [CloseCode.BadRequest]),
  "an unknown type": async () => assert.deepEqual(await raw([{ type: "start" }]), [CloseCode.BadRequest]),
  "a subscription without a payload": async () => assert.equal((await raw([init, { type: "subscribe", id: "1" }])).at(-1), CloseCode.BadRequest),
  "a subscription without an id": async () => assert.equal((await raw([init, { type: "subscribe", payload: { query: "{ deadline }" } }])).at(-1), CloseCode.BadRequest),
  "a wrong token": async () => assert.deepEqual(await raw([{ ...init, payload: { authorization: "Bearer x.y.z" } }]), [CloseCode.Forbidden]),
  "a page of another origin": async () => assert.match(String(await raw([init], { headers: { origin: "https://evil.example.com" } })), /403/),
  "more than fifty operations": async () => {
    const many = Array.from({ length: 51 }, (_, index) => ask(String(index), "subscription { counter(to: 100, pause: 1) }"));
    const got = await raw([init, ...many], { until: (all) => all.some((message) => message.type === "error") });
    assert.equal(got.find((message) => message.type === "error").payload[0].extensions.code, "TOO_MANY_REQUESTS");
  },
};

await Promise.all(Object.entries(checks).map(async ([name, check]) => {
  try {
    await check();
    console.log(name);
  } catch (error) {
    console.error(`${name}: ${error.stack ?? JSON.stringify(error)}`);
    process.exitCode = 1;
  }
}));
client.dispose();
