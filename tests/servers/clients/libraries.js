// Runs operations with the client libraries frontends use, and compares what they hand out with the plain answer.
// usage: node libraries.js URL OPERATIONS_AS_JSON   where an operation is {name, query, variables, headers}
import assert from "node:assert/strict";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import { GraphQLClient } from "graphql-request";

const [url, operations] = [process.argv[2], JSON.parse(process.argv[3])];

// Times differ from call to call, and libraries may add type names and leave out prototypes.
const PASSING = new Set(["__typename", "asOf", "readyAt", "readyBy", "openAt", "nextOpening"]);
const plain = (value) => JSON.parse(JSON.stringify(value, (key, inner) => (PASSING.has(key) ? undefined : inner)));

// The first place where two values differ, as a sentence; undefined when they are equal.
function difference(got, wanted, path = "") {
  if (got === null || wanted === null || typeof got !== "object" || typeof wanted !== "object") {
    return Object.is(got, wanted) ? undefined : `${path}: ${JSON.stringify(got)} is not ${JSON.stringify(wanted)}`;
  }
  for (const key of new Set([...Object.keys(got), ...Object.keys(wanted)])) {
    const found = difference(got[key], wanted[key], `${path}.${key}`);
    if (found) return found;
  }
}

function same(got, wanted, where) {
  const found = difference(plain(got), plain(wanted));
  if (found) throw new Error(`${where}: ${found}`);
}

async function reference({ query, variables, headers }) {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return plain(data);
}

const libraries = {
  async "Apollo Client"({ query, variables, headers }) {
    // The schema's possible types are learnt as Apollo's documentation says.
    const known = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query: "{ __schema { types { kind name possibleTypes { name } } } }" }) });
    const { data } = await known.json();
    const possibleTypes = Object.fromEntries(data.__schema.types.filter((type) => type.possibleTypes && type.kind !== "OBJECT").map((type) => [type.name, type.possibleTypes.map((one) => one.name)]));
    const client = new ApolloClient({ link: new HttpLink({ uri: url, headers }), cache: new InMemoryCache({ possibleTypes }) });
    const first = await client.query({ query: gql(query), variables });
    const again = await client.query({ query: gql(query), variables, fetchPolicy: "cache-only" });
    same(again.data, first.data, "Apollo Client, from its cache");
    client.stop();
    return first.data;
  },
  async urql({ query, variables, headers }) {
    const client = new Client({ url, exchanges: [cacheExchange, fetchExchange], fetchOptions: { headers }, preferGetMethod: false });
    const result = await client.query(query, variables).toPromise();
    assert.equal(result.error, undefined, String(result.error));
    return result.data;
  },
  async "urql over GET"({ query, variables, headers }) {
    const client = new Client({ url, exchanges: [fetchExchange], fetchOptions: { headers: { ...headers, "x-commerce-client": "urql" } }, preferGetMethod: "force" });
    const result = await client.query(query, variables).toPromise();
    assert.equal(result.error, undefined, String(result.error));
    return result.data;
  },
  async "graphql-request"({ query, variables, headers }) {
    return new GraphQLClient(url, { headers }).request(query, variables);
  },
};

for (const operation of operations) {
  const expected = await reference(operation);
  for (const [name, run] of Object.entries(libraries)) {
    same(await run(operation), expected, `${name}: ${operation.name}`);
    console.log(`${name}: ${operation.name}`);
  }
}
