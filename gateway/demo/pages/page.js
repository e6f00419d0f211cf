// The demo's page: the same product asked by three frontends of one gateway. No framework, no CDN.

import { ask, byId, el, facts, page, priceOf, say, stockLine, traffic, trafficList } from "./parts.js";

const state = { setup: null, slug: "harbour-stoneware-mug", run: 0 };

// --- the parts all panels share -------------------------------------------------------------------------------------

function unitPrice(price) {
  if (!price?.unitPrice) return null;
  const { formatted, referenceQuantity, referenceUnit } = price.unitPrice;
  return el("span", { class: "quiet" }, el("bdi", {}, `${formatted} / ${referenceQuantity} ${referenceUnit}`));
}

function heading(title) {
  return el("h1", { class: "title", lang: title.language, dir: title.direction.toLowerCase() }, title.value);
}

function shown(query, context, answer) {
  const errors = (answer.errors ?? []).map((error) => el("p", { class: "quiet error", dir: "ltr" },
    `${error.path?.join(".") ?? ""} ${error.extensions?.code ?? ""} ${error.message}`));
  const headers = Object.entries(context).filter(([, value]) => value).map(([part, value]) => `X-Commerce-${part}: ${value}`);
  return [
    ...errors,
    el("details", {}, el("summary", {}, say("query")), el("pre", { tabindex: "0" }, [...headers, "", query].join("\n"))),
    el("details", {}, el("summary", {}, say("answer")), el("pre", { tabindex: "0" }, JSON.stringify(answer, null, 2))),
  ];
}

// --- the three frontends ---------------------------------------------------------------------------------------------

function webPanel({ product, me }) {
  const image = product.media.find((entry) => entry.__typename === "Image");
  const kinds = { "video/mp4": "▶", "model/gltf-binary": "3D", "model/vnd.usdz+zip": "AR" };
  const extras = product.media.filter((entry) => entry.__typename !== "Image").flatMap((entry) => entry.sources ?? [entry]).map((source) =>
    el("a", { class: "badge", href: new URL(source.url).pathname, title: source.mimeType }, kinds[source.mimeType] ?? "…"));
  const text = product.description;
  return [
    me ? greeting(me) : null,
    image ? el("img", { class: "picture", src: new URL(image.url).pathname, alt: image.alt ?? "" }) : null,
    heading(product.title),
    text ? el("p", { class: "quiet", lang: text.language, dir: text.direction.toLowerCase() }, text.value) : null,
    el("div", { class: "badges" }, product.brand ? el("span", { class: "badge" }, el("bdi", {}, product.brand)) : null, extras),
    facts({ product: product.freshness }),
    el("ul", { class: "variants" }, product.variants.map((variant) => el("li", {},
      el("div", { class: "row" }, el("span", { class: "name" }, el("bdi", {}, variant.title.value)), priceOf(variant.price)),
      el("div", { class: "row" }, stockLine(variant.availability), el("span", { class: "sku" }, variant.sku ?? say("noSku"))),
      unitPrice(variant.price),
      facts({ price: variant.price?.freshness, stock: variant.availability?.freshness ?? [] })))),
  ];
}

function greeting(me) {
  const [before, after] = say("hello").split("{}");
  const orders = me.orders?.nodes ?? [];
  const dated = new Intl.DateTimeFormat(page.language, { dateStyle: "medium" });
  return el("div", { class: "person" },
    el("strong", {}, before, el("bdi", {}, me.givenName ?? ""), after),
    (me.loyalty?.nodes ?? []).map((account) => el("span", { class: "quiet" },
      el("bdi", {}, `${account.programName}: ${account.balance} ${account.unitMany}`))),
    orders.length ? el("span", { class: "quiet" }, say("lastOrders")) : null,
    el("ul", { class: "stores" }, orders.map((order) => el("li", { class: "row" },
      el("span", {}, el("bdi", { dir: "ltr" }, order.number), " · ", el("bdi", {}, dated.format(new Date(order.placedAt)))),
      el("bdi", {}, order.total.gross?.formatted ?? "")))),
    facts({ person: me.freshness, points: (me.loyalty?.nodes ?? []).map((account) => account.freshness),
      orders: orders.map((order) => order.freshness) }));
}

function kioskPanel({ product }) {
  const places = product.variants.flatMap((variant) => variant.availability?.stores ?? []);
  const store = places.map((place) => place.store).find(Boolean);
  const open = store ? ` · ${say(store.openAt === false ? "closed" : "open")}` : "";
  return [
    store ? el("p", { class: "quiet" }, el("bdi", {}, store.name.value), open) : null,
    heading(product.title),
    facts({ product: product.freshness }),
    el("ul", { class: "variants" }, product.variants.map((variant) => el("li", {},
      el("div", { class: "row" }, el("span", { class: "name" }, el("bdi", {}, variant.title.value)), priceOf(variant.price)),
      (variant.availability?.stores ?? [null]).map((place) => stockLine(place)),
      facts({ price: variant.price?.freshness,
        stock: (variant.availability?.stores ?? []).flatMap((place) => place.freshness) })))),
  ];
}

