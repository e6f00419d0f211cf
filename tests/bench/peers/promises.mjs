// Reads that keep what the gateway promises of a call, with what a user of Node takes for it, each set as frugally as it can be:
// undici's own timeouts and size cap instead of a timer and a signal per call, opossum without its timer, ajv compiled once.
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { Decimal } from "decimal.js";
import CircuitBreaker from "opossum";
import pRetry from "p-retry";
import { Counter, Histogram } from "prom-client";
import { Agent, request } from "undici";

const string = { type: "string" };
const record = (properties) => ({ type: "object", properties, required: Object.keys(properties) });
const map = (additionalProperties) => ({ type: "object", additionalProperties });
const list = (items) => ({ type: "array", items });

const ajv = addFormats(new Ajv());
const product = record({
  id: string, slug: string, title: string, brand: string, type: string, updated: { type: "string", format: "date-time" },
  variants: list(record({ id: string, sku: string, title: string, size: string })),
});
const price = record({ amount: { type: "string", pattern: "^-?\\d{1,15}(\\.\\d{1,6})?$" }, currency: { type: "string", pattern: "^[A-Z]{3}$" } });
const valid = {
  product: ajv.compile(product),
  products: ajv.compile(list(product)),
  prices: ajv.compile(map(price)),
  "stock-a": ajv.compile(map(map({ type: "integer" }))),
  "stock-b": ajv.compile(map(map({ type: "integer" }))),
};

const calls = new Histogram({ name: "call_seconds", help: "Calls of a backend.", labelNames: ["backend", "outcome"] });
const retries = new Counter({ name: "retries_total", help: "Calls that were tried again.", labelNames: ["backend"] });

class UpstreamError extends Error {
  constructor(message, { transient = false, cause } = {}) {
    super(message, { cause });
    this.transient = transient;
  }
}

const backend = (name) => {
  const dispatcher = new Agent({
    connections: 64, pipelining: 1, connect: { timeout: 2_000 }, headersTimeout: 5_000, bodyTimeout: 5_000, maxResponseSize: 8 << 20,
  });
  const attempt = async (path) => {
    let answer, value;
    try {
      answer = await request(process.env.UPSTREAM + path, { dispatcher });
      if (answer.statusCode !== 200) await answer.body.dump();
      else value = await answer.body.json();
    } catch (error) {
      const final = error instanceof SyntaxError || error.code === "UND_ERR_RES_EXCEEDED_MAX_SIZE";
      throw new UpstreamError(`${name}: ${error.message}`, { transient: !final, cause: error });
    }
    if (value === undefined) throw new UpstreamError(`${name}: ${answer.statusCode}`, { transient: answer.statusCode >= 500 });
    const check = valid[path.slice(path.lastIndexOf("/") + 1)];
    if (!check(value)) throw new UpstreamError(`${name}: ${ajv.errorsText(check.errors)}`);
    return value;
  };
  const breaker = new CircuitBreaker(attempt, {
    name, timeout: false, errorThresholdPercentage: 50, volumeThreshold: 20, resetTimeout: 10_000, capacity: 512,
  });
  const again = {
    retries: 1, minTimeout: 50, maxTimeout: 500, randomize: true,
    shouldRetry: ({ error }) => error.transient === true,
    onFailedAttempt: ({ retriesLeft, error }) => {
      if (retriesLeft > 0 && error.transient === true) retries.inc({ backend: name });
    },
  };
  const good = calls.labels({ backend: name, outcome: "ok" });
  const bad = calls.labels({ backend: name, outcome: "error" });
  return async (path) => {
    const started = performance.now();
    try {
      const value = await pRetry(() => breaker.fire(path), again);
      good.observe((performance.now() - started) / 1000);
      return value;
    } catch (error) {
      bad.observe((performance.now() - started) / 1000);
      throw error;
    }
  };
};
export const promised = { shop: backend("shop"), pos: backend("pos"), erp: backend("erp") };

const digits = new Map();
const digitsOf = (currency) => {
  if (!digits.has(currency)) {
    digits.set(currency, new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits);
  }
  return digits.get(currency);
};
export const exact = ({ amount, currency }) => ({ amount: new Decimal(amount).toFixed(digitsOf(currency)), currencyCode: currency });
