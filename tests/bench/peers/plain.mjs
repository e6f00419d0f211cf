// The reads of the plain contenders: undici, its defaults, and what JSON.parse makes of the answer.
import { Agent, request } from "undici";

const dispatcher = new Agent({ connections: 64, pipelining: 1 });
const read = async (path) => (await request(process.env.UPSTREAM + path, { dispatcher })).body.json();
export const plain = { shop: read, pos: read, erp: read };
