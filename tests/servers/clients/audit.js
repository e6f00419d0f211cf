// Runs every audit of graphql-http against a URL; prints one JSON line per audit.
// usage: node audit.js URL HEADERS_AS_JSON
import { serverAudits } from "graphql-http";

const [url, headers] = [process.argv[2], JSON.parse(process.argv[3] ?? "{}")];
const fetchFn = (input, init) => fetch(input, { ...init, headers: { ...init?.headers, ...headers } });
for (const audit of serverAudits({ url, fetchFn })) {
  const result = await audit.fn();
  console.log(JSON.stringify({ id: audit.id, name: audit.name, status: result.status, reason: result.reason }));
}
