// GraphiQL over this gateway. The document, the variables and the headers stay in this browser.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";

const workers = { json: "json.worker.js", graphql: "graphql.worker.js" };
globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(`/graphql/graphiql/${workers[label] ?? "editor.worker.js"}`),
};

const DEFAULT_QUERY = `# Ctrl+Enter runs the operation. Put a token into the headers below to ask as somebody:
# {"authorization": "Bearer ..."}
query Products @inContext(language: "en") {
  context { country currency language store }
  products(first: 5) {
    nodes {
      title { value }
      variants {
        sku
        price { current { gross { formatted } } freshness { source asOf } }
        availability { status quantity complete }
      }
    }
  }
}
`;

const fetcher = createGraphiQLFetcher({ url: "/graphql" });
createRoot(document.getElementById("graphiql")).render(
  <GraphiQL fetcher={fetcher} defaultQuery={DEFAULT_QUERY} shouldPersistHeaders={false} />,
);
