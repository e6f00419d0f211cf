// mercurius on fastify with graphql-jit, and around it what a user adds to promise what the gateway promises.
import Fastify from "fastify";
import mercurius from "mercurius";
import { Histogram, collectDefaultMetrics, register } from "prom-client";
import { exact, promised } from "./promises.mjs";
import { retailer } from "./retailer.mjs";

const { typeDefs, resolvers, context } = retailer(promised, exact);
const app = Fastify({ bodyLimit: 256 << 10, requestTimeout: 10_000 });

collectDefaultMetrics();
const requests = new Histogram({ name: "request_seconds", help: "Requests answered.", labelNames: ["status"] });
const MOST_IN_FLIGHT = 1024;
let inFlight = 0;
app.addHook("onRequest", (request, reply, done) => {
  inFlight += 1;
  if (inFlight > MOST_IN_FLIGHT) reply.code(503).header("retry-after", "1").send({ errors: [{ message: "Too many requests" }] });
  else done();
});
app.addHook("onResponse", (request, reply, done) => {
  inFlight -= 1;
  requests.observe({ status: reply.statusCode }, reply.elapsedTime / 1000);
  done();
});
app.get("/metrics", async (request, reply) => reply.type(register.contentType).send(await register.metrics()));

app.register(mercurius, { schema: typeDefs, resolvers, jit: 1, context });
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
