// mercurius on fastify, with graphql-jit.
import Fastify from "fastify";
import mercurius from "mercurius";
import { makeContext, resolvers, typeDefs } from "./retailer.mjs";

const app = Fastify();
app.register(mercurius, { schema: typeDefs, resolvers, jit: 1, context: makeContext });
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
