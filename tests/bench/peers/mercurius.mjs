// mercurius on fastify, with graphql-jit.
import Fastify from "fastify";
import mercurius from "mercurius";
import { plain } from "./plain.mjs";
import { retailer } from "./retailer.mjs";

const { typeDefs, resolvers, context } = retailer(plain);
const app = Fastify();
app.register(mercurius, { schema: typeDefs, resolvers, jit: 1, context });
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
