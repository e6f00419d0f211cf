// A cart filled on the web, handed over by a code, and bought at the kiosk: two clients of one gateway, by the public API.

import { byId, el, facts, page, priceOf, say, stockLine, traffic, trafficList } from "./parts.js";
import { as, CARDS, country, filled, fresh, sides, state, tell, typed } from "./shop_state.js";
import { learn } from "./words.js";
import { SHOP_WORDS } from "./shop_words.js";

learn(SHOP_WORDS);
const FIELDS = { given: "given-name", family: "family-name", email: "email" };
const WHERE = { street: "address-line1", city: "address-level2", postcode: "postal-code" };
const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** A step of one side: whoever presses twice does it once, and both sides show what became of it. */
async function step(name, act) {
  if (sides[name].busy) return;
  sides[name].busy = true;
  tell(name, "");
  byId(name).setAttribute("aria-busy", "true");
  try {
    await act();
    const other = name === "web" ? "kiosk" : "web";
    if (sides[other].cart) {
      const found = await as(other, "Look", { cart: sides[other].cart.id });
      if (found) sides[other].cart = found;
    }
  } catch (error) {
    tell(name, String(error), true);
  } finally {
    sides[name].busy = false;
    byId(name).removeAttribute("aria-busy");
    await show();
  }
}

// --- the web ---------------------------------------------------------------------------------------------------------

const variants = () => state.offer.flatMap((product) => product.variants.map((variant) => ({ product, variant }))).filter(({ variant }) => variant.sku);
const picked = () => variants().find(({ variant }) => variant.sku === state.sku) ?? variants()[0];

function webBody() {
  const chosen = picked();
  if (!chosen) return [el("p", { class: "quiet" }, say("missing"))];
  const { product, variant } = chosen;
  const image = product.media.find((entry) => entry.__typename === "Image");
  const items = variants().map((each) => el("option", { value: each.variant.sku, selected: each.variant.sku === variant.sku },
    `${each.product.title.value}, ${each.variant.title.value}`));
  const side = sides.web;
  return [
    el("div", { class: "pick" },
      image ? el("img", { class: "picture", src: new URL(image.url).pathname, alt: image.alt ?? "" }) : el("span"),
      el("div", {},
        field("what", el("select", { id: "item", on: { change: (event) => { state.sku = event.target.value; show(); } } }, items)),
        el("div", { class: "row" }, priceOf(variant.price), stockLine(variant.availability)),
        facts({ product: product.freshness, price: variant.price?.freshness, stock: variant.availability?.freshness ?? [] }),
        el("button", { type: "button", class: "primary", id: "add", on: { click: () => step("web", add) } }, say("add")))),
    ...(side.cart ? basket("web") : []),
    ...(side.cart?.state === "OPEN" && side.cart.itemCount ? handingOver() : []),
  ];
}

async function add() {
  const lines = [{ variant: { sku: picked().variant.sku }, quantity: 1 }];
  const open = sides.web.cart?.state === "OPEN" ? sides.web.cart : null;
  if (open) return as("web", "Add", { cart: open.id, lines });
  Object.assign(sides.web, fresh());
  state.handed = null;
  return as("web", "Create", { lines });
}

function handingOver() {
  if (sides.web.cart.holders.some((holder) => holder.touchpoint === "kiosk")) return [el("p", { class: "quiet" }, say("alsoAt"))];
  const button = el("button", { type: "button", id: "hand-over", on: { click: () => step("web", handOver) } }, say("handOver"));
  if (!state.handed) return [button];
  const until = new Intl.DateTimeFormat(page.language, { timeStyle: "short" }).format(new Date(state.handed.expiresAt));
  return [el("div", { class: "handed" },
    el("span", { class: "quiet" }, filled("codeTitle", storeName())),
    el("output", { class: "code", id: "code-shown" }, state.handed.code),
    el("span", { class: "quiet" }, filled("until", until))), button];
}

