// What the page at /shop knows of its two sides, and how each of them asks the gateway.

import { ask, byId, page, say } from "./parts.js";

export const CARDS = ["pm_card_threeDSecure2Required", "pm_card_visa", "pm_card_chargeDeclinedInsufficientFunds"];
export const fresh = () => ({ secret: null, cart: null, told: "", wrong: false });
export const state = { setup: null, place: null, offer: [], sku: null, counts: null, run: 0 };
export const sides = { web: fresh(), kiosk: fresh() };
export const typed = { given: "Gwen", family: "Guest", email: "guest@example.com", street: "1 Canary Wharf", city: "London", postcode: "E14 5AB", code: "", card: CARDS[0] };
export const filled = (key, ...words) => words.reduce((text, word) => text.replace("{}", word), say(key));
export const country = () => byId("country").value;

/** One operation of `queries/shop.graphql`, with the fragment that it uses: a gateway bounds what a document may hold. */
function documentOf(operation) {
  const all = [...state.setup.queries.shop.matchAll(/^(?:query|mutation|fragment) (\w+)[^]*?^\}/gm)];
  const asked = all.find(([, name]) => name === operation)[0];
  return [asked, ...all.filter(([, name]) => asked.includes(`...${name}`)).map(([text]) => text)].join("\n\n");
}

/** One operation as one side asks it. Its one root field's answer; what was refused is told on that side, and is null. */
export async function as(name, operation, variables = {}) {
  const side = sides[name];
  const signedIn = byId("signed-in").checked;
  const token = name === "kiosk" ? state.setup.tokens.kiosks[country()] : signedIn ? state.setup.tokens.shopper : null;
  const context = { Language: page.language, ...(name === "web" ? { Country: country() } : {}) };
  const answer = await ask(documentOf(operation), variables, { token, context, secret: side.secret });
  const found = answer.data && Object.values(answer.data)[0];
  const refused = found?.userErrors?.[0];
  const lost = [...new Set((answer.errors ?? []).map((error) => error.extensions?.code ?? error.message))];
  if (refused) tell(name, refused.code === "HAND_OFF_CODE_INVALID" ? say("gone") : refused.message, true);
  else if (lost.length) tell(name, filled("unheard", lost.join(", ")), true);
  if (found?.secret) side.secret = found.secret;
  if (found?.cart) side.cart = found.cart;
  return refused ? null : operation === "Place" || operation === "Offer" || operation === "Mine" ? answer.data : found;
}

export function tell(name, text, wrong = false) {
  Object.assign(sides[name], { told: text, wrong });
}
