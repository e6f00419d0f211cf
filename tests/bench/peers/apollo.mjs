// Apollo Server 5, standalone, as its documentation shows it.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { plain } from "./plain.mjs";
import { retailer } from "./retailer.mjs";

const { typeDefs, resolvers, context } = retailer(plain);
const server = new ApolloServer({ typeDefs, resolvers, introspection: false });
await startStandaloneServer(server, {
  listen: { host: "127.0.0.1", port: Number(process.env.PORT) },
  context: async () => context(),
});