const store = () => state.place.stores.nodes[0];
const storeName = () => store().name.value;

async function handOver() {
  state.handed = await as("web", "HandOver", { cart: sides.web.cart.id, store: store().id });
}

// --- what both show of a cart ------------------------------------------------------------------------------------------

function field(label, control) {
  return el("label", { class: "field" }, el("span", {}, say(label)), control);
}

function input(key, autocomplete, more = {}) {
  return field(key, el("input", { id: `typed-${key}`, name: key, value: typed[key], autocomplete, required: "", ...more,
    on: { input: (event) => { typed[key] = event.target.value; } } }));
}

function basket(name) {
  const { cart } = sides[name];
  const open = cart.state === "OPEN";
  const shipping = cart.totals?.shipping?.gross;
  const missing = cart.parts.filter((part) => !part.complete && part.reason !== "NOT_CHOSEN");
  return [
    el("h3", { class: "step" }, say("cart")),
    el("ul", { class: "basket" }, cart.lines.map((line) => lineOf(name, line, open))),
    shipping ? el("div", { class: "row quiet" }, el("span", {}, say("delivery")), el("bdi", {}, shipping.formatted)) : null,
    el("div", { class: "row sum" }, el("span", {}, say("total")), el("bdi", { class: "total" }, cart.totals?.total.gross?.formatted ?? "…")),
    facts(Object.fromEntries(cart.parts.map((part) => [part.part.toLowerCase(), part.freshness]))),
    ...missing.map((part) => el("p", { class: "problem", dir: "ltr" }, `${part.part}: ${part.reason}`)),
    open ? null : el("p", { class: "quiet state" }, say(cart.state)),
  ];
}

function lineOf(name, line, open) {
  const title = `${line.variant?.product?.title.value ?? line.sku}, ${line.variant?.title.value ?? ""}`;
  const quantity = Number(line.quantity);
  const cart = sides[name].cart.id;
  const change = (by) => step(name, () => (quantity + by > 0
    ? as(name, "Change", { cart, line: line.id, quantity: quantity + by })
    : as(name, "Remove", { cart, line: line.id })));
  const press = (key, sign, by) => el("button", { type: "button", id: `${name}-${key}-${line.id}`, "aria-label": `${say(key)}: ${title}`,
    on: { click: () => change(by) } }, sign);
  return el("li", {},
    el("div", { class: "row" }, el("span", { class: "name" }, title), el("bdi", {}, line.total?.gross?.formatted ?? "")),
    el("div", { class: "row" }, stockLine(line.availability),
      open ? el("span", { class: "count" }, press("fewer", "−", -1), el("output", {}, String(quantity)), press("more", "+", 1))
        : el("bdi", {}, `× ${quantity}`)),
    facts({ price: line.price?.freshness, stock: line.availability?.freshness ?? [] }));
}

// --- the kiosk ---------------------------------------------------------------------------------------------------------

function kioskBody() {
  const side = sides.kiosk;
  const here = el("p", { class: "quiet" }, el("bdi", {}, storeName()));
  if (!side.cart) return [here, el("p", { class: "quiet" }, say("empty")), claiming()];
  if (side.bought) return [here, ...basket("kiosk"), outcome(side.bought)];
  return [here, ...basket("kiosk"), ...(side.cart.state === "OPEN" ? [ways(), ...buying()] : [])];
}

function form(id, act, ...children) {
  return el("form", { id, class: "body-form", on: { submit: (event) => { event.preventDefault(); step("kiosk", act); } } }, children);
}

function claiming() {
  return form("claim", claim,
    input("code", "one-time-code", { inputmode: "numeric", class: "code-field", maxlength: "24" }),
    el("button", { class: "primary", id: "take" }, say("claim")));
}

async function claim() {
  if (!(await as("kiosk", "Claim", { code: typed.code }))) return;
  typed.code = "";
  state.handed = null;
  sides.kiosk.before = sides.kiosk.cart.lines.map((line) => [line.sku, shelf(line.sku)]);
  await findWays();
}

