// The checks of the graphql-sse client in its distinct connections mode. usage: node sse.js URL HEADERS_AS_JSON
import assert from "node:assert/strict";
import { createClient } from "graphql-sse";

const [url, headers] = [process.argv[2], JSON.parse(process.argv[3] ?? "{}")];
const client = createClient({ url, headers, retryAttempts: 0 });

const all = async (query, variables) => {
  const got = [];
  for await (const result of client.iterate({ query, variables })) got.push(result);
  return got;
};

const checks = {
  "a query is one result": async () => assert.deepEqual(await all('{ product(sku: "a") { sku } }'), [{ data: { product: { sku: "a" } } }]),
  "a mutation is one result": async () => assert.deepEqual(await all("mutation { setPrice(cents: 7) }"), [{ data: { setPrice: 7 } }]),
  "a subscription is many": async () =>
    assert.deepEqual(await all("subscription ($to: Int!) { counter(to: $to) }", { to: 4 }), [1, 2, 3, 4].map((counter) => ({ data: { counter } }))),
  "an invalid document is errors": async () => {
    const [result] = await all("{ nothing }");
    assert.equal(result.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
    assert.ok(!("data" in result));
  },
  "a failing source is masked": async () => {
    const results = await all("subscription { failing }");
    assert.deepEqual(results[0], { data: { failing: 1 } });
    assert.equal(results.at(-1).errors[0].extensions.code, "INTERNAL");
    assert.ok(!JSON.stringify(results).includes("hunter2"));
  },
  "leaving ends the stream": async () => {
    for await (const result of client.iterate({ query: "subscription { counter(to: 1000000, pause: 0.01) }" })) {
      assert.deepEqual(result, { data: { counter: 1 } });
      break;
    }
  },
  "many at once": async () => {
    const every = await Promise.all(Array.from({ length: 20 }, (_, index) => all("subscription ($to: Int!) { counter(to: $to, pause: 0.002) }", { to: index + 1 })));
    every.forEach((results, index) => assert.equal(results.length, index + 1));
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log(name);
}
client.dispose();
