// What both pages of the demo are made of: elements, questions to the gateway, and how facts with their sources are shown.

import { word } from "./words.js";

const RTL = new Set(["he", "ar"]);
const LOOK = { IN_STOCK: "in", UNLIMITED: "in", LOW_STOCK: "low", OUT_OF_STOCK: "out" };

export const byId = (id) => document.getElementById(id);
export const page = {
  language: "en",
  /** From now on the page is in this language, and in its direction. */
  turnTo(language) {
    this.language = language;
    document.documentElement.lang = language;
    document.documentElement.dir = RTL.has(language) ? "rtl" : "ltr";
  },
};
export const say = (key) => word(page.language, key);

/** An element with attributes and children; texts are set as text, never as markup. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) element.append(child);
  return element;
}

export async function ask(query, variables, { token = null, context = {}, secret = null } = {}) {
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json, application/json" };
  if (secret) headers["Commerce-Cart-Secret"] = secret;
  if (token) headers.authorization = `Bearer ${token}`;
  for (const [part, value] of Object.entries(context)) if (value) headers[`X-Commerce-${part}`] = value;
  const response = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  return response.json();
}

/** Which system said what, and how old its answer is: `facts({ price: freshness, stock: [freshness, ...] })`. */
export function facts(parts) {
  const seen = new Map();
  for (const [part, found] of Object.entries(parts)) {
    for (const fact of [found].flat().filter(Boolean)) seen.set(`${part}|${fact.source}|${fact.stale}`, [part, fact]);
  }
  return el("div", { class: "facts" }, [...seen.values()].map(([part, fact]) => {
    const role = fact.role && fact.role !== "PRIMARY" ? `, ${fact.role.toLowerCase()}` : "";
    const age = Math.max(0, Math.round((Date.now() - new Date(fact.asOf)) / 1000));
    const title = [fact.asOf, fact.reason].filter(Boolean).join(" · ");
    return el("span", { class: fact.stale ? "fact stale" : "fact", title },
      `${say(part)}: `, el("bdi", {}, `${fact.source}${role}, ${age} s`));
  }));
}

export function stockLine(found) {
  if (!found) return el("span", { class: "stock unknown" }, say("UNKNOWN"));
  const pieces = found.quantity > 0 ? [" · ", el("bdi", { dir: "ltr" }, `${found.quantity}${found.capped ? "+" : ""}`)] : [];
  return el("span", { class: `stock ${LOOK[found.status] ?? "unknown"}` }, say(found.status), pieces,
    found.complete === false ? el("small", { class: "quiet" }, ` (${say("partial")})`) : null);
}

export function priceOf(price) {
  if (!price) return el("span", { class: "quiet" }, say("notSold"));
  const now = price.current.gross ?? price.current.net;
  return el("span", { class: "price" }, price.list?.gross ? el("del", {}, price.list.gross.formatted) : null, now.formatted);
}

/** How many requests reached each backend so far, and whether it is up. */
export const traffic = async () => (await fetch("/demo/traffic")).json();

/** A line for each backend: what reached it between two counts, and the hand that takes it down or brings it back. */
export function trafficList(before, after, then) {
  const turn = async (name, down) => {
    await fetch(`/demo/backends/${name}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ down }) });
    await then();
  };
  return Object.entries(after).map(([name, { requests, down }]) => el("li", { class: down ? "down" : "" },
    el("span", {}, name), el("span", {}, down ? "down" : String(requests - before[name].requests)),
    el("button", { type: "button", "aria-label": `${down ? "bring back" : "take down"} ${name}`, on: { click: () => turn(name, !down) } },
      down ? "bring back" : "take down")));
}