/** What lies in the kiosk's store, as the offer says it. */
const shelf = (sku) => variants().find(({ variant }) => variant.sku === sku)?.variant.availability?.quantity ?? "?";

async function findWays() {
  const found = await as("kiosk", "Ways", { cart: sides.kiosk.cart.id, near: { ...store().point, radiusKm: 300 } });
  sides.kiosk.ways = found?.fulfilmentPlans ?? null;
}

function ways() {
  const { plans = [], gaps = [] } = sides.kiosk.ways ?? {};
  const short = [...new Set(gaps.map((gap) => `${gap.store?.name.value ?? say("SHIP")}: ${gap.reason.toLowerCase().replaceAll("_", " ")}`))];
  if (!plans.some((plan) => plan.id)) return el("p", { class: "problem" }, filled("noWays", short.join(", ")));
  return el("fieldset", {}, el("legend", {}, say("ways")), plans.map((plan, place) => el("label", { class: "way" },
    el("input", { type: "radio", name: "way", id: `way-${place}`, checked: sides.kiosk.way === plan.id,
      on: { change: () => step("kiosk", () => choose(plan)) } }),
    el("span", {}, plan.parts.map((part) => filled(part.way, part.store?.name.value ?? "")).join(" + ")),
    el("bdi", {}, costOf(plan)),
    plan.promise?.readyAt ? el("small", {}, when(plan)) : null)));
}

const collected = (plan) => plan.parts.every((part) => part.way === "PICKUP");

/** To the minute in a store; to the day, which is over at `readyBy`, elsewhere. */
function when(plan) {
  const { readyAt, readyBy } = plan.promise;
  const exact = collected(plan) ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" };
  const told = new Intl.DateTimeFormat(page.language, { weekday: "short", ...exact, timeZone: store().timezone });
  if (collected(plan)) return filled("ready", told.format(new Date(readyAt)));
  return filled("there", told.format(readyBy ? new Date(readyBy) - 1 : new Date(readyAt)));
}

function costOf(plan) {
  if (!plan.cost) return say("noCost");
  return collected(plan) ? say("free") : plan.cost.formatted;
}

async function choose(plan) {
  if (await as("kiosk", "Choose", { cart: sides.kiosk.cart.id, plan: plan.id })) Object.assign(sides.kiosk, { way: plan.id, known: false });
}

const delivered = () => sides.kiosk.cart.deliveryGroups.filter((group) => group.fulfilment === "DELIVERY");

function buying() {
  const side = sides.kiosk;
  if (!side.way) return [];
  const sent = delivered().length > 0;
  const who = form("who", identify,
    el("h3", { class: "step" }, say("who")),
    el("div", { class: "fields" }, Object.entries(FIELDS).map(([key, kind]) => input(key, kind, { type: key === "email" ? "email" : "text" })),
      sent ? Object.entries(WHERE).map(([key, kind]) => input(key, kind)) : []),
    el("button", { class: side.known ? "" : "primary", id: "keep" }, say("keep")));
  return side.known ? [who, paying()] : [who];
}

async function identify() {
  const side = sides.kiosk;
  const cart = side.cart.id;
  const buyer = { givenName: typed.given, familyName: typed.family, email: typed.email };
  if (!(await as("kiosk", "Who", { cart, buyer }))) return;
  if (delivered().length) {
    const address = { country: country(), lines: [typed.street], city: typed.city, postalCode: typed.postcode };
    if (!(await as("kiosk", "Where", { cart, address }))) return;
    for (const group of delivered()) {
      if (group.options.length) await as("kiosk", "Deliver", { cart, group: group.id, option: group.options[0].id });
    }
  }
  side.known = true;
}

