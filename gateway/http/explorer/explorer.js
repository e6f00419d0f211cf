// The explorer: an editor, an answer, and the schema's own documentation. No dependency, nothing from elsewhere.
import { Documentation } from "/graphql/explorer/documentation.js";

const MOST_REMEMBERED = 50;
const RTL = /^(ar|he|fa|ur|yi|dv|ps|sd|ug|ckb)\b/;
const at = (id) => document.getElementById(id);
const kept = {
  get: (name, otherwise) => { try { return JSON.parse(localStorage.getItem(`explorer.${name}`)) ?? otherwise; } catch { return otherwise; } },
  set: (name, value) => { try { localStorage.setItem(`explorer.${name}`, JSON.stringify(value)); } catch { /* private windows keep nothing */ } },
};

function say(text) { at("status").textContent = text; }

function json(id, what) {
  const text = at(id).value.trim();
  if (!text) return {};
  const value = JSON.parse(text, (_, inner) => inner);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error(`${what} must be a JSON object`);
  return value;
}

function headers() {
  const all = { "content-type": "application/json", accept: "application/graphql-response+json, application/json;q=0.9", ...json("headers", "Headers") };
  if (at("token").value.trim()) all.authorization = `Bearer ${at("token").value.trim()}`;
  if (at("key").value.trim()) all["x-api-key"] = at("key").value.trim();
  return all;
}

async function send(query, variables, operationName) {
  const answer = await fetch("/graphql", { method: "POST", headers: headers(), body: JSON.stringify({ query, variables, operationName }) });
  return { status: answer.status, body: await answer.text() };
}

function operationNames(query) {
  const plain = query.replace(/"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*/g, "");
  return [...plain.matchAll(/\b(?:query|mutation|subscription)\s+([_A-Za-z][_0-9A-Za-z]*)/g)].map((found) => found[1]);
}

function listOperations() {
  const names = operationNames(at("query").value);
  const select = at("operation");
  const chosen = select.value;
  select.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
  select.hidden = names.length < 2;
}

async function run() {
  const query = at("query").value;
  say("…");
  const started = performance.now();
  try {
    const names = operationNames(query);
    const { status, body } = await send(query, json("variables", "Variables"), names.length > 1 ? at("operation").value : undefined);
    say(`${status} · ${Math.round(performance.now() - started)} ms · ${new Blob([body]).size} bytes`);
    // Numbers are shown as they came: re-encoding would round what JavaScript cannot hold.
    at("result").textContent = indented(body);
    remember(query);
  } catch (error) {
    say("");
    at("result").textContent = String(error.message ?? error);
  }
}

// Indents JSON without parsing it, so that every digit stays.
function indented(text) {
  let depth = 0, inString = false, out = "";
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (inString) {
      out += sign;
      if (sign === "\\") out += text[++at] ?? "";
      else if (sign === '"') inString = false;
    } else if (sign === '"') { inString = true; out += sign; }
    else if ("{[".includes(sign)) {
      const closing = sign === "{" ? "}" : "]";
      if (text[at + 1] === closing) { out += sign + closing; at++; }
      else out += `${sign}\n${"  ".repeat(++depth)}`;
    } else if ("}]".includes(sign)) out += `\n${"  ".repeat(Math.max(0, --depth))}${sign}`;
    else if (sign === ",") out += `,\n${"  ".repeat(depth)}`;
    else if (sign === ":") out += ": ";
    else out += sign;
  }
  return out;
}

function tidy() {
  let depth = 0;
  const lines = at("query").value.split("\n").map((line) => line.trim()).filter((line, index, all) => line || all[index - 1]);
  at("query").value = lines.map((line) => {
    const plain = line.replace(/"(?:\\.|[^"\\])*"|#.*/g, "");
    const closes = (plain.match(/^[}\])]+/) ?? [""])[0].length;
    const indent = "  ".repeat(Math.max(0, depth - closes));
    depth += (plain.match(/[{([]/g) ?? []).length - (plain.match(/[})\]]/g) ?? []).length;
    return line && indent + line;
  }).join("\n");
  changed();
}

function remember(query) {
  const past = [query, ...kept.get("history", []).filter((earlier) => earlier !== query)].slice(0, MOST_REMEMBERED);
  kept.set("history", past);
  showPast();
}

function showPast() {
  at("past").replaceChildren(...kept.get("history", []).map((query) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = query.replace(/\s+/g, " ").slice(0, 120);
    button.title = query;
    button.addEventListener("click", () => { at("query").value = query; changed(); });
    const entry = document.createElement("li");
    entry.append(button);
    return entry;
  }));
}

// What was typed is kept in this browser; credentials are not.
function changed() {
  listOperations();
  for (const id of ["query", "variables", "headers"]) kept.set(id, at(id).value);
}

function turn(rtl) {
  document.documentElement.dir = rtl ? "rtl" : "ltr";
  at("direction").setAttribute("aria-pressed", String(rtl));
  kept.set("rtl", rtl);
}

const FIRST = "# Ctrl+Enter runs the operation.\n{\n  __typename\n}\n";
for (const id of ["query", "variables", "headers"]) at(id).value = kept.get(id, id === "query" ? FIRST : "");
turn(kept.get("rtl", RTL.test(navigator.language)));
listOperations();
showPast();

at("run").addEventListener("click", run);
at("tidy").addEventListener("click", tidy);
at("direction").addEventListener("click", () => turn(document.documentElement.dir !== "rtl"));
at("forget").addEventListener("click", () => { kept.set("history", []); showPast(); });
for (const id of ["query", "variables", "headers"]) at(id).addEventListener("input", changed);
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { event.preventDefault(); run(); }
  if (event.ctrlKey && event.shiftKey && event.key.toLowerCase() === "f") { event.preventDefault(); tidy(); }
});
at("query").addEventListener("keydown", (event) => {
  if (event.key !== "Tab" || event.shiftKey || event.ctrlKey) return;
  event.preventDefault();
  event.target.setRangeText("  ", event.target.selectionStart, event.target.selectionEnd, "end");
});
for (const button of document.querySelectorAll("[data-tab]")) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-tab]")) {
      other.setAttribute("aria-pressed", String(other === button));
      at(other.dataset.tab).hidden = other !== button;
    }
  });
}

const documentation = new Documentation(at("docs"), at("trail"), at("type"), at("search"));
async function learn() {
  try {
    const { body } = await send(Documentation.QUERY);
    documentation.show(JSON.parse(body));
  } catch (error) {
    documentation.unavailable(String(error.message ?? error));
  }
}
for (const id of ["token", "key"]) at(id).addEventListener("change", learn);
learn();
