// The demo's page: the same product asked by three frontends of one gateway. No framework, no CDN.

const RTL = new Set(["he", "ar"]);
const byId = (id) => document.getElementById(id);
const state = { setup: null, slug: "harbour-stoneware-mug", run: 0 };

/** An element with attributes and children; texts are set as text, never as markup. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) element.append(child);
  return element;
}

async function ask(query, variables, { token = null, context = {} } = {}) {
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json, application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  for (const [part, value] of Object.entries(context)) if (value) headers[`X-Commerce-${part}`] = value;
  const response = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  return response.json();
}

// --- the parts all panels share -------------------------------------------------------------------------------------

function facts(...lists) {
  const seen = new Map();
  for (const fact of lists.flat().filter(Boolean)) seen.set(`${fact.source}${fact.role ?? ""}${fact.stale ?? ""}`, fact);
  return el("div", { class: "facts", dir: "ltr" }, [...seen.values()].map((fact) => {
    const role = fact.role && fact.role !== "PRIMARY" ? `, ${fact.role.toLowerCase()}` : "";
    const age = Math.max(0, Math.round((Date.now() - new Date(fact.asOf)) / 1000));
    const title = fact.reason ? `${fact.asOf} (${fact.reason})` : fact.asOf;
    return el("span", { class: fact.stale ? "fact stale" : "fact", title }, `${fact.source}${role} · ${age} s ago`);
  }));
}

function stockLine(availability) {
  if (!availability) return el("span", { class: "stock unknown" }, "—");
  const look = { IN_STOCK: "in", LIMITED: "low", LOW_STOCK: "low", OUT_OF_STOCK: "out" }[availability.status] ?? "unknown";
  const pieces = availability.quantity === null || availability.quantity === undefined
    ? "" : ` · ${availability.quantity}${availability.capped ? "+" : ""}`;
  const partial = availability.complete ? "" : " *";
  return el("span", { class: `stock ${look}` }, availability.status.toLowerCase().replaceAll("_", " ") + pieces + partial);
}

function shown(query, context, answer) {
  const errors = (answer.errors ?? []).map((error) => el("p", { class: "quiet error", dir: "ltr" },
    `${error.path?.join(".") ?? ""} ${error.extensions?.code ?? ""} ${error.message}`));
  const headers = Object.entries(context).filter(([, value]) => value).map(([part, value]) => `X-Commerce-${part}: ${value}`);
  return [
    ...errors,
    el("details", {}, el("summary", {}, "the query it ran"), el("pre", {}, [...headers, "", query].join("\n"))),
    el("details", {}, el("summary", {}, "the answer"), el("pre", {}, JSON.stringify(answer, null, 2))),
  ];
}

function nothing(answer) {
  return el("p", { class: "quiet" }, answer.errors ? "No answer." : "This product does not exist here.");
}

// --- the three frontends ---------------------------------------------------------------------------------------------

function webPanel(product) {
  const image = product.media.find((entry) => entry.__typename === "Image");
  const extras = product.media.filter((entry) => entry.__typename !== "Image").flatMap((entry) =>
    entry.__typename === "Video" ? [el("span", { class: "badge" }, "film")]
      : entry.sources.map((source) => el("a", { class: "badge", href: new URL(source.url).pathname },
        source.mimeType === "model/gltf-binary" ? "3D" : "AR")));
  return [
    image ? el("img", { class: "picture", src: new URL(image.url).pathname, alt: image.alt ?? "" }) : null,
    el("h1", { class: "title", lang: product.title.language, dir: product.title.direction.toLowerCase() }, product.title.value),
    product.description
      ? el("p", { class: "quiet", lang: product.description.language, dir: product.description.direction.toLowerCase() }, product.description.value)
      : null,
    el("div", { class: "badges" }, el("span", { class: "badge" }, product.brand ?? ""), extras),
    facts(product.freshness),
    el("ul", { class: "variants" }, product.variants.map((variant) => el("li", {},
      el("div", { class: "row" }, el("span", { class: "name" }, variant.title.value), priceOf(variant.price)),
      el("div", { class: "row" }, stockLine(variant.availability), el("span", { class: "sku" }, variant.sku ?? "no SKU")),
      unitPrice(variant.price),
      facts(variant.price?.freshness, variant.availability?.freshness ?? [])))),
  ];
}

function priceOf(price) {
  if (!price) return el("span", { class: "quiet" }, "—");
  const now = price.current.gross ?? price.current.net;
  return el("span", { class: "price" }, price.list?.gross ? el("del", {}, price.list.gross.formatted) : null, now.formatted);
}

function unitPrice(price) {
  if (!price?.unitPrice) return null;
  const { price: amount, referenceQuantity, referenceUnit } = price.unitPrice;
  return el("span", { class: "quiet" }, `${amount.formatted} / ${referenceQuantity} ${referenceUnit}`);
}

function kioskPanel(product) {
  return [
    el("h1", { class: "title", lang: product.title.language, dir: product.title.direction.toLowerCase() }, product.title.value),
    facts(product.freshness),
    el("ul", { class: "variants" }, product.variants.map((variant) => el("li", {},
      el("div", { class: "row" }, el("span", { class: "name" }, variant.title.value), priceOf(variant.price)),
      el("ul", { class: "stores" }, (variant.availability?.stores ?? []).map((place) => el("li", { class: "row" },
        el("span", {}, `${place.store?.name.value ?? ""}${place.store?.openAt === false ? " · closed now" : ""}`), stockLine(place)))),
      facts(variant.price?.freshness, (variant.availability?.stores ?? []).flatMap((place) => place.freshness))))),
  ];
}

function voicePanel(product) {
  const say = [
    product.speakable.text,
    ...product.variants.flatMap((variant) => [variant.price?.speakable.text, variant.availability?.speakable?.text]),
  ].filter(Boolean);
  const { language, direction } = product.speakable;
  const aloud = el("button", { type: "button", on: { click: () => speak(say, language) } }, "▶︎ say it");
  return [
    ...say.map((sentence) => el("p", { class: "spoken", lang: language, dir: direction.toLowerCase() }, sentence)),
    "speechSynthesis" in window ? aloud : null,
    facts(product.freshness, product.variants.map((variant) => variant.price?.freshness),
      product.variants.flatMap((variant) => variant.availability?.freshness ?? [])),
    el("details", {}, el("summary", {}, "as SSML"), el("pre", {}, product.speakable.ssml)),
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

async function fill(panel, render, query, context, token) {
  const body = byId(panel).querySelector(".body");
  byId(panel).setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await ask(query, { slug: state.slug }, { token, context });
  } catch (error) {
    answer = { errors: [{ message: String(error) }] };
  }
  const product = answer.data?.product;
  body.replaceChildren(...[...(product ? render(product) : [nothing(answer)]), ...shown(query, context, answer)].filter(Boolean));
  byId(panel).removeAttribute("aria-busy");
}

async function traffic() {
  return (await fetch("/demo/traffic")).json();
}

async function refresh() {
  const run = ++state.run;
  const country = byId("country").value;
  const language = byId("language").value;
  document.documentElement.lang = language;
  document.documentElement.dir = RTL.has(language) ? "rtl" : "ltr";
  const { queries, tokens } = state.setup;
  const kiosk = { Language: language };
  const before = await traffic();
  await Promise.all([
    fill("web", webPanel, queries.web, { Country: country, Language: language }, byId("signed-in").checked ? tokens.shopper : null),
    fill("kiosk", kioskPanel, queries.kiosk, kiosk, tokens.kiosk),
    fill("voice", voicePanel, queries.voice, { Country: country, Language: language }, tokens.voice),
  ]);
  if (run !== state.run) return;
  const after = await traffic();
  byId("traffic").replaceChildren(...Object.entries(after).map(([name, count]) =>
    el("li", {}, el("span", {}, name), el("span", {}, String(count - (before[name] ?? 0))))));
  document.body.dataset.ready = String(run);
}

function show(slug) {
  if (![...byId("product").options].some((option) => option.value === slug)) {
    byId("product").append(el("option", { value: slug }, slug));
  }
  byId("product").value = slug;
  state.slug = slug;
  refresh();
}

async function showSku(sku) {
  const answer = await ask("query ($sku: String!) { product(by: { sku: $sku }) { slug } }", { sku });
  if (answer.data?.product) show(answer.data.product.slug);
}

async function start() {
  state.setup = await (await fetch("/demo/setup")).json();
  const listed = await ask("{ products(first: 100) { nodes { slug title { value } } } }", {});
  const nodes = listed.data?.products?.nodes ?? [{ slug: state.slug, title: { value: state.slug } }];
  byId("product").replaceChildren(...nodes.map((node) => el("option", { value: node.slug }, node.title.value)));
  const rows = state.setup.disagreements.map((entry) => el("tr", {},
    el("td", {}, el("strong", {}, entry.name), el("br"), entry.what),
    el("td", {}, /^[A-Za-z]{3}-[A-Za-z]{3}-/.test(entry.key)
      ? el("button", { type: "button", on: { click: () => showSku(entry.key) } }, entry.key)
      : el("code", {}, entry.key)),
    el("td", {}, entry.truth)));
  byId("disagreements").tBodies[0].replaceChildren(...rows);
  byId("product").addEventListener("change", (event) => show(event.target.value));
  byId("country").addEventListener("change", (event) => {
    byId("language").value = event.target.selectedOptions[0].dataset.language;
    refresh();
  });
  byId("language").addEventListener("change", refresh);
  byId("signed-in").addEventListener("change", refresh);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  show(nodes.some((node) => node.slug === state.slug) ? state.slug : nodes[0].slug);
}

start();