function paying() {
  const { cart } = sides.kiosk;
  const method = cart.paymentOptions?.methods[0];
  const problems = cart.problems.map((problem) => el("p", { class: "problem", dir: "ltr" }, problem.message));
  if (!method) return el("div", {}, problems, el("p", { class: "problem" }, say("notSoldHere")));
  const cards = CARDS.map((token, place) => el("option", { value: token, selected: token === typed.card }, say("cards")[place]));
  return form("pay-form", () => pay(method), problems,
    field("card", el("select", { id: "card", on: { change: (event) => { typed.card = event.target.value; } } }, cards)),
    el("button", { class: "primary", id: "pay" }, filled("pay", cart.quote?.total?.formatted ?? "…")));
}

/** One key for what was shown: pressed again after a break, the same checkout answers. */
async function pay(method) {
  const side = sides.kiosk;
  const { cart } = side;
  if (side.key?.of !== `${cart.version}|${typed.card}`) side.key = { of: `${cart.version}|${typed.card}`, value: crypto.randomUUID() };
  const payment = { methodId: method.id, token: typed.card };
  tell("kiosk", say("working"));
  paint();
  const asked = { cart: cart.id, quote: cart.quote.id, version: cart.version, key: side.key.value, payment };
  await follow((await as("kiosk", "Pay", asked))?.checkout);
}

/** Until it has ended: a challenge is answered, what is under way is asked for again. */
async function follow(checkout) {
  while (checkout && !["CheckoutCompleted", "CheckoutFailed"].includes(checkout.state.__typename)) {
    if (checkout.state.__typename === "CheckoutActionRequired") {
      const approved = await challenged(checkout.total.formatted);
      const { token, url } = checkout.state.nextAction;
      await fetch("/demo/challenges", { method: "POST", headers: { "content-type": "application/json" },
        body: JSON.stringify({ action: token ?? url, approved }) });
      checkout = (await as("kiosk", "GoOn", { checkout: checkout.id }))?.checkout ?? checkout;
    } else {
      tell("kiosk", say("still"));
      await show();
      await wait(checkout.state.pollAfter ?? 1);
      checkout = (await as("kiosk", "Stands", { checkout: checkout.id })) ?? checkout;
    }
  }
  if (!checkout) return;
  const found = await as("kiosk", "Look", { cart: sides.kiosk.cart.id });
  if (found) sides.kiosk.cart = found;
  if (checkout.state.__typename === "CheckoutFailed") {
    const { reason, declineReason } = checkout.state;
    tell("kiosk", filled("failed", (declineReason ?? reason).toLowerCase().replaceAll("_", " ")), true);
    await findWays();
  } else {
    sides.kiosk.bought = checkout;
    tell("kiosk", "");
    await Promise.all([browse(), history()]);
  }
  await books(checkout.id);
}

/** The shopper's bank, which in this demo is a question of the page's own. Escape refuses. */
function challenged(total) {
  byId("bank-title").textContent = say("bank");
  byId("bank-text").textContent = filled("bankText", total);
  byId("approve").textContent = say("approve");
  byId("refuse").textContent = say("refuse");
  const bank = byId("bank");
  bank.returnValue = "";
  bank.showModal();
  return new Promise((answered) => bank.addEventListener("close", () => answered(bank.returnValue === "yes"), { once: true }));
}

async function history() {
  const found = byId("signed-in").checked ? await as("web", "Mine") : null;
  sides.kiosk.mine = found?.me?.orders?.nodes ?? [];
}

function outcome(checkout) {
  const { orderNumber, order } = checkout.state;
  const mine = sides.kiosk.mine?.find((each) => each.number === orderNumber);
  return el("div", { class: "done", id: "done" },
    el("strong", {}, say("bought")),
    el("span", {}, filled("order", ""), el("bdi", { dir: "ltr", class: "number" }, orderNumber ?? "")),
    order ? facts({ orders: order.freshness }) : null,
    (delivered().length ? [] : sides.kiosk.before ?? []).map(([sku, before]) => el("span", { class: "quiet left" }, `${sku} `, filled("left", storeName(), shelf(sku), before))),
    mine ? el("span", { class: "mine" }, say("mine"), facts({ orders: mine.freshness })) : null,
    el("button", { type: "button", id: "again", on: { click: restart } }, say("again")));
}