function voicePanel({ product }) {
  const { language, direction } = product.speakable;
  const variants = product.variants.map((variant) =>
    [variant.title.value, [variant.price?.speakable, variant.availability?.speakable].filter(Boolean)]);
  const spoken = [product.speakable, ...variants.flatMap(([, parts]) => parts)];
  const sentences = [product.speakable.text, ...variants.flatMap(([name, parts]) => [name, ...parts.map((part) => part.text)])];
  const aloud = el("button", { type: "button", on: { click: () => speak(sentences, language) } }, `▶ ${say("say")}`);
  const line = (part) => el("p", { class: "spoken", lang: language, dir: direction.toLowerCase() }, part.text);
  return [
    line(product.speakable),
    ...variants.map(([name, parts]) => el("div", { class: "said" }, el("span", { class: "name" }, el("bdi", {}, name)), parts.map(line))),
    "speechSynthesis" in window ? aloud : null,
    facts({ product: product.freshness, price: product.variants.map((variant) => variant.price?.freshness),
      stock: product.variants.flatMap((variant) => variant.availability?.freshness ?? []) }),
    el("details", {}, el("summary", {}, say("ssml")), el("pre", { tabindex: "0" }, spoken.map((part) => part.ssml).join("\n"))),
  ];
}

function speak(sentences, language) {
  speechSynthesis.cancel();
  for (const sentence of sentences) {
    const utterance = new SpeechSynthesisUtterance(sentence);
    utterance.lang = language;
    speechSynthesis.speak(utterance);
  }
}

// --- running it ------------------------------------------------------------------------------------------------------

async function fill(run, panel, render, query, context, token, variables = {}) {
  byId(panel).setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await ask(query, { slug: state.slug, ...variables }, { token, context });
  } catch (error) {
    answer = { errors: [{ message: String(error) }] };
  }
  if (run !== state.run) return;
  const parts = answer.data?.product ? render(answer.data) : [el("p", { class: "quiet" }, say("missing"))];
  byId(panel).querySelector("h2").textContent = say(panel);
  byId(panel).querySelector(".body").replaceChildren(...[...parts, ...shown(query, context, answer)].filter(Boolean));
  byId(panel).removeAttribute("aria-busy");
}

/** Ask again for everything on the page; an answer that comes late, for a choice no longer made, is not shown. */
async function refresh() {
  const run = ++state.run;
  const country = byId("country").value;
  const language = byId("language").value;
  const renamed = language !== page.language || byId("product").options.length === 0;
  page.turnTo(language);
  document.querySelectorAll("[data-label]").forEach((part) => { part.textContent = say("labels")[Number(part.dataset.label)]; });
  if (renamed) await listProducts(country, language);
  const { queries, tokens } = state.setup;
  const signedIn = byId("signed-in").checked;
  const before = await traffic();
  await Promise.all([
    fill(run, "web", webPanel, queries.web, { Country: country, Language: language }, signedIn ? tokens.shopper : null, { signedIn }),
    fill(run, "kiosk", kioskPanel, queries.kiosk, { Language: language }, tokens.kiosks[country]),
    fill(run, "voice", voicePanel, queries.voice, { Country: country, Language: language }, tokens.voice),
  ]);
  const after = await traffic();
  if (run !== state.run) return;
  byId("traffic").replaceChildren(...trafficList(before, after, refresh));
  document.body.dataset.ready = String(run);
}

async function listProducts(country, language) {
  const context = { Country: country, Language: language };
  const nodes = [];
  for (let after = null; ;) {
    const page = (await ask("query ($after: String) { products(first: 100, after: $after) { nodes { slug title { value } } pageInfo { hasNextPage endCursor } } }",
      { after }, { context })).data?.products;
    nodes.push(...(page?.nodes ?? []));
    if (!page?.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor;
  }
  byId("product").replaceChildren(...nodes.map((node) => el("option", { value: node.slug }, node.title.value)));
  byId("product").value = state.slug;
}

function show(slug) {
  state.slug = slug;
  byId("product").value = slug;
  refresh();
}

async function showSku(sku) {
  const answer = await ask("query ($sku: String!) { product(by: { sku: $sku }) { slug } }", { sku });
  if (answer.data?.product) show(answer.data.product.slug);
}

function disagreement(entry) {
  const isSku = /^[A-Z]{3}-[A-Z]{3}-/.test(entry.key);
  return el("tr", {},
    el("td", {}, el("strong", {}, entry.name), el("br"), entry.what),
    el("td", {}, isSku ? el("button", { type: "button", on: { click: () => showSku(entry.key) } }, entry.key) : el("code", {}, entry.key)),
    el("td", {}, entry.truth));
}

async function start() {
  state.setup = await (await fetch("/demo/setup")).json();
  byId("disagreements").tBodies[0].replaceChildren(...state.setup.disagreements.map(disagreement));
  byId("product").addEventListener("change", (event) => show(event.target.value));
  byId("country").addEventListener("change", (event) => {
    byId("language").value = event.target.selectedOptions[0].dataset.language;
    refresh();
  });
  byId("language").addEventListener("change", refresh);
  byId("signed-in").addEventListener("change", refresh);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  await refresh();
}

start();