// --- what the systems have ---------------------------------------------------------------------------------------------

/** Read in the sandboxes; looked at again for a while, because money is taken after the order stands. */
async function books(checkout) {
  const run = state.run;
  for (const seconds of [0, 0.5, 1, 2, 4]) {
    await wait(seconds);
    if (run !== state.run) return;
    const names = Object.keys(state.counts ?? {});
    const kept = await Promise.all(names.map(async (name) => [name, await (await fetch(`/demo/books/${name}/${checkout}`)).json()]));
    byId("books").replaceChildren(...kept.filter(([, records]) => records.length).map(([name, records]) => book(name, checkout, records)));
    if (kept.some(([, records]) => records.some((record) => record.amount_received > 0))) return;
    if (!sides.kiosk.bought) return;
  }
}

function book(name, checkout, records) {
  const rows = records.flatMap((record) => [...Object.entries(record).filter(([key]) => key !== "goods"),
    ...(record.goods ?? []).map((goods) => [goods.sku, Object.entries(goods).filter(([key]) => key !== "sku").map((pair) => pair.join(" ")).join(", ")])]);
  return el("div", { class: "book" }, el("a", { href: `/demo/books/${name}/${checkout}`, target: "_blank", rel: "noopener" }, `${name} ↗`),
    el("dl", {}, rows.flatMap(([key, value]) => [el("dt", {}, key.replaceAll("_", " ")), el("dd", {}, String(value))])));
}

// --- showing -----------------------------------------------------------------------------------------------------------

function paint() {
  const focused = document.activeElement?.id;
  for (const [name, body] of [["web", webBody], ["kiosk", kioskBody]]) {
    const panel = byId(name);
    panel.querySelector("h2").textContent = say(name);
    panel.querySelector(".body").replaceChildren(...body().flat().filter(Boolean));
    const told = panel.querySelector(".told");
    if (told.textContent !== sides[name].told) told.textContent = sides[name].told;
    told.classList.toggle("wrong", sides[name].wrong);
  }
  document.querySelectorAll("[data-label]").forEach((part) => { part.textContent = say(part.dataset.label); });
  if (focused) byId(focused)?.focus();
}

async function show() {
  paint();
  const after = await traffic();
  byId("traffic").replaceChildren(...trafficList(state.counts ?? after, after, show));
  state.counts = after;
  document.body.dataset.shown = String(Number(document.body.dataset.shown ?? 0) + 1);
}

async function browse() {
  state.offer = (await as("web", "Offer", { stores: [store().id] }))?.products?.nodes ?? state.offer;
}

/** Both sides anew, in the market and the language that are chosen. */
async function restart() {
  state.run += 1;
  state.handed = null;
  for (const name of Object.keys(sides)) sides[name] = fresh();
  byId("books").replaceChildren();
  await retell();
}

async function retell() {
  page.turnTo(byId("language").value);
  const countries = new Intl.DisplayNames(page.language, { type: "region" });
  for (const option of byId("country").options) option.textContent = countries.of(option.value);
  state.place = await as("kiosk", "Place");
  await browse();
  for (const name of Object.keys(sides)) {
    const { cart } = sides[name];
    if (cart) sides[name].cart = (await as(name, "Look", { cart: cart.id })) ?? cart;
  }
  if (sides.kiosk.cart?.state === "OPEN") await findWays();
  await show();
  document.body.dataset.ready = String(Number(document.body.dataset.ready ?? 0) + 1);
}

async function start() {
  state.setup = await (await fetch("/demo/setup")).json();
  for (const name of ["country", "signed-in"]) byId(name).addEventListener("change", restart);
  byId("language").addEventListener("change", retell);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("approve").addEventListener("click", () => byId("bank").close("yes"));
  byId("refuse").addEventListener("click", () => byId("bank").close("no"));
  await restart();
}

start();
